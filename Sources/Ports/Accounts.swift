/// Credentials and sessions, apart from `users`.
package protocol AccountTransaction {
    func credential(of user: String) throws -> Credential?
    func setCredential(_ credential: Credential) throws
    func removeCredential(of user: String) throws
    /// Whether an operator has closed the account, whatever its fields say.
    func isClosed(_ user: String) throws -> Bool
    func setClosed(_ user: String, _ isClosed: Bool) throws
    func session(_ id: String) throws -> Session?
    /// The session whose current or previous refresh token has that hash.
    func session(refreshHash: [UInt8]) throws -> Session?
    /// Inserts or replaces.
    func saveSession(_ session: Session) throws
    func removeSession(_ id: String) throws
    /// Ends all sessions of the user but one; gives the ids that ended.
    func removeSessions(of user: String, except: String?) throws -> [String]
    /// Of everybody, the youngest first, and how many there are.
    func sessions(limit: Int, offset: Int) throws -> (sessions: [Session], total: Int)
    /// Of a user, the youngest first.
    func sessions(of user: String) throws -> [Session]
    /// Notes where from and when those sessions were last used; sessions that have ended stay ended.
    func noteUse(_ uses: [SessionUse]) throws
    /// Removes what expired before that moment; gives how many.
    func pruneSessions(before: Int64) throws -> Int
}

package struct Credential: Sendable, Equatable {
    package var user: String
    /// A crypt(3) string.
    package var hash: String
    package var changedAt: Int64

    package init(user: String, hash: String, changedAt: Int64) {
        self.user = user
        self.hash = hash
        self.changedAt = changedAt
    }
}

package struct Session: Sendable, Equatable {
    package var id: String
    package var user: String
    package var createdAt: Int64
    package var expiresAt: Int64
    /// SHA-256 of the living refresh token.
    package var refreshHash: [UInt8]
    /// SHA-256 of the one before, and when it was spent: it may be retried for a while.
    package var previousHash: [UInt8]?
    package var rotatedAt: Int64?
    /// When and where from it was last used, as far as that is written down.
    package var usedAt: Int64
    package var address: String
    package var userAgent: String

    package init(
        id: String, user: String, createdAt: Int64, expiresAt: Int64, refreshHash: [UInt8], previousHash: [UInt8]? = nil,
        rotatedAt: Int64? = nil, usedAt: Int64? = nil, address: String = "", userAgent: String = ""
    ) {
        self.usedAt = usedAt ?? createdAt
        self.address = address
        self.userAgent = userAgent
        self.id = id
        self.user = user
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.refreshHash = refreshHash
        self.previousHash = previousHash
        self.rotatedAt = rotatedAt
    }
}

/// When and where from a session was last used.
package struct SessionUse: Sendable, Equatable {
    package var session: String
    /// Milliseconds since 1970.
    package var at: Int64
    package var address: String
    package var userAgent: String

    package init(session: String, at: Int64, address: String, userAgent: String) {
        self.session = session
        self.at = at
        self.address = address
        self.userAgent = userAgent
    }
}
