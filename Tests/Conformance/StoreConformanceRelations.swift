import Expressions
import NIOCore
import Ports
import Schema
import Testing

extension StoreConformance {
    static let relations: [Case] = [
        Case(name: "By several fields that are unique together, a reference of several kinds among them") { test async throws in
            let posts = test.fixture.posts
            let about = Value.text("users:\(test.id(7))")
            try await test.insert(posts, 1, ["title": .text("one"), "about": about])
            try await test.insert(posts, 2, ["title": .text("two"), "about": about])
            let fields = ["title", "about"].compactMap { posts.field($0)?.index }
            func found(_ values: [Value]) async throws -> String? {
                let access = test.access(posts)
                return try await test.transaction { try $0.row(access, key: .fields(fields, values))?.id }
            }
            #expect(try await found([.text("two"), about]) == test.id(2))
            #expect(try await found([.text("two"), .text("media:\(test.id(7))")]) == nil)
            #expect(try await found([.text("two"), .null]) == nil)
            #expect(try await found([.null, about]) == nil)
            let json = try await test.json(posts, .fields(fields, [.text("one"), about]), projection: test.fixture.idOnly["posts"])
            #expect(json == #"{"id":"\#(test.id(1))"}"#)
            // Without any field it is whatever there is: the row of a singleton.
            #expect(try await test.json(test.fixture.media, .fields([], [])) == nil)
            try await test.insert(test.fixture.media, 5)
            let only = try await test.json(test.fixture.media, .fields([], []), projection: test.fixture.idOnly["media"])
            #expect(only == #"{"id":"\#(test.id(5))"}"#)
        },
        Case(name: "A tree: rows nested in their order, hidden parents as placeholders, pages of the topmost") { test async throws in
            let threads = test.fixture.threads
            func insert(_ number: Int, under parent: Int?, deleted: Bool = false) async throws {
                try await test.insert(
                    threads, number,
                    ["parent": parent.map { .text(test.id($0)) } ?? .null, "deleted_at": deleted ? .moment(1) : .null])
            }
            try await insert(1, under: nil)
            try await insert(2, under: 1, deleted: true)
            try await insert(3, under: 2, deleted: true)
            try await insert(4, under: 3)
            try await insert(5, under: 1)
            try await insert(6, under: nil, deleted: true)
            try await insert(7, under: nil)
            try await insert(8, under: 99)
            func page(limit: Int = 100, offset: Int = 0) async throws -> (text: String, total: Int?) {
                var list = RecordList(
                    access: test.access(threads), order: [RecordList.Order(field: threads.fields[Row.System.createdAt], descending: false)],
                    limit: limit, offset: offset, counts: true, projection: try #require(test.fixture.idOnly["threads"]))
                list.tree = threads.field("parent")
                let answer = try await test.store.list(list, into: ByteBuffer(), on: test.loop).get()
                return (String(buffer: answer.buffer), answer.total)
            }
            func node(_ number: Int, _ children: [String] = [], deleted: Bool = false) -> String {
                #"{"id":"\#(test.id(number))"\#(deleted ? #","deleted":true"# : ""),"children":[\#(children.joined(separator: ","))]}"#
            }
            let first = node(1, [node(5), node(2, [node(3, [node(4)], deleted: true)], deleted: true)])
            let whole = try await page()
            #expect(whole.text == "[\(first),\(node(7)),\(node(8))]" && whole.total == 3, "\(whole.text)")
            let second = try await page(limit: 1, offset: 1)
            #expect(second.text == "[\(node(7))]" && second.total == 3)
            let beyond = try await page(limit: 10, offset: 9)
            #expect(beyond.text == "[]")
        },
        Case(name: "A deep thread is written without recursion") { test async throws in
            let threads = test.fixture.threads
            let fixture = test.fixture
            let ids = (0..<3_000).map { test.id($0) }
            try await test.transaction { transaction in
                for (number, id) in ids.enumerated() {
                    let parent: Value = number == 0 ? .null : .text(ids[number - 1])
                    _ = try transaction.insert(fixture.row(in: threads, id: id, ["parent": parent]), into: threads)
                }
            }
            var list = RecordList(
                access: test.access(threads), limit: 10, projection: try #require(test.fixture.idOnly["threads"]))
            list.tree = threads.field("parent")
            let answer = try await test.store.list(list, into: ByteBuffer(), on: test.loop).get()
            let text = String(buffer: answer.buffer)
            #expect(answer.count == 1 && text.hasSuffix(String(repeating: "]}", count: 3_000) + "]"))
        },
        Case(name: "References inside values are found, changed and forgotten with their record") { test async throws in
            let threads = test.fixture.threads
            let files = try #require(threads.field("files"))
            func holding(_ number: Int) async throws -> [String] {
                let id = test.id(number)
                return try await test.transaction { try $0.referrers(to: id, in: threads, by: files, limit: 10) }
            }
            func value(_ numbers: [Int]) -> Value {
                .text("[\(numbers.map { #"{"file":"\#(test.id($0))"}"# }.joined(separator: ","))]")
            }
            try await test.insert(threads, 1, ["files": value([50, 51, 50])])
            try await test.insert(threads, 2, ["files": value([50])])
            #expect(try await holding(50) == [test.id(1), test.id(2)])
            #expect(try await holding(51) == [test.id(1)])
            var row = try #require(try await test.row(threads, test.id(1)))
            row.values[files.index] = value([52])
            let changed = row
            try await test.transaction { try $0.update(changed, in: threads, changed: [files.index]) }
            #expect(try await holding(50) == [test.id(2)])
            #expect(try await holding(51) == [])
            #expect(try await holding(52) == [test.id(1)])
            let filter = RecordList.Filter.field(files, .equal, [.text(test.id(52))])
            #expect(try await test.numbers(threads, filters: [filter]).numbers == [1])
            try await test.transaction { try $0.remove(changed, from: threads) }
            #expect(try await holding(52) == [])
        },
    ]
}
