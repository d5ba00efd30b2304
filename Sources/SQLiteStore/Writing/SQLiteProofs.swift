import Ports

/// One-time proofs in a table of their own.
struct SQLiteProofs: ProofTransaction {
    static let statements = """
        CREATE TABLE IF NOT EXISTS "_atlas_proofs" (
            "id" TEXT PRIMARY KEY, "purpose" TEXT NOT NULL, "subject" TEXT NOT NULL, "hash" BLOB NOT NULL, "data" BLOB NOT NULL,
            "attempts" INTEGER NOT NULL, "created_at" INTEGER NOT NULL, "expires_at" INTEGER NOT NULL, "spent_at" INTEGER)
            STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS "_atlas_proofs_subject" ON "_atlas_proofs" ("purpose", "subject", "created_at");
        CREATE INDEX IF NOT EXISTS "_atlas_proofs_purpose" ON "_atlas_proofs" ("purpose", "created_at");
        CREATE INDEX IF NOT EXISTS "_atlas_proofs_expires_at" ON "_atlas_proofs" ("expires_at");
        """
    private static let columns =
        #""id", "purpose", "subject", "hash", "data", "attempts", "created_at", "expires_at", "spent_at""#

    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    func save(_ proof: Proof) throws {
        let statement = try connection.statement(
            #"INSERT INTO "_atlas_proofs" (\#(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"#)
        statement.bind(proof.id, at: 1)
        statement.bind(proof.purpose.rawValue, at: 2)
        statement.bind(proof.subject, at: 3)
        statement.bind(bytes: proof.hash, at: 4)
        statement.bind(bytes: proof.data, at: 5)
        statement.bind(Int64(proof.attempts), at: 6)
        statement.bind(proof.createdAt, at: 7)
        statement.bind(proof.expiresAt, at: 8)
        statement.bind(proof.spentAt, at: 9)
        try statement.run()
    }

    func proof(_ id: String) throws -> Proof? {
        let statement = try connection.statement(#"SELECT \#(Self.columns) FROM "_atlas_proofs" WHERE "id" = ?"#)
        defer { statement.reset() }
        statement.bind(id, at: 1)
        guard try statement.step(), let purpose = Proof.Purpose(rawValue: statement.text(1)) else { return nil }
        return Proof(
            id: statement.text(0), purpose: purpose, subject: statement.text(2), hash: statement.bytes(3), data: statement.bytes(4),
            attempts: Int(statement.integer(5)), createdAt: statement.integer(6), expiresAt: statement.integer(7),
            spentAt: statement.optionalInteger(8))
    }

    func made(_ purpose: Proof.Purpose, for subject: String?, since: Int64, limit: Int) throws -> [Int64] {
        let statement = try connection.statement(
            #"SELECT "created_at" FROM "_atlas_proofs" WHERE "purpose" = ?1 \#(subject == nil ? "" : #"AND "subject" = ?4"#) "#
                + #"AND "created_at" >= ?2 ORDER BY "created_at" DESC LIMIT ?3"#)
        defer { statement.reset() }
        statement.bind(purpose.rawValue, at: 1)
        statement.bind(since, at: 2)
        statement.bind(Int64(limit), at: 3)
        if let subject { statement.bind(subject, at: 4) }
        var moments: [Int64] = []
        while try statement.step() { moments.append(statement.integer(0)) }
        return moments.reversed()
    }

    func spend(_ id: String, at moment: Int64) throws -> Bool {
        let statement = try connection.statement(
            #"UPDATE "_atlas_proofs" SET "spent_at" = ?2 WHERE "id" = ?1 AND "spent_at" IS NULL AND "attempts" > 0"#)
        statement.bind(id, at: 1)
        statement.bind(moment, at: 2)
        try statement.run()
        return connection.changes > 0
    }

    func burn(_ id: String) throws -> Int? {
        let statement = try connection.statement(
            #"UPDATE "_atlas_proofs" SET "attempts" = "attempts" - 1 WHERE "id" = ?1 AND "attempts" > 0 RETURNING "attempts""#)
        defer { statement.reset() }
        statement.bind(id, at: 1)
        guard try statement.step() else { return nil }
        return Int(statement.integer(0))
    }

    @discardableResult
    func withdraw(_ purpose: Proof.Purpose, for subject: String, at moment: Int64) throws -> Int {
        let statement = try connection.statement(
            #"UPDATE "_atlas_proofs" SET "spent_at" = ?3 WHERE "purpose" = ?1 AND "subject" = ?2 AND "spent_at" IS NULL"#)
        statement.bind(purpose.rawValue, at: 1)
        statement.bind(subject, at: 2)
        statement.bind(moment, at: 3)
        try statement.run()
        return connection.changes
    }

    func remove(_ id: String) throws {
        let statement = try connection.statement(#"DELETE FROM "_atlas_proofs" WHERE "id" = ?"#)
        statement.bind(id, at: 1)
        try statement.run()
    }

    func prune(before: Int64, limit: Int) throws -> Int {
        let statement = try connection.statement(
            #"DELETE FROM "_atlas_proofs" WHERE "id" IN "#
                + #"(SELECT "id" FROM "_atlas_proofs" WHERE "expires_at" < ?1 AND "created_at" < ?1 LIMIT ?2)"#)
        statement.bind(before, at: 1)
        statement.bind(Int64(limit), at: 2)
        try statement.run()
        return connection.changes
    }
}
