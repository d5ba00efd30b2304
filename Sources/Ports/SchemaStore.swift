package import Schema

/// The part of a store that keeps its tables in step with the compiled schema. Used at start, before anything else is asked of the store.
package protocol SchemaStore: Sendable {
    /// The snapshot handed over with the last migration; nil in an empty store. Opaque here.
    func storedSnapshot() async throws -> String?

    /// How many rows the tables have.
    func rows(of tables: Set<String>) async throws -> [String: Int]

    /// Takes the steps in order, brings the indexes of `collections` (all there are) in line, and keeps the snapshot: all in one
    /// transaction with an entry in the ledger. When there is data, a copy of the whole store is kept first.
    /// Throws `SharedValues` when existing rows share a unique key, `StoreError.unavailable` otherwise; nothing has changed then.
    func migrate(_ migration: Migration) async throws
}

package struct Migration: Sendable {
    package var steps: [MigrationStep]
    package var collections: [Collection]
    package var snapshot: String
    /// For people: what changed.
    package var description: String
    /// The version of the binary.
    package var binary: String
    /// Milliseconds since 1970.
    package var at: Int64

    package init(
        steps: [MigrationStep], collections: [Collection], snapshot: String, description: String, binary: String, at: Int64
    ) {
        self.steps = steps
        self.collections = collections
        self.snapshot = snapshot
        self.description = description
        self.binary = binary
        self.at = at
    }
}

/// Rows that keep a key from becoming unique.
package struct SharedValues: Error, Sendable, Equatable {
    package var collection: String
    package var fields: [String]
    /// Some of the values that several live rows have.
    package var values: [String]

    package init(collection: String, fields: [String], values: [String]) {
        self.collection = collection
        self.fields = fields
        self.values = values
    }
}
