internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// The routes of every collection (04-api, Collections).
struct RecordRoutes {
    private let context: APIContext

    init(_ context: APIContext) {
        self.context = context
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        for collection in context.records.schema.collections {
            let resource = Resource(context: context, collection: collection)
            if collection.shape.isEdge {
                EdgeRoutes(resource).add(to: &routes, describing: &document)
                continue
            }
            let path = resource.base
            let item = resource.item
            let isSingle = collection.shape.isSingle
            if collection.behaviour.read != nil {
                if !isSingle { routes.add(.GET, path, resource.list) }
                routes.add(.GET, item, resource.read)
            }
            // What nobody may do is refused like any other thing that one may not: its route exists.
            let isMadeElsewhere = collection === context.records.schema.media || collection === context.records.schema.users
            if !isSingle, !isMadeElsewhere { routes.add(.POST, path, resource.create) }
            routes.add(.PATCH, item, resource.update)
            if !isSingle { routes.add(.DELETE, item, resource.delete) }
            if collection.behaviour.restore != nil, collection.behaviour.deletesSoftly, !isSingle {
                routes.add(.POST, item + "/restore", resource.restore)
            }
            for transition in collection.behaviour.transitions where transition.isForClients {
                routes.add(.POST, item + "/" + transition.name) { resource.fire(transition, $0) }
            }
            for action in collection.behaviour.actions where action.allow != nil {
                routes.add(.POST, item + "/" + action.name) { resource.perform(action, $0) }
            }
            document.describe(resource.collection, path: path, item: item, parameters: resource.parameters)
            MemberRoutes(resource).add(to: &routes, describing: &document)
            ChildRoutes(resource).add(to: &routes, describing: &document)
            ReorderRoute(resource).add(to: &routes, describing: &document)
        }
    }
}

/// The operations on one collection. A class: every request holds it in several closures, and one reference is cheaper than five.
final class Resource: Sendable {
    let context: APIContext
    let collection: Collection
    let parameters: ListParameters
    /// The path of the collection.
    let base: String

    init(context: APIContext, collection: Collection) {
        self.context = context
        self.collection = collection
        self.parameters = ListParameters(collection, in: context.records.schema)
        self.base = "/api/v1/" + collection.path.joined(separator: "/")
    }

    /// The path of one record; a singleton is its own collection.
    var item: String { collection.shape.isSingle ? base : base + "/{id}" }

    var records: Records { context.records }

    /// An id, or the value of the lookup field. A text of an id's form is always an id (11-precisions 66).
    func key(_ call: Call) -> RecordKey? {
        if collection.shape.isSingle { return .fields([], []) }
        if collection.shape.isEdge { return nil }
        guard let text = call.parameters.first, !text.utf8.contains(0) else { return nil }
        if UUIDv7.isUUID(text) { return .id(text.lowercased()) }
        return collection.lookup.map { .field($0.index, .text(NormalizedText.nfc(text))) }
    }

    /// Finds the record of the URL within a transaction: an edge bears what the server stamps as well.
    func locator(_ call: Call) throws -> @Sendable (RecordWriter) throws -> RecordKey {
        if collection.shape.isEdge {
            let given = try edgeParts(call)
            return { [collection] in try $0.key(of: collection, given: given) }
        }
        guard let key = key(call) else { throw Failure.notFound }
        return { _ in key }
    }

    // MARK: Reading

    /// Who could never read anything here is told so before anything else (11-precisions 12).
    private func refuseStranger(_ caller: Caller) throws(RecordError) {
        guard caller.isAnonymous, collection.behaviour.read?.rule.isNeverForAnonymous ?? true else { return }
        throw .unauthenticated
    }

    @Sendable func list(_ call: Call) -> Intake {
        context.respond(call) { caller in
            try self.refuseStranger(caller)
            return self.answer(
                try self.parameters.page(self.parameters.query(call.request.query), for: caller, context: self.context), to: call,
                for: caller)
        }
    }

    func answer(_ page: ListParameters.Page, to call: Call, for caller: Caller) -> EventLoopFuture<Response> {
        records.list(page.list, for: caller, into: Envelope.open(capacity: 8_192), on: call.request.eventLoop).map {
            self.respond($0, to: call, page)
        }
    }

    /// A page: its number and totals, or where the next one begins. What a page shows, its totals included, has an ETag.
    private func respond(_ answer: ListAnswer, to call: Call, _ page: ListParameters.Page) -> Response {
        var buffer = answer.buffer
        var headers = Self.privateHeaders
        if page.list.walks {
            let cursor = answer.next.map { Cursor.text($0, named: page.orderName, context.settings.sealing) }
            Envelope.close(&buffer, requestID: call.request.id, walk: page.list.limit, cursor: cursor)
            return Response(status: .ok, headers: headers, body: .bytes(buffer))
        }
        let tag = EntityTag.make(version: Int64(answer.total ?? 0), Self.data(of: buffer))
        headers.add(name: "etag", value: tag)
        if let header = call.request.headers.first(name: "if-none-match"), EntityTag.matches(header, tag) {
            return Response(status: .notModified, headers: headers)
        }
        let pagination = Pagination(page: page.number, pageSize: page.list.limit, total: answer.total)
        Envelope.close(&buffer, requestID: call.request.id, pagination: pagination)
        return Response(status: .ok, headers: headers, body: .bytes(buffer))
    }

    private static func data(of buffer: ByteBuffer) -> ByteBufferView {
        let start = buffer.readerIndex + Envelope.dataStart
        return buffer.viewBytes(at: start, length: buffer.writerIndex - start) ?? ByteBufferView(ByteBuffer())
    }

    @Sendable func read(_ call: Call) -> Intake {
        context.respond(call) { caller in
            // Whether there is such a file is nobody's business but its readers' (11-precisions 12).
            if self.collection !== self.records.schema.media { try self.refuseStranger(caller) }
            guard let key = self.key(call) else { throw Failure.notFound }
            let query = call.request.query
            let projection =
                query.isEmpty ? nil : try self.parameters.projection(self.parameters.query(query), for: caller, records: self.records)
            return self.records.read(
                self.collection, key, projection: projection, for: caller, into: Envelope.open(), on: call.request.eventLoop
            ).flatMapErrorThrowing { error in
                guard self.collection === self.records.schema.media, error as? RecordError == .unauthenticated else { throw error }
                throw RecordError.notFound
            }.map { answer in
                let response = self.respond(answer, to: call, status: .ok)
                if call.request.method == .GET, response.status == .ok { self.records.countRead(of: self.collection, id: answer.id) }
                return response
            }.flatMapError { error in
                guard error as? RecordError == .notFound, case .field(_, .text(let slug)) = key else {
                    return call.request.eventLoop.makeFailedFuture(error)
                }
                return self.records.moved(self.collection, from: slug, for: caller, on: call.request.eventLoop).map {
                    self.moved(to: $0, call)
                }
            }
        }
    }

    /// 301 to where a record is that bore this slug before.
    private func moved(to segment: String, _ call: Call) -> Response {
        let path = (["api", "v1"] + collection.path + [segment]).map(\.percentEncodedSegment).joined(separator: "/")
        let query = call.request.query.isEmpty ? "" : "?\(call.request.query)"
        return Response(status: .movedPermanently, headers: ["location": "/\(path)\(query)", "cache-control": "private, no-cache"])
    }

    /// Answers to one caller are nobody else's; a cache may keep them only to ask again.
    static let privateHeaders: HTTPHeaders = ["content-type": "application/json", "cache-control": "private, no-cache"]

    func respond(_ answer: RecordAnswer, to call: Call, status: HTTPResponseStatus, location: String? = nil) -> Response {
        var buffer = answer.buffer
        let tag = EntityTag.make(version: answer.version, Self.data(of: buffer))
        var headers = Self.privateHeaders
        headers.add(name: "etag", value: tag)
        if let location { headers.add(name: "location", value: location) }
        if call.request.method == .GET || call.request.method == .HEAD,
            let header = call.request.headers.first(name: "if-none-match"), EntityTag.matches(header, tag)
        {
            return Response(status: .notModified, headers: headers)
        }
        Envelope.close(&buffer, requestID: call.request.id)
        return Response(status: status, headers: headers, body: .bytes(buffer))
    }

    // MARK: Writing

    @Sendable func create(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.collect(call) { caller, body in
                guard self.records.admitsWriting(self.collection.behaviour.create, for: caller) else { throw RecordError.unauthenticated }
                let draft = try Draft(body, for: self.collection, purpose: .create, in: self.records.schema)
                return self.records.writeAndRead(
                    self.collection, for: caller, isNew: true, into: Envelope.open(), on: call.request.eventLoop
                ) { writer in
                    try writer.create(self.collection, draft)
                }.map { written in
                    self.respond(written.answer, to: call, status: .created, location: "\(self.base)/\(written.row.id)")
                }
            }
    }

    @Sendable func update(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.collect(call, types: ["application/json", "application/merge-patch+json"]) { caller, body in
                guard self.records.admitsWriting(self.collection.behaviour.update, for: caller) else { throw RecordError.unauthenticated }
                guard let key = self.key(call) else { throw Failure.notFound }
                let version = try EntityTag.version(ifMatch: call.request.headers.first(name: "if-match"))
                let draft: Draft
                do {
                    draft = try Draft(body, for: self.collection, purpose: .update, in: self.records.schema)
                } catch {
                    return self.unlessHidden(key, from: caller, on: call.request.eventLoop, fail: error)
                }
                return self.records.writeAndRead(self.collection, for: caller, into: Envelope.open(), on: call.request.eventLoop) {
                    writer in
                    try writer.update(self.collection, key, draft, version: version)
                }.map { self.respond($0.answer, to: call, status: .ok) }
            }
    }

    /// 404 comes before 400 (11-precisions 12): a faulty body is told of only to those who can read the record.
    func unlessHidden(
        _ key: RecordKey, from caller: Caller, on loop: any EventLoop, fail error: any Error
    ) -> EventLoopFuture<Response> {
        records.read(collection, key, for: caller, into: ByteBuffer(), on: loop).flatMapThrowing { _ in throw error }
    }

    @Sendable func delete(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.respond(call) { caller in
                guard self.records.admitsWriting(self.collection.behaviour.delete, for: caller) else { throw RecordError.unauthenticated }
                guard let key = self.key(call) else { throw Failure.notFound }
                let version = try EntityTag.version(ifMatch: call.request.headers.first(name: "if-match"))
                return self.records.write(for: caller, on: call.request.eventLoop) { writer, _ in
                    try writer.delete(self.collection, key, version: version)
                }.map { Response(status: .noContent) }
            }
    }

    @Sendable func restore(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.collect(call, isOptional: true) { caller, body in
                guard self.records.admitsWriting(self.collection.behaviour.restore?.rule, for: caller) else {
                    throw RecordError.unauthenticated
                }
                guard let key = self.key(call) else { throw Failure.notFound }
                let version = try EntityTag.version(ifMatch: call.request.headers.first(name: "if-match"))
                try Self.refuseMembers(of: body)
                return self.records.writeAndRead(self.collection, for: caller, into: Envelope.open(), on: call.request.eventLoop) {
                    writer in
                    try writer.restore(self.collection, key, version: version)
                }.map { self.respond($0.answer, to: call, status: .ok) }
            }
    }

    static func refuseMembers(of body: JSONValue) throws(Failure) {
        guard case .object(let members) = body else { throw .invalid("the body must be an object") }
        guard members.isEmpty else {
            throw .invalid(members.map { FieldFault(path: $0.name, code: "unknown", message: "there is no such field") })
        }
    }
}

extension ByteBuffer {
    fileprivate func viewBytes(at index: Int, length: Int) -> ByteBufferView? {
        getSlice(at: index, length: length).map { $0.readableBytesView }
    }
}
