/// A key with which programs act as the user who made it.
package struct APIKey: Sendable, Equatable {
    package var id: String
    package var user: String
    package var name: String
    /// The tenant that it was made in.
    package var tenant: String?
    /// SHA-256 of the secret, which is nowhere else.
    package var hash: [UInt8]
    /// Nil: all that its maker may do.
    package var scopes: [String]?
    package var createdAt: Int64
    /// Nil: never.
    package var expiresAt: Int64?
    /// Kept coarsely.
    package var usedAt: Int64?

    package init(
        id: String, user: String, name: String, tenant: String?, hash: [UInt8], scopes: [String]?, createdAt: Int64, expiresAt: Int64?,
        usedAt: Int64? = nil
    ) {
        self.id = id
        self.user = user
        self.name = name
        self.tenant = tenant
        self.hash = hash
        self.scopes = scopes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.usedAt = usedAt
    }
}

/// API keys within a transaction.
package protocol APIKeyTransaction {
    func save(_ key: APIKey) throws
    func key(_ id: String) throws -> APIKey?
    /// Of a user, in that tenant or in none, the youngest first.
    func keys(of user: String, tenant: String?) throws -> [APIKey]
    /// Of that tenant, whoever made them, the youngest first.
    func keys(in tenant: String) throws -> [APIKey]
    /// Whether the user has one, in whatever tenant.
    func hasAny(_ user: String) throws -> Bool
    /// False when there was none of that user.
    func remove(_ id: String, of user: String) throws -> Bool
    func removeAll(of user: String) throws
    func removeAll(of user: String, in tenant: String) throws
    func noteUse(of id: String, at moment: Int64) throws
}
