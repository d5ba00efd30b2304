internal import Edge
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// Former versions of records, for whoever may change them (11-precisions 26).
struct RevisionRoutes {
    private let context: APIContext

    init(_ context: APIContext) {
        self.context = context
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        for collection in context.records.schema.collections
        where collection.behaviour.revisions != nil && collection.behaviour.update != nil && !collection.shape.isEdge {
            let resource = Resource(context: context, collection: collection)
            let path = resource.item + "/revisions"
            routes.add(.GET, path, resource.revisions)
            routes.add(.POST, path + "/{n}/restore", resource.restoreRevision)
            document.describeRevisions(of: collection, path: path)
        }
    }
}

extension Resource {
    @Sendable func revisions(_ call: Call) -> Intake {
        context.respond(call) { caller in
            // Who may change a record reads what it was (11-precisions 26).
            guard self.records.admitsWriting(self.collection.behaviour.update, for: caller) else { throw RecordError.unauthenticated }
            guard let key = self.key(call) else { throw Failure.notFound }
            let page = try PageQuery(Query(call.request.query))
            return self.records.write(for: caller, on: call.request.eventLoop) { writer, _ in
                try writer.revisions(of: self.collection, key, limit: page.size, offset: page.offset)
            }.map { page.response($0.items, total: $0.total, requestID: call.request.id) }
        }
    }

    @Sendable func restoreRevision(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.collect(call, isOptional: true) { caller, body in
                guard self.records.admitsWriting(self.collection.behaviour.update, for: caller) else { throw RecordError.unauthenticated }
                guard let key = self.key(call), let number = call.parameters.last.flatMap({ Int64($0) }) else { throw Failure.notFound }
                let version = try EntityTag.version(ifMatch: call.request.headers.first(name: "if-match"))
                try Self.refuseMembers(of: body)
                return self.records.writeAndRead(self.collection, for: caller, into: Envelope.open(), on: call.request.eventLoop) {
                    writer in
                    try writer.restore(revision: number, of: self.collection, key, version: version)
                }.map { self.respond($0.answer, to: call, status: .ok) }
            }
    }
}

/// `?page=&page_size=` of lists that are no collections.
struct PageQuery: Sendable {
    let number: Int
    let size: Int

    var offset: Int { (number - 1) * size }

    /// `known`: parameters that the route reads itself.
    init(_ query: Query, known: Set<String> = []) throws(Failure) {
        try query.refuseAll(but: known.union(["page", "page_size"]))
        var faults: [FieldFault] = []
        func integer(_ name: String, _ range: ClosedRange<Int>, _ initial: Int) -> Int {
            guard let text = query[name] else { return initial }
            let isNumber = !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            if isNumber, let number = Int(text), range.contains(number) { return number }
            let message = "must be a whole number between \(range.lowerBound) and \(range.upperBound)"
            faults.append(FieldFault(path: name, code: "range", message: message))
            return initial
        }
        number = integer("page", 1...ListParameters.reach, 1)
        size = integer("page_size", 1...ListParameters.maximumPageSize, ListParameters.defaultPageSize)
        if !faults.isEmpty { throw .invalid(faults) }
    }

    func response(_ items: [JSONValue], total: Int, requestID: String) -> Response {
        var buffer = Envelope.open()
        buffer.writeJSON(.array(items))
        Envelope.close(&buffer, requestID: requestID, pagination: Pagination(page: number, pageSize: size, total: total))
        return Response(status: .ok, headers: Resource.privateHeaders, body: .bytes(buffer))
    }
}
