import Expressions
package import NIOCore
package import Ports
package import Schema
import Testing

/// What every store promises, tested through the port alone. Each case gets a store of its own with the fixture's tables.
package struct StoreConformance: Sendable {
    package typealias Body = @Sendable (StoreConformance) async throws -> Void

    package struct Case: Sendable, CustomStringConvertible {
        let name: String
        let body: Body
        package var description: String { name }
    }

    package let store: any Store
    package let fixture: StoreFixture
    package let loop: any EventLoop

    package static let cases: [Case] =
        snapshots + writing + reading + listing + conditions + relations + ledgers + events + proofs + derived

    /// Opens a store by `open`, brings in the fixture's tables, runs the case and closes the store.
    package static func run(
        _ test: Case, on loop: any EventLoop, open: ([Collection]) throws -> any Store & SchemaStore
    ) async throws {
        let fixture = StoreFixture()
        let store = try open(fixture.all)
        try await store.migrate(
            Migration(
                steps: fixture.all.map { .createCollection($0) }, collections: fixture.all, snapshot: "{}",
                description: "fixture", binary: "test", at: 0))
        do {
            try await test.body(StoreConformance(store: store, fixture: fixture, loop: loop))
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    // MARK: What the cases say

    func transaction<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result {
        try await store.transaction(on: loop, body).get()
    }

    func id(_ number: Int) -> String { UUIDv7.text(milliseconds: 1_700_000_000_000 + Int64(number), random: []) }

    @discardableResult
    func insert(_ collection: Collection, _ number: Int, _ values: [String: Value] = [:]) async throws -> String {
        let row = fixture.row(in: collection, id: id(number), at: 1_700_000_000_000 + Int64(number), values)
        return try await transaction { transaction in
            _ = try transaction.insert(row, into: collection)
            return row.id
        }
    }

    func access(_ collection: Collection, _ conditions: [Condition] = [], life: Access.Life = .live, me: Row? = nil) -> Access {
        Access(collection, conditions: conditions, life: life, environment: Environment(me: me))
    }

    /// The record's JSON; nil when it does not pass.
    func json(
        _ collection: Collection, _ key: RecordKey, projection: Projection? = nil, conditions: [Condition] = [],
        life: Access.Life = .live, me: Row? = nil
    ) async throws -> String? {
        let read = RecordRead(
            access: access(collection, conditions, life: life, me: me), key: key,
            projection: projection ?? fixture.projection(of: collection))
        return try await store.read(read, into: ByteBuffer(), on: loop).get().map { String(buffer: $0.buffer) }
    }

    func row(_ collection: Collection, _ id: String, life: Access.Life = .live) async throws -> Row? {
        let access = access(collection, life: life)
        return try await transaction { try $0.row(access, key: .id(id)) }
    }

    struct Page: Equatable {
        var numbers: [Int]
        var total: Int?
    }

    /// The ids of a page, as numbers given to `insert`, and the total.
    func numbers(
        _ collection: Collection, filters: [RecordList.Filter] = [], order: [(String, Bool)] = [], limit: Int = 100,
        offset: Int = 0, counts: Bool = false, conditions: [Condition] = [], life: Access.Life = .live, me: Row? = nil
    ) async throws -> Page {
        let order = order.compactMap { name, descending in
            collection.field(name).map { RecordList.Order(field: $0, descending: descending) }
        }
        let list = RecordList(
            access: access(collection, conditions, life: life, me: me), filters: filters, order: order, limit: limit,
            offset: offset, counts: counts,
            projection: fixture.idOnly[collection.name] ?? fixture.projection(of: collection))
        let answer = try await store.list(list, into: ByteBuffer(), on: loop).get()
        let known = Dictionary(uniqueKeysWithValues: (0..<1000).map { (id($0), $0) })
        let text = String(buffer: answer.buffer)
        let ids = text.split(separator: "\"").map(String.init).filter(UUIDv7.isUUID)
        #expect(ids.count == answer.count)
        return Page(numbers: ids.compactMap { known[$0] }, total: answer.total)
    }
}
