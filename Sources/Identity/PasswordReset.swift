internal import Crypto
internal import Expressions
package import NIOCore
internal import Ports
package import Records
internal import Schema

/// A new password for whoever reads the account's mail.
package final class PasswordReset: Sendable {
    private let records: Records
    private let hasher: PasswordHasher
    private let passwords: Passwords
    private let sessions: Sessions
    private let proofs: Proofs
    /// Milliseconds that a link may be used.
    private let lifetime: Int64
    private let ways: WaysIn
    private let strangers: StrangerBudget
    /// Links for one address.
    private static let bound = Proofs.Bound(count: 5, window: 3_600_000)

    package init(
        records: Records, hasher: PasswordHasher, passwords: Passwords, sessions: Sessions, proofs: Proofs, lifetime: Int64,
        ways: WaysIn, strangers: StrangerBudget = StrangerBudget()
    ) {
        self.ways = ways
        self.strangers = strangers
        self.records = records
        self.hasher = hasher
        self.passwords = passwords
        self.sessions = sessions
        self.proofs = proofs
        self.lifetime = lifetime
    }

    private var users: Collection { records.schema.users }

    /// Sends a link to the address, if an account has it. Neither the answer nor the work tells whether one has: for an unknown address a
    /// proof and a message are made too, which are for nobody. Of those there are so many in an hour and no more, whoever asks for how many.
    package func request(_ email: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Void> {
        let allowance = strangers.allowance(at: caller.environment.now)
        let address = EmailAddress.normalized(email) ?? email.lowercased()
        return records.write(for: caller.asSystem, on: loop) { [self] writer, transaction in
            let user = try users.field("email").flatMap {
                try transaction.row(Access(users, environment: Environment()), key: .field($0.index, .text(address)))
            }
            let subject = user?.id ?? "?" + Base64.url(Array(SHA256.hash(data: Array(address.utf8))))
            let now = writer.now
            guard try Proofs.wait(.reset, for: subject, under: Self.bound, now: now, in: transaction.proofs) == nil else { return false }
            guard user != nil || allowance > .nothing else { return true }
            let (_, token) = try proofs.make(
                .reset, for: subject, as: .token, data: Array(address.utf8), lifetime: lifetime, now: now, in: transaction.proofs)
            guard user != nil || allowance > .proof else { return true }
            let recipient = user ?? stranger(address)
            let facts = NoticeFacts(token: token, new: recipient, isForNobody: user == nil)
            try writer.notify(records.schema.notices.reset, to: .row(recipient), given: facts)
            return user == nil
        }.map { [strangers] (isForStranger: Bool) in
            if isForStranger { strangers.spend(at: caller.environment.now) }
        }
    }

    /// As whom a message to nobody is written.
    private func stranger(_ address: String) -> Row {
        var row = Row(collection: users.name, values: users.fields.map(\.initial))
        row.values[Row.System.id] = .text("00000000-0000-0000-0000-000000000000")
        if let field = users.field("email") { row.values[field.index] = .text(address) }
        return row
    }

    /// Sets the password by the token of the mail, once. Every session ends, and the address is proved by the way. Where nobody had proved it, the
    /// ways in that are open end too: until now anybody may have held the account; else those of `ending`. Gives what has become of them.
    package func take(
        _ token: String, password: String, ending: Set<WaysIn.Way> = [], for caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<WaysIn.Account> {
        let now = caller.environment.now
        return records.store.transaction(on: loop) { [self] transaction in
            // Before the work of hashing: what opens nothing costs nothing. It is spent only with a password that will do.
            guard let proof = try proofs.look(.reset, token: token, now: now, in: transaction.proofs),
                let user = try transaction.row(in: users.name, id: proof.subject)
            else { throw IdentityError.wrongCode }
            if let fault = passwords.fault(password, of: user) { throw RecordError.invalid([fault]) }
        }.flatMap { [self] in
            hasher.hash(password, for: caller.environment.request, on: loop)
        }.flatMap { [self] hash in
            records.write(for: caller.asSystem, on: loop) { [self] writer, transaction -> Renewal? in
                guard case .proved(let proof) = try proofs.take(.reset, token: token, now: now, in: transaction.proofs),
                    let user = try transaction.row(in: users.name, id: proof.subject)
                else { return nil }
                let address = Value.text(String(decoding: proof.data, as: UTF8.self))
                guard user.value("email", in: users) == address else { return nil }
                let isFirstProof = !ways.isProved(user)
                var account = WaysIn.Account()
                if isFirstProof, let field = users.field("email_verified") {
                    _ = try writer.set([field.index: .bool(true)], of: users, id: user.id)
                    account = try ways.end(of: user.id, writer)
                } else {
                    account = try ways.end(ending, of: user.id, writer)
                }
                return Renewal(
                    user: user.id, ended: try passwords.renew(hash, of: user.id, writer), isFirstProof: isFirstProof, ways: account)
            }
        }.flatMapThrowing { [sessions] renewal in
            guard let renewal else { throw IdentityError.wrongCode }
            sessions.ended(renewal.ended)
            if renewal.ways.removed.contains(.apiKeys) { sessions.registry.endKeys(of: renewal.user) }
            if renewal.isFirstProof { sessions.endedAll(of: renewal.user) }
            return renewal.ways
        }
    }

    private struct Renewal: Sendable {
        var user: String
        var ended: [String]
        /// Nobody had proved the address before.
        var isFirstProof: Bool
        var ways: WaysIn.Account
    }
}
