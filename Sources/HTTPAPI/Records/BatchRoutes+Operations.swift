internal import Expressions
internal import JSON
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// What the operations of a batch are: each that a route of its own would be, checked as far as it can be without the store.
extension BatchRoutes {
    func operations(in body: JSONValue, for caller: Caller) throws -> [Operation] {
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
        let collections = context.records.schema.collections.filter { !$0.shape.isSingle }
        for collection in collections.sorted(by: { $0.path.count > $1.path.count }) where segments.starts(with: collection.path) {
            let rest = Array(segments.dropFirst(collection.path.count))
            let found =
                collection.shape.isEdge
                ? try edge(method, rest, of: collection, item["body"], version, for: caller)
                : try operation(method, rest, of: collection, item["body"], version, for: caller)
                    ?? self.members(method, rest, of: collection, item["body"], version, for: caller)
            guard let operation = found else { continue }
            // Each spends what it would spend by itself.
            let template = Self.template(rest, of: collection)
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

    /// The route that an operation would be asked at by itself.
    private static func template(_ rest: [String], of collection: Collection) -> String {
        let base = (["api", "v1"] + collection.path).map { "/\($0)" }.joined()
        let names = collection.shape.isEdge ? collection.shape.keyInURL.map { "{\(collection.fields[$0].name)}" } : ["{id}"]
        return ([base] + rest.indices.map { $0 < names.count ? names[$0] : $0 == 2 ? "{member}" : rest[$0] }).joined(separator: "/")
    }

    /// Makes an edge be or not be; nil for anything else.
    private func edge(
        _ method: String, _ rest: [String], of collection: Collection, _ body: JSONValue?, _ version: Int64?, for caller: Caller
    ) throws -> Operation? {
        let (records, behaviour) = (context.records, collection.behaviour)
        guard rest.count == collection.shape.keyInURL.count else { return nil }
        switch method {
        case "PUT" where behaviour.create != nil || behaviour.update != nil:
            guard version == nil else {
                throw Failure.invalid([FieldFault(path: "if_match", code: "conflict", message: "an edge is put whatever its version")])
            }
            guard records.admitsWriting(behaviour.create, for: caller) || records.admitsWriting(behaviour.update, for: caller) else {
                throw RecordError.unauthenticated
            }
            let given = try collection.edgeParts(of: rest)
            let draft = try Draft(
                body ?? .object([:]), for: collection, purpose: .create, in: records.schema, implied: Set(collection.shape.keyInURL))
            return Operation(collection: collection) {
                let (row, isNew) = try $0.put(collection, given: given, draft)
                return (row, isNew ? 201 : 200)
            }
        case "DELETE" where behaviour.delete != nil:
            guard records.admitsWriting(behaviour.delete, for: caller) else { throw RecordError.unauthenticated }
            let given = try collection.edgeParts(of: rest)
            try refuse(body)
            return Operation(collection: collection) {
                try $0.deleteEdge(collection, given: given, version: version)
                return (nil, 204)
            }
        default: return nil
        }
    }

    /// Changes who is a member of a to-many field; nil for anything else.
    private func members(
        _ method: String, _ rest: [String], of collection: Collection, _ body: JSONValue?, _ version: Int64?, for caller: Caller
    ) throws -> Operation? {
        let change: RecordWriter.MemberChange
        switch (method, rest.count) {
        case ("PUT", 2): change = .replace(body ?? .null)
        case ("POST", 2): change = .add(body ?? .null)
        case ("DELETE", 3): change = .remove(rest[2])
        default: return nil
        }
        guard collection.behaviour.update != nil, let field = MemberRoutes.fields(of: collection).first(where: { $0.name == rest[1] })
        else { return nil }
        guard context.records.admitsWriting(collection.behaviour.update, for: caller) else { throw RecordError.unauthenticated }
        let key = try key(rest[0], of: collection)
        if case .remove = change { try refuse(body) }
        return Operation(collection: collection) {
            let row = try $0.change(field, of: collection, key, by: change, version: version)
            if case .remove = change { return (nil, 204) }
            return (row, 200)
        }
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
            return Operation(collection: collection, isNew: true) { (try $0.create(collection, draft), 201) }
        case ("PATCH", 1) where behaviour.update != nil:
            try admit(behaviour.update)
            let key = try key(rest[0], of: collection)
            let draft = try Draft(body ?? .null, for: collection, purpose: .update, in: records.schema)
            return Operation(collection: collection) { (try $0.update(collection, key, draft, version: version), 200) }
        case ("DELETE", 1) where behaviour.delete != nil:
            try admit(behaviour.delete)
            let key = try key(rest[0], of: collection)
            try refuse(body)
            return Operation(collection: collection) {
                try $0.delete(collection, key, version: version)
                return (nil, 204)
            }
        case ("POST", 2):
            let key = try key(rest[0], of: collection)
            if rest[1] == "restore", let restore = behaviour.restore, behaviour.deletesSoftly {
                try admit(restore.rule)
                try refuse(body)
                return Operation(collection: collection) { (try $0.restore(collection, key, version: version), 200) }
            }
            if let transition = behaviour.transitions.first(where: { $0.name == rest[1] && $0.allow != nil }) {
                try admit(transition.allow)
                let input = try transition.input.values(from: body ?? .object([:]))
                return Operation(collection: collection) {
                    (try $0.fire(transition, of: collection, key, input: input, version: version), 200)
                }
            }
            if let action = behaviour.actions.first(where: { $0.name == rest[1] && $0.work == nil }) {
                try admit(action.allow)
                let input = try action.input.values(from: body ?? .object([:]))
                return Operation(collection: collection) {
                    (try $0.perform(action, of: collection, key, input: input, version: version).row, 200)
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
}
