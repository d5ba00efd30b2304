/// Whoever shows its secret has proved something: a code by SMS, a token by mail, the state of a sign-in elsewhere. Good once.
package struct Proof: Sendable, Equatable {
    package enum Purpose: String, Sendable, CaseIterable {
        case otp, totp, reset, ticket
        /// A code that nobody was sent, and so none that anybody can know.
        case unsentOTP = "otp_unsent"
        case verifyEmail = "verify_email"
        case changeEmail = "change_email"
        case changePhone = "change_phone"
        case oidcState = "oidc_state"
        case oidcExchange = "oidc_exchange"
        case recovery
    }

    package var id: String
    package var purpose: Purpose
    /// Whose it is, by what rates are counted: a user's id, a phone number, a session.
    package var subject: String
    /// A keyed hash of the secret; the secret itself is stored nowhere.
    package var hash: [UInt8]
    /// What the one who made it wants to know again, sealed where it is secret.
    package var data: [UInt8]
    /// Wrong tries that are left.
    package var attempts: Int
    package var createdAt: Int64
    package var expiresAt: Int64
    /// When it was used up.
    package var spentAt: Int64?

    package init(
        id: String, purpose: Purpose, subject: String, hash: [UInt8], data: [UInt8] = [], attempts: Int, createdAt: Int64, expiresAt: Int64,
        spentAt: Int64? = nil
    ) {
        self.id = id
        self.purpose = purpose
        self.subject = subject
        self.hash = hash
        self.data = data
        self.attempts = attempts
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.spentAt = spentAt
    }
}

/// Proofs within a transaction. A spent one stays until it is pruned, so that rates are counted over what was made, and survive restarts.
package protocol ProofTransaction {
    func save(_ proof: Proof) throws
    /// Spent and expired ones too.
    func proof(_ id: String) throws -> Proof?
    /// The moments, oldest first, at which proofs of that purpose were made since, `since` included; without a subject those of all.
    /// At most `limit`, the newest.
    func made(_ purpose: Proof.Purpose, for subject: String?, since: Int64, limit: Int) throws -> [Int64]
    /// True for one caller alone, and only while attempts are left.
    func spend(_ id: String, at moment: Int64) throws -> Bool
    /// Takes an attempt and gives how many are left; nil when there was none to take.
    func burn(_ id: String) throws -> Int?
    /// Removes it as if it had never been made: it counts for no rate any more.
    func remove(_ id: String) throws
    /// Spends all that are open of that purpose and subject; gives how many.
    @discardableResult
    func withdraw(_ purpose: Proof.Purpose, for subject: String, at moment: Int64) throws -> Int
    /// Removes at most `limit` that were both made and over before that moment; gives how many.
    func prune(before: Int64, limit: Int) throws -> Int
}
