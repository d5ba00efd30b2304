import Expressions
import NIOCore
import Ports
import Schema
import Testing

extension StoreConformance {
    static let snapshots: [Case] = [
        Case(name: "A walk by positions meets each row once, nulls first or last, whatever is added meanwhile") { test async throws in
            let posts = test.fixture.posts
            let views = try #require(posts.field("views"))
            let values: [Value] = [.int(2), .null, .int(1), .null, .int(2), .int(1), .int(3)]
            for (number, value) in values.enumerated() { try await test.insert(posts, number, ["views": value]) }
            for (descending, expected) in [(false, [1, 3, 2, 5, 0, 4, 6]), (true, [6, 4, 0, 5, 2, 3, 1])] {
                var list = RecordList(
                    access: test.access(posts), order: [.init(field: views, descending: descending)], limit: 2,
                    projection: test.fixture.idOnly["posts"] ?? test.fixture.projection(of: posts))
                list.walks = true
                var seen: [Int] = []
                repeat {
                    let answer = try await test.store.list(list, into: ByteBuffer(), on: test.loop).get()
                    let ids = String(buffer: answer.buffer).split(separator: "\"").map(String.init).filter(UUIDv7.isUUID)
                    seen += ids.compactMap { id in values.indices.first { test.id($0) == id } }
                    list.after = answer.next
                } while list.after != nil && seen.count <= values.count
                #expect(seen == expected)
            }
        },
        Case(name: "A snapshot is one state: what is committed meanwhile is not in it") { test async throws in
            let posts = test.fixture.posts
            let id = try await test.insert(posts, 1, ["views": .int(4)])
            try await test.insert(posts, 2, ["views": .int(6), "title": .text("x")])
            try await test.insert(posts, 3, ["views": .int(100), "deleted_at": .moment(1)])
            let access = test.access(posts)
            let views = try #require(posts.field("views"))
            let answer = try await test.store.snapshot(on: test.loop) { snapshot in
                var question = FigureQuestion(access: access, aggregate: .sum, field: views)
                let sum = try snapshot.groups(question)
                question.aggregate = .avg
                let mean = try snapshot.groups(question)
                question.createdBefore = 1_700_000_000_002
                question.aggregate = .count
                return (try snapshot.row(access, key: .id(id))?.values[views.index], sum, mean, try snapshot.groups(question))
            }.get()
            #expect(answer.0 == .int(4))
            #expect(answer.1 == [FigureGroup(keys: [], value: .int(10))])
            #expect(answer.2 == [FigureGroup(keys: [], value: .float(5))])
            #expect(answer.3 == [FigureGroup(keys: [], value: .int(1))])
        },
        Case(name: "A former slug leads to who bore it last, within its scope, and goes with its record") { test async throws in
            let posts = test.fixture.posts
            let one = try await test.insert(posts, 1)
            let two = try await test.insert(posts, 2)
            func slug(_ scope: String) -> FormerSlug { FormerSlug(collection: "posts", scope: [scope], slug: "a") }
            func records() async throws -> [String?] {
                try await test.store.snapshot(on: test.loop) { snapshot in
                    try ["x", "y", "z"].map { try snapshot.formerSlugs.record(FormerSlug(collection: "posts", scope: [$0], slug: "a")) }
                }.get()
            }
            let (x, y) = (slug("x"), slug("y"))
            try await test.transaction { transaction in
                try transaction.formerSlugs.keep(x, of: one)
                try transaction.formerSlugs.keep(y, of: one)
                try transaction.formerSlugs.keep(y, of: two)
            }
            #expect(try await records() == [one, two, nil])
            let row = try #require(try await test.row(posts, two))
            try await test.transaction { try $0.remove(row, from: posts) }
            #expect(try await records() == [one, nil, nil])
        },
        Case(name: "Commits are counted when they change something") { test async throws in
            let before = test.store.commits
            _ = try await test.row(test.fixture.posts, test.id(1))
            #expect(test.store.commits == before)
            try await test.insert(test.fixture.posts, 1)
            #expect(test.store.commits > before)
        },
    ]
}
