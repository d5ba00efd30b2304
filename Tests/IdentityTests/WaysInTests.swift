import Expressions
import NIOCore
import Ports
import Records
import Schema
import Testing

@testable import Identity

@Suite struct WaysInTests {
    /// A user with an address and all that may open an account besides.
    private func prepared(_ bench: IdentityBench, _ email: String) async throws -> Row {
        let users = bench.schema.users
        let (address, phone) = try (#require(users.field("email")).index, #require(users.field("phone")).index)
        let user = try await bench.user([address: .text(email), phone: .text("+1202555\(email.utf8.count)123")])
        _ = try await BenchedKeys(bench).make(for: user, at: bench.now)
        try await bench.store.transaction(on: bench.loop) { transaction in
            try transaction.identities.save(ForeignIdentity(service: "mock", subject: email, user: user.id, createdAt: 0))
            try transaction.secondFactors.save(SecondFactor(user: user.id, sealed: [1], createdAt: 0, confirmedAt: 0))
            try transaction.secondFactors.setRecoveryCodes([[1]], of: user.id)
        }.get()
        return user
    }

    @Test func noneEndsWhereTheMailOpensNothing() async throws {
        try await IdentityBench.run { bench in
            let ways = WaysIn(bench.records, waitsForProof: true, mailOpens: false)
            let ann = try await prepared(bench, "ann@example.com")
            let account = try await bench.records.write(for: .system(now: bench.now), on: bench.loop) { writer, _ in
                try ways.end(of: ann.id, writer)
            }.get()
            #expect(account.removed == [] && account.kept == Set(WaysIn.Way.allCases))
        }
    }

    /// A mailbox is no authenticator.
    @Test func allButTheAuthenticatorEndAndNobodyElses() async throws {
        try await IdentityBench.run { bench in
            let ways = WaysIn(bench.records, waitsForProof: true, mailOpens: true)
            let (eve, other) = try await (prepared(bench, "eve@example.com"), prepared(bench, "other@example.com"))
            let all = Set(WaysIn.Way.allCases)
            let ended = try await bench.records.write(for: .system(now: bench.now), on: bench.loop) { writer, transaction in
                let before = try ways.open(to: eve.id, transaction)
                let account = try ways.end(of: eve.id, writer)
                let after = try (ways.open(to: eve.id, transaction), ways.open(to: other.id, transaction))
                return [before, account.removed, account.kept, after.0, after.1]
            }.get()
            #expect(ended == [all, WaysIn.Way.mailed, [.authenticator], [.authenticator], all])
        }
    }

    /// Who has no address proves none, and where none is asked for none is needed.
    @Test func theProofIsAskedOfWhomItCanBe() async throws {
        try await IdentityBench.run { bench in
            let users = bench.schema.users
            let (address, proved) = try (#require(users.field("email")).index, #require(users.field("email_verified")).index)
            let accounts: [(values: [Int: Value], waits: Bool)] = [
                ([:], false), ([address: .text("a@example.com")], true),
                ([address: .text("b@example.com"), proved: .bool(true)], false),
            ]
            for (values, waits) in accounts {
                let user = try await bench.user(values)
                for isAsked in [true, false] {
                    let ways = WaysIn(bench.records, waitsForProof: isAsked, mailOpens: true)
                    let isRefused = try await bench.store.transaction(on: bench.loop) { transaction in
                        do {
                            try ways.requireProof(of: user.id, transaction)
                            return false
                        } catch is RecordError {
                            return true
                        }
                    }.get()
                    #expect(isRefused == (waits && isAsked), "\(values)")
                }
            }
        }
    }
}
