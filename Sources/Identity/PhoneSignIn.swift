internal import Expressions
internal import JSON
package import NIOCore
internal import Ports
package import Records
internal import Schema

/// Signing in by a code that is sent to a phone; the first right code makes the account where everybody may have one.
///
/// A number stands in `users.phone` only after such a proof, or by the hand of an operator: so whoever proves it is that account's owner,
/// and nobody can prepare an account for another's number.
package final class PhoneSignIn: Sendable {
    package struct Options: Sendable {
        package var digits: Int
        /// Milliseconds.
        package var lifetime: Int64
        package var attempts: Int
        package var perPhone: Proofs.Bound
        /// ISO 3166; empty: all.
        package var countries: Set<String>
        package var budget: Proofs.Bound?
        /// Of numbers that are written without a country.
        package var region: String?
        /// Told at what moment the budget has kept somebody from a code, and for how many milliseconds it will.
        package var onSpentBudget: @Sendable (_ now: Int64, _ wait: Int64) -> Void

        package init(
            digits: Int, lifetime: Int64, attempts: Int, perPhone: Proofs.Bound, countries: Set<String>, budget: Proofs.Bound?,
            region: String?, onSpentBudget: @escaping @Sendable (Int64, Int64) -> Void = { _, _ in }
        ) {
            self.onSpentBudget = onSpentBudget
            self.digits = digits
            self.lifetime = lifetime
            self.attempts = attempts
            self.perPhone = perPhone
            self.countries = countries
            self.budget = budget
            self.region = region
        }
    }

    private let accounts: Accounts
    private let proofs: Proofs
    private let options: Options
    private let strangers: StrangerBudget

    package init(_ accounts: Accounts, proofs: Proofs, options: Options, strangers: StrangerBudget = StrangerBudget()) {
        self.strangers = strangers
        self.accounts = accounts
        self.proofs = proofs
        self.options = options
    }

    private var records: Records { accounts.records }

    /// Sends a code to the number, however it is written. Neither the answer nor the work tells whether anybody has an account with it: where it is
    /// sent to nobody a message is made too, which is for nobody, within the bounds of `StrangerBudget`.
    package func request(_ phone: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Challenge> {
        let number: String
        do {
            number = try options.accepted(phone)
        } catch {
            return loop.makeFailedFuture(error)
        }
        let now = caller.environment.now
        let allowance = strangers.allowance(at: now)
        return records.write(for: caller, on: loop) { [self] writer, transaction in
            try options.requireRoom(for: number, now: now, in: transaction.proofs)
            // Where nobody new may come, a message to a stranger would only cost.
            let isSent = try accounts.isSignupOpen || user(number, transaction, now: now) != nil
            guard isSent || allowance > .nothing else {
                return (
                    Challenge(id: UUIDv7.text(milliseconds: now, random: records.random.bytes(10)), expiresIn: options.lifetime / 1_000),
                    false
                )
            }
            let (proof, code) = try proofs.make(
                isSent ? .otp : .unsentOTP, for: number, as: .digits(options.digits), attempts: options.attempts,
                lifetime: options.lifetime, now: now, in: transaction.proofs)
            if isSent || allowance == .message {
                var facts = options.facts(code, now: now)
                facts.isForNobody = !isSent
                try writer.notify(records.schema.notices.otp, to: .address(number), given: facts)
            }
            return (Challenge(id: proof.id, expiresIn: options.lifetime / 1_000), isSent)
        }.map { [strangers] (challenge: Challenge, isSent: Bool) in
            if !isSent { strangers.spend(at: now) }
            return challenge
        }
    }

    /// Signs in whoever received the code.
    package func verify(
        _ challenge: String, code: String, for caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<SignInStep> {
        // An attempt is spent whatever was typed.
        let digits = TypedCode.digits(code) ?? ""
        let now = caller.environment.now
        return records.write(for: caller, on: loop) { [self] writer, transaction -> Result<Accounts.Entry, IdentityError> in
            switch try take(challenge, digits, now: now, in: transaction.proofs) {
            case .wrong: return .failure(.wrongCode)
            case .exhausted: return .failure(.exhausted)
            case .proved(let proof):
                guard let row = try user(proof.subject, transaction, now: now) ?? newUser(proof.subject, writer) else {
                    return .failure(.signupClosed)
                }
                // The code stays spent.
                guard try accounts.isOpen(row, transaction) else { return .failure(.inactive) }
                return .success(try accounts.enter(row, writer))
            }
        }.flatMapThrowing { [accounts] in try accounts.finish($0.get()) }
    }

    /// What nobody was sent is tried like what somebody was, and never right.
    private func take(_ challenge: String, _ digits: String, now: Int64, in proofs: any ProofTransaction) throws -> Proofs.Outcome {
        let isSent = try proofs.proof(challenge)?.purpose != .unsentOTP
        return isSent
            ? try self.proofs.take(.otp, id: challenge, secret: digits, now: now, in: proofs)
            : try self.proofs.take(.unsentOTP, id: challenge, now: now, in: proofs) { _ in false }
    }

    private func user(_ number: String, _ transaction: any Transaction, now: Int64) throws -> Row? {
        guard let field = accounts.users.field("phone") else { return nil }
        return try transaction.row(Access(accounts.users, environment: Environment(now: now)), key: .field(field.index, .text(number)))
    }

    private func newUser(_ number: String, _ writer: RecordWriter) throws -> Row? {
        guard accounts.isSignupOpen, let field = accounts.users.field("phone") else { return nil }
        let draft = try Draft(.object([:]), for: accounts.users, purpose: .create)
        let row = try writer.create(accounts.users, draft, adding: [field.index: .text(number)], asksRule: false)
        try writer.tell(.signup, of: row)
        return row
    }
}

extension PhoneSignIn.Options {
    /// Throws `.tooManyCodes` where the number had so many already, for whatever purpose, and `.codesSpent` where so many messages have left. What
    /// was not sent counts for its number, so that nobody can tell, and costs nothing of the budget.
    func requireRoom(for number: String, now: Int64, in proofs: any ProofTransaction) throws {
        let own = try Proofs.wait(.otp, .unsentOTP, .changePhone, for: number, under: perPhone, now: now, in: proofs)
        let all = try budget.flatMap { try Proofs.wait(.otp, .changePhone, for: nil, under: $0, now: now, in: proofs) }
        if let all { onSpentBudget(now, all) }
        guard let wait = [own, all].compactMap({ $0 }).max() else { return }
        let seconds = (wait + 999) / 1_000
        throw own == nil ? IdentityError.codesSpent(seconds) : .tooManyCodes(seconds)
    }

    /// A code is worth nothing once its time is over, and is not sent then.
    func facts(_ code: String, now: Int64) -> NoticeFacts { NoticeFacts(code: code, expiresAt: now + lifetime) }

    /// The number in E.164, if codes are sent there. Throws `.invalid`.
    func accepted(_ phone: String) throws(RecordError) -> String {
        guard let number = PhoneNumber.normalized(phone, region: region) else {
            throw .invalid([FieldFault(path: "phone", code: "format", message: PhoneNumber.advice(region: region))])
        }
        if !countries.isEmpty {
            guard let country = PhoneNumber.country(of: number), countries.contains(country) else {
                throw .invalid([FieldFault(path: "phone", code: "country", message: "no codes are sent to that country")])
            }
        }
        return number
    }
}
