package import NIOCore
internal import Expressions
package import Ports
internal import Synchronization

/// Tokens that were verified already, until they expire: an Ed25519 check costs more than the whole read path (04-api, Identity).
/// One for each event loop, used on it alone, hence without a lock.
package final class TokenCache {
    private struct Entry {
        var session: ActiveSession
        var expiresAt: Int64
    }

    private var entries: [String: Entry] = [:]
    private let limit: Int

    package init(limit: Int = 10_000) {
        self.limit = limit
    }

    /// The session of a token that is known and not expired.
    package func session(of token: String, now: Int64) -> ActiveSession? {
        guard let entry = entries[token] else { return nil }
        if entry.expiresAt > now { return entry.session }
        entries[token] = nil
        return nil
    }

    package func insert(_ token: String, _ session: ActiveSession, expiresAt: Int64) {
        // Starting anew now and then is cheaper than keeping an order of use on every request.
        if entries.count >= limit { entries.removeAll(keepingCapacity: true) }
        entries[token] = Entry(session: session, expiresAt: expiresAt)
    }

    package func remove(_ token: String) {
        entries[token] = nil
    }
}

package enum Authentication: Sendable {
    case session(ActiveSession)
    case failed(TokenFault)
    case pending(EventLoopFuture<Result<ActiveSession, TokenFault>>)
}

/// From an access token to a session.
package struct Authenticator: Sendable {
    private let tokens: AccessTokens
    private let clock: any Clock
    package let registry: SessionRegistry
    /// Fetches a session that is not in memory; nil when it has ended.
    private let load: @Sendable (String, any EventLoop) -> EventLoopFuture<ActiveSession?>
    /// Nil: there are no API keys.
    private let keys: APIKeys?

    package init(
        tokens: AccessTokens, registry: SessionRegistry, clock: any Clock, keys: APIKeys? = nil,
        load: @escaping @Sendable (String, any EventLoop) -> EventLoopFuture<ActiveSession?>
    ) {
        self.tokens = tokens
        self.registry = registry
        self.clock = clock
        self.keys = keys
        self.load = load
    }

    /// The token of an `Authorization` header (RFC 6750 section 2.1).
    package static func token(of authorization: String) -> String? {
        guard authorization.utf8.count > 7, authorization.prefix(7).lowercased() == "bearer " else { return nil }
        return String(authorization.dropFirst(7))
    }

    /// Whether that is a program's key, or looks like one: those stand in the header alone.
    package static func isKey(_ token: String) -> Bool { token.hasPrefix(APIKeyText.prefix) }

    /// Costs one dictionary look-up for a token seen before; must be called on the loop that owns `cache`.
    package func authenticate(_ token: String, cache: TokenCache, on loop: any EventLoop) -> Authentication {
        if let session = cache.session(of: token, now: clock.now()) {
            if session.isAlive { return .session(session) }
            cache.remove(token)
        }
        if let keys, let text = APIKeyText(token) { return authenticate(text, token, keys, cache: cache, on: loop) }
        switch tokens.verify(token) {
        case .failure(let fault): return .failed(fault)
        case .success(let claims):
            if let session = registry.session(claims.session), session.user == claims.user {
                cache.insert(token, session, expiresAt: claims.expiresAt)
                return .session(session)
            }
            // The next request finds it in the registry; the cache belongs to the loop's owner.
            return .pending(
                fetch({ load(claims.session, loop) }, on: loop).map { session in
                    guard let session, session.user == claims.user else { return .failure(.invalid) }
                    return .success(session)
                })
        }
    }

    /// A session that was authenticated a while ago, by its name: for what goes on longer than a request. A key that is no longer in memory has to
    /// be shown again.
    package func resume(_ id: String, on loop: any EventLoop) -> Authentication {
        if let session = registry.session(id) {
            if session.isAlive, session.grant?.expiresAt.map({ $0 <= clock.now() }) ?? false { return .failed(.expired) }
            return .session(session)
        }
        if APIKeyText.key(ofSession: id) != nil { return .failed(.invalid) }
        return .pending(fetch({ load(id, loop) }, on: loop).map { $0.map { .success($0) } ?? .failure(.invalid) })
    }

    /// Brings a session into memory. What ended or changed while it was read is read again: nobody would tell it otherwise.
    private func fetch(
        _ load: @escaping @Sendable () -> EventLoopFuture<ActiveSession?>, on loop: any EventLoop
    ) -> EventLoopFuture<ActiveSession?> {
        let seen = registry.changes
        return load().flatMap { session in
            guard let session else { return loop.makeSucceededFuture(nil) }
            guard let inserted = registry.insert(session, unlessChangedSince: seen) else { return fetch(load, on: loop) }
            return loop.makeSucceededFuture(inserted)
        }
    }

    private func authenticate(
        _ text: APIKeyText, _ token: String, _ keys: APIKeys, cache: TokenCache, on loop: any EventLoop
    ) -> Authentication {
        if let session = registry.session(APIKeyText.session(text.id)), let grant = session.grant {
            guard grant.matches(text) else { return .failed(.invalid) }
            let now = clock.now()
            let expiresAt = grant.expiresAt ?? .max
            guard expiresAt > now else { return .failed(.expired) }
            cache.insert(token, session, expiresAt: expiresAt)
            return .session(session)
        }
        return .pending(
            fetch({ keys.load(text, on: loop) }, on: loop).map { session in
                guard let session, session.grant?.matches(text) == true else { return .failure(.invalid) }
                return .success(session)
            })
    }
}
