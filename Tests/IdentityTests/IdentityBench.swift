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

@testable import Identity

/// A site of firms, whose store says how often it was asked.
struct IdentityBench {
    var clock: ManualClock
    var schema: Schema
    var store: CountingStore
    var records: Records
    var loop: any EventLoop
    var now: Int64
    var changes: Callback<[RecordChange]>

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

    static func run(_ body: (IdentityBench) async throws -> Void) async throws {
        var template = Array("/tmp/atlas-identity-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw StoreError.unavailable("mkdtemp") }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            for name in ["atlas.db", "atlas.db-wal", "atlas.db-shm", "lock", "atlas.lock"] { unlink("\(directory)/\(name)") }
            rmdir(directory)
        }
        let clock = ManualClock()
        let schema = try SchemaCompiler.compile(ConfigurationLoader(environment: [:]).load(text: site).configuration)
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
                IdentityBench(
                    clock: clock, schema: schema, store: counting, records: records,
                    loop: MultiThreadedEventLoopGroup.singleton.next(), now: clock.now(), changes: changes))
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    func user(_ values: [Int: Value] = [:]) async throws -> Row {
        let users = schema.users
        return try await records.write(for: .system(now: now), on: loop) { writer, _ in
            try writer.create(users, Draft(), adding: values, asksRule: false)
        }.get()
    }
}

/// Who makes keys, and whoever asks with one.
struct BenchedKeys: Sendable {
    var keys: APIKeys
    var sessions: Sessions
    var registry: SessionRegistry
    var authenticator: Authenticator
    var loop: any EventLoop

    init(_ bench: IdentityBench) {
        let (clock, masterKey) = (bench.records.clock, MasterKey(bytes: Array(repeating: 7, count: 32)))
        let signing = SigningKeys(masterKey: masterKey, random: SeededRandom(), clock: clock)
        let tokens = AccessTokens(keys: signing, issuer: "https://a.example", clock: clock)
        registry = SessionRegistry()
        sessions = Sessions(
            options: .init(accessLifetime: 1_000, maximum: 10), records: bench.records, tokens: tokens,
            refreshTokens: RefreshTokens(masterKey: masterKey, random: SeededRandom(), grace: 0, lifetime: 1), registry: registry)
        keys = APIKeys(
            records: bench.records, sessions: sessions, masterKey: masterKey,
            ways: WaysIn(bench.records, waitsForProof: false, mailOpens: true))
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
