package import NIOCore
internal import Ports
package import Records
internal import Expressions
internal import Schema

/// Authenticators: set up, confirmed by a first code, asked for at every sign-in, given up by a code.
///
/// A code is good once; so is each of ten recovery codes. Guessing, which begins behind a right first step, is bounded by the tries of a
/// challenge, by how many challenges there are in a time, of which each attempt within a session makes one, and over time: after ten
/// misses in a row each further one doubles the time without tries, from a minute to a day. Recovery codes, which nobody can guess, stay
/// good meanwhile. All of it counts apart for each network from which the account is signed in (`SignInFailures`).
package final class SecondFactors: Sendable {
    package struct Options: Sendable {
        /// What authenticators show.
        package var issuer: String

        package init(issuer: String) {
            self.issuer = issuer
        }
    }

    /// What a user gives his authenticator.
    package struct Setup: Sendable {
        /// RFC 4648 base32.
        package var secret: String
        package var link: String
    }

    private static let attempts = 3
    /// Milliseconds.
    private static let lifetime: Int64 = 300_000
    private static let recoveryCodes = 10
    private static let freeMisses = 10
    /// Milliseconds.
    private static let longestPause: Int64 = 86_400_000

    private let options: Options
    private let records: Records
    private let proofs: Proofs
    private let sealing: Sealing
    private let sessions: Sessions
    private let failures: SignInFailures
    private let ways: WaysIn

    package init(
        options: Options, records: Records, proofs: Proofs, masterKey: MasterKey, sessions: Sessions, failures: SignInFailures,
        ways: WaysIn
    ) {
        self.ways = ways
        self.options = options
        self.records = records
        self.proofs = proofs
        self.sessions = sessions
        self.failures = failures
        sealing = Sealing(masterKey, for: .secondFactors)
    }

    // MARK: Within a session

    /// A new secret, which counts only once `confirm` has seen a code of it. Needs a recent sign-in: a stolen token must not shut its owner out.
    package func setUp(for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Setup> {
        records.write(for: caller.asSystem, on: loop) { [self] writer, transaction in
            guard let me = caller.environment.me else { throw RecordError.unauthenticated }
            try sessions.requireRecent(caller, transaction)
            try ways.requireProof(of: me.id, transaction)
            guard try transaction.secondFactors.factor(of: me.id)?.confirmedAt == nil else {
                throw RecordError.checkFailed(
                    status: 409, message: "there is an authenticator already: POST /auth/totp/disable gives it up")
            }
            let secret = records.random.bytes(20)
            let sealed = sealing.seal(secret)
            guard !sealed.isEmpty else { throw StoreError.unavailable("a secret could not be sealed") }
            try transaction.secondFactors.save(SecondFactor(user: me.id, sealed: sealed, createdAt: writer.now))
            let text = Base32.text(secret)
            return Setup(secret: text, link: TOTP.link(secret: text, issuer: options.issuer, account: name(of: me)))
        }
    }

    private struct Confirmed: Sendable {
        var user: String
        var codes: [String]
        /// Sessions that did not show the authenticator.
        var ended: [String]
    }

    /// Begins to ask for codes, having seen one; gives the recovery codes, which are nowhere else. Every other session ends: nobody has
    /// shown the authenticator there.
    package func confirm(_ code: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<[String]> {
        records.write(for: caller.asSystem, on: loop) { [self] writer, transaction -> Result<Confirmed, IdentityError> in
            guard let me = caller.environment.me else { throw RecordError.unauthenticated }
            try ways.requireProof(of: me.id, transaction)
            guard var factor = try transaction.secondFactors.factor(of: me.id), factor.confirmedAt == nil else {
                throw RecordError.checkFailed(
                    status: 409, message: "no authenticator waits for its first code: POST /auth/totp/setup begins")
            }
            if let refusal = try attempt(of: me.id, writer, isGood: { try isGood(code, factor, writer) }) { return .failure(refusal) }
            factor.confirmedAt = writer.now
            factor.lastStep = try transaction.secondFactors.factor(of: me.id)?.lastStep
            try transaction.secondFactors.save(factor)
            let codes = (0..<Self.recoveryCodes).map { _ in recoveryCode() }
            try transaction.secondFactors.setRecoveryCodes(codes.map { hash($0, of: me.id) }, of: me.id)
            try tell(.secondFactorOn, records.schema.notices.secondFactorOn, me, writer)
            let ended = try transaction.accounts.removeSessions(of: me.id, except: caller.session)
            return .success(Confirmed(user: me.id, codes: codes, ended: ended))
        }.flatMapThrowing { [sessions] result in
            let confirmed = try result.get()
            sessions.ended(confirmed.ended)
            sessions.registry.secondFactorChanged(confirmed.user, has: true)
            return confirmed.codes
        }
    }

    /// Gives the authenticator up, by a code of it or a recovery code, soon after a sign-in. Where one is demanded nothing but setting up another
    /// is open then: so a new telephone takes the place of a lost one.
    package func disable(_ code: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Void> {
        records.write(for: caller.asSystem, on: loop) { [self] writer, transaction -> IdentityError? in
            guard let me = caller.environment.me else { throw RecordError.unauthenticated }
            try sessions.requireRecent(caller, transaction)
            guard let factor = try transaction.secondFactors.factor(of: me.id) else {
                throw RecordError.checkFailed(status: 409, message: "there is no authenticator")
            }
            let refusal = try attempt(of: me.id, writer) {
                try isGood(code, factor, writer) || transaction.secondFactors.spendRecoveryCode(hash(code, of: me.id), of: me.id)
            }
            guard refusal == nil else { return refusal }
            try transaction.secondFactors.remove(of: me.id)
            try tell(.secondFactorOff, records.schema.notices.secondFactorOff, me, writer)
            return nil
        }.flatMapThrowing { [sessions] refusal in
            if let refusal { throw refusal }
            if let me = caller.environment.me { sessions.registry.secondFactorChanged(me.id, has: false) }
        }
    }

    /// Whether the caller has an authenticator. His session knows: nothing is read as a rule.
    package func isOn(for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Bool> {
        guard let me = caller.environment.me, let session = caller.session else { return loop.makeSucceededFuture(false) }
        if let known = sessions.registry.hasSecondFactor(in: session) { return loop.makeSucceededFuture(known) }
        return records.store.transaction(on: loop) { try $0.secondFactors.isOn(for: me.id) }
    }

    /// From the command line, for whoever has lost it: he may set one up anew. Every session of his ends; gives how many.
    package func reset(_ user: String, on loop: any EventLoop) -> EventLoopFuture<Int> {
        records.write(for: .system(now: records.clock.now()), on: loop) { [self] writer, transaction in
            guard let row = try transaction.row(in: records.schema.users.name, id: user) else { throw RecordError.notFound }
            guard try transaction.secondFactors.factor(of: user) != nil else {
                throw RecordError.checkFailed(status: 409, message: "there is no authenticator")
            }
            try transaction.secondFactors.remove(of: user)
            try transaction.proofs.withdraw(.totp, for: user, at: writer.now)
            try tell(.secondFactorOff, records.schema.notices.secondFactorOff, row, writer)
            return try transaction.accounts.removeSessions(of: user, except: nil)
        }.map { [sessions] ended in
            sessions.ended(ended)
            sessions.registry.secondFactorChanged(user, has: false)
            return ended.count
        }
    }

    // MARK: At sign-in

    /// What is asked of that user besides; nil: nothing.
    func challenge(for user: String, _ writer: RecordWriter) throws -> Challenge? {
        guard try writer.transaction.secondFactors.factor(of: user)?.confirmedAt != nil else { return nil }
        let proof = try made(for: user, attempts: Self.attempts, writer)
        return Challenge(id: proof.id, expiresIn: Self.lifetime / 1_000)
    }

    /// Takes the answer to a challenge: a code, or a recovery code where `isRecovery`.
    func answer(_ challenge: String, _ code: String, isRecovery: Bool, _ writer: RecordWriter) throws -> Result<Row, IdentityError> {
        let transaction = writer.transaction
        let factors = transaction.secondFactors
        // Before a try is taken: whoever waits loses none.
        if !isRecovery, let proof = try transaction.proofs.proof(challenge), proof.purpose == .totp,
            let seconds = try pause(of: proof.subject, writer)
        {
            return .failure(.tooManyAttempts(seconds))
        }
        let outcome = try proofs.take(.totp, id: challenge, now: writer.now, in: transaction.proofs) { proof in
            guard let factor = try factors.factor(of: proof.subject), factor.confirmedAt != nil else { return false }
            return try count(of: proof.subject, writer) {
                if isRecovery { return try factors.spendRecoveryCode(hash(code, of: proof.subject), of: proof.subject) }
                return try isGood(code, factor, writer)
            }
        }
        switch outcome {
        case .wrong: return .failure(.wrongCode)
        case .exhausted: return .failure(.exhausted)
        case .proved(let proof):
            try forgive(proof, writer)
            guard let row = try transaction.row(in: records.schema.users.name, id: proof.subject) else { return .failure(.wrongCode) }
            if isRecovery { try tell(.recoveryCodeUsed, records.schema.notices.recoveryCodeUsed, row, writer) }
            return .success(row)
        }
    }

    /// To the owner, and into the audit.
    private func tell(_ event: AccountEvent, _ notice: Notice, _ user: Row, _ writer: RecordWriter) throws {
        try writer.tell(event, of: user)
        try writer.notify(notice, to: .row(user))
    }

    // MARK: Codes

    /// Seconds without tries, after too many misses in a row; nil: go on.
    private func pause(of user: String, _ writer: RecordWriter) throws -> Int64? {
        let (count, last) = try writer.transaction.secondFactors.misses(of: user, from: network(of: user, writer))
        return Self.pause(misses: count, last: last, now: writer.now)
    }

    static func pause(misses: Int, last: Int64, now: Int64) -> Int64? {
        guard misses >= freeMisses else { return nil }
        let pause = min(longestPause, 60_000 << min(misses - freeMisses, 20))
        return now < last + pause ? (last + pause - now + 999) / 1_000 : nil
    }

    /// Remembers a miss, and forgets them all for a hit.
    private func count(of user: String, _ writer: RecordWriter, isGood: () throws -> Bool) throws -> Bool {
        let isGood = try isGood()
        let factors = writer.transaction.secondFactors
        let network = try network(of: user, writer)
        if isGood {
            try factors.clearMisses(of: user, from: network)
        } else {
            try factors.addMiss(of: user, from: network, at: writer.now)
        }
        return isGood
    }

    /// The network of the request as far as the account is signed in there; empty for strangers.
    private func network(of user: String, _ writer: RecordWriter) throws -> String {
        ClientNetwork.known(writer.request.ip, by: try writer.transaction.accounts.sessions(of: user))
    }

    /// Who signs in often is not guessing: what was answered rightly counts for nothing, nor does what came before it.
    private func forgive(_ proof: Proof, _ writer: RecordWriter) throws {
        try writer.transaction.proofs.remove(proof.id)
        try failures.clearChallenges(
            of: proof.subject, from: network(of: proof.subject, writer), in: writer.transaction.failures)
    }

    /// For whoever has shown in another way that the account is his: challenges begin anew, and a pause ends, at most once a day. The misses
    /// stay, so that the next one begins a longer pause: a mailbox alone is no authenticator.
    func reopen(_ user: String, _ writer: RecordWriter) throws {
        let transaction = writer.transaction
        try failures.clearChallenges(of: user, from: "", in: transaction.failures)
        guard try pause(of: user, writer) != nil, try failures.mayReopen(user, now: writer.now, in: transaction.failures) else { return }
        try transaction.secondFactors.ageMisses(of: user, from: "")
    }

    /// Counts one guess; nil: it was good.
    private func attempt(of user: String, _ writer: RecordWriter, isGood: () throws -> Bool) throws -> IdentityError? {
        if let seconds = try pause(of: user, writer) { return .tooManyAttempts(seconds) }
        let proof = try made(for: user, attempts: 1, writer)
        switch try proofs.take(
            .totp, id: proof.id, now: writer.now, in: writer.transaction.proofs,
            isGood: { _ in try count(of: user, writer, isGood: isGood) })
        {
        case .proved:
            try forgive(proof, writer)
            return nil
        case .wrong, .exhausted: return .wrongCode
        }
    }

    private func made(for user: String, attempts: Int, _ writer: RecordWriter) throws -> Proof {
        let network = try network(of: user, writer)
        let counts = writer.transaction.failures
        if let seconds = try failures.challengeWait(of: user, from: network, now: writer.now, in: counts) {
            throw IdentityError.tooManyAttempts(seconds)
        }
        try failures.noteChallenge(of: user, from: network, now: writer.now, in: counts)
        return try proofs.make(
            .totp, for: user, as: .token, attempts: attempts, lifetime: Self.lifetime, now: writer.now, in: writer.transaction.proofs
        ).proof
    }

    /// Whether the authenticator shows that code now; its step is then spent.
    private func isGood(_ code: String, _ factor: SecondFactor, _ writer: RecordWriter) throws -> Bool {
        guard let digits = TypedCode.digits(code), let secret = sealing.open(factor.sealed) else { return false }
        for step in TOTP.steps(of: digits, secret, at: writer.now)
        where try writer.transaction.secondFactors.spendStep(step, of: factor.user) {
            return true
        }
        return false
    }

    /// Fifty bits, in two groups that people can copy.
    private func recoveryCode() -> String {
        let text = Base32.text(records.random.bytes(7)).lowercased()
        return "\(text.prefix(5))-\(text.dropFirst(5).prefix(5))"
    }

    private func hash(_ code: String, of user: String) -> [UInt8] {
        let plain = code.lowercased().filter { $0 != "-" && $0 != " " }
        return proofs.digest(.recovery, user, plain)
    }

    private func name(of user: Row) -> String {
        for name in ["email", "phone", "username"] {
            if let field = records.schema.users.field(name), case .text(let text) = user.values[field.index], !text.isEmpty { return text }
        }
        return user.id
    }
}
