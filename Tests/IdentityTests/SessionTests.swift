import Conformance
import NIOCore
import NIOPosix
import Ports
import Records
import Testing

@testable import Identity

@Suite struct SessionTests {
    private let hash: [UInt8] = [1]
    private let spent: [UInt8] = [2]

    private func session(rotatedAt: Int64? = nil, expiresAt: Int64 = 1_000) -> Session {
        Session(
            id: "s", user: "u", createdAt: 0, expiresAt: expiresAt, refreshHash: hash, previousHash: rotatedAt == nil ? nil : spent,
            rotatedAt: rotatedAt)
    }

    @Test func refreshTokensRotateOnce() {
        func verdict(_ session: Session, _ presented: [UInt8], _ now: Int64, isOurs: Bool = true) -> RefreshTokens.Verdict {
            RefreshTokens.verdict(session, presented: presented, isOurs: isOurs, now: now, grace: 60)
        }
        #expect(verdict(session(), hash, 10) == .rotate)
        #expect(verdict(session(rotatedAt: 10), spent, 69) == .again)
        #expect(verdict(session(rotatedAt: 10), spent, 70) == .reused)
        #expect(verdict(session(rotatedAt: 10), [3], 11) == .reused)
        #expect(verdict(session(), [3], 11) == .reused)
        #expect(verdict(session(), [3], 11, isOurs: false) == .invalid)
        #expect(verdict(session(), hash, 1_000) == .expired)
    }

    private let failures = SignInFailures(
        masterKey: MasterKey(bytes: Array(repeating: 7, count: 32)), perAccount: 5, perAddress: 20, window: 900_000)

    @Test func failuresCloseTheDoorForAWhile() throws {
        let store = FailuresInMemory()
        func subject(_ account: String, _ address: String) -> SignInFailures.Subject {
            failures.subject(account: account, address: address, sessions: [])
        }
        func wait(_ account: String, _ address: String, _ now: Int64) throws -> Int64? {
            try failures.wait(subject(account, address), now: now, in: store)
        }
        for _ in 0..<5 {
            #expect(try wait("a", "192.0.2.1", 0) == nil)
            try failures.note(subject("a", "192.0.2.1"), now: 0, in: store)
        }
        #expect(try wait("a", "192.0.2.2", 0) == 900)
        #expect(try wait("b", "192.0.2.1", 0) == nil)
        #expect(try wait("a", "192.0.2.2", 899_001) == 1)
        #expect(try wait("a", "192.0.2.2", 900_000) == nil)
        for number in 0..<20 { try failures.note(subject("c\(number)", "2001:db8::\(number)"), now: 900_000, in: store) }
        #expect(try wait("d", "2001:db8::ffff", 900_000) != nil)
        #expect(try wait("d", "2001:db8:0:1::1", 900_000) == nil)
    }

    /// Strangers who go on guessing do not keep the owner out where he is signed in.
    @Test func strangersDoNotLockTheOwnerOut() throws {
        let store = FailuresInMemory()
        var session = session()
        session.address = "192.0.2.1"
        func subject(_ address: String) -> SignInFailures.Subject {
            failures.subject(account: "a", address: address, sessions: [session])
        }
        for number in 0..<5 { try failures.note(subject("198.51.100.\(number)"), now: 0, in: store) }
        #expect(try failures.wait(subject("203.0.113.1"), now: 1, in: store) != nil)
        #expect(try failures.wait(subject("192.0.2.1"), now: 1, in: store) == nil)
        // He, too, may guess only so often there.
        for _ in 0..<5 { try failures.note(subject("192.0.2.1"), now: 1, in: store) }
        #expect(try failures.wait(subject("192.0.2.1"), now: 1, in: store) != nil)
        try failures.clear(account: "a", sessions: [session], in: store)
        #expect(try failures.wait(subject("203.0.113.1"), now: 1, in: store) == nil)
        #expect(try failures.wait(subject("192.0.2.1"), now: 1, in: store) == nil)
    }

    /// His sessions there have ended, and he has come back by another way: what he mistyped before does not meet him at the next sign-in.
    @Test func aRightPasswordForgetsWhatFailedInItsNetwork() throws {
        let store = FailuresInMemory()
        var session = session()
        session.address = "192.0.2.1"
        func subject(_ sessions: [Session]) -> SignInFailures.Subject {
            failures.subject(account: "a", address: "192.0.2.1", sessions: sessions)
        }
        for _ in 0..<5 { try failures.note(subject([session]), now: 0, in: store) }
        try failures.clear(subject([]), in: store)
        #expect(try failures.wait(subject([session]), now: 1, in: store) == nil)
    }

    @Test(arguments: [
        ("2001:db8::1", "2001:db8:0:0::/64"), ("::1", "0:0:0:0::/64"), ("192.0.2.1", "192.0.2.1"), ("1:2:3:4:5:6:7:8", "1:2:3:4::/64"),
    ])
    func networks(_ address: String, _ network: String) {
        #expect(ClientNetwork.of(address) == network)
    }

    @Test func passwordsAreJudged() {
        let policy = PasswordPolicy(minimum: 8, maximum: 20)
        for (password, code) in [
            ("short", "min"), ("password", "common"), ("Password123!", "common"), ("aaaaaaaaaa", "common"), ("me@example.org", "common"),
            (String(repeating: "xyz", count: 7), "max"),
        ] {
            #expect(policy.fault(password, email: "me@example.org")?.code == code, "\(password)")
        }
        #expect(policy.fault("vier leise Igel", email: nil) == nil)
        #expect(PasswordPolicy.leaked.count > 10_000 && PasswordPolicy.leaked == PasswordPolicy.leaked.sorted())
        for leaked in ["trustno1", "12345678", "Sunshine1", "iloveyou!", "qwerty123"] {
            #expect(policy.fault(leaked, email: nil)?.code == "common", "\(leaked)")
        }
    }

    @Test func passwordsHaveWhatTheFileAsks() {
        let policy = PasswordPolicy(minimum: 8, maximum: 100, required: [.upper, .lower, .digit])
        #expect(policy.fault("Secret123", email: nil) == nil)
        #expect(policy.fault("alllowercase1", email: nil)?.message == "must have a capital letter")
        #expect(policy.fault("ALLUPPERCASE", email: nil)?.message == "must have a small letter and a digit")
        #expect(PasswordPolicy(minimum: 1, maximum: 9, required: [.symbol]).fault("abc def", email: nil) == nil)
        #expect(PasswordPolicy(minimum: 1, maximum: 9, required: [.symbol]).fault("abcdef1", email: nil)?.code == "require")
    }

    @Test func passwordsBeyond72BytesAndOfAnyFormCount() throws {
        let random = SystemRandom()
        let long = String(repeating: "x", count: 100)
        let hash = try PasswordHasher.hash(long + "é", random)
        #expect(hash.hasPrefix("$2b$12$"))
        #expect(try PasswordHasher.matches(long + "e\u{301}", hash))
        #expect(try !PasswordHasher.matches(long + "è", hash))
    }
}

private final class FailuresInMemory: FailureTransaction {
    private var moments: [[UInt8]: [Int64]] = [:]

    func failures(of key: [UInt8], since: Int64, limit: Int) -> [Int64] {
        (moments[key] ?? []).filter { $0 >= since }.sorted().suffix(limit)
    }

    func addFailure(of key: [UInt8], at moment: Int64, forget: Int64) { moments[key, default: []].append(moment) }

    func clearFailures(of key: [UInt8]) { moments[key] = nil }
}
