import Expressions
import Ports
import Schema
import Testing

extension StoreConformance {
    /// A condition over the collection, compiled as the configuration's are.
    private func condition(_ source: String, over collection: Collection, filter: Bool = false) throws -> Condition {
        let scope = Scope(collection: collection.name, hasFilterValue: filter)
        return Condition(number: 0, expression: try ExpressionCompiler(model: fixture.model).compile(source, in: scope, as: .condition))
    }

    static let conditions: [Case] = [
        Case(name: "Only rows that fulfil every condition exist: by key, in lists, totals and transactions") { test async throws in
            let posts = test.fixture.posts
            for number in 0..<6 {
                try await test.insert(
                    posts, number, ["published": .bool(number % 2 == 0), "views": .int(Int64(number)), "slug": .text("s\(number)")])
            }
            let published = try test.condition("published", over: posts)
            let seen = try test.condition("views > 1", over: posts)
            #expect(try await test.json(posts, .id(test.id(1)), conditions: [published]) == nil)
            #expect(try await test.json(posts, .id(test.id(2)), conditions: [published]) != nil)
            #expect(try await test.json(posts, .id(test.id(0)), conditions: [published, seen]) == nil)
            let slug = try #require(posts.field("slug"))
            #expect(try await test.json(posts, .field(slug.index, .text("s1")), conditions: [published]) == nil)
            #expect(try await test.numbers(posts, counts: true, conditions: [published]) == Page(numbers: [0, 2, 4], total: 3))
            #expect(
                try await test.numbers(posts, limit: 1, counts: true, conditions: [published, seen]) == Page(numbers: [2], total: 2))
            let access = test.access(posts, [published])
            let rows = try await test.transaction { transaction in
                try (0..<6).filter { try transaction.row(access, key: .id(test.id($0))) != nil }
            }
            #expect(rows == [0, 2, 4])
        },
        Case(name: "The caller is bound for each execution; an anonymous one equals nobody") { test async throws in
            let users = test.fixture.users
            for number in 0..<2 { try await test.insert(users, number, ["name": .text("\(number)")]) }
            try await test.insert(users, 2)
            // The callers are users.
            let own = try test.condition("name == me.name", over: users)
            for number in 0..<2 {
                let me = try #require(try await test.row(users, test.id(number)))
                #expect(try await test.numbers(users, conditions: [own], me: me).numbers == [number])
            }
            #expect(try await test.numbers(users, conditions: [own]).numbers == [])
        },
        Case(name: "Declared filters take the value of the query") { test async throws in
            let posts = test.fixture.posts
            for number in 0..<5 { try await test.insert(posts, number, ["views": .int(Int64(number)), "published": .bool(number != 3)]) }
            let atLeast = try test.condition("views >= $ and published", over: posts, filter: true)
            for (value, numbers) in [(2, [2, 4]), (4, [4]), (5, [])] {
                let filter = RecordList.Filter.declared(atLeast, [.int(Int64(value))])
                let page = try await test.numbers(posts, filters: [filter], counts: true)
                #expect(page == Page(numbers: numbers, total: numbers.count))
            }
            let two: [RecordList.Filter] = [.declared(atLeast, [.int(1)]), .declared(atLeast, [.int(2)])]
            #expect(try await test.numbers(posts, filters: two).numbers == [2, 4])
        },
        Case(name: "A field whose condition is false is left out, with its expansion") { test async throws in
            let posts = test.fixture.posts
            try await test.insert(test.fixture.users, 7, ["name": .text("Mina")])
            for number in 0..<2 {
                try await test.insert(
                    posts, number, ["published": .bool(number == 1), "views": .int(5), "author": .text(test.id(7))])
            }
            let published = try test.condition("published", over: posts)
            let views = try #require(posts.field("views"))
            let author = try #require(posts.field("author"))
            let name = try #require(test.fixture.users.field("name"))
            let projection = Projection(
                parts: [
                    .init(field: views, condition: published), .init(field: author, condition: published), .init(field: posts.fields[1]),
                ],
                expansions: [
                    .init(
                        author,
                        to: .init(test.fixture.users, conditions: [], projection: Projection(parts: [.init(field: name)]), card: nil))
                ])
            #expect(try await test.json(posts, .id(test.id(0)), projection: projection) == #"{"version":1,"expanded":{}}"#)
            #expect(
                try await test.json(posts, .id(test.id(1)), projection: projection)
                    == #"{"views":5,"author":"\#(test.id(7))","version":1,"expanded":{"author":{"name":"Mina"}}}"#)
        },
        Case(name: "An expanded target that the caller may not read shows its card") { test async throws in
            let users = test.fixture.users
            try await test.insert(users, 7, ["name": .text("Mina"), "email": .text("m@x.org")])
            try await test.insert(test.fixture.posts, 1, ["author": .text(test.id(7))])
            let author = try #require(test.fixture.posts.field("author"))
            let email = try #require(users.field("email"))
            let name = try #require(users.field("name"))
            for (rule, expected) in [("name == 'Mina'", "email\":\"m@x.org"), ("name == 'Omid'", "name\":\"Mina")] {
                let expansion = Projection.Expansion(
                    author,
                    to: .init(
                        users, conditions: [try test.condition(rule, over: users)], projection: Projection(parts: [.init(field: email)]),
                        card: Projection(parts: [.init(field: name)])))
                let json = try await test.json(
                    test.fixture.posts, .id(test.id(1)), projection: Projection(parts: [], expansions: [expansion]))
                #expect(json == "{\"expanded\":{\"author\":{\"\(expected)\"}}}")
            }
        },
        Case(name: "A question whose answer leaves its range fails as the evaluator does") { test async throws in
            for number in 0..<2 { try await test.insert(test.fixture.posts, number, ["views": .int(.max)]) }
            let post = test.fixture.row(in: test.fixture.posts, id: test.id(2))
            for source in ["sum(all.posts.views) > 0", "count(all.posts where views + 1 > 0) > 0"] {
                let rule = try test.condition(source, over: test.fixture.posts).expression
                _ = try await test.transaction { transaction in
                    #expect(throws: EvaluationError.overflow, "\(source)") {
                        try rule.isTrue(in: Environment(), row: post, rows: transaction)
                    }
                }
            }
        },
        Case(name: "Transactions answer the questions of expressions about other rows") { test async throws in
            try await test.insert(test.fixture.users, 7, ["name": .text("Mina")])
            let post = test.fixture.row(in: test.fixture.posts, id: test.id(1), ["author": .text(test.id(7))])
            let rule = try test.condition("author.name == 'Mina'", over: test.fixture.posts).expression
            let count = try test.condition("count(all.users) == 2", over: test.fixture.posts).expression
            try await test.transaction { transaction in
                #expect(try rule.isTrue(in: Environment(), row: post, rows: transaction))
                #expect(try !count.isTrue(in: Environment(), row: post, rows: transaction))
                _ = try transaction.insert(test.fixture.row(in: test.fixture.users, id: test.id(8)), into: test.fixture.users)
                #expect(try count.isTrue(in: Environment(), row: post, rows: transaction))
            }
        },
    ]
}
