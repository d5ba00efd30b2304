package import Schema

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

    /// Whether that is a scope of this site.
    package static func isKnown(_ name: String, in schema: Schema) -> Bool {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let collection = schema.collection(String(parts[0])) else { return false }
        let steps = collection.behaviour.transitions.map(\.name) + collection.behaviour.actions.map(\.name)
        return (["*", "read", "create", "update", "delete", "restore"] + steps).contains(String(parts[1]))
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
