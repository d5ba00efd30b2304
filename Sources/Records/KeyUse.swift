package import Schema
internal import Text

/// What narrows a caller who came by an API key: he acts as its maker, in the tenant that it was made in, and within its scopes.
package struct KeyUse: Sendable, Equatable {
    package var id: String
    /// Nil: it was made in none, and reaches none.
    package var tenant: String?
    /// Nil: all that its maker may do.
    package var scopes: Scopes?

    package init(id: String, tenant: String?, scopes: Scopes?) {
        self.id = id
        self.tenant = tenant
        self.scopes = scopes
    }
}

/// Collections and operations: `orders:read`, `orders:ship`, `orders:*`.
package struct Scopes: Sendable, Hashable {
    private let operations: [String: Set<String>]

    /// As they were written, in the order of the alphabet.
    package var names: [String] { operations.flatMap { collection, names in names.map { "\(collection):\($0)" } }.sorted() }

    /// Texts that are none are left out: they permit nothing.
    package init(_ names: [String]) {
        var operations: [String: Set<String>] = [:]
        for name in names {
            let parts = name.split(separator: ":", omittingEmptySubsequences: false)
            if parts.count == 2 { operations[String(parts[0]), default: []].insert(String(parts[1])) }
        }
        self.operations = operations
    }

    package func permits(_ operation: String, in collection: String) -> Bool {
        guard let names = operations[collection] else { return false }
        return names.contains(operation) || names.contains("*")
    }

    /// Why that is no scope of this site, for whoever wrote it; nil: it is one.
    package static func fault(of name: String, in schema: Schema) -> String? {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let example = schema.collections.last?.name ?? schema.users.name
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            return "must be a collection and an operation of it, such as '\(example):read' or '\(example):*'"
        }
        func unknown(_ what: String, _ name: String, among known: [String], _ others: String = "") -> String {
            let meant = NearestName.phrase(for: name, among: known).map { "; \($0)" }
            // What is longer than any name is not said back.
            return "there is no \(what)\(name.utf8.count > 60 ? " of that name" : " '\(name)'")\(meant ?? others)"
        }
        guard let collection = schema.collection(parts[0]) else {
            return unknown("collection", parts[0], among: schema.collections.map(\.name))
        }
        let steps = collection.behaviour.transitions.map(\.name) + collection.behaviour.actions.map(\.name)
        let operations = ["*", "read", "create", "update", "delete", "restore"] + steps
        guard !operations.contains(parts[1]) else { return nil }
        return unknown(
            "operation", parts[1], among: operations, " of '\(collection.name)', only \(operations.joined(separator: ", "))")
    }
}

extension Caller {
    /// Refuses what is not within the scopes of the key by which he came.
    package func demand(_ operation: String, in collection: String) throws(RecordError) {
        if !isWithinScopes(operation, of: collection) { throw .forbidden("the key is not for '\(collection):\(operation)'") }
    }

    /// Whether the key by which he came, if he did, is for that.
    func isWithinScopes(_ operation: String, of collection: String) -> Bool {
        guard let scopes = key?.scopes, !isSystem else { return true }
        return scopes.permits(operation, in: collection)
    }
}
