import Ports

/// Credentials and sessions in tables of their own.
struct SQLiteAccounts: AccountTransaction {
    private let connection: Connection
    private static let columns =
        #""id", "user", "created_at", "expires_at", "refresh_hash", "previous_hash", "rotated_at", "used_at", "address", "user_agent""#

    init(_ connection: Connection) {
        self.connection = connection
    }

    func credential(of user: String) throws -> Credential? {
        let statement = try connection.statement(#"SELECT "hash", "changed_at" FROM "_atlas_credentials" WHERE "user" = ?"#, user)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        return Credential(user: user, hash: statement.text(0), changedAt: statement.integer(1))
    }

    func setCredential(_ credential: Credential) throws {
        try connection.run(
            #"INSERT OR REPLACE INTO "_atlas_credentials" VALUES (?, ?, ?)"#, credential.user, credential.hash, credential.changedAt)
    }

    func removeCredential(of user: String) throws {
        try connection.run(#"DELETE FROM "_atlas_credentials" WHERE "user" = ?"#, user)
    }

    func isClosed(_ user: String) throws -> Bool {
        let statement = try connection.statement(#"SELECT 1 FROM "_atlas_closed_accounts" WHERE "user" = ?"#, user)
        defer { statement.reset() }
        return try statement.step()
    }

    func setClosed(_ user: String, _ isClosed: Bool) throws {
        try connection.run(
            isClosed
                ? #"INSERT OR IGNORE INTO "_atlas_closed_accounts" VALUES (?)"# : #"DELETE FROM "_atlas_closed_accounts" WHERE "user" = ?"#,
            user)
    }

    func session(_ id: String) throws -> Session? {
        try connection.first(#"SELECT \#(SQLiteAccounts.columns) FROM "_atlas_sessions" WHERE "id" = ?"#, id) {
            SQLiteAccounts.session($0)
        }
    }

    func session(refreshHash: [UInt8]) throws -> Session? {
        try connection.first(
            #"SELECT \#(SQLiteAccounts.columns) FROM "_atlas_sessions" WHERE "refresh_hash" = ?1 OR "previous_hash" = ?1"#, refreshHash
        ) { SQLiteAccounts.session($0) }
    }

    private static func session(_ statement: Statement) -> Session {
        Session(
            id: statement.text(0), user: statement.text(1), createdAt: statement.integer(2), expiresAt: statement.integer(3),
            refreshHash: statement.bytes(4), previousHash: statement.optionalBytes(5), rotatedAt: statement.optionalInteger(6),
            usedAt: statement.integer(7), address: statement.text(8), userAgent: statement.text(9))
    }

    func saveSession(_ session: Session) throws {
        try connection.run(
            #"INSERT OR REPLACE INTO "_atlas_sessions" (\#(SQLiteAccounts.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"#, session.id,
            session.user, session.createdAt, session.expiresAt, session.refreshHash, session.previousHash, session.rotatedAt,
            session.usedAt, session.address, session.userAgent)
    }

    func sessions(of user: String) throws -> [Session] {
        try connection.all(
            #"SELECT \#(SQLiteAccounts.columns) FROM "_atlas_sessions" WHERE "user" = ? ORDER BY "created_at" DESC, "id" DESC"#, user
        ) { SQLiteAccounts.session($0) }
    }

    func sessions(limit: Int, offset: Int) throws -> (sessions: [Session], total: Int) {
        let sessions = try connection.all(
            #"SELECT \#(SQLiteAccounts.columns) FROM "_atlas_sessions" ORDER BY "created_at" DESC, "id" DESC LIMIT ? OFFSET ?"#,
            Int64(limit), Int64(offset)
        ) { SQLiteAccounts.session($0) }
        return (sessions, try connection.first(#"SELECT count(*) FROM "_atlas_sessions""#) { Int($0.integer(0)) } ?? 0)
    }

    func noteUse(_ uses: [SessionUse]) throws {
        for use in uses {
            try connection.run(
                #"UPDATE "_atlas_sessions" SET "used_at" = ?2, "address" = ?3, "user_agent" = ?4 WHERE "id" = ?1"#, use.session, use.at,
                use.address, use.userAgent)
        }
    }

    func removeSession(_ id: String) throws {
        try connection.run(#"DELETE FROM "_atlas_sessions" WHERE "id" = ?"#, id)
    }

    func removeSessions(of user: String, except: String?) throws -> [String] {
        try connection.all(
            #"DELETE FROM "_atlas_sessions" WHERE "user" = ?1 AND "id" IS NOT ?2 RETURNING "id""#, user, except
        ) { $0.text(0) }
    }

    func pruneSessions(before: Int64) throws -> Int {
        try connection.run(#"DELETE FROM "_atlas_sessions" WHERE "expires_at" < ?"#, before)
        return connection.changes
    }
}
