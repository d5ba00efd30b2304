internal import Crypto
internal import Expressions
internal import JSON
package import NIOCore
package import Ports
package import Records
internal import Schema

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

/// Keys for programs: `atlas_<id>.<32 bytes>`, shown once, stored as SHA-256 (04-api, Identity; 11-precisions 39 and 57).
///
/// The secret has 256 bits, so that a fast hash suffices: nobody can try them.
package final class APIKeys: Sendable {
    private let records: Records
    private let sessions: Sessions
    /// Keys of one user in one tenant.
    private static let limit = 100

    package init(records: Records, sessions: Sessions) {
        self.records = records
        self.sessions = sessions
    }

    /// Who may not make keys may not see whether there are any.
    private func admit(_ caller: Caller, _ transaction: any Transaction) throws -> Row {
        guard let me = caller.environment.me else { throw RecordError.unauthenticated }
        guard let rule = records.schema.apiKeys,
            try rule.expression.isTrue(in: caller.environment, rows: transaction)
        else { throw RecordError.forbidden("you may not have API keys") }
        return me
    }

    /// The stored key and its text, which is nowhere else.
    package func make(_ key: NewAPIKey, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<(key: APIKey, text: String)> {
        records.write(for: caller, on: loop) { [self] _, transaction in
            let me = try admit(caller, transaction)
            let now = caller.environment.now
            let tenant = caller.environment.tenant?.id
            guard try transaction.apiKeys.keys(of: me.id, tenant: tenant).count < Self.limit else {
                throw RecordError.checkFailed(status: 409, message: "you have \(Self.limit) keys: remove one first")
            }
            let secret = Base64.url(records.random.bytes(32))
            let made = APIKey(
                id: UUIDv7.text(milliseconds: now, random: records.random.bytes(10)), user: me.id, name: key.name, tenant: tenant,
                hash: APIKeyText.hash(secret), scopes: key.scopes, createdAt: now, expiresAt: key.expiresAt)
            try transaction.apiKeys.save(made)
            return (made, APIKeyText.prefix + made.id + "." + secret)
        }
    }

    package func list(for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<[APIKey]> {
        records.write(for: caller, on: loop) { [self] _, transaction in
            let me = try admit(caller, transaction)
            return try transaction.apiKeys.keys(of: me.id, tenant: caller.environment.tenant?.id)
        }.map { [registry = sessions.registry] keys in
            keys.map { key in
                var key = key
                // What is not written down yet.
                if let use = registry.use(of: APIKeyText.session(key.id)) { key.usedAt = use.at }
                return key
            }
        }
    }

    /// Ends the key at once. One's own keys may be removed in any tenant, and by whom has lost the right to make them.
    package func remove(_ id: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Void> {
        records.write(for: caller, on: loop) { _, transaction in
            guard let me = caller.environment.me else { throw RecordError.unauthenticated }
            guard try transaction.apiKeys.remove(id, of: me.id) else { throw RecordError.notFound }
        }.map { [sessions] in sessions.ended([APIKeyText.session(id)]) }
    }

    // MARK: Using

    /// The session as which a key acts; nil for what is none, or none any more.
    func load(_ text: APIKeyText, on loop: any EventLoop) -> EventLoopFuture<ActiveSession?> {
        let now = records.clock.now()
        return records.write(for: .system(now: now), on: loop) { [self] _, transaction in
            guard let key = try transaction.apiKeys.key(text.id), key.hash == text.hash, key.expiresAt.map({ $0 > now }) ?? true,
                let row = try transaction.row(in: records.schema.users.name, id: key.user), sessions.isActive(row),
                try !transaction.accounts.isClosed(row.id)
            else { return nil }
            return ActiveSession(key, me: row, mustChangePassword: sessions.mustChangePassword(row))
        }
    }
}

/// A bearer token that is a key.
struct APIKeyText: Sendable {
    static let prefix = "atlas_"

    let id: String
    let hash: [UInt8]

    /// Nil for what does not look like one.
    init?(_ token: String) {
        guard token.hasPrefix(Self.prefix), token.utf8.count <= 128 else { return nil }
        let parts = token.dropFirst(Self.prefix.count).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, UUIDv7.isUUID(parts[0]) else { return nil }
        id = String(parts[0])
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
