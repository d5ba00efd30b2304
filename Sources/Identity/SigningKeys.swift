internal import Crypto
package import NIOCore
package import Ports
internal import Records
internal import Synchronization

/// The keys with which access tokens are signed (Ed25519), the youngest in use, the older ones known until their last token has expired. They
/// stand sealed in the store; what cannot be opened, under another master key, is as good as absent.
package final class SigningKeys: Sendable {
    struct Key: Sendable {
        var id: String
        var key: Curve25519.Signing.PrivateKey
        var publicKey: Curve25519.Signing.PublicKey
        var createdAt: Int64
        /// The header of its tokens, encoded. RFC 9068 section 2.1 names the type.
        var header: String
    }

    /// As `atlas keys list` shows it.
    package struct Listed: Sendable, Equatable {
        package var id: String
        package var createdAt: Int64
        /// Whether new tokens are signed with it.
        package var isCurrent: Bool
    }

    private struct Ring {
        var keys: [Key] = []
        var byHeader: [String: Key] = [:]
    }

    private let sealing: Sealing
    private let random: any Random
    private let clock: any Clock
    private let ring = Mutex(Ring())

    package init(masterKey: MasterKey, random: any Random, clock: any Clock) {
        sealing = Sealing(masterKey, for: .signingKeys)
        self.random = random
        self.clock = clock
    }

    var current: Key? { ring.withLock { $0.keys.first } }

    /// The key whose tokens begin with exactly that header.
    func key(header: Substring) -> Key? { ring.withLock { $0.byHeader[String(header)] } }

    /// Public keys as a JWK Set (RFC 7517, RFC 8037): id and `x`.
    package var published: [(id: String, x: String)] {
        ring.withLock { $0.keys.map { ($0.id, Base64.url(Array($0.publicKey.rawRepresentation))) } }
    }

    package var listed: [Listed] {
        ring.withLock { ring in
            ring.keys.map { Listed(id: $0.id, createdAt: $0.createdAt, isCurrent: $0.id == ring.keys.first?.id) }
        }
    }

    /// Reads the keys, and makes the first.
    package func load(from store: any Store, on loop: any EventLoop) -> EventLoopFuture<Void> {
        store.transaction(on: loop) { [self] transaction in
            let stored = try transaction.signingKeys.signingKeys()
            if stored.contains(where: { key($0) != nil }) { return stored }
            return try [make(in: transaction)] + stored
        }.map { [self] in hold($0) }
    }

    /// A new key signs from now on; tokens of the older ones hold on until they expire.
    package func rotate(in store: any Store, on loop: any EventLoop) -> EventLoopFuture<Void> {
        store.transaction(on: loop) { [self] transaction in
            _ = try make(in: transaction)
            return try transaction.signingKeys.signingKeys()
        }.map { [self] in hold($0) }
    }

    /// Forgets the keys whose last token has expired. `lifetime` of tokens in milliseconds.
    package func prune(lifetime: Int64, in store: any Store, on loop: any EventLoop) -> EventLoopFuture<Void> {
        let now = clock.now()
        return store.transaction(on: loop) { transaction in
            let keys = try transaction.signingKeys.signingKeys()
            // A key signed last when its successor was made.
            for (key, successor) in zip(keys.dropFirst(), keys) where successor.createdAt + lifetime + Self.margin < now {
                try transaction.signingKeys.removeSigningKey(key.id)
            }
            return try transaction.signingKeys.signingKeys()
        }.map { [self] in hold($0) }
    }

    /// Milliseconds of doubt about clocks.
    private static let margin: Int64 = 60_000

    private func make(in transaction: any Transaction) throws -> StoredSigningKey {
        let key = Curve25519.Signing.PrivateKey()
        let latest = try transaction.signingKeys.signingKeys().first?.createdAt ?? 0
        // Younger than any before, whatever the clock has done.
        let stored = StoredSigningKey(
            id: Base64.url(random.bytes(12)), sealed: sealing.seal(Array(key.rawRepresentation)), createdAt: max(clock.now(), latest + 1))
        try transaction.signingKeys.addSigningKey(stored)
        return stored
    }

    /// From now on these are the keys.
    func hold(_ stored: [StoredSigningKey]) {
        let keys = stored.compactMap { key($0) }
        let byHeader = Dictionary(keys.map { ($0.header, $0) }) { first, _ in first }
        ring.withLock { $0 = Ring(keys: keys, byHeader: byHeader) }
    }

    private func key(_ stored: StoredSigningKey) -> Key? {
        guard let bytes = sealing.open(stored.sealed), let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes) else {
            return nil
        }
        let header = Base64.url(Array(#"{"alg":"EdDSA","kid":"\#(stored.id)","typ":"at+jwt"}"#.utf8))
        return Key(id: stored.id, key: key, publicKey: key.publicKey, createdAt: stored.createdAt, header: header)
    }
}
