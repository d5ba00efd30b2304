import Ports

/// Failed sign-ins and signing keys, in tables of their own.
struct SQLiteSignIns: FailureTransaction, SigningKeyTransaction {
    private let connection: Connection
    /// So many old failures go with each new one.
    private static let forgotten: Int64 = 10

    static let statements = """
        CREATE TABLE IF NOT EXISTS "_atlas_failures" ("n" INTEGER PRIMARY KEY, "key" BLOB NOT NULL, "at" INTEGER NOT NULL) STRICT;
        CREATE INDEX IF NOT EXISTS "_atlas_failures_key" ON "_atlas_failures" ("key", "at");
        CREATE INDEX IF NOT EXISTS "_atlas_failures_at" ON "_atlas_failures" ("at");
        CREATE TABLE IF NOT EXISTS "_atlas_closed_accounts" ("user" TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS "_atlas_signing_keys" (
            "id" TEXT PRIMARY KEY, "sealed" BLOB NOT NULL, "created_at" INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        """

    init(_ connection: Connection) {
        self.connection = connection
    }

    // MARK: Failures

    func failures(of key: [UInt8], since: Int64, limit: Int) throws -> [Int64] {
        try connection.all(
            #"SELECT "at" FROM "_atlas_failures" WHERE "key" = ? AND "at" >= ? ORDER BY "at" DESC LIMIT ?"#, key, since, Int64(limit)
        ) { $0.integer(0) }.reversed()
    }

    func addFailure(of key: [UInt8], at moment: Int64, forget: Int64) throws {
        try connection.run(#"INSERT INTO "_atlas_failures" ("key", "at") VALUES (?, ?)"#, key, moment)
        try connection.run(
            #"DELETE FROM "_atlas_failures" WHERE "n" IN (SELECT "n" FROM "_atlas_failures" WHERE "at" < ? ORDER BY "at" LIMIT ?)"#, forget,
            Self.forgotten)
    }

    func clearFailures(of key: [UInt8]) throws {
        try connection.run(#"DELETE FROM "_atlas_failures" WHERE "key" = ?"#, key)
    }

    // MARK: Signing keys

    func signingKeys() throws -> [StoredSigningKey] {
        try connection.all(#"SELECT "id", "sealed", "created_at" FROM "_atlas_signing_keys" ORDER BY "created_at" DESC, "id" DESC"#) {
            StoredSigningKey(id: $0.text(0), sealed: $0.bytes(1), createdAt: $0.integer(2))
        }
    }

    func addSigningKey(_ key: StoredSigningKey) throws {
        try connection.run(#"INSERT INTO "_atlas_signing_keys" VALUES (?, ?, ?)"#, key.id, key.sealed, key.createdAt)
    }

    func removeSigningKey(_ id: String) throws {
        try connection.run(#"DELETE FROM "_atlas_signing_keys" WHERE "id" = ?"#, id)
    }
}
