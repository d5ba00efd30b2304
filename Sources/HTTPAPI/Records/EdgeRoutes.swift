internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// The routes of an edge: `/{edge}/{key…}` with the parts of its key that the client sends (11-precisions 24, 52, 53).
struct EdgeRoutes: Sendable {
    private let resource: Resource
    private let key: [Field]

    init(_ resource: Resource) {
        self.resource = resource
        key = resource.collection.shape.keyInURL.map { resource.collection.fields[$0] }
    }

    private var collection: Collection { resource.collection }
    private var records: Records { resource.records }
    private var context: APIContext { resource.context }
    private var item: String { resource.base + key.map { "/{\($0.name)}" }.joined() }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        let behaviour = collection.behaviour
        if behaviour.read != nil {
            routes.add(.GET, resource.base, resource.list)
            routes.add(.GET, item, read)
        }
        if behaviour.create != nil || behaviour.update != nil { routes.add(.PUT, item, put) }
        if behaviour.delete != nil { routes.add(.DELETE, item, delete) }
        for transition in behaviour.transitions where transition.isForClients {
            routes.add(.POST, item + "/" + transition.name) { resource.fire(transition, $0) }
        }
        for action in behaviour.actions where action.allow != nil {
            routes.add(.POST, item + "/" + action.name) { resource.perform(action, $0) }
        }
        describe(&document)
    }

    // MARK: Operations

    @Sendable private func read(_ call: Call) -> Intake {
        context.respond(call) { caller in
            let given = try resource.edgeParts(call)
            let query = call.request.query
            let projection =
                query.isEmpty ? nil : try resource.parameters.projection(resource.parameters.query(query), for: caller, records: records)
            let loop = call.request.eventLoop
            return records.key(of: collection, given: given, for: caller, on: loop).flatMap { key in
                records.read(collection, key, projection: projection, for: caller, into: Envelope.open(), on: loop)
            }.map { resource.respond($0, to: call, status: .ok) }
        }
    }

    @Sendable private func put(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.collect(call, isOptional: true) { caller, body in
                let behaviour = collection.behaviour
                guard records.admitsWriting(behaviour.create, for: caller) || records.admitsWriting(behaviour.update, for: caller) else {
                    throw RecordError.unauthenticated
                }
                let given = try resource.edgeParts(call)
                let draft = try Draft(
                    body, for: collection, purpose: .create, in: records.schema, implied: Set(collection.shape.keyInURL))
                return records.write(for: caller, on: call.request.eventLoop) { writer, transaction in
                    let (row, isNew) = try writer.put(collection, given: given, draft)
                    var buffer = Envelope.open()
                    let answer = try records.answer(row, of: collection, to: writer.caller, transaction, into: &buffer)
                    return (answer, isNew)
                }.map { answer, isNew in
                    let location = "/" + call.request.path.joined(separator: "/")
                    return resource.respond(
                        answer, to: call, status: isNew ? .created : .ok, location: isNew ? location : nil)
                }
            }
    }

    @Sendable private func delete(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.respond(call) { caller in
                guard records.admitsWriting(collection.behaviour.delete, for: caller) else { throw RecordError.unauthenticated }
                let given = try resource.edgeParts(call)
                let version = try EntityTag.version(ifMatch: call.request.headers.first(name: "if-match"))
                return records.write(for: caller, on: call.request.eventLoop) { writer, _ in
                    try writer.deleteEdge(collection, given: given, version: version)
                }.map { Response(status: .noContent) }
            }
    }

    // MARK: OpenAPI

    private func describe(_ document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        let names = OperationNames(collection.name)
        let behaviour = collection.behaviour
        let tag = collection.name
        let parts = key.map { field in
            OpenAPIDocument.parameter(
                field.name, in: "path", FieldDescription.key(field), about: "'\(field.name)' of the edge, which is the caller's own")
        }
        let record = OpenAPIDocument.reference(names.singular)
        document.addRecord(collection, resource.parameters)
        if let read = behaviour.read {
            document.describeList(collection, at: resource.base, id: "list\(names.plural)", resource.parameters)
            document.add(
                .GET, item,
                .init(
                    id: "get\(names.singular)", summary: "One of \(collection.name)", tag: tag, needsAccount: read.rule.isNeverForAnonymous,
                    parameters: parts + OpenAPIDocument.projection(resource.parameters),
                    successes: [
                        OpenAPIDocument.success("200", "the record", data: record, headers: OpenAPIDocument.etag),
                        OpenAPIDocument.empty("304", "unchanged since If-None-Match"),
                    ], failures: ["404"]))
        }
        if behaviour.create != nil || behaviour.update != nil {
            let schema = document.body(of: collection, purpose: .create, implied: Set(collection.shape.keyInURL))
            document.add(schema: "Put\(names.singular)", schema)
            let rules = [behaviour.create, behaviour.update].compactMap { $0 }
            document.add(
                .PUT, item,
                .init(
                    id: "put\(names.singular)", summary: "Make it be, with these fields", tag: tag,
                    needsAccount: rules.allSatisfy(\.isNeverForAnonymous), parameters: parts,
                    body: OpenAPIDocument.body(OpenAPIDocument.reference("Put\(names.singular)"), required: schema["required"] != nil),
                    successes: [
                        OpenAPIDocument.success("200", "it was there", data: record, headers: OpenAPIDocument.etag),
                        OpenAPIDocument.success("201", "it is new", data: record, headers: OpenAPIDocument.location),
                    ], failures: ["402", "403", "404", "409"]))
        }
        if let delete = behaviour.delete {
            document.add(
                .DELETE, item,
                .init(
                    id: "delete\(names.singular)", summary: "Make it not be", tag: tag, needsAccount: delete.isNeverForAnonymous,
                    parameters: parts + [OpenAPIDocument.ifMatch], successes: [OpenAPIDocument.empty("204", "it is not there")],
                    failures: ["402", "403", "409", "412"]))
        }
        document.describeSteps(of: collection, item: item, key: parts, ifMatch: OpenAPIDocument.ifMatch)
    }
}

extension Resource {
    /// The parts of an edge's key that stand in the URL.
    func edgeParts(_ call: Call) throws -> [Value] { try collection.edgeParts(of: Array(call.parameters)) }
}

extension Collection {
    /// The parts of an edge's key as they stand in a URL, each of its field's type.
    func edgeParts(of texts: [String]) throws -> [Value] {
        var faults: [FieldFault] = []
        var values: [Value] = []
        for (index, text) in zip(shape.keyInURL, texts) {
            do {
                values.append(try fields[index].keyValue(from: text))
            } catch {
                faults.append(error)
            }
        }
        guard faults.isEmpty else { throw RecordError.invalid(faults) }
        return values
    }
}

extension Field {
    /// A part of a key as it stands in a URL.
    fileprivate func keyValue(from text: String) throws(FieldFault) -> Value {
        switch kind {
        case .int:
            guard let number = Int64(text) else { throw FieldFault(path: name, code: "type", message: "must be a whole number") }
            return .int(number)
        case .bool:
            guard text == "true" || text == "false" else {
                throw FieldFault(path: name, code: "type", message: "must be true or false")
            }
            return .bool(text == "true")
        default: return try value(from: text, path: name)
        }
    }
}
