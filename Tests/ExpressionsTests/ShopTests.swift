import Testing

@testable import Expressions

/// What 11-precisions adds to the meaning, asked of all back ends: for each case the records for which it holds.
@Suite struct ShopTests {
    static let orders: [(String, String)] = [
        // Decimals are exact, whatever their scales; they are compared by value.
        ("total == 100.1", "o1"), ("total == 100.10 and total > 100.099", "o1"), ("total < 1", "o2 o3"), ("total in -3..0", "o2 o3"),
        ("total in [0.000, -2.5]", "o2 o3"), ("total not in [0]", "o1 o2"), ("total != count", "o1 o2"), ("total == count", "o3"),
        ("total * rate == 7.5075", "o1"), ("round(total * rate, 2) == 7.51", "o1"), ("round(-total * rate, 2) == -7.51", "o1"),
        ("total + rate == 100.1750", "o1"), ("total - 0.10 == 100", "o1"), ("total * (1 + 0.5) == 150.15", "o1"), ("-total > 0", "o2"),
        ("total / 3 == 33.366666666667", "o1"), ("total / 0 == null", "o1 o2 o3"), ("round(total / 3, 2) == -0.83", "o2"),
        ("round(total) == -3 and floor(total) == -3 and ceil(total) == -2", "o2"), ("abs(total) == 2.5", "o2"),
        ("round(big / 3, 2) == 3333333333333333.33", "o1"), ("big > total / 3", "o1"), ("big > rate", "o1"), ("big + 0 == big", "o1"),
        ("concat(total, '|', rate, '|', 1.50, '|', count) == '100.10|0.0750|1.50|3'", "o1"), ("concat(total) == '-2.50'", "o2"),
        ("if(total > 0, total, 0.5) == 0.5", "o2 o3"), ("coalesce(rate, 0.1) == 0.1", "o2 o3"), ("max(items.price) == 33.4", "o1"),
        ("sum(items.price) == 66.75", "o1"), ("sum(items.price) == 0", "o2 o3"), ("avg(items.price) == 33.375", "o1"),
        ("round(avg(items.price), 2) == 33.38", "o1"), ("avg(items.price) == null", "o2 o3"), ("round(1.005 * total, 2) == -2.51", "o2"),
        ("round(1.45, 1) == 1.5 and round(2.5) == 3 and round(-2.5) == -3 and round(7, 2) == 7", "o1 o2 o3"),
        // Parts of JSON, lists.
        ("address.city == 'Tehrān'", "o1"), ("address.floor + 1 == 5", "o1"), ("address.geo.lat > 35", "o1"), ("address != null", "o1"),
        ("address.city == null", "o2 o3"), ("'gift' in flags", "o1"), ("'gift' not in flags", "o2 o3"),
        ("overlap(flags, ['gift', 'x', 'new', 'new']) == 2", "o1"), ("count == null", "o2"), ("this.address.floor in 3..5", "o1"),
        // Tenants: `all.x` of a record means the rows of its tenant (11-precisions 4).
        ("count(all.orders) == 2", "o1 o2"), ("count(all.users) == 2", "o1 o2 o3"), ("tenant.plan == 'free'", "o1 o2"),
        ("exists(all.memberships where user == me)", "o1 o2"), ("exists(all.memberships where role == 'owner')", "o3"),
        ("member.role == 'admin' and member.tenant == tenant", "o1 o2"), ("tenant == member.tenant", "o1 o2"),
        ("'owner' in all.memberships.role", "o3"), ("first(all.orders where status == 'paid').total == 100.1", "o1 o2"),
        ("count(all.orders where tenant == this.tenant and this.count == count) == 1", "o1 o3"),
        // What is left of a choice between nulls has no type of its own, which PostgreSQL takes for text.
        ("if(total > 0, null, null) == null", "o1 o2 o3"), ("coalesce(null, null) == null", "o1 o2 o3"),
        ("status in [null, null]", ""), ("status not in [null]", "o1 o2 o3"), ("overlap([null], flags) == 0", "o1 o2 o3"),
        ("overlap([], flags) == 0", "o1 o2 o3"), ("overlap([null, null, 'gift'], flags) == 1", "o1"),
        ("exists(items where if(quantity > 1, null == 1, null == 2))", ""), ("overlap([1, null], [null, null, 1]) == 1", "o1 o2 o3"),
        // Folded search.
        ("search(note, 'كتاب')", "o1"), ("search(note, 'کتابهای')", "o1"), ("search(note, '123')", "o1"), ("search(note, 'Café')", "o1"),
        ("search(note, 'cafe')", "o1"), ("search(note, 'tehran')", ""), ("search(address.city, 'TEHRAN')", "o1"),
        ("not search(note, 'x')", "o1 o2 o3"), ("search(note, '')", "o1"),
        // The calendar of Tehran: 2022-01-08 began there at 20:30 of the day before in UTC, the year on 2021-12-31.
        ("placed_on + 0s == day(placed_on)", "o1"), ("year(placed_on) - placed_on == 7 * -24h", "o1"), ("weekday(placed_on) == 6", "o1"),
        ("day(now) == now - 3h30m", "!"), ("day(now) == now - 3h - 30m - 6h", "o1 o2 o3"),
    ]

    static let reviews: [(String, String)] = [
        // References to several collections (11-precisions 9); the artist s1 does not exist.
        ("target.name == 'Salon'", "r1"), ("target.stars <= 4", "r1 r2"), ("target == null", "r4"), ("target.name == null", "r3 r4"),
        ("me in target.owners", "r2"), ("me not in target.owners", "r1 r3 r4"), ("count(target.owners) == 2", "r2"),
        ("exists(target.owners where name == 'Ann')", "r1 r2"), ("'Bob' in target.owners.name", "r2"),
        ("first(target.owners).name == 'Ann'", "r1 r2"), ("count(target.reviews) == 1", "r1 r2"), ("max(target.reviews.rating) > 2", "r1"),
        ("target == first(all.reviews where rating == 2).target", "r2"), ("target != target", "r4"),
        ("target in all.reviews.target", "r1 r2 r3"),
        ("target == input.where", "r1"), ("target != input.where", "r2 r3 r4"), ("target in [input.where]", "r1"),
        ("input.where == null", ""), ("input.where.name == 'Salon'", "r1 r2 r3 r4"), ("overlap(target.owners, author.reviewed) == 1", "!"),
        ("count(votes where review.target == this.target) == 1", "r1"), ("exists(votes where review.target.stars == 4)", "r1"),
        ("if(rating > 3, target, null) == input.where", "r1"), ("coalesce(target, input.where) == input.where", "r1 r4"),
        ("target == first(all.salons)", "r1"), ("target in all.salons", "r1"), ("overlap(target.owners, all.users) == 2", "r2"),
        ("target.reviews.rating == 5", "!"), ("sum(target.reviews.rating) == 0", "r3 r4"),
    ]

    static let salons: [(String, String)] = [
        ("count(reviews) == 1", "s1"), ("avg(reviews.rating) == 5.0", "s1"), ("exists(reviews where author == me)", ""),
        ("this in all.reviews.target", "s1"), ("5 in reviews.rating", "s1"), ("count(reviews where target == this) == 1", "s1"),
        ("coalesce(avg(reviews.rating where rating > 9), 0) == 0", "s1 s2"), ("round(7 / 3, 1) == 2.3", "s1 s2"),
    ]

    static let environment = Environment(
        me: Shop.bob, member: Shop.bobInAcme, tenant: Shop.acme, now: 1_641_587_400_000 + 6 * 3_600_000 + 30 * 60_000 + 3 * 3_600_000,
        input: ["where": .text("salons:s1")])

    @Test func holds() throws {
        let rows = try Shop.rows(inPostgreSQL: true)
        let compiler = ExpressionCompiler(model: Shop.model)
        for (name, cases) in [("orders", Self.orders), ("reviews", Self.reviews), ("salons", Self.salons)] {
            let collection = try #require(Shop.model.collections[name])
            let scope = Scope(collection: name, input: ["where": .union(["salons", "artists"])])
            for (source, expected) in cases {
                if expected == "!" {
                    #expect(throws: ExpressionFault.self, "\(source)") { try compiler.compile(source, in: scope, as: .condition) }
                    continue
                }
                do {
                    let expression = try compiler.compile(source, in: scope, as: .condition)
                    let sources: [any RowSource] = [rows, RowsOfPostgreSQL(rows: rows)]
                    for source in sources {
                        let evaluated = try (rows.stored[name] ?? []).filter {
                            try expression.isTrue(in: Self.environment, row: $0, rows: source)
                        }
                        #expect(
                            evaluated.map(\.id).joined(separator: " ") == expected, "\(expression.source), evaluated over \(source.dialect)"
                        )
                    }
                    for dialect in [SQLDialect.sqlite, .postgresql] {
                        let found = try rows.ids(in: collection, where: expression, Self.environment, dialect)
                        #expect(
                            found.sorted().joined(separator: " ") == expected,
                            "\(source), \(dialect)\n\(expression.sql(dialect, alias: "t").text)")
                    }
                } catch {
                    Issue.record("\(source): \(error)")
                }
            }
        }
    }

    /// The same table of cases as in `MeaningTests`.
    @Test func blogMeansTheSameInPostgreSQL() throws {
        let rows = try Blog.rows(inPostgreSQL: true)
        let posts = try #require(Blog.model.collections["posts"])
        for (source, expected) in MeaningTests.cases where expected != "!" {
            let expression = try Blog.compile(source, MeaningTests.scope)
            let found = try rows.ids(in: posts, where: expression, MeaningTests.environment, .postgresql)
            #expect(found.sorted().joined(separator: " ") == expected, "\(source)")
            let evaluated = try Blog.posts.filter {
                try expression.isTrue(in: MeaningTests.environment, row: $0, rows: RowsOfPostgreSQL(rows: rows))
            }
            #expect(evaluated.map(\.id).joined(separator: " ") == expected, "\(source), evaluated")
        }
    }

    /// In the effects of an event the tenant is that of the event's record, whatever row they act on.
    @Test func effectsStayInTheTenantOfTheirEvent() throws {
        let rows = try Shop.rows(inPostgreSQL: true)
        let scope = Scope(collection: "users", hasOld: true, hasNew: true, event: "orders")
        let expression = try ExpressionCompiler(model: Shop.model).compile(
            "count(all.memberships) == 1 and exists(all.memberships where user == this) and new.total > 0 and old.status == 'paid'",
            in: scope,
            as: .condition)
        let environment = Environment(old: Shop.orders[0], new: Shop.orders[0])
        #expect(try expression.isTrue(in: environment, row: Shop.bob, rows: rows))
        #expect(try !expression.isTrue(in: environment, row: Shop.ann, rows: rows))
        let users = try #require(Shop.model.collections["users"])
        for dialect in [SQLDialect.sqlite, .postgresql] {
            #expect(try rows.ids(in: users, where: expression, environment, dialect) == ["bob"])
        }
    }

    /// Without a record the tenant asked about counts where the place says so (a view), else all rows.
    @Test(arguments: [(true, 1), (false, 2)]) func viewsStayInTheTenantAskedAbout(_ isOfTenant: Bool, _ expected: Int64) throws {
        let expression = try ExpressionCompiler(model: Shop.model).compile(
            "count(all.memberships)", in: Scope(isOfTenant: isOfTenant), as: .value(.int))
        #expect(try expression.evaluate(in: Environment(tenant: Shop.acme), rows: try Shop.rows(inPostgreSQL: false)) == .int(expected))
    }

    @Test(arguments: [
        "status == 'paid'", "tenant == member.tenant", "total >= $", "total in 1..2.5", "created_at >= month(now)", "placed_on in [$]",
        "tenant.plan == $", "status == 'paid' or total > 1",
    ])
    func positiveConditionsUseIndexesOfPostgreSQL(_ source: String) throws {
        let postgresql = try PostgreSQL(Shop.model)
        for statement in ["CREATE INDEX ON tenants (plan)", "SET enable_seqscan = off"] { try postgresql.execute(statement) }
        for column in ["status", "tenant", "total", "created_at", "placed_on"] {
            try postgresql.execute("CREATE INDEX ON orders (\"\(column)\")")
        }
        let expression = try ExpressionCompiler(model: Shop.model).compile(
            source, in: Scope(collection: "orders", hasFilterValue: true), as: .condition)
        let query: SQLFragment = "EXPLAIN SELECT \"t\".\"id\" FROM orders AS \"t\" WHERE \(expression.sql(.postgresql, alias: "t"))"
        var environment = Self.environment
        environment.filterValue = .text("1")
        let plan = try postgresql.rows(query.numbered.text, query.parameters.map { environment.value(of: $0) }, [.text])
        #expect(!plan.contains { if case .text(let line) = $0[0] { line.contains("Seq Scan") } else { true } }, "\(plan)")
    }

    /// A reference to several collections is asked for by its two columns, which an index holds.
    @Test(arguments: ["target == $", "target == this.target and target == $", "me in target.owners or target == $"])
    func pairsUseIndexes(_ source: String) throws {
        let database = try Database(Shop.model)
        try database.execute("CREATE INDEX by_target ON reviews (target_kind, target)")
        let compiler = ExpressionCompiler(model: Shop.model)
        let expression = try compiler.compile(source, in: Scope(collection: "reviews", hasFilterValue: true), as: .condition)
        #expect(expression.sql(.sqlite, alias: "t").text.contains(#""t"."target_kind" = substr("#))
        if !source.contains("or") {
            let plan = try database.plan("SELECT id FROM reviews AS t WHERE \(expression.sql(.sqlite, alias: "t").text)")
            #expect(!plan.contains("SCAN t"), "\(plan)")
        }
    }
}
