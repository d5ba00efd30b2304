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
    private static let site = """
        [tenancy]
        tenant = "firms"
        member = "staff"
        [auth]
        api_keys = { allow = "me != null" }
        active_when = "since == null or now >= since"
        [collections.users.fields]
        since = "datetime"
        [collections.firms]
        lookup = "slug"
        [collections.firms.fields]
        slug = { type = "string", required = true, unique = true }
        [collections.staff]
        tenant = true
        [collections.staff.fields]
        user = { type = "ref", to = "users", required = true, on_delete = "cascade" }
        """

    private struct Bench {
        var clock: ManualClock
        var schema: Schema
        var store: CountingStore
        var records: Records
        var loop: any EventLoop
        var now: Int64
        var changes: Callback<[RecordChange]>
    }

    private func run(_ body: (Bench) async throws -> Void) async throws {
        var template = Array("/tmp/atlas-identity-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw StoreError.unavailable("mkdtemp") }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            for name in ["atlas.db", "atlas.db-wal", "atlas.db-shm", "lock", "atlas.lock"] { unlink("\(directory)/\(name)") }
            rmdir(directory)
        }
        let clock = ManualClock()
        let schema = try SchemaCompiler.compile(ConfigurationLoader(environment: [:]).load(text: Self.site).configuration)
        let store = try SQLiteStore.open(
            directory: directory, collections: schema.collections, options: .init(durability: .normal, readers: 1, clock: clock),
            group: MultiThreadedEventLoopGroup.singleton)
        do {
            try await store.migrate(
                Migration(
                    steps: schema.collections.map { .createCollection($0) }, collections: schema.collections, snapshot: "{}",
                    description: "test", binary: "test", at: 0))
            let counting = CountingStore(store)
            let changes = Callback<[RecordChange]>()
            let records = Records(
                schema: schema, store: counting, clock: clock, random: SeededRandom(), seal: { $0 }, observer: { changes($0) })
            try await body(
                Bench(
                    clock: clock, schema: schema, store: counting, records: records,
                    loop: MultiThreadedEventLoopGroup.singleton.next(), now: clock.now(), changes: changes))
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    /// Who makes keys, and whoever asks with one.
    private struct Keys: Sendable {
        var keys: APIKeys
        var sessions: Sessions
        var registry: SessionRegistry
        var authenticator: Authenticator
        var loop: any EventLoop

        init(_ bench: Bench) {
            let (clock, masterKey) = (bench.records.clock, MasterKey(bytes: Array(repeating: 7, count: 32)))
            let signing = SigningKeys(masterKey: masterKey, random: SeededRandom(), clock: clock)
            let tokens = AccessTokens(keys: signing, issuer: "https://a.example", clock: clock)
            registry = SessionRegistry()
            sessions = Sessions(
                options: .init(accessLifetime: 1_000, maximum: 10), records: bench.records, tokens: tokens,
                refreshTokens: RefreshTokens(masterKey: masterKey, random: SeededRandom(), grace: 0, lifetime: 1), registry: registry)
            keys = APIKeys(
                records: bench.records, sessions: sessions, masterKey: masterKey, ways: WaysIn(bench.records, waitsForProof: false))
            authenticator = Authenticator(tokens: tokens, registry: registry, clock: clock, keys: keys) { _, loop in
                loop.makeSucceededFuture(nil)
            }
            loop = bench.loop
        }

        func isOpen(_ key: String) async throws -> Bool {
            try await loop.flatSubmit { [self] in
                switch authenticator.authenticate(key, cache: TokenCache(), on: loop) {
                case .session: loop.makeSucceededFuture(true)
                case .failed: loop.makeSucceededFuture(false)
                case .pending(let future): future.map { (try? $0.get()) != nil }
                }
            }.get()
        }

        /// A key of that user.
        func make(for user: Row, at now: Int64) async throws -> (key: APIKey, text: String) {
            let caller = Caller(environment: Environment(me: user, now: now))
            return try await keys.make(NewAPIKey(name: "k", scopes: nil, expiresAt: nil), for: caller, on: loop).get()
        }
    }

    private static func user(_ bench: Bench, _ values: [Int: Value] = [:]) async throws -> Row {
        let users = bench.schema.users
        return try await bench.records.write(for: .system(now: bench.now), on: bench.loop) { writer, _ in
            try writer.create(users, Draft(), adding: values, asksRule: false)
        }.get()
    }

    @Test func keysThatAreNone() async throws {
        try await run { bench in
            let keys = Keys(bench)
            let user = try await Self.user(bench)
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
        try await run { bench in
            let keys = Keys(bench)
            let user = try await Self.user(bench)
            let made = try await keys.make(for: user, at: bench.now)
            #expect(try await keys.isOpen(made.text))
            _ = try await keys.sessions.close(user.id, on: bench.loop).get()
            #expect(try await !keys.isOpen(made.text))
            try await keys.sessions.reopen(user.id, on: bench.loop).get()
            #expect(try await keys.isOpen(made.text))
        }
    }

    @Test func keysOfWhomTheClockLetsIn() async throws {
        try await run { bench in
            let keys = Keys(bench)
            let since = try #require(bench.schema.users.field("since")).index
            let user = try await Self.user(bench, [since: .moment(bench.now + 1_000)])
            let made = try await keys.make(for: user, at: bench.now)
            #expect(try await !keys.isOpen(made.text))
            bench.clock.advance(by: 1_000)
            #expect(try await keys.isOpen(made.text))
        }
    }

    /// Whoever thinks of addresses cannot fill the queue of mails nor the disk, and keeps nobody from his own mail.
    @Test func forgottenPasswordsOfNobody() async throws {
        try await run { bench in
            let masterKey = MasterKey(bytes: Array(repeating: 7, count: 32))
            let keys = Keys(bench)
            let hasher = try PasswordHasher(threads: 1, processors: [], random: SeededRandom())
            let failures = SignInFailures(masterKey: masterKey, perAccount: 1, perAddress: 1, window: 1)
            let passwords = Passwords(
                records: bench.records, hasher: hasher, policy: PasswordPolicy(minimum: 8, maximum: 64, required: []), failures: failures,
                sessions: keys.sessions, secondFactors: nil)
            let reset = PasswordReset(
                records: bench.records, hasher: hasher, passwords: passwords, sessions: keys.sessions,
                proofs: Proofs(masterKey: masterKey, random: SeededRandom()), lifetime: 1_000,
                ways: WaysIn(bench.records, waitsForProof: false), strangers: StrangerBudget(messages: 10, proofs: 20))
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
            _ = try await Self.user(bench, [email: .text("sara@example.com")])
            for _ in 0..<7 { try await ask("sara@example.com") }
            let known = try await written()
            #expect(known.mails.count == 15 && known.mails.prefix(5).allSatisfy { $0.maxAttempts > 1 })

            // Of one address so many count as of any other.
            bench.clock.advance(by: 3_600_000)
            for _ in 0..<7 { try await ask("nobody0@example.com") }
            #expect(try await written().mails.count == 20)
        }
    }

    /// Where nobody new may come the same is written for a number that nobody has as for any other: a code, and a message.
    @Test func codesOfNobody() async throws {
        try await run { bench in
            let masterKey = MasterKey(bytes: Array(repeating: 7, count: 32))
            let keys = Keys(bench)
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
                    sessions: keys.sessions, ways: WaysIn(bench.records, waitsForProof: false)), secondFactors: nil)
            let codes = PhoneSignIn(accounts, proofs: proofs, options: options, strangers: StrangerBudget(messages: 3, proofs: 20))
            let phone = try #require(bench.schema.users.field("phone")).index
            _ = try await Self.user(bench, [phone: .text("+12025550100")])

            @Sendable func written() async throws -> (messages: [JobStatus], proofs: Int) {
                try await bench.store.transaction(on: bench.loop) { transaction in
                    let messages = try transaction.jobLog.page(queue: "sms", state: nil, limit: 100, offset: 0).jobs
                    let proofs = try [Proof.Purpose.otp, .unsentOTP].map {
                        try transaction.proofs.made($0, for: nil, since: 0, limit: 100).count
                    }
                    return (messages, proofs.reduce(0, +))
                }.get()
            }
            func ask(_ number: String) async throws -> JobStatus? {
                let before = try await written()
                _ = try await codes.request(
                    number, for: Caller(environment: Environment(now: bench.clock.now())), on: bench.loop
                ).get()
                let after = try await written()
                #expect(after.proofs == before.proofs + 1, "\(number)")
                let ids = Set(before.messages.map(\.id))
                return after.messages.first { !ids.contains($0.id) }
            }
            let known = try #require(try await ask("+12025550100"))
            for number in 101...103 {
                let stranger = try #require(try await ask("+12025550\(number)"))
                #expect(stranger.kind == known.kind && stranger.maxAttempts == 1 && known.maxAttempts > 1)
            }
            #expect(try await ask("+12025550104") == nil, "what is written for nobody is bounded")
            #expect(try await ask("+12025550100") != nil)
        }
    }

    @Test func namesOfTenantsThatThereAreNot() async throws {
        try await run { bench in
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
            _ = try await Self.user(bench, [:])
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

/// Says how often it was asked.
private final class CountingStore: Store {
    struct Counts: Equatable {
        var reads = 0
        var transactions = 0
    }

    private let store: any Store
    private let state = Mutex(Counts())

    init(_ store: any Store) {
        self.store = store
    }

    var counts: Counts { state.withLock { $0 } }
    func forget() { state.withLock { $0 = Counts() } }

    func read(_ read: RecordRead, into buffer: ByteBuffer, on loop: any EventLoop) -> EventLoopFuture<RecordAnswer?> {
        state.withLock { $0.reads += 1 }
        return store.read(read, into: buffer, on: loop)
    }

    func list(_ list: RecordList, into buffer: ByteBuffer, on loop: any EventLoop) -> EventLoopFuture<ListAnswer> {
        state.withLock { $0.reads += 1 }
        return store.list(list, into: buffer, on: loop)
    }

    func snapshot<Result: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable (any Snapshot) throws -> Result
    ) -> EventLoopFuture<Result> {
        state.withLock { $0.reads += 1 }
        return store.snapshot(on: loop, body)
    }

    var commits: Int { store.commits }

    func onEvents(_ told: @escaping @Sendable () -> Void) { store.onEvents(told) }

    func transaction<Result: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) -> EventLoopFuture<Result> {
        state.withLock { $0.transactions += 1 }
        return store.transaction(on: loop, body)
    }

    func close() async { await store.close() }
}
