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
        #expect(RefreshTokens.verdict(session(), presented: hash, now: 10, grace: 60) == .rotate)
        #expect(RefreshTokens.verdict(session(rotatedAt: 10), presented: spent, now: 69, grace: 60) == .again)
        #expect(RefreshTokens.verdict(session(rotatedAt: 10), presented: spent, now: 70, grace: 60) == .reused)
        #expect(RefreshTokens.verdict(session(rotatedAt: 10), presented: [3], now: 11, grace: 60) == .reused)
        #expect(RefreshTokens.verdict(session(), presented: [3], now: 11, grace: 60) == .reused)
        #expect(RefreshTokens.verdict(session(), presented: hash, now: 1_000, grace: 60) == .expired)
    }

    @Test func aThrottleClosesAndOpens() {
        let clock = ManualClock()
        let throttle = LoginThrottle(clock: clock, perAccount: 5, perAddress: 20, window: 900_000)
        for _ in 0..<5 {
            #expect(throttle.wait(account: "a", address: "192.0.2.1") == nil)
            throttle.failed(account: "a", address: "192.0.2.1")
        }
        #expect(throttle.wait(account: "a", address: "192.0.2.2") == 900)
        #expect(throttle.wait(account: "b", address: "192.0.2.1") == nil)
        clock.advance(by: 899_001)
        #expect(throttle.wait(account: "a", address: "192.0.2.2") == 1)
        clock.advance(by: 1_000)
        #expect(throttle.wait(account: "a", address: "192.0.2.2") == nil)
        for number in 0..<20 { throttle.failed(account: "c\(number)", address: "2001:db8::\(number)") }
        #expect(throttle.wait(account: "d", address: "2001:db8::ffff") != nil)
        #expect(throttle.wait(account: "d", address: "2001:db8:0:1::1") == nil)
    }

    @Test(arguments: [
        ("2001:db8::1", "2001:db8:0:0::/64"), ("::1", "0:0:0:0::/64"), ("192.0.2.1", "192.0.2.1"), ("1:2:3:4:5:6:7:8", "1:2:3:4::/64"),
    ])
    func networks(_ address: String, _ network: String) {
        #expect(LoginThrottle.network(address) == network)
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
