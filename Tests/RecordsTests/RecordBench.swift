import Config
import Conformance
import Expressions
import Glibc
import NIOCore
import NIOPosix
import Ports
import SQLiteStore
import Schema

@testable import Records

/// Records over a new file, written as the system.
final class RecordBench: Sendable {
    let schema: Schema
    let store: SQLiteStore
    let records: Records
    let clock: ManualClock
    let random: SeededRandom
    let loop: any EventLoop

    private init(_ configuration: Configuration, directory: String, after previous: Schema?, seal: Seal? = nil) async throws {
        schema = try SchemaCompiler.compile(configuration, after: previous)
        clock = ManualClock()
        random = SeededRandom(7)
        loop = MultiThreadedEventLoopGroup.singleton.next()
        store = try SQLiteStore.open(
            directory: directory, collections: schema.collections,
            options: .init(durability: .normal, readers: 1, clock: clock, random: random),
            group: MultiThreadedEventLoopGroup.singleton)
        let stored = try await store.storedSnapshot().flatMap { SchemaSnapshot(text: $0) }
        let plan = MigrationPlan(from: stored, to: schema, declarations: configuration.collections)
        try await store.migrate(
            Migration(
                steps: plan.steps.flatMap(\.changes), collections: schema.collections, snapshot: SchemaSnapshot(schema).text,
                description: "", binary: "test", at: clock.now()))
        records = Records(schema: schema, store: store, clock: clock, random: random, seal: seal)
    }

    /// Opens the site of `text` on the files in `directory`, in a directory of its own without one.
    static func run(_ text: String, in directory: String? = nil, seal: Seal? = nil, _ body: (RecordBench) async throws -> Void) async throws
    {
        let configuration = try ConfigurationLoader(environment: [:], overrides: []).load(text: text, file: "atlas.toml").configuration
        guard let directory else {
            return try await withTemporaryDirectory { try await run(text, in: $0, seal: seal, body) }
        }
        let bench = try await RecordBench(configuration, directory: directory, after: nil, seal: seal)
        do {
            try await body(bench)
            await bench.store.close()
        } catch {
            await bench.store.close()
            throw error
        }
    }

    func collection(_ name: String) throws -> Collection {
        guard let collection = schema.collection(name) else { throw Missing(name: name) }
        return collection
    }

    /// One transaction.
    @discardableResult
    func write<Result: Sendable>(_ body: @escaping @Sendable (RecordWriter, any Transaction) throws -> Result) async throws -> Result {
        try await records.write(for: .system(now: clock.now()), on: loop, body).get()
    }

    /// The single value of a statement.
    func ask(_ sql: String, as type: ValueType = .int) async throws -> Value {
        try await write { _, transaction in try transaction.value(of: SQLQuery(text: sql, values: [], type: type)) }
    }

    struct Missing: Error { var name: String }
}

extension RecordWriter {
    /// Creates with values by name; gives the id.
    func make(_ name: String, _ values: [String: Value]) throws -> String {
        guard let collection = schema.collection(name) else { throw RecordBench.Missing(name: name) }
        return try create(collection, try draft(values, collection)).id
    }

    func change(_ name: String, _ id: String, _ values: [String: Value]) throws {
        guard let collection = schema.collection(name) else { throw RecordBench.Missing(name: name) }
        _ = try update(collection, .id(id), try draft(values, collection))
    }

    func discard(_ name: String, _ id: String) throws {
        guard let collection = schema.collection(name) else { throw RecordBench.Missing(name: name) }
        try delete(collection, .id(id))
    }

    func bringBack(_ name: String, _ id: String) throws {
        guard let collection = schema.collection(name) else { throw RecordBench.Missing(name: name) }
        _ = try restore(collection, .id(id))
    }

    func value(_ field: String, of name: String, _ id: String) throws -> Value {
        guard let collection = schema.collection(name),
            let row = try transaction.row(Access(collection, life: .any, environment: Environment()), key: .id(id))
        else { throw RecordBench.Missing(name: "\(name) \(id)") }
        return row.value(field, in: collection)
    }

    private func draft(_ values: [String: Value], _ collection: Collection) throws -> Draft {
        var draft = Draft()
        for (name, value) in values {
            guard let field = collection.field(name) else { throw RecordBench.Missing(name: "\(collection.name).\(name)") }
            draft.values[field.index] = value
        }
        return draft
    }
}

/// A fresh directory that is gone afterwards, with all that is in it.
func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    var template = Array("/tmp/atlas-records-XXXXXX".utf8CString)
    guard let path = mkdtemp(&template).map({ String(cString: $0) }) else { throw RecordBench.Missing(name: "/tmp") }
    defer { removeTree(path) }
    return try await body(path)
}

private func removeTree(_ path: String) {
    if remove(path) == 0 { return }
    if let directory = opendir(path) {
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != "." && name != ".." { removeTree("\(path)/\(name)") }
        }
        closedir(directory)
    }
    remove(path)
}
