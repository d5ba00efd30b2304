internal import Expressions
package import JSON
package import NIOCore
internal import Ports
package import Records
internal import Schema

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

/// Accounts: made by sign-up, by others and from the command line, and entered by password.
package final class Accounts: Sendable {
    package enum Signup: String, Sendable { case open, invite, closed }

    private let signup: Signup
    let records: Records
    private let hasher: PasswordHasher
    private let policy: PasswordPolicy
    private let failures: SignInFailures
    private let sessions: Sessions
    private let addresses: Addresses
    /// Nil: nobody is asked for a second factor.
    package let secondFactors: SecondFactors?

    package init(
        signup: Signup, records: Records, hasher: PasswordHasher, policy: PasswordPolicy, failures: SignInFailures, sessions: Sessions,
        addresses: Addresses, secondFactors: SecondFactors?
    ) {
        self.addresses = addresses
        self.signup = signup
        self.records = records
        self.hasher = hasher
        self.policy = policy
        self.failures = failures
        self.sessions = sessions
        self.secondFactors = secondFactors
    }

    var users: Collection { records.schema.users }

    // MARK: Making

    /// A new account from `{email, password, …fields}`, signed in at once.
    package func signUp(_ body: JSONValue, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<SignedIn> {
        let account: NewAccount
        do {
            guard signup != .closed else { throw IdentityError.signupClosed }
            account = try NewAccount(body, users: users, policy: policy, maker: .stranger)
            guard signup == .open || account.invitation != nil else { throw IdentityError.invitationRequired }
        } catch {
            return loop.makeFailedFuture(error)
        }
        return hash(of: account, for: caller, on: loop).flatMap { [self] hash in
            records.write(for: caller, on: loop) { [self] writer, transaction in
                var account = account
                // Whoever holds the invitation reads the address's mail.
                if let token = account.invitation, let field = users.field("email"),
                    case .text(let email)? = account.systemValues[field.index]
                {
                    guard try writer.isInvited(email, by: token) else {
                        // Who holds the token has the mail; whose it is stays unsaid.
                        throw RecordError.invalidCode("this invitation is for another address: sign up with the one that it was sent to")
                    }
                    if let field = users.field("email_verified") { account.systemValues[field.index] = .bool(true) }
                }
                let row = try insert(account, hash: hash, asksRule: false, writer, transaction)
                try writer.tell(.signup, of: row)
                if account.invitation == nil { try addresses.welcome(row, writer) }
                return try sessions.open(for: row, writer)
            }
        }.flatMapThrowing { [sessions] in try sessions.finish($0) }
    }

    /// An account that somebody makes for another, where `allow.create` of users admits him; answered as the record.
    package func make(
        _ body: JSONValue, for caller: Caller, into buffer: ByteBuffer, on loop: any EventLoop
    ) -> EventLoopFuture<WrittenRecord> {
        let account: NewAccount
        do {
            account = try NewAccount(body, users: users, policy: policy, maker: .other)
        } catch {
            return loop.makeFailedFuture(error)
        }
        return hash(of: account, for: caller, on: loop).flatMap { [self] hash in
            records.writeAndRead(users, for: caller, isNew: true, into: buffer, on: loop) { [self] writer in
                try insert(account, hash: hash, asksRule: true, writer, writer.transaction)
            }
        }
    }

    /// An account from the command line: any field may be set, rights do not count, the address is believed (11-precisions 60).
    package func create(_ body: JSONValue, on loop: any EventLoop) -> EventLoopFuture<String> {
        let account: NewAccount
        do {
            account = try NewAccount(body, users: users, policy: policy, maker: .system)
        } catch {
            return loop.makeFailedFuture(error)
        }
        let caller = Caller.system(now: records.clock.now())
        return hash(of: account, for: caller, on: loop).flatMap { [self] hash in
            records.write(for: caller, on: loop) { [self] writer, transaction in
                try insert(account, hash: hash, asksRule: false, writer, transaction).id
            }
        }
    }

    private func hash(of account: NewAccount, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<String?> {
        guard let password = account.password else { return loop.makeSucceededFuture(nil) }
        return hasher.hash(password, for: caller.environment.request, on: loop).map { $0 }
    }

    private func insert(
        _ account: NewAccount, hash: String?, asksRule: Bool, _ writer: RecordWriter, _ transaction: any Transaction
    ) throws -> Row {
        let row = try writer.create(users, account.draft, adding: account.systemValues, asksRule: asksRule)
        if let hash {
            try transaction.accounts.setCredential(Credential(user: row.id, hash: hash, changedAt: records.clock.now()))
        }
        return row
    }

    // MARK: Signing in

    private enum Attempt: Sendable {
        case entered(Entry)
        case wrong
        case tooMany(Int64)
    }

    /// Signs in by e-mail address and password. Unknown accounts take the same time and get the same answer as known ones.
    package func logIn(
        email: String, password: String, for caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<SignInStep> {
        let account = EmailAddress.normalized(email) ?? email.lowercased()
        let now = caller.environment.now
        return records.store.transaction(on: loop) { [self] transaction -> String? in
            let row = try user(email: account, transaction)
            let subject = try subject(account, row, caller, transaction)
            if let seconds = try failures.wait(subject, now: now, in: transaction.failures) {
                throw IdentityError.tooManyAttempts(seconds)
            }
            return try row.flatMap { try transaction.accounts.credential(of: $0.id)?.hash }
        }.flatMap { [self] hash in
            hasher.verify(password, against: hash, for: caller.environment.request, on: loop).flatMap { [self] verdict in
                records.write(for: caller.asSystem, on: loop) { [self] writer, transaction in
                    try attempt(account, verdict, verified: hash, for: caller, writer, transaction)
                }
            }
        }.flatMapThrowing { [self] attempt in
            switch attempt {
            case .entered(let entry): return try finish(entry)
            case .wrong: throw IdentityError.wrongCredentials
            case .tooMany(let seconds): throw IdentityError.tooManyAttempts(seconds)
            }
        }
    }

    /// What follows from the verdict. The failures are counted again: of many guesses at once no more are judged than of many in turn.
    private func attempt(
        _ account: String, _ verdict: PasswordHasher.Verdict, verified hash: String?, for caller: Caller, _ writer: RecordWriter,
        _ transaction: any Transaction
    ) throws -> Attempt {
        let now = caller.environment.now
        let found = try user(email: account, transaction)
        let subject = try subject(account, found, caller, transaction)
        if let seconds = try failures.wait(subject, now: now, in: transaction.failures) { return .tooMany(seconds) }
        // A password that was changed while it was judged is not the password any more.
        guard case .right(let renewed) = verdict, let row = found, try transaction.accounts.credential(of: row.id)?.hash == hash else {
            try failures.note(subject, now: now, in: transaction.failures)
            if let found { try writer.tell(.loginFailed, of: found) }
            return .wrong
        }
        if let renewed { try transaction.accounts.setCredential(Credential(user: row.id, hash: renewed, changedAt: now)) }
        try failures.clear(subject, in: transaction.failures)
        return .entered(try enter(row, writer))
    }

    // MARK: Entering

    enum Entry: Sendable {
        case opened(Sessions.Opened)
        case challenged(Challenge)
    }

    /// What follows when somebody has proved that he is this user, in whatever way.
    func enter(_ row: Row, _ writer: RecordWriter) throws -> Entry {
        guard try isOpen(row, writer.transaction) else { throw IdentityError.inactive }
        if let challenge = try secondFactors?.challenge(for: row.id, writer) { return .challenged(challenge) }
        return .opened(try admit(row, writer))
    }

    /// A session for a user of whom no further proof is asked.
    func admit(_ row: Row, _ writer: RecordWriter) throws -> Sessions.Opened {
        var row = row
        if let field = users.field("last_login_at") {
            row.values[field.index] = .moment(writer.now)
            try writer.transaction.update(row, in: users, changed: [field.index])
        }
        try writer.tell(.login, of: row)
        return try sessions.open(for: row, writer)
    }

    /// After the commit.
    func finish(_ entry: Entry) throws -> SignInStep {
        switch entry {
        case .opened(let opened): .signedIn(try sessions.finish(opened))
        case .challenged(let challenge): .secondFactor(challenge)
        }
    }

    /// Whether the user may sign in: neither the file's condition nor the operator keeps him out. Told after his first proof, before any other.
    func isOpen(_ user: Row, _ transaction: any Transaction) throws -> Bool {
        try sessions.isActive(user) && !transaction.accounts.isClosed(user.id)
    }

    var isSignupOpen: Bool { signup == .open }

    private func subject(
        _ account: String, _ user: Row?, _ caller: Caller, _ transaction: any Transaction
    ) throws -> SignInFailures.Subject {
        failures.subject(
            account: account, address: caller.environment.request.ip,
            sessions: try user.map { try transaction.accounts.sessions(of: $0.id) } ?? [])
    }

    private func user(email: String, _ transaction: any Transaction) throws -> Row? {
        guard let field = users.field("email") else { return nil }
        return try transaction.row(Access(users, environment: Environment()), key: .field(field.index, .text(email)))
    }
}
