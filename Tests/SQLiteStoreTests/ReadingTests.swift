import Conformance
import Expressions
import JSON
import NIOCore
import NIOPosix
import Ports
import Schema
import SeededNumbers
import Testing

@testable import SQLiteStore

@Suite struct ReadingTests {
    private func withReader(rows: Int, _ body: (RecordReader, StoreFixture, Connection) throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = StoreFixture()
            let path = directory + "/t.db"
            let writer = try Connection(path: path, mode: .writer(synchronous: .normal))
            for collection in fixture.collections {
                try CollectionTables.create(collection).forEach(writer.execute)
                try CollectionTables.indexes(collection).values.sorted().forEach(writer.execute)
            }
            let table = RowTable(writer)
            try writer.execute("BEGIN")
            for number in 0..<rows {
                let id = UUIDv7.text(milliseconds: Int64(number), random: [])
                let values: [String: Value] = ["author": .text("a\(number % 10)"), "views": .int(Int64(number)), "status": .text("OPEN")]
                _ = try table.insert(fixture.row(in: fixture.posts, id: id, at: Int64(number), values), into: fixture.posts)
            }
            try writer.execute("COMMIT; ANALYZE")
            let reader = RecordReader(
                connection: try Connection(path: path, mode: .reader), collections: ["media": fixture.media], totals: Totals())
            try body(reader, fixture, writer)
        }
    }

    private func list(_ fixture: StoreFixture, _ order: [(String, Bool)], filters: [RecordList.Filter] = []) -> RecordList {
        RecordList(
            access: Access(fixture.posts, environment: Environment()), filters: filters,
            order: order.compactMap { name, descending in
                fixture.posts.field(name).map { RecordList.Order(field: $0, descending: descending) }
            }, projection: Projection(parts: [.init(field: fixture.posts.fields[0])]))
    }

    /// The steps of SQLite's plan, as EXPLAIN QUERY PLAN words them.
    private func plan(_ list: RecordList, _ connection: Connection) throws -> [String] {
        var sql = SQLText("EXPLAIN QUERY PLAN SELECT *")
        sql.append(Selection.rows(list.access))
        Selection.restrict(&sql, to: list.filters)
        Selection.order(&sql, by: list.order)
        let statement = try connection.prepare(sql.text)
        var steps: [String] = []
        while try statement.step() { steps.append(statement.text(3)) }
        return steps
    }

    @Test func listsAreServedByIndexesInBothDirections() async throws {
        try await withReader(rows: 500) { _, fixture, connection in
            for descending in [false, true] {
                let newest = try plan(list(fixture, [("created_at", descending)]), connection)
                #expect(newest == ["SCAN t USING INDEX posts_created_at"])
                let status = try #require(fixture.posts.field("status"))
                let byViews = try plan(
                    list(fixture, [("views", descending)], filters: [.field(status, .equal, [.text("OPEN")])]), connection)
                #expect(byViews == ["SEARCH t USING INDEX posts_status_views (status=?)"])
                let author = try #require(fixture.posts.field("author"))
                let children = try plan(
                    list(fixture, [("created_at", descending)], filters: [.field(author, .equal, [.text("a1")])]), connection)
                #expect(children == ["SEARCH t USING INDEX posts__author (author=?)"])
            }
        }
    }

    @Test func readsLeaveNoSnapshotBehind() async throws {
        try await withReader(rows: 50) { reader, fixture, writer in
            var buffer = ByteBuffer()
            let id = UUIDv7.text(milliseconds: 3, random: [])
            let access = Access(fixture.posts, environment: Environment())
            let projection = fixture.projection(of: fixture.posts)
            _ = try reader.read(RecordRead(access: access, key: .id(id), projection: projection), into: &buffer)
            var page = list(fixture, [("views", true)])
            page.counts = true
            page.limit = 5
            #expect(try reader.list(page, into: &buffer, mayCount: false) == nil)
            #expect(try reader.list(page, into: &buffer, mayCount: true)?.total == 50)
            // A restart of the WAL would have to wait for whoever still reads an old snapshot.
            try writer.execute("DELETE FROM posts WHERE views = 1")
            let (pages, moved) = try writer.checkpoint(.restart)
            #expect(pages == moved)
            try writer.execute("DELETE FROM posts WHERE views = 2")
            #expect(writer.walPages < 10)
        }
    }

    @Test func longListIsLeftToThePool() async throws {
        try await withReader(rows: 3000) { reader, fixture, _ in
            reader.connection.limit(nanoseconds: 1)
            var buffer = ByteBuffer()
            #expect {
                _ = try reader.list(list(fixture, [("title", true)]), into: &buffer, mayCount: false)
            } throws: {
                ($0 as? SQLiteError)?.storeError == .tooSlow
            }
            #expect(buffer.readableBytes == 0)
            reader.connection.limit(nanoseconds: 2_000_000_000)
            let page = try reader.list(list(fixture, [("title", true)]), into: &buffer, mayCount: false)
            #expect(page?.count == 20)
        }
    }

    @Test func textsOfEveryByteBecomeValidJSON() {
        let out = JSONBytes()
        var generator = SeededGenerator(state: 7)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next() % 128) }
            out.clear()
            bytes.withUnsafeBufferPointer { out.append(string: $0) }
            var expected = ByteBuffer()
            expected.writeJSON(string: String(decoding: bytes, as: UTF8.self))
            #expect(Array(out.bytes) == Array(expected.readableBytesView))
        }
    }

    @Test func wholeNumbersAtTheirEdges() {
        let out = JSONBytes()
        for number in [0, 9, 10, 99, 100, -1, -10, Int64.max, Int64.min, 999_999_999_999_999_999, 1_000_000_000_000_000_000] as [Int64] {
            out.clear()
            out.append(integer: number)
            #expect(String(decoding: out.bytes, as: UTF8.self) == "\(number)")
        }
        out.clear()
        for moment in [Int64.min, .max] { out.append(moment: moment) }
        for date in [Int64.min, .max] { out.append(date: date) }
        for duration in [Int64.min, .max] { out.append(duration: duration) }
        #expect(out.bytes.count > 0, "no trap")
    }

    @Test func expansionsPrepareAFewStatementsOnceHoweverManyRowsThereAre() async throws {
        try await withReader(rows: 60) { reader, fixture, _ in
            let users = fixture.users
            let target = Projection.Expansion.Target(
                users, conditions: [], projection: fixture.projection(of: users), card: fixture.idOnly["users"])
            let author = try #require(fixture.posts.field("author"))
            let children = Projection.Expansion(
                name: "posts", source: .children(author, order: []),
                targets: [.init(fixture.posts, conditions: [], projection: try #require(fixture.idOnly["posts"]), card: nil)])
            let withChildren = Projection(parts: fixture.projection(of: users).parts, expansions: [children])
            let deep = Projection.Expansion(author, to: .init(users, conditions: [], projection: withChildren, card: nil))
            let photos = try #require(fixture.posts.field("photos"))
            let list = RecordList(
                access: Access(fixture.posts, environment: Environment()), limit: 50,
                projection: Projection(
                    parts: [.init(field: fixture.posts.fields[0]), .init(field: photos)],
                    expansions: [.init(author, to: target), deep], media: fixture.idOnly["media"]))
            func prepared(_ list: RecordList) throws -> Int {
                let before = reader.connection.prepared
                var buffer = ByteBuffer()
                _ = try reader.list(list, into: &buffer, mayCount: true)
                return reader.connection.prepared - before
            }
            // The list, the record and card of an author, the deep author and his posts, members and objects of media.
            #expect(try prepared(list) == 7)
            #expect(try prepared(list) == 0)
            var other = list
            other.limit = 5
            other.offset = 20
            #expect(try prepared(other) == 0)
        }
    }
}
