import Ports

/// The tables of Atlas itself, and the layout of the file as a whole.
enum SystemTables {
    /// Raised with every change of these tables or of how records are stored. A file of a higher one is refused.
    static let layout: Int64 = 7

    private static let statements = """
        CREATE TABLE IF NOT EXISTS "_atlas_meta" ("name" TEXT PRIMARY KEY, "value" TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS "_atlas_migrations" (
            "n" INTEGER PRIMARY KEY, "at" INTEGER NOT NULL, "binary" TEXT NOT NULL, "description" TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS "_atlas_credentials" (
            "user" TEXT PRIMARY KEY, "hash" TEXT NOT NULL, "changed_at" INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS "_atlas_sessions" (
            "id" TEXT PRIMARY KEY, "user" TEXT NOT NULL, "created_at" INTEGER NOT NULL, "expires_at" INTEGER NOT NULL,
            "refresh_hash" BLOB NOT NULL, "previous_hash" BLOB, "rotated_at" INTEGER, "used_at" INTEGER NOT NULL,
            "address" TEXT NOT NULL, "user_agent" TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS "_atlas_sessions_user" ON "_atlas_sessions" ("user");
        CREATE INDEX IF NOT EXISTS "_atlas_sessions_expires_at" ON "_atlas_sessions" ("expires_at");
        CREATE UNIQUE INDEX IF NOT EXISTS "_atlas_sessions_refresh_hash" ON "_atlas_sessions" ("refresh_hash");
        CREATE INDEX IF NOT EXISTS "_atlas_sessions_previous_hash" ON "_atlas_sessions" ("previous_hash")
            WHERE "previous_hash" IS NOT NULL;
        CREATE TABLE IF NOT EXISTS "_atlas_sequences" (
            "collection" TEXT NOT NULL, "field" TEXT NOT NULL, "tenant" TEXT NOT NULL, "last" INTEGER NOT NULL,
            PRIMARY KEY ("collection", "field", "tenant")) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS "_atlas_mentions" (
            "target" TEXT NOT NULL, "field" TEXT NOT NULL, "collection" TEXT NOT NULL, "record" TEXT NOT NULL,
            PRIMARY KEY ("target", "field", "collection", "record")) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS "_atlas_mentions_record" ON "_atlas_mentions" ("record", "collection", "field");
        """

    /// Makes what is missing; throws when the file was written by a newer binary.
    static func prepare(_ connection: Connection) throws {
        let stored = try storedLayout(connection)
        if let stored, stored > layout {
            throw StoreError.unavailable(
                "the database has layout \(stored), written by a newer version of Atlas; this one knows layout \(layout)")
        }
        try connection.execute("BEGIN IMMEDIATE")
        do {
            // Sessions have learnt where they are used: everybody signs in anew.
            if let stored, stored < 4 { try connection.execute(#"DROP TABLE IF EXISTS "_atlas_sessions""#) }
            try connection.execute(statements)
            try connection.execute(SQLiteSignIns.statements)
            try connection.execute(SQLiteFormerSlugs.statements)
            try connection.execute(SQLiteProofs.statements)
            try connection.execute(SQLiteAPIKeys.statements)
            try connection.execute(SQLiteSecondFactors.statements)
            try connection.execute(SQLiteForeignIdentities.statements)
            try connection.execute(JobSchema.statements)
            try JobSchema.complete(connection)
            try connection.execute(SQLiteLedgers.statements)
            try connection.execute(SQLiteDeliveries.statements)
            try connection.execute(SQLiteEvents.statements)
            try setMeta("layout", "\(layout)", connection)
            try connection.execute("COMMIT")
        } catch {
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            throw error
        }
    }

    private static func storedLayout(_ connection: Connection) throws -> Int64? {
        let tables = try connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_atlas_meta'")
        guard try tables.step() else { return nil }
        tables.reset()
        return try meta("layout", connection).flatMap { Int64($0) }
    }

    static func meta(_ name: String, _ connection: Connection) throws -> String? {
        try connection.first(#"SELECT "value" FROM "_atlas_meta" WHERE "name" = ?"#, name) { $0.text(0) }
    }

    static func setMeta(_ name: String, _ value: String, _ connection: Connection) throws {
        try connection.run(
            #"INSERT INTO "_atlas_meta" VALUES (?1, ?2) ON CONFLICT DO UPDATE SET "value" = ?2"#, name, value)
    }
}
