package import Expressions
package import NIOCore
package import Ports
package import Records
package import Schema

/// What a sign-up, login or refresh gives.
package struct SignedIn: Sendable {
    package var accessToken: String
    package var refreshToken: String
    /// Seconds.
    package var expiresIn: Int64
    /// The user as he sees himself: JSON.
    package var user: ByteBuffer
}

/// Sessions: opened by every way to sign in, prolonged, listed and ended.
package final class Sessions: Sendable {
    package struct Options: Sendable {
        /// Of access tokens, in milliseconds.
        package var accessLifetime: Int64
        /// Of one user; the oldest ends when there are more.
        package var maximum: Int

        package init(accessLifetime: Int64, maximum: Int) {
            self.accessLifetime = accessLifetime
            self.maximum = maximum
        }
    }

    private let options: Options
    private let records: Records
    private let tokens: AccessTokens
    private let refreshTokens: RefreshTokens
    package let registry: SessionRegistry
    /// What is asked of accounts at each request.
    package let policy: AccountPolicy

    package init(
        options: Options, records: Records, tokens: AccessTokens, refreshTokens: RefreshTokens, registry: SessionRegistry
    ) {
        self.options = options
        self.records = records
        self.tokens = tokens
        self.refreshTokens = refreshTokens
        self.registry = registry
        policy = AccountPolicy(records.schema)
    }

    private var users: Collection { records.schema.users }

    // MARK: Opening

    /// A session that was opened or prolonged in a transaction: `finish` makes it one that is in use, after the commit.
    package struct Opened: Sendable {
        fileprivate var row: Row
        fileprivate var session: Session
        fileprivate var refreshToken: String
        fileprivate var user: ByteBuffer
        /// Older sessions that gave way.
        fileprivate var ended: [String] = []
    }

    /// Opens a session in the transaction in which the user has proved who he is. Throws `.inactive`.
    package func open(for row: Row, _ writer: RecordWriter) throws -> Opened {
        let (transaction, now) = (writer.transaction, writer.now)
        guard isActive(row), try !transaction.accounts.isClosed(row.id) else { throw IdentityError.inactive }
        let id = UUIDv7.text(milliseconds: now, random: records.random.bytes(10))
        let (session, token) = try refreshTokens.open(
            user: row.id, id: id, for: writer.request, now: now, in: transaction.accounts)
        var opened = try opened(row, session, token, transaction, now: now)
        let others = try transaction.accounts.sessions(of: row.id).filter { $0.id != id }
        for old in others.dropFirst(options.maximum - 1) {
            try transaction.accounts.removeSession(old.id)
            opened.ended.append(old.id)
        }
        return opened
    }

    /// The tokens of a session whose transaction is committed. Its first request brings it into memory, where it cannot miss its own end.
    package func finish(_ opened: Opened) throws -> SignedIn {
        for id in opened.ended { registry.end(id) }
        let token = try tokens.issue(user: opened.row.id, session: opened.session.id, lifetime: options.accessLifetime)
        return SignedIn(
            accessToken: token, refreshToken: opened.refreshToken, expiresIn: options.accessLifetime / 1_000, user: opened.user)
    }

    private func opened(
        _ row: Row, _ session: Session, _ token: String, _ transaction: any Transaction, now: Int64
    ) throws -> Opened {
        let environment = Environment(me: row, now: now)
        let projection = records.projections.standard(users, for: Caller(environment: environment))
        let read = RecordRead(access: Access(users, environment: environment), key: .id(row.id), projection: projection)
        var user = ByteBuffer()
        guard let answer = try transaction.read(read, into: &user) else { throw RecordError.notFound }
        return Opened(row: row, session: session, refreshToken: token, user: answer.buffer)
    }

    // MARK: Prolonging, ending

    package func refresh(_ token: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<SignedIn> {
        let now = caller.environment.now
        return records.write(for: caller.asSystem, on: loop) { [self] _, transaction -> Result<Opened, RefreshFault> in
            do {
                let (session, successor) = try refreshTokens.rotate(
                    token, for: caller.environment.request, now: now, in: transaction.accounts)
                // Closed by the clock, perhaps, so that nobody has ended it yet.
                guard let row = try transaction.row(in: users.name, id: session.user), isActive(row) else {
                    try transaction.accounts.removeSession(session.id)
                    return .failure(.invalid)
                }
                return .success(try opened(row, session, successor, transaction, now: now))
            } catch let fault as RefreshFault {
                if case .reused(let session) = fault { try transaction.accounts.removeSession(session) }
                return .failure(fault)
            }
        }.flatMapThrowing { [self] result in
            switch result {
            case .success(let opened): return try finish(opened)
            case .failure(let fault):
                if case .reused(let session) = fault { registry.end(session) }
                throw IdentityError.refresh(fault)
            }
        }
    }

    /// Ends the session of that refresh token; an unknown one is as good as ended.
    package func logOut(_ token: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Void> {
        records.write(for: caller.asSystem, on: loop) { [self] writer, transaction -> String? in
            guard let id = RefreshTokens.session(of: token), let session = try transaction.accounts.session(id),
                session.refreshHash == RefreshTokens.hash(token) || session.previousHash == RefreshTokens.hash(token)
            else { return nil }
            try transaction.accounts.removeSession(session.id)
            if let user = try transaction.row(in: users.name, id: session.user) { try writer.tell(.logout, of: user) }
            return session.id
        }.map { [registry] id in
            if let id { registry.end(id) }
        }
    }

    // MARK: The user's own

    /// One of the user's sessions, as he sees it.
    package struct Listed: Sendable, Equatable {
        package var session: Session
        /// Whether it is the one that asks.
        package var isCurrent: Bool
    }

    /// The living sessions of the caller, the youngest first.
    package func list(for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<[Listed]> {
        guard let me = caller.environment.me else { return loop.makeFailedFuture(RecordError.unauthenticated) }
        return list(of: me.id, current: caller.session, on: loop)
    }

    package func list(of user: String, current: String? = nil, on loop: any EventLoop) -> EventLoopFuture<[Listed]> {
        let now = records.clock.now()
        return records.store.transaction(on: loop) { try $0.accounts.sessions(of: user) }.map { [registry] sessions in
            sessions.filter { $0.expiresAt > now }.map { session in
                var session = session
                // What is not written down yet.
                if let use = registry.use(of: session.id) {
                    (session.usedAt, session.address, session.userAgent) = (use.at, use.address, use.userAgent)
                }
                return Listed(session: session, isCurrent: session.id == current)
            }
        }
    }

    /// Ends one session of the user. Fails with `.notFound` where he has no such one.
    package func revoke(_ id: String, of user: String, on loop: any EventLoop) -> EventLoopFuture<Void> {
        records.store.transaction(on: loop) { transaction in
            guard try transaction.accounts.session(id)?.user == user else { throw RecordError.notFound }
            try transaction.accounts.removeSession(id)
        }.map { [registry] in registry.end(id) }
    }

    /// Ends every session of the user but that one; gives how many.
    package func revokeAll(of user: String, except kept: String?, on loop: any EventLoop) -> EventLoopFuture<Int> {
        records.store.transaction(on: loop) { try $0.accounts.removeSessions(of: user, except: kept) }.map { [self] in
            ended($0)
            return $0.count
        }
    }

    /// From the command line: the account is closed, whatever its fields say; gives how many sessions ended.
    package func close(_ user: String, on loop: any EventLoop) -> EventLoopFuture<Int> {
        records.store.transaction(on: loop) { transaction in
            try transaction.accounts.setClosed(user, true)
            return try transaction.accounts.removeSessions(of: user, except: nil)
        }.map { [self] ended in
            endedAll(of: user)
            for id in ended { registry.end(id) }
            return ended.count
        }
    }

    package func reopen(_ user: String, on loop: any EventLoop) -> EventLoopFuture<Void> {
        records.store.transaction(on: loop) { try $0.accounts.setClosed(user, false) }.map { [registry] in registry.somethingOpened() }
    }

    /// To be told of sessions that were removed, after the commit.
    package func ended(_ ids: [String]) {
        for id in ids { registry.end(id) }
    }

    /// The same of everything as which the user acts, his keys too.
    func endedAll(of user: String) { registry.userChanged(user, to: nil) }

    /// Milliseconds since signing in during which one need not prove again who one is.
    private static let recent: Int64 = 10 * 60_000

    /// Throws `.staleSignIn` unless the caller has signed in a moment ago.
    package func requireRecent(_ caller: Caller, _ transaction: any Transaction) throws {
        guard let id = caller.session, let session = try transaction.accounts.session(id),
            caller.environment.now - session.createdAt <= Self.recent
        else { throw IdentityError.staleSignIn }
    }

    /// Throws `.unauthenticated` where the caller's session has ended since he was let in: what he asks may have waited for a password to be
    /// judged.
    func requireLiving(_ caller: Caller, _ transaction: any Transaction) throws {
        guard let id = caller.session else { return }
        guard try transaction.accounts.session(id) != nil else { throw RecordError.unauthenticated }
    }

    // MARK: In use

    /// A session that is not in memory.
    package func load(_ id: String, on loop: any EventLoop) -> EventLoopFuture<ActiveSession?> {
        records.store.transaction(on: loop) { [self] transaction in
            guard let session = try transaction.accounts.session(id), session.expiresAt > records.clock.now(),
                let row = try transaction.row(in: users.name, id: session.user), isActive(row)
            else { return nil }
            return ActiveSession(session, me: row, hasSecondFactor: try transaction.secondFactors.isOn(for: row.id))
        }
    }

    /// Until when a session lasts unless it is prolonged, in milliseconds since 1970; nil when it has ended. Of a key in use: that of the key.
    package func end(of id: String, on loop: any EventLoop) -> EventLoopFuture<Int64?> {
        if APIKeyText.key(ofSession: id) != nil {
            return loop.makeSucceededFuture(registry.session(id).map { $0.grant?.expiresAt ?? .max })
        }
        return records.store.transaction(on: loop) { try $0.accounts.session(id)?.expiresAt }
    }

    /// In the transaction that changes users: whoever is gone or no longer active has no sessions (04-api, Identity).
    package static func settle(
        _ changes: [RecordChange], in transaction: any Transaction, users: Collection, policy: AccountPolicy, now: Int64
    ) throws {
        for change in changes where change.row.collection == users.name && change.kind != .created {
            guard change.kind == .deleted || !policy.isActive(change.row, at: now) else { continue }
            _ = try transaction.accounts.removeSessions(of: change.row.id, except: nil)
            guard change.isFinal else { continue }
            try transaction.accounts.removeCredential(of: change.row.id)
            try transaction.secondFactors.remove(of: change.row.id)
            try transaction.apiKeys.removeAll(of: change.row.id)
            try transaction.accounts.setClosed(change.row.id, false)
            try transaction.identities.removeAll(of: change.row.id)
        }
    }

    /// After it: keeps what is in memory in step.
    package func observe(_ changes: [RecordChange]) {
        for (user, tenant) in APIKeys.departures(changes, records.schema.tenancy) { registry.endKeys(of: user, in: tenant) }
        for change in changes where change.row.collection == users.name {
            let isOpen = change.kind != .deleted && isActive(change.row)
            registry.userChanged(change.row.id, to: isOpen ? change.row : nil)
        }
    }

    package func isActive(_ user: Row) -> Bool { policy.isActive(user, at: records.clock.now()) }

    // MARK: Upkeep

    /// Writes down which sessions were used since it was last asked.
    package func noteUses(on loop: any EventLoop) -> EventLoopFuture<Void> {
        let uses = registry.takeUses()
        guard !uses.isEmpty else { return loop.makeSucceededVoidFuture() }
        return records.store.transaction(on: loop) { transaction in
            try transaction.accounts.noteUse(uses)
            for use in uses {
                if let key = APIKeyText.key(ofSession: use.session) { try transaction.apiKeys.noteUse(of: key, at: use.at) }
            }
        }
    }

    /// Removes what has expired.
    package func prune(on loop: any EventLoop) -> EventLoopFuture<Int> {
        let now = records.clock.now()
        return records.store.transaction(on: loop) { try $0.accounts.pruneSessions(before: now) }
    }

    package var accessLifetime: Int64 { options.accessLifetime }
}
