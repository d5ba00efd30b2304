/// Failed sign-ins, counted by key over a time. A key says nothing of whom it is about: a digest.
package protocol FailureTransaction {
    /// Moments of the failures since then, oldest first, at most `limit` of the latest.
    func failures(of key: [UInt8], since: Int64, limit: Int) throws -> [Int64]

    /// Notes one, and forgets some of those from before `forget`.
    func addFailure(of key: [UInt8], at moment: Int64, forget: Int64) throws
    func clearFailures(of key: [UInt8]) throws
}

/// The keys with which access tokens are signed; none is ever used for anything else.
package protocol SigningKeyTransaction {
    /// All, the youngest first.
    func signingKeys() throws -> [StoredSigningKey]
    func addSigningKey(_ key: StoredSigningKey) throws
    func removeSigningKey(_ id: String) throws
}

package struct StoredSigningKey: Sendable, Equatable {
    /// The `kid` of its tokens.
    package var id: String
    /// The private key, sealed.
    package var sealed: [UInt8]
    /// Milliseconds since 1970.
    package var createdAt: Int64

    package init(id: String, sealed: [UInt8], createdAt: Int64) {
        self.id = id
        self.sealed = sealed
        self.createdAt = createdAt
    }
}
