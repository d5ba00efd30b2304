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
        let statement = try connection.statement(#"SELECT "hash", "changed_at" FROM "_atlas_credentials" WHERE "user" = ?"#)
        defer { statement.reset() }
        statement.bind(user, at: 1)
        guard try statement.step() else { return nil }
        return Credential(user: user, hash: statement.text(0), changedAt: statement.integer(1))
    }

    func setCredential(_ credential: Credential) throws {
        let statement = try connection.statement(#"INSERT OR REPLACE INTO "_atlas_credentials" VALUES (?, ?, ?)"#)
        statement.bind(credential.user, at: 1)
        statement.bind(credential.hash, at: 2)
        statement.bind(credential.changedAt, at: 3)
        try statement.run()
    }

    func removeCredential(of user: String) throws {
        let statement = try connection.statement(#"DELETE FROM "_atlas_credentials" WHERE "user" = ?"#)
        statement.bind(user, at: 1)
        try statement.run()
    }

    func isClosed(_ user: String) throws -> Bool {
        let statement = try connection.statement(#"SELECT 1 FROM "_atlas_closed_accounts" WHERE "user" = ?"#)
        defer { statement.reset() }
        statement.bind(user, at: 1)
        return try statement.step()
    }

    func setClosed(_ user: String, _ isClosed: Bool) throws {
        let statement = try connection.statement(
            isClosed
                ? #"INSERT OR IGNORE INTO "_atlas_closed_accounts" VALUES (?)"# : #"DELETE FROM "_atlas_closed_accounts" WHERE "user" = ?"#)
        statement.bind(user, at: 1)
        try statement.run()
    }

    func session(_ id: String) throws -> Session? {
        let statement = try connection.statement(#"SELECT \#(SQLiteAccounts.columns) FROM "_atlas_sessions" WHERE "id" = ?"#)
        defer { statement.reset() }
        statement.bind(id, at: 1)
        return try statement.step() ? SQLiteAccounts.session(statement) : nil
    }

    func session(refreshHash: [UInt8]) throws -> Session? {
        let statement = try connection.statement(
            #"SELECT \#(SQLiteAccounts.columns) FROM "_atlas_sessions" WHERE "refresh_hash" = ?1 OR "previous_hash" = ?1"#)
        defer { statement.reset() }
        statement.bind(bytes: refreshHash, at: 1)
        return try statement.step() ? SQLiteAccounts.session(statement) : nil
    }

    private static func session(_ statement: Statement) -> Session {
        Session(
            id: statement.text(0), user: statement.text(1), createdAt: statement.integer(2), expiresAt: statement.integer(3),
            refreshHash: statement.bytes(4), previousHash: statement.optionalBytes(5), rotatedAt: statement.optionalInteger(6),
            usedAt: statement.integer(7), address: statement.text(8), userAgent: statement.text(9))
    }

    func saveSession(_ session: Session) throws {
        let statement = try connection.statement(
            #"INSERT OR REPLACE INTO "_atlas_sessions" (\#(SQLiteAccounts.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"#)
        statement.bind(session.id, at: 1)
        statement.bind(session.user, at: 2)
        statement.bind(session.createdAt, at: 3)
        statement.bind(session.expiresAt, at: 4)
        statement.bind(bytes: session.refreshHash, at: 5)
        statement.bind(bytes: session.previousHash, at: 6)
        statement.bind(session.rotatedAt, at: 7)
        statement.bind(session.usedAt, at: 8)
        statement.bind(session.address, at: 9)
        statement.bind(session.userAgent, at: 10)
        try statement.run()
    }

    func sessions(of user: String) throws -> [Session] {
        let statement = try connection.statement(
            #"SELECT \#(SQLiteAccounts.columns) FROM "_atlas_sessions" WHERE "user" = ? ORDER BY "created_at" DESC, "id" DESC"#)
        defer { statement.reset() }
        statement.bind(user, at: 1)
        var sessions: [Session] = []
        while try statement.step() { sessions.append(SQLiteAccounts.session(statement)) }
        return sessions
    }

    func sessions(limit: Int, offset: Int) throws -> (sessions: [Session], total: Int) {
        let statement = try connection.statement(
            #"SELECT \#(SQLiteAccounts.columns) FROM "_atlas_sessions" ORDER BY "created_at" DESC, "id" DESC LIMIT ? OFFSET ?"#)
        defer { statement.reset() }
        statement.bind(Int64(limit), at: 1)
        statement.bind(Int64(offset), at: 2)
        var sessions: [Session] = []
        while try statement.step() { sessions.append(SQLiteAccounts.session(statement)) }
        let count = try connection.statement(#"SELECT count(*) FROM "_atlas_sessions""#)
        defer { count.reset() }
        return (sessions, try count.step() ? Int(count.integer(0)) : 0)
    }

    func noteUse(_ uses: [SessionUse]) throws {
        let statement = try connection.statement(
            #"UPDATE "_atlas_sessions" SET "used_at" = ?2, "address" = ?3, "user_agent" = ?4 WHERE "id" = ?1"#)
        for use in uses {
            statement.bind(use.session, at: 1)
            statement.bind(use.at, at: 2)
            statement.bind(use.address, at: 3)
            statement.bind(use.userAgent, at: 4)
            try statement.run()
        }
    }

    func removeSession(_ id: String) throws {
        let statement = try connection.statement(#"DELETE FROM "_atlas_sessions" WHERE "id" = ?"#)
        statement.bind(id, at: 1)
        try statement.run()
    }

    func removeSessions(of user: String, except: String?) throws -> [String] {
        let statement = try connection.statement(
            #"DELETE FROM "_atlas_sessions" WHERE "user" = ?1 AND "id" IS NOT ?2 RETURNING "id""#)
        defer { statement.reset() }
        statement.bind(user, at: 1)
        statement.bind(except, at: 2)
        var ended: [String] = []
        while try statement.step() { ended.append(statement.text(0)) }
        return ended
    }

    func pruneSessions(before: Int64) throws -> Int {
        let statement = try connection.statement(#"DELETE FROM "_atlas_sessions" WHERE "expires_at" < ?"#)
        statement.bind(before, at: 1)
        try statement.run()
        return connection.changes
    }
}
