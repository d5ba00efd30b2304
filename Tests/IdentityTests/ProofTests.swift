import Ports
import Records
import Testing

@testable import Identity

@Suite struct ProofTests {
    private let proofs = Proofs(masterKey: MasterKey(bytes: Array(repeating: 7, count: 32)), random: SystemRandom())

    private func proof(_ outcome: Proofs.Outcome) -> Proof? {
        if case .proved(let proof) = outcome { proof } else { nil }
    }

    @Test func aCodeIsGoodOnceForItsPurposeInItsTime() throws {
        let store = ProofsInMemory()
        let (made, code) = try proofs.make(.otp, for: "+98912", as: .digits(6), attempts: 3, lifetime: 100, now: 0, in: store)
        #expect(code.utf8.count == 6 && code.allSatisfy { $0.isASCII && $0.isNumber })
        #expect(!String(decoding: made.hash, as: UTF8.self).contains(code))
        #expect(try proofs.take(.reset, id: made.id, secret: code, now: 1, in: store) == .wrong)
        #expect(try proofs.take(.otp, id: "no id", secret: code, now: 1, in: store) == .wrong)
        #expect(try proofs.take(.otp, id: made.id, secret: code, now: 100, in: store) == .wrong)
        #expect(try store.proof(made.id)?.attempts == 3)
        #expect(proof(try proofs.take(.otp, id: made.id, secret: code, now: 99, in: store))?.subject == "+98912")
        #expect(try proofs.take(.otp, id: made.id, secret: code, now: 99, in: store) == .wrong)
    }

    @Test func wrongCodesUseUpTheProof() throws {
        let store = ProofsInMemory()
        let (made, code) = try proofs.make(.otp, for: "+98912", as: .digits(6), attempts: 3, lifetime: 100, now: 0, in: store)
        for wrong in ["", "00000", "x" + code] {
            #expect(try proofs.take(.otp, id: made.id, secret: wrong, now: 1, in: store) == .wrong)
        }
        #expect(try proofs.take(.otp, id: made.id, secret: code, now: 1, in: store) == .exhausted)
    }

    @Test func aTokenHoldsItsIdAndDataComesBack() throws {
        let store = ProofsInMemory()
        let (made, token) = try proofs.make(.reset, for: "u", as: .token, data: [1, 2], lifetime: 100, now: 0, in: store)
        #expect(token.hasPrefix(made.id + ".") && token.utf8.count == 36 + 1 + 43)
        #expect(try proofs.take(.reset, token: String(token.dropLast()), now: 1, in: store) == .wrong)
        let (again, second) = try proofs.make(.reset, for: "u", as: .token, data: [1, 2], lifetime: 100, now: 0, in: store)
        #expect(second != token && again.hash != made.hash)
        #expect(proof(try proofs.take(.reset, token: second, now: 1, in: store))?.data == [1, 2])
        #expect(try proofs.take(.reset, token: second + ".x", now: 1, in: store) == .wrong)
    }

    @Test func theSameSecretUnderAnotherKeyIsWrong() throws {
        let store = ProofsInMemory()
        let (made, code) = try proofs.make(.otp, for: "a", as: .digits(8), attempts: 3, lifetime: 100, now: 0, in: store)
        let other = Proofs(masterKey: MasterKey(bytes: Array(repeating: 8, count: 32)), random: SystemRandom())
        #expect(try other.take(.otp, id: made.id, secret: code, now: 1, in: store) == .wrong)
    }

    @Test func ratesSlideOverWhatWasMade() throws {
        let store = ProofsInMemory()
        let bound = Proofs.Bound(count: 2, window: 100)
        func wait(_ now: Int64) throws -> Int64? { try Proofs.wait(.otp, for: "a", under: bound, now: now, in: store) }
        for moment in [0, 50] as [Int64] {
            #expect(try wait(moment) == nil)
            _ = try proofs.make(.otp, for: "a", as: .digits(6), lifetime: 10, now: moment, in: store)
        }
        #expect(try wait(60) == 40)
        #expect(try wait(99) == 1)
        #expect(try wait(100) == nil)
        #expect(try Proofs.wait(.otp, for: "b", under: bound, now: 60, in: store) == nil)
        #expect(try Proofs.wait(.otp, for: nil, under: bound, now: 60, in: store) == 40)
    }
}

/// What `StoreConformance` asks of a store, without one.
final class ProofsInMemory: ProofTransaction {
    private var proofs: [String: Proof] = [:]

    func save(_ proof: Proof) { proofs[proof.id] = proof }

    func proof(_ id: String) throws -> Proof? { proofs[id] }

    func made(_ purpose: Proof.Purpose, for subject: String?, since: Int64, limit: Int) -> [Int64] {
        let made = proofs.values.filter {
            $0.purpose == purpose && (subject == nil || $0.subject == subject) && $0.createdAt >= since
        }
        return Array(made.map(\.createdAt).sorted().suffix(limit))
    }

    func spend(_ id: String, at moment: Int64) -> Bool {
        guard let proof = proofs[id], proof.spentAt == nil, proof.attempts > 0 else { return false }
        proofs[id]?.spentAt = moment
        return true
    }

    func burn(_ id: String) -> Int? {
        guard let left = proofs[id]?.attempts, left > 0 else { return nil }
        proofs[id]?.attempts = left - 1
        return left - 1
    }

    func remove(_ id: String) { proofs[id] = nil }

    func withdraw(_ purpose: Proof.Purpose, for subject: String, at moment: Int64) -> Int {
        let open = proofs.values.filter { $0.purpose == purpose && $0.subject == subject && $0.spentAt == nil }
        for proof in open { proofs[proof.id]?.spentAt = moment }
        return open.count
    }

    func prune(before: Int64, limit: Int) -> Int {
        let over = proofs.values.filter { $0.expiresAt < before && $0.createdAt < before }.prefix(limit)
        for proof in over { proofs[proof.id] = nil }
        return over.count
    }
}
