import Expressions
import NIOCore
import Ports
import Schema
import Testing

extension StoreConformance {
    private func found(
        _ collection: Collection, _ field: Field, _ comparison: RecordList.Comparison, _ values: [Value]
    ) async throws -> [Int] {
        try await numbers(collection, filters: [.field(field, comparison, values)], counts: true).numbers
    }

    static let listing: [Case] = [
        Case(name: "Pages, totals and the empty list") { test async throws in
            let posts = test.fixture.posts
            #expect(try await test.numbers(posts, counts: true) == Page(numbers: [], total: 0))
            for number in 0..<25 { try await test.insert(posts, number) }
            try await test.insert(posts, 25, ["deleted_at": .moment(1)])
            #expect(try await test.numbers(posts, limit: 10, counts: true) == Page(numbers: Array(0..<10), total: 25))
            #expect(try await test.numbers(posts, limit: 10, offset: 20, counts: true) == Page(numbers: Array(20..<25), total: 25))
            #expect(try await test.numbers(posts, limit: 10, offset: 30, counts: true) == Page(numbers: [], total: 25))
            #expect(try await test.numbers(posts, limit: 10, offset: 10).total == nil)
            #expect(try await test.numbers(posts, life: .deleted).numbers == [25])
            #expect(try await test.numbers(posts, limit: 0, counts: true) == Page(numbers: [], total: 25))
            // Far beyond what an event loop would skip by itself.
            #expect(try await test.numbers(posts, offset: 1_000_000).numbers == [])
        },
        Case(name: "Totals follow every commit, for each caller's own filters") { test async throws in
            let posts = test.fixture.posts
            let views = try #require(posts.field("views"))
            for number in 0..<12 {
                try await test.insert(posts, number, ["views": .int(Int64(number % 2))])
                for _ in 0..<2 {
                    let all = try await test.numbers(posts, limit: 1, counts: true)
                    #expect(all == Page(numbers: [0], total: number + 1))
                    let even: RecordList.Filter = .field(views, .equal, [.int(0)])
                    #expect(try await test.numbers(posts, filters: [even], limit: 1, counts: true).total == number / 2 + 1)
                    let odd: RecordList.Filter = .field(views, .equal, [.int(1)])
                    #expect(try await test.numbers(posts, filters: [odd], limit: 1, counts: true).total == (number + 1) / 2)
                }
            }
        },
        Case(name: "Order: ties follow the last term, null first") { test async throws in
            let posts = test.fixture.posts
            let views: [Value] = [.int(2), .int(1), .int(2), .null, .int(1)]
            for (number, value) in views.enumerated() { try await test.insert(posts, number, ["views": value]) }
            #expect(try await test.numbers(posts, order: [("views", false)]).numbers == [3, 1, 4, 0, 2])
            #expect(try await test.numbers(posts, order: [("views", true)]).numbers == [2, 0, 4, 1, 3])
            #expect(try await test.numbers(posts, order: [("created_at", true)]).numbers == [4, 3, 2, 1, 0])
            #expect(try await test.numbers(posts, order: [("views", true), ("id", false)]).numbers == [0, 2, 1, 4, 3])
        },
        Case(name: "Filters are two-valued") { test async throws in
            let posts = test.fixture.posts
            let views = try #require(posts.field("views"))
            let tags = try #require(posts.field("tags"))
            let values: [Value] = [.null, .int(1), .int(2), .int(3)]
            for (number, value) in values.enumerated() {
                try await test.insert(
                    posts, number, ["views": value, "tags": .list(number == 0 ? [] : (1...number).map { .text(test.id($0)) })])
            }
            #expect(try await test.found(posts, views, .equal, [.int(2)]) == [2])
            #expect(try await test.found(posts, views, .equal, [.int(1), .int(3), .int(9)]) == [1, 3])
            #expect(try await test.found(posts, views, .equal, [.null]) == [0])
            #expect(try await test.found(posts, views, .equal, [.null, .int(3)]) == [0, 3])
            #expect(try await test.found(posts, views, .equal, []) == [])
            #expect(try await test.found(posts, views, .notEqual, [.int(2)]) == [0, 1, 3])
            #expect(try await test.found(posts, views, .notEqual, [.null]) == [1, 2, 3])
            #expect(try await test.found(posts, views, .notEqual, [.null, .int(1), .int(2)]) == [3])
            #expect(try await test.found(posts, views, .notEqual, [.int(1), .int(2), .int(3)]) == [0])
            #expect(try await test.found(posts, views, .notEqual, []) == [0, 1, 2, 3])
            #expect(try await test.found(posts, views, .less, [.int(2)]) == [1])
            #expect(try await test.found(posts, views, .lessOrEqual, [.int(2)]) == [1, 2])
            #expect(try await test.found(posts, views, .greater, [.int(2)]) == [3])
            #expect(try await test.found(posts, views, .greaterOrEqual, [.int(2)]) == [2, 3])
            #expect(try await test.found(posts, views, .less, [.null]) == [])
            #expect(try await test.found(posts, tags, .equal, [.text(test.id(2))]) == [2, 3])
            #expect(try await test.found(posts, tags, .equal, [.text(test.id(2)), .text(test.id(1))]) == [1, 2, 3])
            #expect(try await test.found(posts, tags, .equal, [.null]) == [0])
            #expect(try await test.found(posts, tags, .equal, [.null, .text(test.id(3))]) == [0, 3])
            #expect(try await test.found(posts, tags, .notEqual, [.text(test.id(2))]) == [0, 1])
            #expect(try await test.found(posts, tags, .notEqual, [.null]) == [1, 2, 3])
            #expect(try await test.found(posts, views, .equal, [.text("' OR 1 --")]) == [])
            let both: [RecordList.Filter] = [.field(views, .greater, [.int(1)]), .field(views, .less, [.int(3)])]
            #expect(try await test.numbers(posts, filters: both, limit: 1, counts: true) == Page(numbers: [2], total: 1))
        },
        Case(name: "A list in the buffer is one JSON array with its separators") { test async throws in
            let posts = test.fixture.posts
            for number in 0..<3 { try await test.insert(posts, number, ["views": .int(Int64(number))]) }
            let views = try #require(posts.field("views"))
            let list = RecordList(
                access: test.access(posts), order: [.init(field: views, descending: true)],
                projection: Projection(parts: [.init(field: views)]))
            let answer = try await test.store.list(list, into: ByteBuffer(string: "x"), on: test.loop).get()
            #expect(String(buffer: answer.buffer) == #"x[{"views":2},{"views":1},{"views":0}]"#)
            #expect(answer.count == 3)
        },
        Case(name: "Readers and writers at once: no list ever shows half a transaction") { test async throws in
            let posts = test.fixture.posts
            try await withThrowingTaskGroup(of: Void.self) { group in
                for pair in 0..<40 {
                    group.addTask {
                        let one = test.fixture.row(in: posts, id: test.id(2 * pair), ["title": .text("\(pair)")])
                        let two = test.fixture.row(in: posts, id: test.id(2 * pair + 1), ["title": .text("\(pair)")])
                        try await test.transaction { transaction in
                            _ = try transaction.insert(one, into: posts)
                            _ = try transaction.insert(two, into: posts)
                        }
                    }
                    group.addTask {
                        let page = try await test.numbers(posts, counts: true)
                        #expect(page.numbers.count % 2 == 0)
                        #expect(page.total == page.numbers.count)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await test.numbers(posts).numbers.count == 80)
        },
    ]
}
