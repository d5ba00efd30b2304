import Ports

/// Sequences in `_atlas_sequences`, on the writer's connection.
struct SQLiteSequences: SequenceTransaction {
    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    func next(of field: String, in collection: String, tenant: String) throws -> Int64 {
        let statement = try connection.statement(
            """
            INSERT INTO "_atlas_sequences" VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET "last" = "last" + 1 RETURNING "last"
            """, collection, field, tenant)
        defer { statement.reset() }
        guard try statement.step() else { throw StoreError.unavailable("a sequence gave no number") }
        let number = statement.integer(0)
        // To the end: RETURNING gives its rows first and is done then (https://sqlite.org/lang_returning.html).
        while try statement.step() {}
        return number
    }
}
