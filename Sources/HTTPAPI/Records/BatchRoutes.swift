internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `POST /batch`: several writes in one transaction, all or none (04-api).
struct BatchRoutes {
    static let most = 100
    /// Milliseconds: all other writes wait for as long.
    static let patience: Int64 = 250
    private static let path = "/api/v1/batch"

    private let context: APIContext
    private let limits: RateLimits

    /// A write that was checked as far as it can be without the store.
    private struct Operation: Sendable {
        var collection: Collection
        var status: Int
        /// The record as it is then; nil after a deletion.
        var run: @Sendable (RecordWriter) throws -> Row?
    }

    /// Which of the operations is refused, and why.
    private struct Refused: Error {
        var index: Int
        var failure: Failure
    }

    init(_ context: APIContext, limits: RateLimits) {
        self.context = context
        self.limits = limits
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.POST, Self.path) { [self] call in
            context.refuseQuery(call)
                ?? context.collect(call) { caller, body in
                    let operations = try operations(in: body, for: caller)
                    return run(operations, for: caller, on: call.request.eventLoop).map { buffer in
                        var buffer = buffer
                        Envelope.close(&buffer, requestID: call.request.id)
                        return Response(status: .ok, headers: Resource.privateHeaders, body: .bytes(buffer))
                    }
                }
        }
        describe(in: &document)
    }

    // MARK: Reading the body

    private func operations(in body: JSONValue, for caller: Caller) throws -> [Operation] {
        guard case .object(let members) = body, let items = body["operations"]?.array else {
            throw Failure.invalid([FieldFault(path: "operations", code: "required", message: "must be an array of operations")])
        }
        if let other = members.first(where: { $0.name != "operations" }) {
            throw Failure.invalid([FieldFault(path: other.name, code: "unknown", message: "there is no such field")])
        }
        guard (1...Self.most).contains(items.count) else {
            throw Failure.invalid([FieldFault(path: "operations", code: "range", message: "must be 1 to \(Self.most) operations")])
        }
        var operations: [Operation] = []
        var faults: [FieldFault] = []
        for (index, item) in items.enumerated() {
            do {
                operations.append(try operation(item, for: caller))
            } catch {
                let failure = Failure(error).at(operation: index)
                guard failure.status == .badRequest else { throw failure }
                faults += failure.details
            }
        }
        guard faults.isEmpty else { throw Failure.invalid(faults) }
        return operations
    }

    private func operation(_ item: JSONValue, for caller: Caller) throws -> Operation {
        guard case .object(let members) = item, let method = item["method"]?.string, let path = item["path"]?.string else {
            throw Failure.invalid([FieldFault(path: "", code: "required", message: "must be an object of method, path and body")])
        }
        if let other = members.first(where: { !["method", "path", "if_match", "body"].contains($0.name) }) {
            throw Failure.invalid([FieldFault(path: other.name, code: "unknown", message: "there is no such field")])
        }
        let version = try version(of: item)
        var segments = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if segments.first == "" { segments.removeFirst() }
        if segments.starts(with: ["api", "v1"]) { segments.removeFirst(2) }
        let collections = context.records.schema.collections.filter { !$0.shape.isSingle && !$0.shape.isEdge }
        for collection in collections.sorted(by: { $0.path.count > $1.path.count }) where segments.starts(with: collection.path) {
            let rest = Array(segments.dropFirst(collection.path.count))
            guard let operation = try operation(method, rest, of: collection, item["body"], version, for: caller) else { continue }
            // Each spends what it would spend by itself.
            let base = (["api", "v1"] + collection.path).map { "/\($0)" }.joined()
            let template = rest.isEmpty ? base : ([base, "{id}"] + rest.dropFirst()).joined(separator: "/")
            do throws(RateLimit.Refusal) {
                try limits.limit(of: HTTPMethod(rawValue: method), template)?.spend(caller)
            } catch {
                throw Failure(error)
            }
            return operation
        }
        throw Failure.invalid([
            FieldFault(path: "path", code: "unknown", message: "'\(method) \(path)' is no write of a record that a batch can hold")
        ])
    }

    /// Nil where the collection has no such operation.
    private func operation(
        _ method: String, _ rest: [String], of collection: Collection, _ body: JSONValue?, _ version: Int64?, for caller: Caller
    ) throws -> Operation? {
        let records = context.records
        let behaviour = collection.behaviour
        func admit(_ rule: Rule?) throws {
            guard records.admitsWriting(rule, for: caller) else { throw RecordError.unauthenticated }
        }
        switch (method, rest.count) {
        case ("POST", 0) where behaviour.create != nil:
            guard version == nil else {
                throw Failure.invalid([FieldFault(path: "if_match", code: "conflict", message: "a new record has no version yet")])
            }
            try admit(behaviour.create)
            let draft = try Draft(body ?? .null, for: collection, purpose: .create, in: records.schema)
            return Operation(collection: collection, status: 201) { try $0.create(collection, draft) }
        case ("PATCH", 1) where behaviour.update != nil:
            try admit(behaviour.update)
            let key = try key(rest[0], of: collection)
            let draft = try Draft(body ?? .null, for: collection, purpose: .update, in: records.schema)
            return Operation(collection: collection, status: 200) { try $0.update(collection, key, draft, version: version) }
        case ("DELETE", 1) where behaviour.delete != nil:
            try admit(behaviour.delete)
            let key = try key(rest[0], of: collection)
            try refuse(body)
            return Operation(collection: collection, status: 204) {
                try $0.delete(collection, key, version: version)
                return nil
            }
        case ("POST", 2):
            let key = try key(rest[0], of: collection)
            if rest[1] == "restore", let restore = behaviour.restore, behaviour.deletesSoftly {
                try admit(restore.rule)
                try refuse(body)
                return Operation(collection: collection, status: 200) { try $0.restore(collection, key, version: version) }
            }
            if let transition = behaviour.transitions.first(where: { $0.name == rest[1] && $0.allow != nil }) {
                try admit(transition.allow)
                let input = try transition.input.values(from: body ?? .object([:]))
                return Operation(collection: collection, status: 200) {
                    try $0.fire(transition, of: collection, key, input: input, version: version)
                }
            }
            if let action = behaviour.actions.first(where: { $0.name == rest[1] && $0.job == nil && $0.document == nil }) {
                try admit(action.allow)
                let input = try action.input.values(from: body ?? .object([:]))
                return Operation(collection: collection, status: 200) {
                    try $0.perform(action, of: collection, key, input: input, version: version)
                }
            }
            return nil
        default: return nil
        }
    }

    /// What `If-Match` is to a request of its own.
    private func version(of item: JSONValue) throws -> Int64? {
        guard let given = item["if_match"], given != .null else { return nil }
        guard let text = given.string else {
            throw Failure.invalid([FieldFault(path: "if_match", code: "type", message: "must be an ETag as a string")])
        }
        return try EntityTag.version(ifMatch: text, path: "if_match")
    }

    private func key(_ text: String, of collection: Collection) throws -> RecordKey {
        if UUIDv7.isUUID(text) { return .id(text.lowercased()) }
        guard let lookup = collection.lookup, !text.utf8.contains(0) else { throw Failure.notFound }
        return .field(lookup.index, .text(NormalizedText.nfc(text)))
    }

    private func refuse(_ body: JSONValue?) throws {
        guard let body, body != .null else { return }
        try Resource.refuseMembers(of: body)
    }

    // MARK: Running

    /// Appends one `{status, data}` for each operation, in order.
    private func run(_ operations: [Operation], for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<ByteBuffer> {
        let records = context.records
        let projections = operations.map { records.projections.standard($0.collection, for: caller, isNew: $0.status == 201) }
        let revealsSecrets = operations.contains { $0.status == 201 && $0.collection.keepsSecrets }
        return records.write(for: caller, on: loop) { writer, transaction in
            let deadline = records.clock.now() + Self.patience
            var buffer = Envelope.open(capacity: 8_192)
            buffer.writeStaticString("[")
            for (index, operation) in operations.enumerated() {
                guard records.clock.now() <= deadline else {
                    throw Refused(index: index, failure: .unavailable("the batch takes longer than \(Self.patience) ms; nothing was done"))
                }
                if index > 0 { buffer.writeStaticString(",") }
                buffer.writeStaticString(#"{"status":"#)
                buffer.writeJSON(integer: Int64(operation.status))
                buffer.writeStaticString(#","data":"#)
                do {
                    if let row = try operation.run(writer) {
                        let access = Access(
                            operation.collection, life: .any, environment: caller.environment, spansTenants: caller.isSystem)
                        let read = RecordRead(access: access, key: .id(row.id), projection: projections[index])
                        guard try transaction.read(read, into: &buffer) != nil else { throw RecordError.notFound }
                    } else {
                        buffer.writeStaticString("null")
                    }
                } catch {
                    throw Refused(index: index, failure: Failure(error))
                }
                buffer.writeStaticString("}")
            }
            buffer.writeStaticString("]")
            return revealsSecrets ? records.revealing(buffer) : buffer
        }.flatMapErrorThrowing { error in
            guard let refused = error as? Refused else { throw error }
            throw refused.failure.at(operation: refused.index)
        }
    }

    // MARK: OpenAPI

    private func describe(in document: inout OpenAPIDocument) {
        let operation: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["method", "path"],
            "properties": [
                "method": ["enum": ["POST", "PATCH", "DELETE"]], "path": ["type": "string", "minLength": 1],
                "if_match": ["type": ["string", "null"], "pattern": .string(EntityTag.pattern)], "body": ["type": ["object", "null"]],
            ],
        ]
        let body: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["operations"],
            "properties": [
                "operations": ["type": "array", "minItems": 1, "maxItems": .integer(Int64(Self.most)), "items": operation]
            ],
        ]
        let answer: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["status", "data"],
            "properties": ["status": ["enum": [200, 201, 204]], "data": ["type": ["object", "null"]]],
        ]
        document.add(
            .POST, Self.path,
            OpenAPIDocument.Operation(
                id: "batch", summary: "Several writes in one transaction, all or none", tag: "batch", body: OpenAPIDocument.body(body),
                successes: [OpenAPIDocument.success("200", "an answer for each operation", data: ["type": "array", "items": answer])],
                failures: ["402", "403", "404", "409", "412"]))
    }
}

extension Failure {
    private static let ofOperations = ["path", "if_match"]

    /// The same refusal of one operation of a batch: its faults stand at `operations[3].body.…`.
    fileprivate func at(operation index: Int) -> Failure {
        var failure = self
        let place = "operations[\(index)]"
        if details.isEmpty {
            failure.details = [FieldFault(path: place, code: code.lowercased(), message: message)]
        } else {
            failure.details = details.map { fault in
                var fault = fault
                fault.path =
                    fault.path.isEmpty ? place : "\(place).\(Self.ofOperations.contains(fault.path) ? fault.path : "body.\(fault.path)")"
                return fault
            }
        }
        return failure
    }
}
