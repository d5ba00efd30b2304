import Ports
import Testing

extension StoreConformance {
    private static func proof(
        _ id: String, _ purpose: Proof.Purpose = .otp, of subject: String = "+989121234567", at moment: Int64 = 10, attempts: Int = 3
    ) -> Proof {
        Proof(
            id: id, purpose: purpose, subject: subject, hash: [1, 2], data: [7], attempts: attempts, createdAt: moment,
            expiresAt: moment + 100)
    }

    static let proofs: [Case] = [
        Case(name: "Proofs: found as saved, spent once, attempts run out") { test async throws in
            try await test.transaction { transaction in
                let proofs = transaction.proofs
                #expect(try proofs.proof("a") == nil)
                try proofs.save(proof("a"))
                try proofs.save(proof("b", attempts: 2))
                #expect(try proofs.proof("a") == proof("a"))
                #expect(try proofs.spend("a", at: 20))
                #expect(try !proofs.spend("a", at: 21))
                #expect(try proofs.proof("a")?.spentAt == 20)
                #expect(try !proofs.spend("unknown", at: 20))
                #expect(try proofs.burn("b") == 1)
                #expect(try proofs.burn("b") == 0)
                #expect(try proofs.burn("b") == nil)
                #expect(try !proofs.spend("b", at: 20), "no attempt is left")
                #expect(try proofs.burn("unknown") == nil)
            }
        },
        Case(name: "Proofs: one of fifty at once spends it") { test async throws in
            try await test.transaction { try $0.proofs.save(proof("a")) }
            let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
                for moment in 1...50 as ClosedRange<Int64> {
                    group.addTask { try await test.transaction { try $0.proofs.spend("a", at: moment) } }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == 1)
        },
        Case(name: "Proofs: counted by purpose and subject, spent ones too; withdrawn together; pruned when over") { test async throws in
            try await test.transaction { transaction in
                let proofs = transaction.proofs
                for moment in [10, 20, 30] as [Int64] { try proofs.save(proof("\(moment)", at: moment)) }
                try proofs.save(proof("o", of: "+989120000000", at: 25))
                try proofs.save(proof("r", .reset, at: 26))
                #expect(try proofs.spend("20", at: 21))
                #expect(try proofs.made(.otp, for: "+989121234567", since: 10, limit: 9) == [10, 20, 30])
                #expect(try proofs.made(.otp, for: "+989121234567", since: 11, limit: 9) == [20, 30])
                #expect(try proofs.made(.otp, for: "+989121234567", since: 0, limit: 1) == [30])
                #expect(try proofs.made(.otp, for: nil, since: 0, limit: 9) == [10, 20, 25, 30])
                #expect(try proofs.made(.reset, for: "+989121234567", since: 0, limit: 9) == [26])
                #expect(try proofs.withdraw(.otp, for: "+989121234567", at: 40) == 2)
                #expect(try proofs.proof("20")?.spentAt == 21)
                #expect(try proofs.proof("30")?.spentAt == 40)
                #expect(try proofs.proof("o")?.spentAt == nil)
                #expect(try proofs.prune(before: 126, limit: 2) == 2)
                #expect(try proofs.prune(before: 126, limit: 9) == 1)
                #expect(try proofs.made(.otp, for: nil, since: 0, limit: 9) == [30])
                try proofs.remove("30")
                #expect(try proofs.made(.otp, for: nil, since: 0, limit: 9).isEmpty && proofs.proof("30") == nil)
                #expect(try proofs.proof("r") != nil)
            }
        },
        Case(name: "API keys: of one user in one tenant, removed by him alone") { test async throws in
            try await test.transaction { transaction in
                let keys = transaction.apiKeys
                let one = APIKey(
                    id: "1", user: "u", name: "one", tenant: "t", hash: [1], scopes: ["posts:read", "posts:*"], createdAt: 1, expiresAt: 9)
                let two = APIKey(id: "2", user: "u", name: "two", tenant: "t", hash: [2], scopes: nil, createdAt: 2, expiresAt: nil)
                let other = APIKey(id: "3", user: "u", name: "", tenant: nil, hash: [3], scopes: [], createdAt: 3, expiresAt: nil)
                for key in [one, two, other] { try keys.save(key) }
                #expect(try keys.keys(of: "u", tenant: "t") == [two, one])
                #expect(try keys.keys(of: "u", tenant: nil) == [other])
                #expect(try keys.keys(of: "v", tenant: "t").isEmpty)
                try keys.noteUse(of: "1", at: 7)
                #expect(try keys.key("1")?.usedAt == 7)
                #expect(try !keys.remove("1", of: "v"))
                #expect(try keys.remove("1", of: "u"))
                #expect(try keys.key("1") == nil)
                let third = APIKey(id: "4", user: "v", name: "v", tenant: "t", hash: [4], scopes: nil, createdAt: 4, expiresAt: nil)
                try keys.save(third)
                #expect(try keys.keys(in: "t") == [third, two])
                #expect(try keys.keys(in: "s").isEmpty)
                try keys.removeAll(of: "u", in: "t")
                #expect(try keys.keys(in: "t") == [third])
                #expect(try keys.keys(of: "u", tenant: nil) == [other])
                for user in ["u", "v"] { try keys.removeAll(of: user) }
                #expect(try keys.keys(in: "t").isEmpty && keys.keys(of: "u", tenant: nil).isEmpty)
            }
        },
        Case(name: "Second factors: a step and a recovery code are good once") { test async throws in
            try await test.transaction { transaction in
                let factors = transaction.secondFactors
                #expect(try factors.factor(of: "u") == nil)
                var factor = SecondFactor(user: "u", sealed: [1], createdAt: 1)
                try factors.save(factor)
                #expect(try factors.factor(of: "u") == factor)
                (factor.sealed, factor.confirmedAt) = ([2], 2)
                try factors.save(factor)
                #expect(try factors.factor(of: "u") == factor)
                #expect(try factors.spendStep(7, of: "u"))
                #expect(try !factors.spendStep(7, of: "u"))
                #expect(try !factors.spendStep(6, of: "u"))
                #expect(try factors.spendStep(8, of: "u"))
                #expect(try factors.factor(of: "u")?.lastStep == 8)
                #expect(try !factors.spendStep(9, of: "v"))
                try factors.setRecoveryCodes([[1], [2]], of: "u")
                try factors.setRecoveryCodes([[2], [3]], of: "u")
                #expect(try !factors.spendRecoveryCode([1], of: "u"))
                #expect(try !factors.spendRecoveryCode([2], of: "v"))
                #expect(try factors.spendRecoveryCode([2], of: "u"))
                #expect(try !factors.spendRecoveryCode([2], of: "u"))
                #expect(try factors.misses(of: "u", from: "") == (0, 0))
                for moment in [5, 7] as [Int64] { try factors.addMiss(of: "u", from: "", at: moment) }
                try factors.addMiss(of: "u", from: "n", at: 8)
                #expect(try factors.misses(of: "u", from: "") == (2, 7))
                #expect(try factors.misses(of: "u", from: "n") == (1, 8))
                #expect(try factors.misses(of: "v", from: "") == (0, 0))
                try factors.ageMisses(of: "u", from: "")
                #expect(try factors.misses(of: "u", from: "") == (2, 0))
                #expect(try factors.misses(of: "u", from: "n") == (1, 8))
                try factors.clearMisses(of: "u", from: "")
                #expect(try factors.misses(of: "u", from: "") == (0, 0))
                #expect(try factors.misses(of: "u", from: "n") == (1, 8))
                try factors.addMiss(of: "u", from: "", at: 9)
                try factors.addMiss(of: "ux", from: "", at: 9)
                try factors.remove(of: "u")
                #expect(try factors.misses(of: "u", from: "") == (0, 0))
                #expect(try factors.misses(of: "u", from: "n") == (0, 0))
                #expect(try factors.misses(of: "ux", from: "") == (1, 9))
                #expect(try factors.factor(of: "u") == nil)
                #expect(try !factors.spendRecoveryCode([3], of: "u"))
            }
        },
        Case(name: "Identities of other services lead to one user each") { test async throws in
            try await test.transaction { transaction in
                let identities = transaction.identities
                #expect(try identities.user(of: "s", subject: "1") == nil)
                try identities.save(ForeignIdentity(service: "s", subject: "1", user: "u", createdAt: 1))
                try identities.save(ForeignIdentity(service: "t", subject: "1", user: "v", createdAt: 1))
                #expect(try identities.user(of: "s", subject: "1") == "u")
                try identities.save(ForeignIdentity(service: "s", subject: "1", user: "w", createdAt: 2))
                #expect(try identities.user(of: "s", subject: "1") == "w")
                try identities.removeAll(of: "w")
                #expect(try identities.user(of: "s", subject: "1") == nil)
                #expect(try identities.user(of: "t", subject: "1") == "v")
            }
        },
    ]
}
