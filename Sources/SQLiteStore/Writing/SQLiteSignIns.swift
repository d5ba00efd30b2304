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
        let statement = try connection.statement(
            #"SELECT "at" FROM "_atlas_failures" WHERE "key" = ? AND "at" >= ? ORDER BY "at" DESC LIMIT ?"#)
        defer { statement.reset() }
        statement.bind(bytes: key, at: 1)
        statement.bind(since, at: 2)
        statement.bind(Int64(limit), at: 3)
        var moments: [Int64] = []
        while try statement.step() { moments.append(statement.integer(0)) }
        return moments.reversed()
    }

    func addFailure(of key: [UInt8], at moment: Int64, forget: Int64) throws {
        let statement = try connection.statement(#"INSERT INTO "_atlas_failures" ("key", "at") VALUES (?, ?)"#)
        statement.bind(bytes: key, at: 1)
        statement.bind(moment, at: 2)
        try statement.run()
        let pruning = try connection.statement(
            #"DELETE FROM "_atlas_failures" WHERE "n" IN (SELECT "n" FROM "_atlas_failures" WHERE "at" < ? ORDER BY "at" LIMIT ?)"#)
        pruning.bind(forget, at: 1)
        pruning.bind(Self.forgotten, at: 2)
        try pruning.run()
    }

    func clearFailures(of key: [UInt8]) throws {
        let statement = try connection.statement(#"DELETE FROM "_atlas_failures" WHERE "key" = ?"#)
        statement.bind(bytes: key, at: 1)
        try statement.run()
    }

    // MARK: Signing keys

    func signingKeys() throws -> [StoredSigningKey] {
        let statement = try connection.statement(
            #"SELECT "id", "sealed", "created_at" FROM "_atlas_signing_keys" ORDER BY "created_at" DESC, "id" DESC"#)
        defer { statement.reset() }
        var keys: [StoredSigningKey] = []
        while try statement.step() {
            keys.append(StoredSigningKey(id: statement.text(0), sealed: statement.bytes(1), createdAt: statement.integer(2)))
        }
        return keys
    }

    func addSigningKey(_ key: StoredSigningKey) throws {
        let statement = try connection.statement(#"INSERT INTO "_atlas_signing_keys" VALUES (?, ?, ?)"#)
        statement.bind(key.id, at: 1)
        statement.bind(bytes: key.sealed, at: 2)
        statement.bind(key.createdAt, at: 3)
        try statement.run()
    }

    func removeSigningKey(_ id: String) throws {
        let statement = try connection.statement(#"DELETE FROM "_atlas_signing_keys" WHERE "id" = ?"#)
        statement.bind(id, at: 1)
        try statement.run()
    }
}
