internal import Crypto
package import Expressions
package import Ports
internal import Records

package enum RefreshFault: Error, Sendable, Equatable {
    case invalid
    case expired
    /// A spent token came again: its session has been ended.
    case reused(session: String)
}

/// Refresh tokens: `<session>.<32 bytes and a tag of 16>`, stored as SHA-256, good for one use.
///
/// The successor's bytes are HMAC(server key, token), so that a client whose answer was lost may ask again and gets the same one, for
/// `grace` milliseconds and until the successor is first used. Any later use of a spent token ends the session: somebody has copied it.
///
/// The tag says that the server made the token for that session: sessions' ids are no secret, and whoever knows one must not be able to end
/// the session by a token of his own making.
package struct RefreshTokens: Sendable {
    private let masterKey: MasterKey
    private let random: any Random
    private let grace: Int64
    private let lifetime: Int64

    /// Both in milliseconds.
    package init(masterKey: MasterKey, random: any Random, grace: Int64, lifetime: Int64) {
        self.masterKey = masterKey
        self.random = random
        self.grace = grace
        self.lifetime = lifetime
    }

    package func open(
        user: String, id: String, for request: RequestFacts, now: Int64, in accounts: any AccountTransaction
    ) throws -> (Session, token: String) {
        let token = token(id, random.bytes(32))
        let session = Session(
            id: id, user: user, createdAt: now, expiresAt: now + lifetime, refreshHash: Self.hash(token), address: request.ip,
            userAgent: SessionRegistry.agent(request.userAgent))
        try accounts.saveSession(session)
        return (session, token)
    }

    /// The session with its new token. Throws `RefreshFault`; after `.reused` the caller must end the session.
    package func rotate(
        _ token: String, for request: RequestFacts, now: Int64, in accounts: any AccountTransaction
    ) throws -> (Session, token: String) {
        guard token.utf8.count <= 200, let id = Self.session(of: token), var session = try accounts.session(id) else {
            throw RefreshFault.invalid
        }
        let successor = self.successor(of: token)
        switch Self.verdict(session, presented: Self.hash(token), isOurs: isOurs(token), now: now, grace: grace) {
        case .invalid: throw RefreshFault.invalid
        case .expired: throw RefreshFault.expired
        case .reused: throw RefreshFault.reused(session: session.id)
        case .again: return (session, successor)
        case .rotate:
            session.previousHash = session.refreshHash
            session.refreshHash = Self.hash(successor)
            session.rotatedAt = now
            session.expiresAt = now + lifetime
            (session.usedAt, session.address) = (now, request.ip)
            session.userAgent = SessionRegistry.agent(request.userAgent)
            try accounts.saveSession(session)
            return (session, successor)
        }
    }

    enum Verdict: Equatable {
        case rotate
        /// The same successor once more.
        case again
        case reused
        case expired
        case invalid
    }

    /// What a presented token means for the session that it names. `isOurs`: it was made here, for that session.
    static func verdict(_ session: Session, presented: [UInt8], isOurs: Bool, now: Int64, grace: Int64) -> Verdict {
        guard isOurs else { return .invalid }
        guard now < session.expiresAt else { return .expired }
        if presented == session.refreshHash { return .rotate }
        guard presented == session.previousHash, let rotatedAt = session.rotatedAt, now < rotatedAt + grace else { return .reused }
        return .again
    }

    /// The session that a token claims to be of; which of its tokens it is, the hashes say.
    package static func session(of token: String) -> String? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 2 && UUIDv7.isUUID(parts[0]) ? String(parts[0]) : nil
    }

    private func successor(of token: String) -> String {
        self.token(Self.session(of: token) ?? "", code("next", token))
    }

    private func token(_ session: String, _ secret: [UInt8]) -> String {
        "\(session).\(Base64.url(secret + tag(session, secret)))"
    }

    private func isOurs(_ token: String) -> Bool {
        guard let session = Self.session(of: token), let bytes = Base64.decodeURL(token.dropFirst(session.utf8.count + 1)),
            bytes.count == 32 + Self.tagSize
        else { return false }
        // In a time that does not tell how far they agree.
        return zip(tag(session, Array(bytes.prefix(32))), bytes.suffix(Self.tagSize)).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static let tagSize = 16

    private func tag(_ session: String, _ secret: [UInt8]) -> [UInt8] {
        Array(code("made", "\(session) \(Base64.url(secret))").prefix(Self.tagSize))
    }

    private func code(_ purpose: String, _ text: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array("\(purpose) \(text)".utf8), using: masterKey.derived(for: .refreshTokens)))
    }

    package static func hash(_ token: String) -> [UInt8] {
        Array(SHA256.hash(data: Array(token.utf8)))
    }
}
