internal import Expressions
package import NIOCore
internal import Ports
package import Records
internal import Schema

/// E-mail addresses and phone numbers of accounts: proved, and changed by proof of the new one alone (04-api, Further). The old one is told.
package final class Addresses: Sendable {
    package struct Options: Sendable {
        /// Milliseconds that a link may be used.
        package var lifetime: Int64
        /// Whether whoever signs up is sent a link.
        package var asksNewcomers: Bool
        /// Of codes to phones, the same as those to sign in by; nil: none are sent, and numbers do not change.
        package var codes: PhoneSignIn.Options?

        package init(lifetime: Int64, asksNewcomers: Bool, codes: PhoneSignIn.Options?) {
            self.lifetime = lifetime
            self.asksNewcomers = asksNewcomers
            self.codes = codes
        }
    }

    private let options: Options
    private let records: Records
    private let proofs: Proofs
    private let sessions: Sessions
    private let ways: WaysIn
    /// Links for one account; and for one mailbox that accounts would change to.
    private static let bound = Proofs.Bound(count: 5, window: 3_600_000)

    package init(options: Options, records: Records, proofs: Proofs, sessions: Sessions, ways: WaysIn) {
        self.ways = ways
        self.options = options
        self.records = records
        self.proofs = proofs
        self.sessions = sessions
    }

    private var users: Collection { records.schema.users }

    // MARK: Proving

    /// In the transaction of a sign-up: a link to the address, where the file asks for it.
    func welcome(_ user: Row, _ writer: RecordWriter) throws {
        guard options.asksNewcomers, case .text(let email) = user.value("email", in: users) else { return }
        try send(.verifyEmail, Subject(address: email), of: user, writer)
    }

    /// Another link to an address that is not proved yet.
    package func resend(for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Void> {
        guard let me = caller.environment.me else { return loop.makeFailedFuture(RecordError.unauthenticated) }
        guard case .text(let email) = me.value("email", in: users), me.value("email_verified", in: users) != .bool(true) else {
            return loop.makeSucceededVoidFuture()
        }
        return records.write(for: caller.asSystem, on: loop) { [self] writer, _ in
            try spare(.verifyEmail, me.id, Self.bound, writer)
            try send(.verifyEmail, Subject(address: email), of: me, writer)
        }
    }

    private struct Proved: Sendable {
        var user: String
        var ways: WaysIn.Account
    }

    /// What the link in a mail brings: the address is proved, or the new one takes the place of the old. Gives what has become of the other ways
    /// into the account: whoever opens the link of a newcomer and is not signed in there need not be who has opened them. A change is asked for in
    /// a session that is fresh, and takes nothing.
    package func verify(_ token: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<WaysIn.Account> {
        records.write(for: caller.asSystem, on: loop) { [self] writer, transaction -> Result<Proved, IdentityError> in
            for purpose in [Proof.Purpose.verifyEmail, .changeEmail] {
                // A slip of the pen takes nothing from a good token: what is not known is not tried.
                guard try proofs.look(purpose, token: token, now: writer.now, in: transaction.proofs) != nil,
                    case .proved(let proof) = try proofs.take(purpose, token: token, now: writer.now, in: transaction.proofs),
                    let user = try transaction.row(in: users.name, id: proof.subject)
                else { continue }
                let subject = Subject(proof.data)
                let address = Value.text(subject.address)
                let isNewcomer = purpose == .verifyEmail && !ways.isProved(user)
                if purpose == .verifyEmail {
                    // It has changed since: what was proved is nobody's address any more.
                    guard user.value("email", in: users) == address else { return .failure(.wrongCode) }
                    try set(["email_verified": .bool(true)], of: user, writer)
                } else {
                    // Whoever has ended that session has ended what was asked for in it.
                    if let session = subject.session, try transaction.accounts.session(session) == nil { return .failure(.wrongCode) }
                    try set(["email": address, "email_verified": .bool(true)], of: user, writer)
                    // Links that went to the old address open nothing now.
                    for other in [Proof.Purpose.reset, .verifyEmail, .changeEmail] {
                        try transaction.proofs.withdraw(other, for: user.id, at: writer.now)
                    }
                    try tell(user.value("email", in: users), writer)
                }
                let isTaken = try isNewcomer && !isHolder(caller, of: user, transaction)
                let account = try isTaken ? ways.end(of: user.id, writer) : WaysIn.Account(kept: ways.open(to: user.id, transaction))
                return .success(Proved(user: user.id, ways: account))
            }
            return .failure(.wrongCode)
        }.flatMapThrowing { [sessions] result in
            let proved = try result.get()
            if proved.ways.removed.contains(.apiKeys) { sessions.registry.endKeys(of: proved.user) }
            return proved.ways
        }
    }

    /// Whether the caller is signed in to that account, still.
    private func isHolder(_ caller: Caller, of user: Row, _ transaction: any Transaction) throws -> Bool {
        guard let session = caller.session else { return false }
        return try transaction.accounts.session(session)?.user == user.id
    }

    // MARK: Changing

    /// Sends a link to the new address; nothing changes until it is used. Who the address belongs to is not told.
    package func changeEmail(to email: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Void> {
        guard let me = caller.environment.me else { return loop.makeFailedFuture(RecordError.unauthenticated) }
        guard let address = EmailAddress.normalized(email) else {
            let fault = FieldFault(path: "email", code: "format", message: "must be an e-mail address")
            return loop.makeFailedFuture(RecordError.invalid([fault]))
        }
        return records.write(for: caller.asSystem, on: loop) { [self] writer, transaction in
            try sessions.requireLiving(caller, transaction)
            try spare(.changeEmail, me.id, Self.bound, writer)
            guard try hasRoom(address, writer) else { return }
            try send(.changeEmail, Subject(address: address, session: caller.session), of: me, writer)
        }
    }

    /// Whether numbers change here.
    package var changesPhones: Bool { options.codes != nil }

    /// Sends a code to the new number, within the bounds of all codes.
    package func changePhone(to phone: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Challenge> {
        guard let me = caller.environment.me else { return loop.makeFailedFuture(RecordError.unauthenticated) }
        guard let codes = options.codes else { return loop.makeFailedFuture(RecordError.notFound) }
        return records.write(for: caller.asSystem, on: loop) { [self] writer, transaction in
            try sessions.requireLiving(caller, transaction)
            try ways.requireProof(of: me.id, transaction)
            let number = try codes.accepted(phone)
            try codes.requireRoom(for: number, now: writer.now, in: transaction.proofs)
            let (proof, code) = try proofs.make(
                .changePhone, for: number, as: .digits(codes.digits), data: Array("\(me.id) \(caller.session ?? "")".utf8),
                attempts: codes.attempts, lifetime: codes.lifetime, now: writer.now, in: transaction.proofs)
            try writer.notify(records.schema.notices.otp, to: .address(number), given: codes.facts(code, now: writer.now))
            return Challenge(id: proof.id, expiresIn: codes.lifetime / 1_000)
        }
    }

    /// The code of the new number, from the account that asked for it.
    package func verifyPhone(
        _ challenge: String, code: String, for caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<Void> {
        guard let me = caller.environment.me else { return loop.makeFailedFuture(RecordError.unauthenticated) }
        let digits = TypedCode.digits(code) ?? ""
        return records.write(for: caller.asSystem, on: loop) { [self] writer, transaction -> Result<Void, IdentityError> in
            try sessions.requireLiving(caller, transaction)
            // Another's challenge is none, and costs him no attempt; nor is one whose session has ended since.
            guard let proof = try transaction.proofs.proof(challenge),
                case let asked = String(decoding: proof.data, as: UTF8.self).split(separator: " ").map(String.init), asked.count == 2,
                asked[0] == me.id, try transaction.accounts.session(asked[1]) != nil
            else { return .failure(.wrongCode) }
            switch try proofs.take(.changePhone, id: challenge, secret: digits, now: writer.now, in: transaction.proofs) {
            case .wrong: return .failure(.wrongCode)
            case .exhausted: return .failure(.exhausted)
            case .proved(let proof):
                guard let user = try transaction.row(in: users.name, id: me.id) else { return .failure(.wrongCode) }
                try set(["phone": .text(proof.subject)], of: user, writer)
                // Where there was none, whoever has the address hears of it.
                let former = user.value("phone", in: users)
                try tell(former == .null ? user.value("email", in: users) : former, writer)
                return .success(())
            }
        }.flatMapThrowing { try $0.get() }
    }

    // MARK: Parts

    /// What a link is about: an address, and of a change the session in which it was asked for.
    private struct Subject {
        var address: String
        var session: String?

        init(address: String, session: String? = nil) {
            self.address = address
            self.session = session
        }

        /// No address holds a line's end.
        init(_ data: [UInt8]) {
            let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
            address = lines.first ?? ""
            session = lines.count > 1 ? lines[1] : nil
        }

        var data: [UInt8] { Array(([address] + (session.map { [$0] } ?? [])).joined(separator: "\n").utf8) }
    }

    private func send(_ purpose: Proof.Purpose, _ subject: Subject, of user: Row, _ writer: RecordWriter) throws {
        let (_, token) = try proofs.make(
            purpose, for: user.id, as: .token, data: subject.data, lifetime: options.lifetime, now: writer.now,
            in: writer.transaction.proofs)
        try writer.notify(records.schema.notices.verifyEmail, to: .address(subject.address), given: NoticeFacts(token: token, new: user))
    }

    /// Whether that mailbox takes one more link, which counts from then on. Beyond that none is sent, by however many accounts; the answer is the
    /// same, since it would tell of the others.
    private func hasRoom(_ address: String, _ writer: RecordWriter) throws -> Bool {
        // No user is called so: what is written down for it opens nothing.
        let (mailbox, transaction) = ("to \(address)", writer.transaction)
        guard try Proofs.wait(.changeEmail, for: mailbox, under: Self.bound, now: writer.now, in: transaction.proofs) == nil else {
            return false
        }
        _ = try proofs.make(.changeEmail, for: mailbox, as: .token, lifetime: Self.bound.window, now: writer.now, in: transaction.proofs)
        return true
    }

    /// Throws `.tooManyCodes` where so many were made already.
    private func spare(_ purpose: Proof.Purpose, _ subject: String, _ bound: Proofs.Bound, _ writer: RecordWriter) throws {
        let wait = try Proofs.wait(purpose, for: subject, under: bound, now: writer.now, in: writer.transaction.proofs)
        if let wait { throw IdentityError.tooManyCodes((wait + 999) / 1_000) }
    }

    private func set(_ values: [String: Value], of user: Row, _ writer: RecordWriter) throws {
        var changes: [Int: Value] = [:]
        for (name, value) in values { if let field = users.field(name) { changes[field.index] = value } }
        _ = try writer.set(changes, of: users, id: user.id)
    }

    /// Whoever has the old address hears of it.
    private func tell(_ old: Value, _ writer: RecordWriter) throws {
        guard case .text(let address) = old else { return }
        try writer.notify(records.schema.notices.accountChanged, to: .address(address))
    }
}
