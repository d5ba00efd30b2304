/// The authenticator of a user.
package struct SecondFactor: Sendable, Equatable {
    package var user: String
    /// The shared secret, sealed.
    package var sealed: [UInt8]
    package var createdAt: Int64
    /// Nil: set up, and not yet asked for at sign-in.
    package var confirmedAt: Int64?
    /// The time step of the last code that was good (RFC 6238 section 5.2).
    package var lastStep: Int64?

    package init(user: String, sealed: [UInt8], createdAt: Int64, confirmedAt: Int64? = nil, lastStep: Int64? = nil) {
        self.user = user
        self.sealed = sealed
        self.createdAt = createdAt
        self.confirmedAt = confirmedAt
        self.lastStep = lastStep
    }
}

/// Authenticators and recovery codes within a transaction.
package protocol SecondFactorTransaction {
    func factor(of user: String) throws -> SecondFactor?
    /// Inserts or replaces.
    func save(_ factor: SecondFactor) throws
    /// With its recovery codes, and what was guessed wrong.
    func remove(of user: String) throws
    /// True once for each step, and only for those after the last one.
    func spendStep(_ step: Int64, of user: String) throws -> Bool
    /// Hashes, in place of all that were there.
    func setRecoveryCodes(_ hashes: [[UInt8]], of user: String) throws
    /// True for one caller alone.
    func spendRecoveryCode(_ hash: [UInt8], of user: String) throws -> Bool
    /// Wrong codes since the last right one, and when the last of them was typed; counted apart for each `network`, of which the empty one is
    /// that of all strangers.
    func misses(of user: String, from network: String) throws -> (count: Int, last: Int64)
    func addMiss(of user: String, from network: String, at moment: Int64) throws
    func clearMisses(of user: String, from network: String) throws
    /// As if the last of them had been typed long ago.
    func ageMisses(of user: String, from network: String) throws
}

extension SecondFactorTransaction {
    /// Whether that user is asked for a code.
    package func isOn(for user: String) throws -> Bool { try factor(of: user)?.confirmedAt != nil }
}
