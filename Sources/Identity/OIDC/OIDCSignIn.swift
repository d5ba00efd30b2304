internal import Crypto
internal import Expressions
internal import JSON
package import NIOCore
internal import Ports
package import Records
internal import Schema

/// Signing in by other services: OpenID Connect with an authorization code, PKCE (S256), state and nonce.
///
/// The state is a proof, good once, and the browser that began must be the one that comes back: it holds a cookie whose hash is kept with the
/// state. An account is found by what the service calls the person; by his e-mail address only where the service has proved it and the
/// account has too: neither side can prepare an account for another's address.
///
/// Where tokens are not set as cookies on the way back, the page gets a code to change for them. The code is bound to the page that began, as
/// RFC 7636 binds that of the service to us: the page gives the S256 challenge of a verifier that it keeps, and shows the verifier for the
/// tokens. It needs no cookie, which a page of another origin than this could not send.
package final class OIDCSignIn: Sendable {
    /// Where the browser goes, and what it keeps.
    package struct Departure: Sendable {
        package var location: String
        package var cookie: String
    }

    /// What the way back leads to.
    package enum Arrival: Sendable {
        case entered(SignInStep)
        /// To be changed for tokens, once.
        case exchange(String)
        /// By the service or whoever was asked there: one of `refusals`.
        case refused(String)
    }

    /// What services say instead of a code (RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6); anything else is their own trouble.
    private static let refusals: Set<String> = [
        "access_denied", "temporarily_unavailable", "login_required", "consent_required", "interaction_required",
        "account_selection_required",
    ]

    /// The address belongs to an account that has not proved it.
    package struct Unproved: Error, Sendable {}
    /// How the tokens will be handed over.
    package enum HandOver: Sendable {
        case cookies
        /// For whoever has the verifier of that challenge (S256).
        case exchange(challenge: String)
    }

    /// There is no such service.
    package struct Unknown: Error, Sendable {}

    private enum Entrance: Sendable {
        case entry(Accounts.Entry)
        case exchange(String)
        case refused(IdentityError)
    }

    /// Milliseconds to sign in there, and to change the code here.
    package static let lifetime: Int64 = 600_000
    private static let exchangeLifetime: Int64 = 60_000

    private let accounts: Accounts
    private let proofs: Proofs
    private let sealing: Sealing
    private let services: [String: OIDCService]

    package init(_ accounts: Accounts, proofs: Proofs, masterKey: MasterKey, services: [OIDCService]) {
        self.accounts = accounts
        self.proofs = proofs
        self.services = Dictionary(services.map { ($0.options.name, $0) }) { first, _ in first }
        sealing = Sealing(masterKey, for: .proofData)
    }

    package var names: [String] { services.keys.sorted() }
    private var records: Records { accounts.records }

    // MARK: There and back

    package func begin(
        _ name: String, handOver: HandOver, for caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<Departure> {
        guard let service = services[name] else { return loop.makeFailedFuture(Unknown()) }
        let (nonce, verifier, cookie) = (secret(), secret(), secret())
        let challenge: JSONValue = if case .exchange(let challenge) = handOver { .string(challenge) } else { .null }
        let data: JSONValue = [
            "nonce": .string(nonce), "verifier": .string(verifier), "browser": .string(Self.hash(cookie)), "challenge": challenge,
        ]
        let sealed = sealing.seal(Array(data.text.utf8))
        return records.store.transaction(on: loop) { [proofs] transaction in
            try proofs.make(
                .oidcState, for: name, as: .token, data: sealed, lifetime: Self.lifetime, now: caller.environment.now,
                in: transaction.proofs
            ).secret
        }.flatMap { state in
            loop.makeFutureWithTask { try await service.authorization(state: state, nonce: nonce, verifier: verifier) }
        }.map { Departure(location: $0, cookie: cookie) }
    }

    /// `code` is nil where the service has refused; the state is spent all the same.
    package func arrive(
        _ name: String, code: String?, refusal: String? = nil, state: String, cookie: String?, for caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<Arrival> {
        guard let service = services[name] else { return loop.makeFailedFuture(Unknown()) }
        return records.store.transaction(on: loop) { [proofs] transaction in
            try proofs.take(.oidcState, token: state, now: caller.environment.now, in: transaction.proofs)
        }.flatMap { [self] outcome -> EventLoopFuture<Arrival> in
            guard case .proved(let proof) = outcome, proof.subject == name, let bytes = sealing.open(proof.data),
                let data = try? JSONParser.parse(bytes), let nonce = data["nonce"]?.string, let verifier = data["verifier"]?.string,
                let cookie, data["browser"]?.string == Self.hash(cookie)
            else { return loop.makeFailedFuture(IdentityError.wrongCode) }
            if let refusal {
                return loop.makeSucceededFuture(.refused(Self.refusals.contains(refusal) ? refusal : "server_error"))
            }
            guard let code else { return loop.makeFailedFuture(IdentityError.wrongCode) }
            return loop.makeFutureWithTask {
                try await service.identity(code: code, verifier: verifier, nonce: nonce)
            }.flatMap { [self] token in
                let handOver = data["challenge"]?.string.map { HandOver.exchange(challenge: $0) } ?? .cookies
                return enter(token, service: name, handOver: handOver, for: caller, on: loop)
            }
        }
    }

    /// The tokens for the code with which the browser came back, for the page that began. A wrong verifier spends nothing: neither can be
    /// guessed.
    package func exchange(_ code: String, verifier: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<SignInStep> {
        records.write(for: caller.asSystem, on: loop) { [self] writer, transaction -> Result<Accounts.Entry, IdentityError> in
            guard let known = try proofs.look(.oidcExchange, token: code, now: writer.now, in: transaction.proofs),
                known.data == Array(Self.hash(verifier).utf8),
                case .proved(let proof) = try proofs.take(.oidcExchange, token: code, now: writer.now, in: transaction.proofs),
                let row = try transaction.row(in: accounts.users.name, id: proof.subject)
            else { return .failure(.wrongCode) }
            guard try accounts.isOpen(row, transaction) else { return .failure(.inactive) }
            return .success(try accounts.enter(row, writer))
        }.flatMapThrowing { [accounts] in try accounts.finish($0.get()) }
    }

    // MARK: Whose account

    private func enter(
        _ token: IDToken, service: String, handOver: HandOver, for caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<Arrival> {
        records.write(for: caller, on: loop) { [self] writer, transaction -> Entrance in
            guard let row = try account(token, service, writer) else { return .refused(.signupClosed) }
            guard try accounts.isOpen(row, transaction) else { return .refused(.inactive) }
            guard case .exchange(let challenge) = handOver else { return .entry(try accounts.enter(row, writer)) }
            let code = try proofs.make(
                .oidcExchange, for: row.id, as: .token, data: Array(challenge.utf8), lifetime: Self.exchangeLifetime, now: writer.now,
                in: transaction.proofs
            ).secret
            return .exchange(code)
        }.flatMapThrowing { [accounts] entrance in
            switch entrance {
            case .entry(let entry): return .entered(try accounts.finish(entry))
            case .exchange(let code): return .exchange(code)
            case .refused(let error): throw error
            }
        }
    }

    /// The account that he has, or a new one where everybody may have one; nil: none.
    private func account(_ token: IDToken, _ service: String, _ writer: RecordWriter) throws -> Row? {
        let (transaction, users) = (writer.transaction, accounts.users)
        if let id = try transaction.identities.user(of: service, subject: token.subject) {
            if let row = try transaction.row(in: users.name, id: id) { return row }
        }
        let email = token.isEmailVerified ? token.email : nil
        var row: Row?
        if let email, let field = users.field("email") {
            row = try transaction.row(Access(users, environment: Environment(now: writer.now)), key: .field(field.index, .text(email)))
            if let row, row.value("email_verified", in: users) != .bool(true) { throw Unproved() }
        }
        if row == nil {
            guard accounts.isSignupOpen else { return nil }
            var values: [Int: Value] = [:]
            if let email, let field = users.field("email") { values[field.index] = .text(email) }
            if email != nil, let field = users.field("email_verified") { values[field.index] = .bool(true) }
            let draft = try Draft(.object([JSONMember]()), for: users, purpose: .create)
            let made = try writer.create(users, draft, adding: values, asksRule: false)
            try writer.tell(.signup, of: made)
            row = made
        }
        guard let row else { return nil }
        try transaction.identities.save(
            ForeignIdentity(service: service, subject: token.subject, user: row.id, createdAt: writer.now))
        return row
    }

    // MARK: Secrets

    /// RFC 7636 section 4.1: 43 characters.
    private func secret() -> String { Base64.url(records.random.bytes(32)) }

    /// As RFC 7636 section 4.2 makes a challenge of a verifier.
    private static func hash(_ text: String) -> String { Base64.url(Array(SHA256.hash(data: Array(text.utf8)))) }
}
