internal import Expressions
package import NIOCore
internal import Ports
package import Records
internal import Schema
internal import Synchronization

/// Passwords of accounts that exist.
package final class Passwords: Sendable {
    private let records: Records
    private let hasher: PasswordHasher
    private let policy: PasswordPolicy
    private let failures: SignInFailures
    private let sessions: Sessions
    private let secondFactors: SecondFactors?
    /// Whose passwords are being judged for them: one at a time, so that an account cannot fill the line of all.
    private let busy = Mutex<Set<String>>([])

    package init(
        records: Records, hasher: PasswordHasher, policy: PasswordPolicy, failures: SignInFailures, sessions: Sessions,
        secondFactors: SecondFactors?
    ) {
        self.records = records
        self.hasher = hasher
        self.policy = policy
        self.failures = failures
        self.sessions = sessions
        self.secondFactors = secondFactors
    }

    private var users: Collection { records.schema.users }

    // MARK: Changing

    private enum Change: Sendable {
        case done(ended: [String])
        case wrong, same
        case tooMany(Int64)
    }

    /// A new password by whoever knows the present one; every other session ends. An account without any takes its first one from a session
    /// that has just signed in. Guessing counts as it does at the login.
    package func change(
        from current: String?, to password: String, for caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<Void> {
        guard let me = caller.environment.me else { return loop.makeFailedFuture(RecordError.unauthenticated) }
        let now = caller.environment.now
        if let fault = fault(password, of: me) { return loop.makeFailedFuture(RecordError.invalid([fault])) }
        return alone(me, caller, on: loop) { [self] hash in
            judge(current, hash, to: password, for: caller, on: loop).flatMap { [self] judgement in
                hasher.hash(password, for: caller.environment.request, on: loop).flatMap { [self] new in
                    records.write(for: caller.asSystem, on: loop) { [self] writer, transaction -> Change in
                        try sessions.requireLiving(caller, transaction)
                        let subject = try subject(me, caller, transaction)
                        if let seconds = try failures.wait(subject, now: now, in: transaction.failures) { return .tooMany(seconds) }
                        let stored = try transaction.accounts.credential(of: me.id)?.hash
                        if stored == nil {
                            try sessions.requireRecent(caller, transaction)
                        } else if judgement == .wrong || stored != hash {
                            try failures.note(subject, now: now, in: transaction.failures)
                            return .wrong
                        }
                        // Told as late as everything else: whoever guesses learns nothing from it once he has failed too often.
                        if judgement == .same { return .same }
                        try failures.clear(subject, in: transaction.failures)
                        return .done(ended: try set(new, of: me, keeping: caller.session, writer))
                    }
                }
            }
        }.flatMapThrowing { [self] in try conclude($0) }
    }

    /// What is done about the user's password, given its hash, one after another; fails with `.accountBusy` while another is at work, and where
    /// too many were wrong.
    private func alone<Outcome: Sendable>(
        _ me: Row, _ caller: Caller, on loop: any EventLoop, _ work: @escaping @Sendable (String?) -> EventLoopFuture<Outcome>
    ) -> EventLoopFuture<Outcome> {
        guard busy.withLock({ $0.insert(me.id).inserted }) else { return loop.makeFailedFuture(IdentityError.accountBusy) }
        return records.store.transaction(on: loop) { [self] transaction -> String? in
            let subject = try subject(me, caller, transaction)
            if let seconds = try failures.wait(subject, now: caller.environment.now, in: transaction.failures) {
                throw IdentityError.tooManyAttempts(seconds)
            }
            return try transaction.accounts.credential(of: me.id)?.hash
        }.flatMap(work).always { [self] _ in busy.withLock { _ = $0.remove(me.id) } }
    }

    private func conclude(_ change: Change) throws {
        switch change {
        case .done(let ended): sessions.ended(ended)
        case .wrong:
            throw RecordError.invalid([FieldFault(path: "current_password", code: "wrong", message: "is not the present password")])
        case .same: throw RecordError.invalid([FieldFault(path: "password", code: "same", message: "is the one that it was")])
        case .tooMany(let seconds): throw IdentityError.tooManyAttempts(seconds)
        }
    }

    private enum Judgement: Sendable { case wrong, right, same }

    /// Whether the present password is right, and the new one another.
    private func judge(
        _ current: String?, _ hash: String?, to password: String, for caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<Judgement> {
        guard let hash else { return loop.makeSucceededFuture(.wrong) }
        guard let current else {
            let fault = FieldFault(path: "current_password", code: "required", message: "is required")
            return loop.makeFailedFuture(RecordError.invalid([fault]))
        }
        return hasher.verify(current, against: hash, for: caller.environment.request, on: loop).map { verdict in
            guard case .right = verdict else { return .wrong }
            return PasswordHasher.isSame(current, password) ? .same : .right
        }
    }

    /// From the command line: rights do not count, and every session ends.
    package func reset(
        _ user: String, to password: String, mustChange: Bool = false, on loop: any EventLoop
    ) -> EventLoopFuture<Void> {
        let system = Caller.system(now: records.clock.now())
        if let fault = fault(password, of: nil) { return loop.makeFailedFuture(RecordError.invalid([fault])) }
        return hasher.hash(password, for: system.environment.request, on: loop).flatMap { [self] new in
            records.write(for: system, on: loop) { [self] writer, _ in try renew(new, of: user, mustChange: mustChange, writer) }
        }.map { [sessions] in sessions.ended($0) }
    }

    /// By whoever has shown that the account is his, though he did not know the password: all is as new.
    func renew(_ hash: String, of user: String, mustChange: Bool = false, _ writer: RecordWriter) throws -> [String] {
        guard let row = try writer.transaction.row(in: users.name, id: user) else { throw RecordError.notFound }
        if case .text(let email) = row.value("email", in: users) {
            let sessions = try writer.transaction.accounts.sessions(of: user)
            try failures.clear(account: email, sessions: sessions, in: writer.transaction.failures)
        }
        let ended = try set(hash, of: row, mustChange: mustChange, keeping: nil, writer)
        // After the sessions have ended, whoever asks is a stranger.
        try secondFactors?.reopen(user, writer)
        return ended
    }

    // MARK: Proving oneself again

    /// What may be done only by somebody who has just shown who he is: by his password, or by signing in a moment ago. Fails otherwise.
    package func confirm(_ password: String?, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Void> {
        guard let me = caller.environment.me else { return loop.makeFailedFuture(RecordError.unauthenticated) }
        let now = caller.environment.now
        guard let password else {
            return records.store.transaction(on: loop) { [sessions] in try sessions.requireRecent(caller, $0) }
        }
        return alone(me, caller, on: loop) { [self] hash in
            hasher.verify(password, against: hash, for: caller.environment.request, on: loop).flatMap { [self] verdict in
                records.store.transaction(on: loop) { [self] transaction -> Change in
                    let subject = try subject(me, caller, transaction)
                    if let seconds = try failures.wait(subject, now: now, in: transaction.failures) { return .tooMany(seconds) }
                    if case .right = verdict { return .done(ended: []) }
                    try failures.note(subject, now: now, in: transaction.failures)
                    return .wrong
                }
            }
        }.flatMapThrowing { [self] in try conclude($0) }
    }

    /// Gives the ids of the sessions that ended.
    func set(
        _ hash: String, of user: Row, mustChange: Bool = false, keeping session: String?, _ writer: RecordWriter
    ) throws -> [String] {
        let transaction = writer.transaction
        try transaction.accounts.setCredential(Credential(user: user.id, hash: hash, changedAt: writer.now))
        var user = user
        if let field = users.field("must_change_password"), user.values[field.index] != .bool(mustChange) {
            user = try writer.set([field.index: .bool(mustChange)], of: users, id: user.id) ?? user
        }
        try writer.tell(.passwordChanged, of: user)
        // What somebody else has asked for who knew the old password, or had a session, opens nothing any more.
        for purpose in [Proof.Purpose.reset, .changeEmail, .totp, .oidcExchange] {
            try transaction.proofs.withdraw(purpose, for: user.id, at: writer.now)
        }
        try writer.notify(records.schema.notices.accountChanged, to: .row(user))
        return try transaction.accounts.removeSessions(of: user.id, except: session)
    }

    func fault(_ password: String, of user: Row?) -> FieldFault? {
        var email: String?
        if let user, case .text(let text) = user.value("email", in: users) { email = text }
        return policy.fault(password, email: email)
    }

    private func subject(_ user: Row, _ caller: Caller, _ transaction: any Transaction) throws -> SignInFailures.Subject {
        var account = user.id
        if case .text(let email) = user.value("email", in: users) { account = email }
        return failures.subject(
            account: account, address: caller.environment.request.ip, sessions: try transaction.accounts.sessions(of: user.id))
    }
}
