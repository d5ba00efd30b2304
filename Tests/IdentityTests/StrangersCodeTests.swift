import Conformance
import Expressions
import NIOCore
import Ports
import Records
import Schema
import Testing

@testable import Identity

/// Codes that are asked for numbers that nobody has.
@Suite struct StrangersCodeTests {
    /// Where nobody new may come the same is written for a number that nobody has as for any other: a code, and a message.
    @Test func codesOfNobody() async throws {
        try await IdentityBench.run { bench in
            let masterKey = MasterKey(bytes: Array(repeating: 7, count: 32))
            let keys = BenchedKeys(bench)
            let proofs = Proofs(masterKey: masterKey, random: SeededRandom())
            let options = PhoneSignIn.Options(
                digits: 6, lifetime: 1_000, attempts: 3, perPhone: .init(count: 3, window: 1_000), countries: [], budget: nil, region: nil)
            let accounts = Accounts(
                signup: .closed, records: bench.records,
                hasher: try PasswordHasher(threads: 1, processors: [], random: SeededRandom()),
                policy: PasswordPolicy(minimum: 8, maximum: 64, required: []),
                failures: SignInFailures(masterKey: masterKey, perAccount: 1, perAddress: 1, window: 1), sessions: keys.sessions,
                addresses: Addresses(
                    options: .init(lifetime: 1, asksNewcomers: false, codes: nil), records: bench.records, proofs: proofs,
                    sessions: keys.sessions, ways: WaysIn(bench.records, waitsForProof: false, mailOpens: true)), secondFactors: nil)
            let codes = PhoneSignIn(accounts, proofs: proofs, options: options, strangers: StrangerBudget(messages: 3, proofs: 4))
            let phone = try #require(bench.schema.users.field("phone")).index
            _ = try await bench.user([phone: .text("+12025550100")])

            @Sendable func written() async throws -> (messages: [JobStatus], proofs: Int) {
                try await bench.store.transaction(on: bench.loop) { transaction in
                    let messages = try transaction.jobLog.page(queue: "sms", state: nil, limit: 100, offset: 0).jobs
                    let proofs = try [Proof.Purpose.otp, .unsentOTP].map {
                        try transaction.proofs.made($0, for: nil, since: 0, limit: 100).count
                    }
                    return (messages, proofs.reduce(0, +))
                }.get()
            }
            func ask(_ number: String, proofs: Int = 1) async throws -> JobStatus? {
                let before = try await written()
                let challenge = try await codes.request(
                    number, for: Caller(environment: Environment(now: bench.clock.now())), on: bench.loop
                ).get()
                #expect(UUIDv7.isUUID(challenge.id) && challenge.expiresIn == 1)
                let after = try await written()
                #expect(after.proofs == before.proofs + proofs, "\(number)")
                let ids = Set(before.messages.map(\.id))
                return after.messages.first { !ids.contains($0.id) }
            }
            let known = try #require(try await ask("+12025550100"))
            for number in 101...103 {
                let stranger = try #require(try await ask("+12025550\(number)"))
                #expect(stranger.kind == known.kind && stranger.maxAttempts == 1 && known.maxAttempts > 1)
            }
            #expect(try await ask("+12025550104") == nil, "what is written for nobody is bounded")
            #expect(try await ask("+12025550105", proofs: 0) == nil)
            #expect(try await ask("+12025550100") != nil)
        }
    }
}
