internal import Crypto
package import Ports
internal import Records

/// Makes one-time proofs and takes them: codes that people type and tokens that links carry.
///
/// The store holds HMAC(server key, purpose ‖ id ‖ secret): who copies the database cannot try all six-digit codes without the key. A
/// refused code costs an attempt, so the transaction that takes it must commit: `take` gives an outcome and throws for the store's
/// faults alone.
package struct Proofs: Sendable {
    /// What is to be shown.
    package enum Form: Sendable, Equatable {
        /// Decimal digits, for people to type; the id goes apart.
        case digits(Int)
        /// `<id>.<32 bytes>` in one text.
        case token
    }

    package enum Outcome: Sendable, Equatable {
        /// Now spent; nobody else gets it.
        case proved(Proof)
        /// Wrong, unknown, expired or used before: the asker is not told which.
        case wrong
        /// It was tried too often; not even the right secret helps.
        case exhausted
    }

    /// So many proofs within so many milliseconds.
    package struct Bound: Sendable {
        package var count: Int
        package var window: Int64

        package init(count: Int, window: Int64) {
            self.count = count
            self.window = window
        }
    }

    private let key: SymmetricKey
    private let random: any Random

    package init(masterKey: MasterKey, random: any Random) {
        key = masterKey.derived(for: .proofs)
        self.random = random
    }

    /// A stored proof and its secret, which is nowhere else. `lifetime` in milliseconds.
    package func make(
        _ purpose: Proof.Purpose, for subject: String, as form: Form, data: [UInt8] = [], attempts: Int = 1, lifetime: Int64, now: Int64,
        in proofs: any ProofTransaction
    ) throws -> (proof: Proof, secret: String) {
        let id = UUIDv7.text(milliseconds: now, random: random.bytes(10))
        let secret =
            switch form {
            case .digits(let count): digits(count)
            case .token: Base64.url(random.bytes(32))
            }
        let proof = Proof(
            id: id, purpose: purpose, subject: subject, hash: Array(code(purpose, id, secret)), data: data, attempts: attempts,
            createdAt: now, expiresAt: now + lifetime)
        try proofs.save(proof)
        return (proof, form == .token ? "\(id).\(secret)" : secret)
    }

    /// Spends the proof of that id if `secret` is its secret, or an attempt if it is not.
    package func take(
        _ purpose: Proof.Purpose, id: String, secret: String, now: Int64, in proofs: any ProofTransaction
    ) throws -> Outcome {
        try take(purpose, id: id, now: now, in: proofs) { proof in
            HMAC<SHA256>.isValidAuthenticationCode(proof.hash, authenticating: message(purpose, id, secret), using: key)
        }
    }

    /// As above, of a token.
    package func take(_ purpose: Proof.Purpose, token: String, now: Int64, in proofs: any ProofTransaction) throws -> Outcome {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return .wrong }
        return try take(purpose, id: String(parts[0]), secret: String(parts[1]), now: now, in: proofs)
    }

    /// The proof of that token while it is good, which it stays.
    package func look(_ purpose: Proof.Purpose, token: String, now: Int64, in proofs: any ProofTransaction) throws -> Proof? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, UUIDv7.isUUID(parts[0]), let proof = try proofs.proof(parts[0]), proof.purpose == purpose,
            proof.spentAt == nil, now < proof.expiresAt,
            HMAC<SHA256>.isValidAuthenticationCode(proof.hash, authenticating: message(purpose, parts[0], parts[1]), using: key)
        else { return nil }
        return proof
    }

    /// As above, where something else than the proof's own secret tells whether it is good.
    package func take(
        _ purpose: Proof.Purpose, id: String, now: Int64, in proofs: any ProofTransaction, isGood: (Proof) throws -> Bool
    ) throws -> Outcome {
        guard UUIDv7.isUUID(id), let proof = try proofs.proof(id), proof.purpose == purpose, proof.spentAt == nil, now < proof.expiresAt
        else { return .wrong }
        guard proof.attempts > 0 else { return .exhausted }
        guard try isGood(proof) else {
            _ = try proofs.burn(id)
            return .wrong
        }
        return try proofs.spend(id, at: now) ? .proved(proof) : .wrong
    }

    /// Milliseconds until another may be made, all these purposes together; nil: now. They are counted in the store, so restarts forget nothing.
    package static func wait(
        _ purposes: Proof.Purpose..., for subject: String?, under bound: Bound, now: Int64, in proofs: any ProofTransaction
    ) throws -> Int64? {
        let made = try purposes.flatMap { try proofs.made($0, for: subject, since: now - bound.window + 1, limit: bound.count) }.sorted()
            .suffix(bound.count)
        guard made.count >= bound.count, let first = made.first else { return nil }
        return max(1, first + bound.window - now)
    }

    /// A keyed hash of something else that is shown once, such as a recovery code.
    func digest(_ purpose: Proof.Purpose, _ id: String, _ secret: String) -> [UInt8] { Array(code(purpose, id, secret)) }

    private func digits(_ count: Int) -> String {
        var digits: [UInt8] = []
        while digits.count < count {
            // 250 is the highest multiple of ten in a byte: each digit is as likely as any other.
            digits += random.bytes(count * 2).filter { $0 < 250 }.map { UInt8(ascii: "0") + $0 % 10 }
        }
        return String(decoding: digits.prefix(count), as: UTF8.self)
    }

    private func code(_ purpose: Proof.Purpose, _ id: String, _ secret: String) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: message(purpose, id, secret), using: key)
    }

    private func message(_ purpose: Proof.Purpose, _ id: String, _ secret: String) -> [UInt8] {
        Array("\(purpose.rawValue)\n\(id)\n\(secret)".utf8)
    }
}
