/// Who another service says that a user is.
package struct ForeignIdentity: Sendable, Equatable {
    /// The service's name in the file.
    package var service: String
    /// What the service calls him, for ever.
    package var subject: String
    package var user: String
    package var createdAt: Int64

    package init(service: String, subject: String, user: String, createdAt: Int64) {
        self.service = service
        self.subject = subject
        self.user = user
        self.createdAt = createdAt
    }
}

/// Identities of other services within a transaction.
package protocol ForeignIdentityTransaction {
    func user(of service: String, subject: String) throws -> String?
    /// Inserts, or gives it to that user.
    func save(_ identity: ForeignIdentity) throws
    func hasAny(_ user: String) throws -> Bool
    func removeAll(of user: String) throws
}
