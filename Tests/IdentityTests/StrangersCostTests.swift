import Config
import Conformance
import Expressions
import Glibc
import NIOCore
import NIOPosix
import Ports
import Records
import SQLiteStore
import Schema
import Synchronization
import Testing

@testable import Identity

/// What anybody may send costs no transaction, and where nothing has changed not even a read.
@Suite struct StrangersCostTests {
    @Test func keysThatAreNone() async throws {
        try await IdentityBench.run { bench in
            let keys = BenchedKeys(bench)
            let user = try await bench.user()
            let made = try await keys.make(for: user, at: bench.now)
            #expect(try await keys.isOpen(made.text))
            try await keys.keys.remove(made.key.id, for: Caller(environment: Environment(me: user, now: bench.now)), on: bench.loop).get()

            bench.store.forget()
            let secret = made.text.split(separator: ".")[1]
            for number in 0..<100 {
                let id = UUIDv7.text(milliseconds: bench.now + Int64(number), random: SeededRandom(UInt64(number)).bytes(10))
                for forged in ["atlas_\(id).\(secret)", "atlas_\(id).AAAA", "atlas_\(made.key.id).\(String(secret.reversed()))"] {
                    #expect(try await !keys.isOpen(forged))
                }
            }
            #expect(bench.store.counts == .init(reads: 0, transactions: 0))
            // One that was good is looked for once, until something changes.
            for _ in 0..<100 { #expect(try await !keys.isOpen(made.text)) }
            #expect(bench.store.counts == .init(reads: 0, transactions: 1))
            keys.registry.userChanged(user.id, to: nil)
            #expect(try await !keys.isOpen(made.text))
            #expect(bench.store.counts == .init(reads: 0, transactions: 2))
        }
    }

    @Test func keysOfWhomTheOperatorLetsInAgain() async throws {
        try await IdentityBench.run { bench in
            let keys = BenchedKeys(bench)
            let user = try await bench.user()
            let made = try await keys.make(for: user, at: bench.now)
            #expect(try await keys.isOpen(made.text))
            _ = try await keys.sessions.close(user.id, on: bench.loop).get()
            #expect(try await !keys.isOpen(made.text))
            try await keys.sessions.reopen(user.id, on: bench.loop).get()
            #expect(try await keys.isOpen(made.text))
        }
    }

    @Test func keysOfWhomTheClockLetsIn() async throws {
        try await IdentityBench.run { bench in
            let keys = BenchedKeys(bench)
            let since = try #require(bench.schema.users.field("since")).index
            let user = try await bench.user([since: .moment(bench.now + 1_000)])
            let made = try await keys.make(for: user, at: bench.now)
            #expect(try await !keys.isOpen(made.text))
            bench.clock.advance(by: 1_000)
            #expect(try await keys.isOpen(made.text))
        }
    }

    /// Whoever thinks of addresses cannot fill the queue of mails nor the disk, and keeps nobody from his own mail.
    @Test func forgottenPasswordsOfNobody() async throws {
        try await IdentityBench.run { bench in
            let masterKey = MasterKey(bytes: Array(repeating: 7, count: 32))
            let keys = BenchedKeys(bench)
            let hasher = try PasswordHasher(threads: 1, processors: [], random: SeededRandom())
            let failures = SignInFailures(masterKey: masterKey, perAccount: 1, perAddress: 1, window: 1)
            let passwords = Passwords(
                records: bench.records, hasher: hasher, policy: PasswordPolicy(minimum: 8, maximum: 64, required: []), failures: failures,
                sessions: keys.sessions, secondFactors: nil)
            let reset = PasswordReset(
                records: bench.records, hasher: hasher, passwords: passwords, sessions: keys.sessions,
                proofs: Proofs(masterKey: masterKey, random: SeededRandom()), lifetime: 1_000,
                ways: WaysIn(bench.records, waitsForProof: false, mailOpens: true), strangers: StrangerBudget(messages: 10, proofs: 20))
            @Sendable func ask(_ address: String) async throws {
                try await reset.request(address, for: Caller(environment: Environment(now: bench.clock.now())), on: bench.loop).get()
            }
            func written() async throws -> (mails: [JobStatus], proofs: Int) {
                let since = bench.clock.now() - 3_600_000
                return try await bench.store.transaction(on: bench.loop) { transaction in
                    let mails = try transaction.jobLog.page(queue: "mail", state: nil, limit: 1_000, offset: 0).jobs
                    return (mails, try transaction.proofs.made(.reset, for: nil, since: since, limit: 1_000).count)
                }.get()
            }
            for number in 0..<40 { try await ask("nobody\(number)@example.com") }
            let flood = try await written()
            #expect(flood.mails.count == 10 && flood.proofs == 20)
            #expect(flood.mails.allSatisfy { $0.maxAttempts == 1 }, "what is for nobody is not tried again")

            let email = try #require(bench.schema.users.field("email")).index
            _ = try await bench.user([email: .text("sara@example.com")])
            for _ in 0..<7 { try await ask("sara@example.com") }
            let known = try await written()
            #expect(known.mails.count == 15 && known.mails.prefix(5).allSatisfy { $0.maxAttempts > 1 })

            // Of one address so many count as of any other.
            bench.clock.advance(by: 3_600_000)
            for _ in 0..<7 { try await ask("nobody0@example.com") }
            #expect(try await written().mails.count == 20)
        }
    }

    @Test func namesOfTenantsThatThereAreNot() async throws {
        try await IdentityBench.run { bench in
            let tenants = Tenants(try #require(bench.schema.tenancy), store: bench.store)
            let stranger = Caller(environment: Environment(now: bench.now))
            @Sendable func place(_ name: String) async throws -> Row? {
                let place: Tenants.Place =
                    switch tenants.place(stranger, named: name, on: bench.loop) {
                    case .success(let place): place
                    case .failure: try await tenants.load(stranger, named: name, on: bench.loop).get()
                    }
                guard case .caller(let caller) = place else { return nil }
                return caller.environment.tenant
            }
            let nobody = "00000000-0000-0000-0000-000000000000"
            for number in 0..<100 { #expect(try await place("firm\(number)")?.id == nobody) }
            #expect(bench.store.counts == .init(reads: 100, transactions: 0))
            for number in 0..<100 { _ = try await place("firm\(number)") }
            #expect(bench.store.counts == .init(reads: 100, transactions: 0))
            for _ in 0..<2 { _ = try await place(String(repeating: "x", count: 1_000)) }
            #expect(bench.store.counts == .init(reads: 102, transactions: 0), "long names are not kept")

            bench.changes.set { tenants.observe($0) }
            let firms = try #require(bench.schema.collection("firms"))
            let slug = try #require(firms.field("slug")).index
            let firm = try await bench.records.write(for: .system(now: bench.now), on: bench.loop) { writer, _ in
                try writer.create(firms, Draft(), adding: [slug: .text("firm7")], asksRule: false)
            }.get()
            #expect(try await place("firm7")?.id == firm.id)

            // A site that is no longer in force goes on writing.
            bench.changes.set { tenants.observeFormer($0) }
            _ = try await bench.user()
            bench.store.forget()
            #expect(try await place("firm7")?.id == firm.id && bench.store.counts.reads == 0)
            _ = try await bench.records.write(for: .system(now: bench.now), on: bench.loop) { writer, _ in
                try writer.create(firms, Draft(), adding: [slug: .text("firm8")], asksRule: false)
            }.get()
            bench.store.forget()
            #expect(try await place("firm7")?.id == firm.id && bench.store.counts.reads == 1)
        }
    }
}
