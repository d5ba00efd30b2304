import Testing

@testable import Expressions

/// What expressions mean, asked of both back ends: for each case the posts (of p1 to p4) for which it holds.
@Suite struct MeaningTests {
    static let cases: [(String, String)] = [
        // Comparison with the literal null tests for absence; all else is false on null (03; 11-precisions 1).
        ("author == null", "p4"), ("author != null", "p1 p2 p3"), ("views == rating", ""), ("views != rating", "p1 p2 p3 p4"),
        ("not (views == rating)", "p1 p2 p3 p4"), ("views > 5", "p1"), ("not (views > 5)", "p2 p3 p4"), ("views <= 5", "p2"),
        ("views in [0, 10]", "p1 p2"), ("views not in [0, 10]", "p3 p4"), ("views in 0..9", "p2"), ("views not in 0..9", "p1 p3 p4"),
        ("pinned", "p1"), ("not pinned", "p2 p3 p4"), ("pinned == false", ""), ("pinned != true", "p2 p3 p4"),
        ("not (status == 'draft' or views > 5)", "p3 p4"), ("not (status == 'draft' and views == 0)", "p1 p3 p4"),
        ("null == null", "p1 p2 p3 p4"), ("views == null and rating == null", "p3 p4"), ("status in []", ""),
        // References, paths, soft deletion: the author of p3 is deleted.
        ("author == me", "p2"), ("author != me", "p1 p3 p4"), ("author.role == 'USER'", "p2"), ("author.role != 'USER'", "p1 p3 p4"),
        ("author.name == null", "p3 p4"), ("author.city.slug == 'oslo'", "p2"), ("author.city.mayor.name == 'Ann'", "p2"),
        ("author.city.mayor == author", ""), ("author.city == me.city", "p2"),
        ("me.city.slug == 'oslo'", "p1 p2 p3 p4"), ("author.active", "p1"), ("not author.active", "p2 p3 p4"),
        // To-many.
        ("me in owners", "p1"), ("me not in owners", "p2 p3 p4"), ("'swift' in tags.slug", "p1"), ("'hidden' in tags.slug", ""),
        ("'swift' not in tags.slug", "p2 p3 p4"), ("'oslo' in owners.city.slug", "p1"), ("author in owners", ""),
        ("me in comments.author", "p1 p2"), ("overlap(tags, me.favourites) == 1", "p1"),
        ("overlap(tags.slug, ['linux', 'swift', 'x']) == 2", "p1"),
        ("exists(tags)", "p1"), ("count(tags) == 2", "p1"), ("count(tags where weight > 3) == 1", "p1"),
        // Aggregates.
        ("count(comments) == 3", "p1"), ("count(comments where status == 'approved') > 0", "p1"), ("sum(comments.points) == 5", "p1"),
        ("sum(comments.points) == 0", "p3 p4"), ("avg(comments.points) == 2.5", "p1"), ("avg(comments.points) == null", "p3 p4"),
        ("max(comments.points) == 7", "p2"), ("min(comments.points where author == me) == 4", "p1"), ("count(comments.points) == 2", "p1"),
        ("exists(comments where author == this.author)", "p1 p2"), ("not exists(comments where author == null)", "p2 p3 p4"),
        ("first(comments).author == author", "p1 p2"), ("first(comments.points) == 1", "p1"),
        ("first(all.users where role == 'USER') == me", "p1 p2 p3 p4"), ("count(all.users) == 2", "p1 p2 p3 p4"),
        ("exists(all.posts where author == this.author and this != first(all.posts where author == me))", "p1 p3"),
        ("count(author.posts) == 1", "p1 p2"), ("exists(author.favourites where slug == 'swift')", "p2"),
        ("exists(all.users where exists(posts where views > 5 and author == this.author))", "p1"),
        // Arithmetic, time, functions.
        ("views / 4 == 2.5", "p1"), ("views / 0 == null", "p1 p2 p3 p4"), ("10 % 4 == 2 and -7 % 4 == -3", "p1 p2 p3 p4"),
        ("1 + 2 * 3 == 7 and (1 + 2) * 3 == 9 and 7 - 2 - 1 == 4", "p1 p2 p3 p4"), ("-views < -5", "p1"),
        ("published_at > now - 7d", "p1"), ("published_at - now < 0s", "p1"), ("published_at + 12h > now", "p1"),
        ("day <= published_at", "p1"), ("day + 1d > published_at", "p1"), ("length * 2 == 10s", "p1"),
        ("length == 5s and length > 4999ms", "p1"),
        ("month(published_at) == day(published_at)", "p1"), ("year(published_at) < month(published_at)", "p1"),
        ("weekday(published_at) == 7", "p1"), ("published_at in day(now)..now", "p1"), ("len(title) == 4", "p2"),
        ("words(title) == 3", "p1"),
        ("lower(title) == 'zwei' and upper(title) == 'ZWEI'", "p2"),
        ("concat(title, '-', views, rating == null and 'x' == 'x') == 'x'", "!"),
        ("concat(title, '-', views) == 'Zwei-0'", "p2"), ("concat(title) == ''", "p3 p4"),
        ("round(rating) == 3 and floor(rating) == 2", "p1"),
        ("ceil(rating) == 3 and round(-rating) == -3 and abs(-rating) == rating", "p1"), ("coalesce(views, -1) == -1", "p3 p4"),
        ("if(pinned, views, 1) == 1", "p2 p3 p4"), ("if(pinned, 'it''s', title) == 'it''s'", "p1"),
        ("input.limit > views", "p2"), ("'a' in input.words", "p1 p2 p3 p4"),
        ("request.method == 'GET' and request.ip != ''", "p1 p2 p3 p4"),
    ]

    static let scope = Scope(collection: "posts", input: ["limit": .int, "words": .list(.text)])
    static let environment = Environment(
        me: Blog.bob, now: 86_400_000 * 31 + 10, request: RequestFacts(ip: "::1", method: "GET"),
        input: ["limit": .int(3), "words": .list([.text("a"), .text("\"b\\\n")])])

    @Test(arguments: cases)
    func holds(_ source: String, _ expected: String) throws {
        let (scope, environment) = (Self.scope, Self.environment)
        if expected == "!" {
            #expect(throws: ExpressionFault.self) { try Blog.compile(source, scope) }
            return
        }
        let expression = try Blog.compile(source, scope)
        let rows = try Blog.rows()
        let evaluated = try Blog.posts.filter { try expression.isTrue(in: environment, row: $0, rows: rows) }.map(\.id)
        #expect(evaluated.joined(separator: " ") == expected, "evaluated")
        let posts = try #require(Blog.model.collections["posts"])
        #expect(try rows.ids(in: posts, where: expression, environment).sorted().joined(separator: " ") == expected, "SQL")
    }

    @Test func anonymousCallerIsNobody() throws {
        let rows = try Blog.rows()
        let posts = try #require(Blog.model.collections["posts"])
        for (source, expected) in [
            ("author == me", 0), ("author != me", 4), ("me == null", 4), ("me.role == 'USER'", 0), ("me in owners", 0),
        ] {
            let expression = try Blog.compile(source)
            #expect(try rows.ids(in: posts, where: expression, Environment()).count == expected, "\(source)")
            #expect(try Blog.posts.filter { try expression.isTrue(in: Environment(), row: $0, rows: rows) }.count == expected, "\(source)")
        }
    }

    @Test func filterValueTakesTheTypeOfItsPartner() throws {
        let rows = try Blog.rows()
        let posts = try #require(Blog.model.collections["posts"])
        let cases: [(String, ValueType, Value, Set<String>)] = [
            ("'x' == title or $ in tags.slug", .text, .text("swift"), ["p1"]), ("$ in tags.slug", .text, .text("swift"), ["p1"]),
            ("author.city.slug == $", .text, .text("oslo"), ["p2"]), ("views >= $", .int, .int(5), ["p1"]),
            ("$ == author", .reference(to: "users"), .text("ann"), ["p1"]), ("published_at in $..now", .moment, .moment(0), ["p1"]),
            ("$ in owners", .reference(to: "users"), .text("bob"), ["p1"]),
            ("author.city == $", .reference(to: "cities"), .text("rome"), ["p1"]),
        ]
        for (source, type, value, expected) in cases {
            let expression = try Blog.compile(source, Scope(collection: "posts", hasFilterValue: true))
            #expect(Blog.compiler.filterValueType(of: expression) == type, "\(source)")
            let environment = Environment(now: 86_400_000 * 40, filterValue: value)
            #expect(try rows.ids(in: posts, where: expression, environment) == expected, "\(source)")
            #expect(
                Set(try Blog.posts.filter { try expression.isTrue(in: environment, row: $0, rows: rows) }.map(\.id)) == expected,
                "\(source)")
        }
    }

    @Test func oldIsTheRecordBefore() throws {
        let expression = try Blog.compile("old.status == 'draft' and status != old.status", Scope(collection: "posts", hasOld: true))
        #expect(try expression.isTrue(in: Environment(), row: Blog.posts[0], old: Blog.posts[1]))
        #expect(try !expression.isTrue(in: Environment(), row: Blog.posts[1], old: Blog.posts[1]))
    }

    @Test func valuesFitTheirField() throws {
        let environment = Environment(me: Blog.ann, now: 7, random: { String(repeating: "r", count: $0) })
        func value(_ source: String, _ type: ValueType) throws -> Value {
            try Blog.compile(source, as: .value(type)).evaluate(in: environment, row: Blog.posts[0])
        }
        #expect(try value("[me]", .list(.reference(to: "users"))) == .list([.text("ann")]))
        #expect(try value("owners", .list(.reference(to: "users"))) == .list([.text("bob")]))
        #expect(try value("random(12)", .text) == .text("rrrrrrrrrrrr"))
        #expect(try value("views", .float) == .float(10))
        #expect(try value("day", .moment) == .moment(31 * 86_400_000))
        #expect(try value("null", .int) == .null)
        #expect(try value("me", .reference(to: "users")) == .text("ann"))
        #expect(throws: ExpressionFault.self) { try value("me", .reference(to: "posts")) }
        #expect(throws: ExpressionFault.self) { try value("rating", .int) }
        #expect(throws: ExpressionFault.self) { try Blog.compile("random(3) == 'abc'") }
    }

    @Test(arguments: ["views + 9223372036854775807", "-views * 9223372036854775807", "views * 4611686018427387904 - 1 + rating"])
    func overflowIsAnErrorInBoth(_ source: String) throws {
        let expression = try Blog.compile(source, as: .anything)
        let rows = try Blog.rows()
        #expect(throws: EvaluationError.overflow) { try expression.evaluate(in: Environment(), row: Blog.posts[0]) }
        let fragment = expression.sql(.sqlite, alias: "t")
        #expect(throws: Database.Failure.self) {
            try rows.database.rows(
                "SELECT \(fragment.text) FROM posts AS t WHERE id = 'p1'", fragment.parameters.map { Environment().value(of: $0) }, [.int])
        }
    }

    /// Without a source of rows, what needs one is null, and a condition on it false.
    @Test func withoutRowsPathsAreNull() throws {
        #expect(try Blog.compile("author.name == null and not exists(comments)").isTrue(in: Environment(), row: Blog.posts[0]))
    }

    /// Positive conditions use indexes: the plan searches, it does not scan the records.
    @Test(arguments: [
        "status == 'draft'", "author == me", "status == 'draft' or author == me", "me in owners", "$ in tags.slug", "author.city.slug == $",
        "status in ['draft', 'archived'] and views > 3", "published_at > now - 7d", "status == 'draft' or me in owners",
        "author.city == me.city",
        "me in comments.author",
    ])
    func positiveConditionsUseIndexes(_ source: String) throws {
        let database = try Database(Blog.model)
        for index in [
            "posts (status)", "posts (author)", "posts (published_at)", "users (city)", "cities (slug)", "tags (slug)", "comments (author)",
        ] {
            try database.execute("CREATE INDEX \"\(index)\" ON \(index)")
        }
        let fragment = try Blog.compile(source, Scope(collection: "posts", hasFilterValue: true)).sql(.sqlite, alias: "t")
        let plan = try database.plan("SELECT id FROM posts AS t WHERE deleted_at IS NULL AND \(fragment.text)")
        #expect(!plan.contains("SCAN"), "\(fragment.text)\n\(plan)")
    }
}
