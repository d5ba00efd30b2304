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
        try connection.run(
            #"INSERT INTO "_atlas_proofs" (\#(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"#, proof.id, proof.purpose.rawValue,
            proof.subject, proof.hash, proof.data, Int64(proof.attempts), proof.createdAt, proof.expiresAt, proof.spentAt)
    }

    func proof(_ id: String) throws -> Proof? {
        try connection.first(#"SELECT \#(Self.columns) FROM "_atlas_proofs" WHERE "id" = ?"#, id) { row in
            Proof.Purpose(rawValue: row.text(1)).map { purpose in
                Proof(
                    id: row.text(0), purpose: purpose, subject: row.text(2), hash: row.bytes(3), data: row.bytes(4),
                    attempts: Int(row.integer(5)), createdAt: row.integer(6), expiresAt: row.integer(7), spentAt: row.optionalInteger(8))
            }
        }
    }

    func made(_ purpose: Proof.Purpose, for subject: String?, since: Int64, limit: Int) throws -> [Int64] {
        let statement = try connection.statement(
            #"SELECT "created_at" FROM "_atlas_proofs" WHERE "purpose" = ?1 \#(subject == nil ? "" : #"AND "subject" = ?4"#) "#
                + #"AND "created_at" >= ?2 ORDER BY "created_at" DESC LIMIT ?3"#, purpose.rawValue, since, Int64(limit))
        defer { statement.reset() }
        if let subject { statement.bind(subject, at: 4) }
        var moments: [Int64] = []
        while try statement.step() { moments.append(statement.integer(0)) }
        return moments.reversed()
    }

    func spend(_ id: String, at moment: Int64) throws -> Bool {
        try connection.run(
            #"UPDATE "_atlas_proofs" SET "spent_at" = ?2 WHERE "id" = ?1 AND "spent_at" IS NULL AND "attempts" > 0"#, id, moment)
        return connection.changes > 0
    }

    func burn(_ id: String) throws -> Int? {
        try connection.first(
            #"UPDATE "_atlas_proofs" SET "attempts" = "attempts" - 1 WHERE "id" = ?1 AND "attempts" > 0 RETURNING "attempts""#, id
        ) { Int($0.integer(0)) }
    }

    @discardableResult
    func withdraw(_ purpose: Proof.Purpose, for subject: String, at moment: Int64) throws -> Int {
        try connection.run(
            #"UPDATE "_atlas_proofs" SET "spent_at" = ?3 WHERE "purpose" = ?1 AND "subject" = ?2 AND "spent_at" IS NULL"#, purpose.rawValue,
            subject, moment)
        return connection.changes
    }

    func remove(_ id: String) throws {
        try connection.run(#"DELETE FROM "_atlas_proofs" WHERE "id" = ?"#, id)
    }

    func prune(before: Int64, limit: Int) throws -> Int {
        try connection.run(
            #"DELETE FROM "_atlas_proofs" WHERE "id" IN "#
                + #"(SELECT "id" FROM "_atlas_proofs" WHERE "expires_at" < ?1 AND "created_at" < ?1 LIMIT ?2)"#, before, Int64(limit))
        return connection.changes
    }
}
