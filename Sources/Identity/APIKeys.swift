internal import Crypto
internal import Expressions
internal import JSON
package import NIOCore
package import Ports
package import Records
internal import Schema
internal import Synchronization

/// What a key is made with.
package struct NewAPIKey: Sendable {
    package var name: String
    package var scopes: [String]?
    package var expiresAt: Int64?

    package init(name: String, scopes: [String]?, expiresAt: Int64?) {
        self.name = name
        self.scopes = scopes
        self.expiresAt = expiresAt
    }
}

/// Keys for programs: `atlas_<id>.<32 bytes and a tag of 16>`, shown once, stored as SHA-256 (04-api, Identity; 11-precisions 39 and 57).
///
/// The secret has 256 bits, so that a fast hash suffices: nobody can try them. The tag says that the server made the key, so that what others
/// make up is refused without asking the store.
package final class APIKeys: Sendable {
    let records: Records
    let sessions: Sessions
    private let ways: WaysIn
    private let tagKey: SymmetricKey
    /// Keys that open nothing, for as long as nothing has changed.
    private let closed = Mutex<(changes: Int, ids: Set<String>)>((0, []))
    private static let closedLimit = 10_000
    private static let tagSize = 16
    /// Keys of one user in one tenant.
    private static let limit = 100

    package init(records: Records, sessions: Sessions, masterKey: MasterKey, ways: WaysIn) {
        self.ways = ways
        self.records = records
        self.sessions = sessions
        tagKey = masterKey.derived(for: .apiKeys)
    }

    private func admit(_ caller: Caller, _ transaction: any Transaction) throws -> Row {
        guard let me = caller.environment.me else { throw RecordError.unauthenticated }
        guard let rule = records.schema.apiKeys,
            try rule.expression.isTrue(in: caller.environment, rows: transaction)
        else { throw caller.refusal(by: records.schema.apiKeys, in: records.schema, "you may not have API keys") }
        return me
    }

    /// The stored key and its text, which is nowhere else.
    package func make(_ key: NewAPIKey, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<(key: APIKey, text: String)> {
        records.write(for: caller, on: loop) { [self] writer, transaction in
            let caller = writer.caller
            let me = try admit(caller, transaction)
            try ways.requireProof(of: me.id, transaction)
            let now = caller.environment.now
            let tenant = caller.environment.tenant?.id
            guard try transaction.apiKeys.keys(of: me.id, tenant: tenant).count < Self.limit else {
                throw RecordError.checkFailed(status: 409, message: "you have \(Self.limit) keys: remove one first")
            }
            let id = UUIDv7.text(milliseconds: now, random: records.random.bytes(10))
            let secret = secret(records.random.bytes(32), of: id)
            let made = APIKey(
                id: id, user: me.id, name: key.name, tenant: tenant,
                hash: APIKeyText.hash(secret), scopes: key.scopes, createdAt: now, expiresAt: key.expiresAt)
            try transaction.apiKeys.save(made)
            try writer.tellMade(made, of: me)
            return (made, APIKeyText.prefix + made.id + "." + secret)
        }
    }

    /// One's own in the tenant of the request, also of whom has lost the right to make them: they go on until they are removed. Where keys are of
    /// tenants alone an empty list of none would say that he has no keys.
    package func list(for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<[APIKey]> {
        records.write(for: caller, on: loop) { [self] writer, transaction in
            let caller = writer.caller
            guard let me = caller.environment.me else { throw RecordError.unauthenticated }
            let keys = try transaction.apiKeys.keys(of: me.id, tenant: caller.environment.tenant?.id)
            if keys.isEmpty, caller.environment.tenant == nil, records.schema.apiKeys?.asksForTenant == true {
                _ = try admit(caller, transaction)
            }
            return keys
        }.map { [self] keys in keys.map(withUse) }
    }

    /// With its last use also where that is not written down yet.
    func withUse(_ key: APIKey) -> APIKey {
        var key = key
        if let use = sessions.registry.use(of: APIKeyText.session(key.id)) { key.usedAt = use.at }
        return key
    }

    /// Ends the key at once. One's own keys may be removed in any tenant, and by whom has lost the right to make them.
    package func remove(_ id: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Void> {
        records.write(for: caller, on: loop) { writer, transaction in
            guard let me = caller.environment.me else { throw RecordError.unauthenticated }
            guard let key = try transaction.apiKeys.key(id), try transaction.apiKeys.remove(id, of: me.id) else {
                throw RecordError.notFound
            }
            try writer.tellRemoved(key, of: me)
        }.map { [sessions] in sessions.ended([APIKeyText.session(id)]) }
    }

    // MARK: Using

    /// The session as which a key acts; nil for what is none, or none any more. The store is asked for keys alone that were made here, and for
    /// one that opens nothing once until something changes.
    func load(_ text: APIKeyText, on loop: any EventLoop) -> EventLoopFuture<ActiveSession?> {
        guard isMadeHere(text) else { return loop.makeSucceededFuture(nil) }
        let changes = sessions.registry.changes
        guard !closed.withLock({ $0.changes == changes && $0.ids.contains(text.id) }) else { return loop.makeSucceededFuture(nil) }
        return fetch(text, on: loop).map { [self] found in
            if case .nothing = found {
                closed.withLock { known in
                    if known.changes != changes || known.ids.count >= Self.closedLimit { known = (changes, []) }
                    known.ids.insert(text.id)
                }
            }
            return if case .session(let session) = found { session } else { nil }
        }
    }

    private enum Found: Sendable {
        case session(ActiveSession)
        /// Nothing is open to it until something changes.
        case nothing
        /// The same until the clock says otherwise, which tells nobody.
        case nothingNow
    }

    private func fetch(_ text: APIKeyText, on loop: any EventLoop) -> EventLoopFuture<Found> {
        let now = records.clock.now()
        return records.store.transaction(on: loop) { [self] transaction in
            guard let key = try transaction.apiKeys.key(text.id), key.hash == text.hash, key.expiresAt.map({ $0 > now }) ?? true,
                let row = try transaction.row(in: records.schema.users.name, id: key.user), try !transaction.accounts.isClosed(row.id)
            else { return .nothing }
            guard sessions.isActive(row) else { return sessions.policy.isLasting ? .nothing : .nothingNow }
            return .session(ActiveSession(key, me: row, hasSecondFactor: try transaction.secondFactors.isOn(for: row.id)))
        }
    }
}

extension APIKeys {
    private func secret(_ bytes: [UInt8], of id: String) -> String { Base64.url(bytes + tag(bytes, of: id)) }

    /// Whether the server made that key, whatever has become of it.
    func isMadeHere(_ text: APIKeyText) -> Bool {
        guard text.bytes.count == 32 + Self.tagSize else { return false }
        // In a time that does not tell how far they agree.
        let tag = tag(Array(text.bytes.prefix(32)), of: text.id)
        return zip(tag, text.bytes.suffix(Self.tagSize)).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func tag(_ bytes: [UInt8], of id: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(id.utf8) + bytes, using: tagKey).prefix(Self.tagSize))
    }
}

/// A bearer token that is a key.
struct APIKeyText: Sendable {
    static let prefix = "atlas_"

    let id: String
    let hash: [UInt8]
    /// Of the secret.
    let bytes: [UInt8]

    /// Nil for what does not look like one.
    init?(_ token: String) {
        guard token.hasPrefix(Self.prefix), token.utf8.count <= 128 else { return nil }
        let parts = token.dropFirst(Self.prefix.count).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, UUIDv7.isUUID(parts[0]), let bytes = Base64.decodeURL(parts[1]) else { return nil }
        id = String(parts[0])
        self.bytes = bytes
        hash = Self.hash(String(parts[1]))
    }

    static func hash(_ secret: String) -> [UInt8] { Array(SHA256.hash(data: Array(secret.utf8))) }

    /// The name of its session; no session of a person has such a one.
    static func session(_ id: String) -> String { sessionPrefix + id }

    /// The key of a session's name; nil for a person's.
    static func key(ofSession name: String) -> String? {
        name.hasPrefix(sessionPrefix) ? String(name.dropFirst(sessionPrefix.count)) : nil
    }

    private static let sessionPrefix = "key "
}

/// What an active session may do when it is a key's.
package final class KeyGrant: Sendable {
    package let use: KeyUse
    /// Milliseconds since 1970.
    let expiresAt: Int64?
    private let hash: [UInt8]

    init(_ key: APIKey) {
        use = KeyUse(id: key.id, tenant: key.tenant, scopes: key.scopes.map { Scopes($0) })
        expiresAt = key.expiresAt
        hash = key.hash
    }

    func matches(_ text: APIKeyText) -> Bool { text.hash == hash }
}
