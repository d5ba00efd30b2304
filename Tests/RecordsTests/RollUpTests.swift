import Expressions
import Schema
import Testing

@testable import Records

@Suite struct RollUpTests {
    /// Every shape that a roll-up may have: children, unions, edges, trees, cascades, roll-ups of roll-ups, exact sums and what must be asked.
    static let site = """
        [collections.cities]
        soft_delete = true
        [collections.cities.fields]
        name         = "string"
        salon_count  = { type = "int", compute = "count(salons where status == 'ACTIVE')" }
        rating_avg   = { type = "float", compute = "avg(salons.rating_avg where status == 'ACTIVE' and review_count > 0)" }
        reviews      = { type = "int", compute = "sum(salons.review_count)" }
        takings      = { type = "decimal", precision = 18, scale = 2, compute = "sum(salons.takings)" }
        best         = { type = "int", compute = "max(salons.review_count)" }

        [collections.salons]
        soft_delete = true
        [collections.salons.fields]
        name         = "string"
        city         = { type = "ref", to = "cities", on_delete = "cascade" }
        status       = { type = "enum", values = ["ACTIVE", "CLOSED"], default = "ACTIVE" }
        weight       = { type = "int", default = 1 }
        star         = { type = "ref", to = "artists", on_delete = "null" }
        rating_avg   = { type = "float", compute = "coalesce(avg(reviews.rating where status == 'PUBLISHED'), 0)" }
        review_count = { type = "int", compute = "count(reviews where status == 'PUBLISHED')" }
        likes        = { type = "int", compute = "sum(reviews.likes)" }
        price_avg    = { type = "decimal", precision = 12, scale = 3, compute = "round(avg(reviews.price), 3)" }
        is_reviewed  = { type = "bool", compute = "exists(reviews where rating > weight_of)" }
        heavy        = { type = "int", compute = "count(reviews where rating > this.weight)" }
        score        = { type = "float", compute = "rating_avg * weight + review_count" }
        takings      = { type = "decimal", precision = 16, scale = 2, compute = "sum(orders.total)" }
        first_rating = { type = "int", compute = "first(reviews.rating)" }

        [collections.artists.fields]
        name         = "string"
        review_count = { type = "int", compute = "count(reviews)" }
        starred      = { type = "int", compute = "count(salons)" }
        rating_sum   = { type = "int", compute = "sum(reviews.rating where status == 'PUBLISHED')" }

        [collections.reviews]
        soft_delete = true
        [collections.reviews.fields]
        target    = { type = "ref", to = ["salons", "artists"], on_delete = "cascade" }
        rating    = { type = "int", required = true }
        weight_of = { type = "int", default = 3 }
        status    = { type = "enum", values = ["PUBLISHED", "HIDDEN"], default = "PUBLISHED" }
        price     = { type = "decimal", precision = 8, scale = 2 }
        likes     = { type = "int", compute = "count(votes where is_like)" }
        dislikes  = { type = "int", compute = "count(votes where not is_like)" }

        [collections.votes.fields]
        review  = { type = "ref", to = "reviews", on_delete = "cascade" }
        is_like = { type = "bool", default = true }

        [collections.orders.fields]
        salon    = { type = "ref", to = "salons", on_delete = "null" }
        tax_rate = { type = "decimal", precision = 5, scale = 4, default = "0.0875" }
        subtotal = { type = "decimal", precision = 14, scale = 2, compute = "sum(items.total)" }
        tax      = { type = "decimal", precision = 14, scale = 2, compute = "round(subtotal * tax_rate, 2)" }
        total    = { type = "decimal", precision = 14, scale = 2, compute = "subtotal + tax" }

        [collections.items.fields]
        order      = { type = "ref", to = "orders", required = true, on_delete = "cascade" }
        quantity   = { type = "int", required = true }
        unit_price = { type = "decimal", precision = 10, scale = 2, required = true }
        total      = { type = "decimal", precision = 14, scale = 2, compute = "quantity * unit_price" }

        [collections.comments]
        soft_delete = true
        [collections.comments.fields]
        parent  = { type = "ref", to = "comments", as = "replies", on_delete = "cascade" }
        reply_count = { type = "int", compute = "count(replies)" }
        """

    @Test func ratingsFollowTheirReviews() async throws {
        try await RecordBench.run(Self.site) { bench in
            try await bench.write { writer, _ in
                let city = try writer.make("cities", [:])
                let salon = try writer.make("salons", ["city": .text(city)])
                let other = try writer.make("salons", ["city": .text(city)])
                #expect(try writer.value("rating_avg", of: "salons", salon) == .float(0))
                #expect(try writer.value("rating_avg", of: "cities", city) == .null)
                let first = try writer.make("reviews", ["target": .text("salons:\(salon)"), "rating": .int(5)])
                let second = try writer.make("reviews", ["target": .text("salons:\(salon)"), "rating": .int(4)])
                #expect(try writer.value("rating_avg", of: "salons", salon) == .float(4.5))
                #expect(try writer.value("rating_avg", of: "cities", city) == .float(4.5))
                try writer.change("reviews", second, ["status": .text("HIDDEN")])
                #expect(try writer.value("rating_avg", of: "salons", salon) == .float(5))
                try writer.change("reviews", first, ["target": .text("salons:\(other)")])
                #expect(try writer.value("review_count", of: "salons", salon) == .int(0))
                #expect(try writer.value("score", of: "salons", other) == .float(6))
                try writer.discard("reviews", first)
                #expect(try writer.value("rating_avg", of: "salons", other) == .float(0))
                try writer.bringBack("reviews", first)
                #expect(try writer.value("rating_avg", of: "cities", city) == .float(5))
                try writer.discard("salons", other)
                #expect(try writer.value("rating_avg", of: "cities", city) == .null)
                #expect(try writer.value("salon_count", of: "cities", city) == .int(1))
                try writer.bringBack("salons", other)
                #expect(try writer.value("rating_avg", of: "cities", city) == .float(5))
                #expect(try writer.value("reviews", of: "cities", city) == .int(1))
            }
        }
    }

    @Test func amountsAreExact() async throws {
        try await RecordBench.run(Self.site) { bench in
            try await bench.write { writer, _ in
                let salon = try writer.make("salons", [:])
                let order = try writer.make("orders", ["salon": .text(salon)])
                let price = Value.decimal(Decimal(units: 1995, scale: 2))
                let item = try writer.make("items", ["order": .text(order), "quantity": .int(3), "unit_price": price])
                // 59.85 · 0.0875 = 5.236875
                #expect(try writer.value("tax", of: "orders", order) == .decimal(Decimal(units: 524, scale: 2)))
                #expect(try writer.value("takings", of: "salons", salon) == .decimal(Decimal(units: 6509, scale: 2)))
                try writer.change("items", item, ["quantity": .int(0)])
                #expect(try writer.value("takings", of: "salons", salon) == .decimal(Decimal(units: 0, scale: 2)))
            }
        }
    }

    @Test func anAmountBeyondItsFieldIsRefusedAndChangesNothing() async throws {
        try await RecordBench.run(Self.site) { bench in
            let order = try await bench.write { writer, _ in try writer.make("orders", [:]) }
            let most = Value.decimal(Decimal(units: 9_999_999_999, scale: 2))
            await #expect(throws: RecordError.checkFailed(status: 400, message: "a number computed from these values is out of range")) {
                try await bench.write { writer, _ in
                    _ = try writer.make("items", ["order": .text(order), "quantity": .int(1_000_000), "unit_price": most])
                }
            }
            #expect(try await bench.ask(#"SELECT count(*) FROM "items""#) == .int(0))
            #expect(try await bench.ask(#"SELECT "subtotal" FROM "orders""#) == .int(0))
        }
    }
}
