package import Expressions
package import JSON
package import NIOCore
internal import Ports
package import Records
internal import Schema

/// Refusals that only identity knows.
package enum IdentityError: Error, Sendable, Equatable {
    case wrongCredentials
    case inactive
    case signupClosed
    /// Seconds to wait.
    case tooManyAttempts(Int64)
    case refresh(RefreshFault)
    /// Wrong, unknown, expired or used before.
    case wrongCode
    /// No more codes for now: seconds to wait.
    case tooManyCodes(Int64)
}

/// What a sign-up, login or refresh gives.
package struct SignedIn: Sendable {
    package var accessToken: String
    package var refreshToken: String
    /// Seconds.
    package var expiresIn: Int64
    /// The user as he sees himself: JSON.
    package var user: ByteBuffer
}

/// Something to be answered with a code: its id, and how long it is good.
package struct Challenge: Sendable, Equatable {
    package var id: String
    /// Seconds.
    package var expiresIn: Int64
}

/// What a proof of who one is leads to.
package enum SignInStep: Sendable {
    case signedIn(SignedIn)
    /// The account asks for a code of its authenticator too.
    case secondFactor(Challenge)
}

/// Signing up, in, on and out.
package final class Accounts: Sendable {
    package struct Options: Sendable {
        package var isSignupOpen: Bool
        /// Milliseconds.
        package var accessLifetime: Int64

        package init(isSignupOpen: Bool, accessLifetime: Int64) {
            self.isSignupOpen = isSignupOpen
            self.accessLifetime = accessLifetime
        }
    }

    let options: Options
    let records: Records
    private let hasher: PasswordHasher
    private let policy: PasswordPolicy
    private let tokens: AccessTokens
    private let refreshTokens: RefreshTokens
    private let throttle: LoginThrottle
    private let registry: SessionRegistry

    package init(
        options: Options, records: Records, hasher: PasswordHasher, policy: PasswordPolicy, tokens: AccessTokens,
        refreshTokens: RefreshTokens, throttle: LoginThrottle, registry: SessionRegistry
    ) {
        self.options = options
        self.records = records
        self.hasher = hasher
        self.policy = policy
        self.tokens = tokens
        self.refreshTokens = refreshTokens
        self.throttle = throttle
        self.registry = registry
    }

    var users: Collection { records.schema.users }

    // MARK: Signing up

    /// A new account from `{email, password, …fields}`, signed in at once.
    package func signUp(_ body: JSONValue, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<SignedIn> {
        let account: NewAccount
        do {
            guard options.isSignupOpen else { throw IdentityError.signupClosed }
            account = try NewAccount(body, users: users, policy: policy)
        } catch {
            return loop.makeFailedFuture(error)
        }
        return hasher.hash(account.password, on: loop).flatMap { [self] hash in
            records.write(for: caller, on: loop) { [self] writer, transaction in
                let row = try insert(account, hash: hash, isVerified: false, asSystem: false, writer, transaction)
                return try open(for: row, transaction, now: caller.environment.now)
            }
        }.flatMapThrowing { [self] in try finish($0) }
    }

    /// An account from the command line: any field may be set, rights do not count, the address is believed (11-precisions 60).
    package func create(_ body: JSONValue, on loop: any EventLoop) -> EventLoopFuture<String> {
        let account: NewAccount
        do {
            account = try NewAccount(body, users: users, policy: policy, isSystem: true)
        } catch {
            return loop.makeFailedFuture(error)
        }
        let caller = Caller.system(now: records.clock.now())
        return hasher.hash(account.password, on: loop).flatMap { [self] hash in
            records.write(for: caller, on: loop) { [self] writer, transaction in
                try insert(account, hash: hash, isVerified: true, asSystem: true, writer, transaction).id
            }
        }
    }

    private func insert(
        _ account: NewAccount, hash: String, isVerified: Bool, asSystem: Bool, _ writer: RecordWriter, _ transaction: any Transaction
    ) throws -> Row {
        var values = account.systemValues
        if let field = users.field("email") { values[field.index] = .text(account.email) }
        if let field = users.field("email_verified") { values[field.index] = .bool(isVerified) }
        let row = try writer.create(users, account.draft, adding: values, asksRule: false)
        let now = records.clock.now()
        try transaction.accounts.setCredential(Credential(user: row.id, hash: hash, changedAt: now))
        return row
    }

    // MARK: Signing in

    package func logIn(
        email: String, password: String, for caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<SignInStep> {
        let address = caller.environment.request.ip
        let account = EmailAddress.normalized(email) ?? email.lowercased()
        if let seconds = throttle.wait(account: account, address: address) {
            return loop.makeFailedFuture(IdentityError.tooManyAttempts(seconds))
        }
        let system = Caller.system(now: caller.environment.now)
        return records.write(for: system, on: loop) { [self] _, transaction -> String? in
            guard let row = try user(email: account, transaction, now: system.environment.now) else { return nil }
            return try transaction.accounts.credential(of: row.id)?.hash
        }.flatMap { [self] hash in
            hasher.verify(password, against: hash, on: loop)
        }.flatMap { [self] isRight in
            guard isRight else {
                throttle.failed(account: account, address: address)
                return loop.makeFailedFuture(IdentityError.wrongCredentials)
            }
            throttle.succeeded(account: account)
            return records.write(for: system, on: loop) { [self] _, transaction in
                let now = system.environment.now
                guard let row = try user(email: account, transaction, now: now) else { throw IdentityError.wrongCredentials }
                return try enter(row, transaction, now: now)
            }.flatMapThrowing { [self] in try finish($0) }
        }
    }

    private func user(email: String, _ transaction: any Transaction, now: Int64) throws -> Row? {
        guard let field = users.field("email") else { return nil }
        return try transaction.row(Access(users, environment: Environment(now: now)), key: .field(field.index, .text(email)))
    }

    package func isActive(_ user: Row) -> Bool {
        guard let condition = records.schema.activeWhen else { return true }
        return (try? condition.isTrue(in: Environment(now: records.clock.now()), row: user)) ?? false
    }

    // MARK: Staying in, and out

    package func refresh(_ token: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<SignedIn> {
        let system = Caller.system(now: caller.environment.now)
        return records.write(for: system, on: loop) { [self] _, transaction -> Opened in
            let now = caller.environment.now
            let (session, successor) = try refreshTokens.rotate(token, now: now, in: transaction.accounts)
            guard let row = try transaction.row(in: users.name, id: session.user) else { throw RefreshFault.invalid }
            guard isActive(row) else { throw IdentityError.inactive }
            return try opened(row, session, successor, transaction, now: now)
        }.flatMapError { [self] error in
            guard let fault = error as? RefreshFault else { return loop.makeFailedFuture(error) }
            guard case .reused(let session) = fault else { return loop.makeFailedFuture(IdentityError.refresh(fault)) }
            return end(session, on: loop).flatMapThrowing { throw IdentityError.refresh(fault) }
        }.flatMapThrowing { [self] in try finish($0) }
    }

    /// Ends the session of that refresh token; an unknown one is as good as ended.
    package func logOut(_ token: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Void> {
        let system = Caller.system(now: caller.environment.now)
        return records.write(for: system, on: loop) { _, transaction -> String? in
            guard let id = RefreshTokens.session(of: token), let session = try transaction.accounts.session(id),
                session.refreshHash == RefreshTokens.hash(token) || session.previousHash == RefreshTokens.hash(token)
            else { return nil }
            try transaction.accounts.removeSession(session.id)
            return session.id
        }.map { [registry] id in
            if let id { registry.end(id) }
        }
    }

    private func end(_ session: String, on loop: any EventLoop) -> EventLoopFuture<Void> {
        records.write(for: .system(now: records.clock.now()), on: loop) { _, transaction in
            try transaction.accounts.removeSession(session)
        }.map { [registry] in registry.end(session) }
    }

    /// A session that is not in memory.
    package func load(_ id: String, on loop: any EventLoop) -> EventLoopFuture<ActiveSession?> {
        records.write(for: .system(now: records.clock.now()), on: loop) { [self] _, transaction in
            guard let session = try transaction.accounts.session(id), session.expiresAt > records.clock.now(),
                let row = try transaction.row(in: users.name, id: session.user)
            else { return nil }
            return ActiveSession(id: id, me: row, isActive: isActive(row))
        }
    }

    /// Keeps sessions in step with what became of their users.
    package func observe(_ changes: [RecordChange]) {
        for change in changes where change.row.collection == users.name {
            let isGone = change.kind == .deleted
            registry.userChanged(change.row.id, to: isGone ? nil : change.row, isActive: !isGone && isActive(change.row))
        }
    }

    // MARK: Sessions

    struct Opened: Sendable {
        var row: Row
        var session: Session
        var refreshToken: String
        var user: ByteBuffer
    }

    private func open(for row: Row, _ transaction: any Transaction, now: Int64) throws -> Opened {
        let id = UUIDv7.text(milliseconds: now, random: records.random.bytes(10))
        let (session, token) = try refreshTokens.open(user: row.id, id: id, now: now, in: transaction.accounts)
        return try opened(row, session, token, transaction, now: now)
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

    enum Entry: Sendable {
        case opened(Opened)
        case challenged(Challenge)
    }

    /// What follows when somebody has proved that he is this user, in whatever way.
    func enter(_ row: Row, _ transaction: any Transaction, now: Int64) throws -> Entry {
        guard isActive(row) else { throw IdentityError.inactive }
        return .opened(try admit(row, transaction, now: now))
    }

    /// A session for a user of whom no further proof is asked.
    func admit(_ row: Row, _ transaction: any Transaction, now: Int64) throws -> Opened {
        var row = row
        if let field = users.field("last_login_at") {
            row.values[field.index] = .moment(now)
            try transaction.update(row, in: users, changed: [field.index])
        }
        return try open(for: row, transaction, now: now)
    }

    func finish(_ entry: Entry) throws -> SignInStep {
        switch entry {
        case .opened(let opened): .signedIn(try finish(opened))
        case .challenged(let challenge): .secondFactor(challenge)
        }
    }

    func finish(_ opened: Opened) throws -> SignedIn {
        let session = ActiveSession(id: opened.session.id, me: opened.row, isActive: true)
        _ = registry.insert(session)
        let token = try tokens.issue(user: opened.row.id, session: opened.session.id, lifetime: options.accessLifetime)
        return SignedIn(
            accessToken: token, refreshToken: opened.refreshToken, expiresIn: options.accessLifetime / 1_000, user: opened.user)
    }
}
