import Conformance
import Config
import Expressions
import Glibc
import JSON
import NIOCore
import NIOPosix
import Ports
import SQLiteStore
import Schema
import Synchronization
import Testing

@testable import Records

/// Records of a small site in a store of their own, with a clock that stands still until it is moved.
final class Bench: Sendable {
    let records: Records
    let clock: ManualClock
    let loop: any EventLoop
    private let store: SQLiteStore

    /// Runs `body` on a new site; then on the same data with each of the files that follow, the store being opened anew.
    static func run(_ files: (text: String, body: @Sendable (Bench) async throws -> Void)..., at moment: Int64 = 1_800_000_000_000)
        async throws
    {
        var template = Array("/tmp/atlas-records-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw StoreError.unavailable("mkdtemp") }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            for name in ["atlas.db", "atlas.db-wal", "atlas.db-shm", "lock", "atlas.lock"] { unlink("\(directory)/\(name)") }
            rmdir(directory)
        }
        let clock = ManualClock(moment)
        var isFirst = true
        for (text, body) in files {
            let loaded = try ConfigurationLoader(environment: [:], overrides: []).load(text: text, file: "atlas.toml")
            let schema = try SchemaCompiler.compile(loaded.configuration)
            let store = try SQLiteStore.open(
                directory: directory, collections: schema.collections, options: .init(durability: .normal, readers: 1, clock: clock),
                group: MultiThreadedEventLoopGroup.singleton)
            if isFirst {
                try await store.migrate(
                    Migration(
                        steps: schema.collections.map { .createCollection($0) }, collections: schema.collections, snapshot: "{}",
                        description: "test", binary: "test", at: 0))
            }
            isFirst = false
            do {
                try await body(Bench(schema, store, clock))
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }

    private init(_ schema: Schema, _ store: SQLiteStore, _ clock: ManualClock) {
        self.store = store
        self.clock = clock
        loop = MultiThreadedEventLoopGroup.singleton.next()
        records = Records(schema: schema, store: store, clock: clock, random: SeededRandom(), seal: { $0 })
    }

    func collection(_ name: String) throws -> Collection { try #require(records.schema.collection(name)) }

    /// Who signs as that user, or nobody.
    func caller(_ user: Row? = nil) -> Caller {
        var caller = Caller(environment: Environment(me: user, now: clock.now(), request: RequestFacts(ip: "192.0.2.1", userAgent: "test")))
        caller.requestID = "request"
        return caller
    }

    var system: Caller { .system(now: clock.now()) }

    func write<Result: Sendable>(
        as caller: Caller? = nil, _ body: @escaping @Sendable (RecordWriter, any Transaction) throws -> Result
    ) async throws -> Result {
        try await records.write(for: caller ?? system, on: loop, body).get()
    }

    func create(_ name: String, _ body: JSONValue, as caller: Caller? = nil) async throws -> Row {
        let collection = try collection(name)
        let draft = try Draft(body, for: collection, purpose: .create)
        return try await write(as: caller) { writer, _ in try writer.create(collection, draft) }
    }

    func update(_ row: Row, _ body: JSONValue, as caller: Caller? = nil) async throws -> Row {
        let collection = try collection(row.collection)
        let draft = try Draft(body, for: collection, purpose: .update)
        return try await write(as: caller) { writer, _ in try writer.update(collection, .id(row.id), draft) }
    }

    func fire(_ name: String, _ row: Row, as caller: Caller? = nil) async throws -> Row {
        let collection = try collection(row.collection)
        let transition = try #require(collection.behaviour.transitions.first { $0.name == name })
        return try await write(as: caller) { writer, _ in try writer.fire(transition, of: collection, .id(row.id), input: [:]) }
    }

    func delete(_ row: Row, as caller: Caller? = nil) async throws {
        let collection = try collection(row.collection)
        try await write(as: caller) { writer, _ in try writer.delete(collection, .id(row.id)) }
    }

    func restore(_ row: Row, as caller: Caller? = nil) async throws -> Row {
        let collection = try collection(row.collection)
        return try await write(as: caller) { writer, _ in try writer.restore(collection, .id(row.id)) }
    }

    /// The row as it is now, hidden or not; nil when it is gone.
    func row(_ row: Row) async throws -> Row? {
        let access = Access(try collection(row.collection), life: .any, environment: Environment(), spansTenants: true)
        return try await write { _, transaction in try transaction.row(access, key: .id(row.id)) }
    }

    func text(_ name: String, of row: Row) async throws -> String? {
        let collection = try collection(row.collection)
        guard let now = try await self.row(row), case .text(let text) = now.value(name, in: collection) else { return nil }
        return text
    }

    /// Claims what is ready in the queue.
    func jobs(of queue: String) async throws -> [ClaimedJob] {
        try await store.jobs.claim(from: queue, limit: 100, worker: "test")
    }

    /// Lets the clock fire what is due; gives how often it was refused.
    @discardableResult
    func fireDue() async throws -> (next: Int64?, refused: Int) {
        let refused = Atomic(0)
        let next = try await records.fireDue(on: loop) { _, _ in refused.add(1, ordering: .relaxed) }
        return (next, refused.load(ordering: .relaxed))
    }
}
