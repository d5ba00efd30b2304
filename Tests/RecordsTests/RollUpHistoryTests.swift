import Conformance
import Expressions
import Ports
import Schema
import Testing

@testable import Records

/// Random histories over every shape; what was kept by differences must be what a recount finds.
@Suite struct RollUpHistoryTests {
    /// Each computed field as SQL of its own, over the row `p`.
    private static let recounts: [(collection: String, field: String, type: ValueType, sql: String)] = [
        ("cities", "salon_count", .int, "(SELECT count(*) FROM salons WHERE city = p.id AND deleted_at IS NULL AND status = 'ACTIVE')"),
        (
            "cities", "rating_avg", .float,
            "(SELECT avg(rating_avg) FROM salons WHERE city = p.id AND deleted_at IS NULL AND status = 'ACTIVE' AND review_count > 0)"
        ),
        ("cities", "reviews", .int, "(SELECT coalesce(sum(review_count), 0) FROM salons WHERE city = p.id AND deleted_at IS NULL)"),
        ("cities", "takings", .int, "(SELECT coalesce(sum(takings), 0) FROM salons WHERE city = p.id AND deleted_at IS NULL)"),
        ("cities", "best", .int, "(SELECT max(review_count) FROM salons WHERE city = p.id AND deleted_at IS NULL)"),
        (
            "salons", "rating_avg", .float,
            "coalesce((SELECT avg(rating) FROM reviews WHERE \(ofSalon) AND status = 'PUBLISHED'), 0.0)"
        ),
        ("salons", "review_count", .int, "(SELECT count(*) FROM reviews WHERE \(ofSalon) AND status = 'PUBLISHED')"),
        ("salons", "likes", .int, "(SELECT coalesce(sum(likes), 0) FROM reviews WHERE \(ofSalon))"),
        // Three digits, half away from zero; prices have two and are not negative.
        (
            "salons", "price_avg", .int,
            "(SELECT (sum(price) * 20 + count(price)) / (count(price) * 2) FROM reviews WHERE \(ofSalon))"
        ),
        ("salons", "is_reviewed", .int, "(SELECT count(*) > 0 FROM reviews WHERE \(ofSalon) AND rating > weight_of)"),
        ("salons", "heavy", .int, "(SELECT count(*) FROM reviews WHERE \(ofSalon) AND rating > p.weight)"),
        ("salons", "score", .float, "(p.rating_avg * p.weight + p.review_count)"),
        ("salons", "takings", .int, "(SELECT coalesce(sum(total), 0) FROM orders WHERE salon = p.id)"),
        ("salons", "first_rating", .int, "(SELECT rating FROM reviews WHERE \(ofSalon) ORDER BY n LIMIT 1)"),
        ("artists", "starred", .int, "(SELECT count(*) FROM salons WHERE star = p.id AND deleted_at IS NULL)"),
        ("artists", "review_count", .int, "(SELECT count(*) FROM reviews WHERE \(ofArtist))"),
        ("artists", "rating_sum", .int, "(SELECT coalesce(sum(rating), 0) FROM reviews WHERE \(ofArtist) AND status = 'PUBLISHED')"),
        ("reviews", "likes", .int, "(SELECT count(*) FROM votes WHERE review = p.id AND deleted_at IS NULL AND is_like = 1)"),
        ("reviews", "dislikes", .int, "(SELECT count(*) FROM votes WHERE review = p.id AND deleted_at IS NULL AND is_like = 0)"),
        ("orders", "subtotal", .int, "(SELECT coalesce(sum(total), 0) FROM items WHERE \"order\" = p.id)"),
        ("orders", "tax", .int, "((p.subtotal * p.tax_rate + 5000) / 10000)"),
        ("orders", "total", .int, "(p.subtotal + p.tax)"),
        ("items", "total", .int, "(p.quantity * p.unit_price)"),
        ("comments", "reply_count", .int, "(SELECT count(*) FROM comments AS c WHERE c.parent = p.id AND c.deleted_at IS NULL)"),
    ]
    private static let ofSalon = "target = p.id AND target_collection = 'salons' AND deleted_at IS NULL"
    private static let ofArtist = "target = p.id AND target_collection = 'artists' AND deleted_at IS NULL"

    @Test(arguments: [UInt64(1), 2, 3])
    func keptValuesAreWhatARecountFinds(_ seed: UInt64) async throws {
        try await RecordBench.run(RollUpTests.site) { bench in
            let draw = Draw(seed)
            var committed = 0
            for round in 0..<800 {
                let count = 1 + draw.below(5)
                let fails = draw.below(6) == 0
                do {
                    try await bench.write { writer, transaction in
                        for _ in 0..<count { try Self.step(writer, transaction, draw) }
                        if fails { throw Abandoned() }
                    }
                    committed += count
                } catch is Abandoned {
                } catch let error as RecordError {
                    // A restore below a hidden parent, a record that is gone: refused as a whole.
                    if case .checkFailed(let status, _) = error, status != 409 { throw error }
                }
                bench.clock.advance(by: 1)
                if round % 10 == 9 { try await Self.expectTruth(bench, "seed \(seed), round \(round)") }
            }
            #expect(committed > 1_500)
            for name in ["salons", "reviews", "votes", "orders", "items", "comments"] {
                #expect(try await bench.ask("SELECT count(*) > 5 FROM \(name)") == .int(1), "\(name) are hardly there")
            }
            // Kept sums are as true as what is made of them.
            for collection in bench.schema.collections where !collection.behaviour.computation.isEmpty {
                let changed = try await bench.write { writer, transaction in
                    var changed: Set<Int> = []
                    for offset in 0..<(try Self.count(collection.name, transaction)) {
                        changed.formUnion(try writer.recount(collection, id: try Self.id(collection.name, offset, transaction)))
                    }
                    return changed
                }
                #expect(changed.isEmpty, "\(collection.name): \(changed.map { collection.fields[$0].name })")
            }
        }
    }

    private struct Abandoned: Error {}

    private static func expectTruth(_ bench: RecordBench, _ place: String) async throws {
        for (collection, field, type, sql) in recounts {
            let isReal = type == .float
            let differs = isReal ? "abs(coalesce(p.\(field), -1) - coalesce(\(sql), -1)) > 1e-9" : "p.\(field) IS NOT \(sql)"
            let wrong = try await bench.ask("SELECT count(*) FROM \(collection) AS p WHERE \(differs)")
            #expect(wrong == .int(0), "\(collection).\(field) after \(place)")
        }
    }

    // MARK: One operation

    private static func count(_ name: String, _ transaction: any Transaction) throws -> Int {
        guard case .int(let count) = try transaction.value(of: SQLQuery(text: "SELECT count(*) FROM \(name)", values: [], type: .int))
        else {
            return 0
        }
        return Int(count)
    }

    private static func id(_ name: String, _ offset: Int, _ transaction: any Transaction) throws -> String {
        let query = SQLQuery(text: "SELECT id FROM \(name) ORDER BY n LIMIT 1 OFFSET \(offset)", values: [], type: .text)
        guard case .text(let id) = try transaction.value(of: query) else { throw RecordError.notFound }
        return id
    }

    private static func any(_ name: String, _ transaction: any Transaction, _ draw: Draw) throws -> Value {
        let count = try count(name, transaction)
        if count == 0 || draw.below(12) == 0 { return .null }
        return .text(try id(name, draw.below(count), transaction))
    }

    private static let weights: [(name: String, weight: Int)] = [
        ("cities", 1), ("salons", 3), ("artists", 1), ("reviews", 10), ("votes", 8), ("orders", 3), ("items", 8), ("comments", 6),
    ]

    private static func step(_ writer: RecordWriter, _ transaction: any Transaction, _ draw: Draw) throws {
        var place = draw.below(weights.reduce(0) { $0 + $1.weight })
        let name =
            weights.first { _, weight in
                place -= weight
                return place < 0
            }?.name ?? "reviews"
        let count = try count(name, transaction)
        let kind = count < 3 ? 0 : draw.below(10)
        if kind < 4 {
            _ = try writer.make(name, try values(name, transaction, draw, isNew: true))
            return
        }
        let id = try id(name, draw.below(count), transaction)
        do {
            switch kind {
            case 4..<7: try writer.change(name, id, try values(name, transaction, draw, isNew: false))
            case 7..<9: try writer.discard(name, id)
            default: try writer.bringBack(name, id)
            }
        } catch RecordError.notFound {
            // Hidden, or not.
        }
    }

    private static func values(
        _ name: String, _ transaction: any Transaction, _ draw: Draw, isNew: Bool
    ) throws -> [String: Value] {
        var values: [String: Value] = [:]
        func set(_ field: String, _ value: @autoclosure () throws -> Value) rethrows {
            if isNew || draw.below(2) == 0 { values[field] = try value() }
        }
        switch name {
        case "salons":
            try set("city", any("cities", transaction, draw))
            set("status", .text(draw.below(4) == 0 ? "CLOSED" : "ACTIVE"))
            set("weight", .int(Int64(draw.below(5))))
            try set("star", any("artists", transaction, draw))
        case "reviews":
            let kind = draw.below(3) == 0 ? "artists" : "salons"
            if case .text(let id) = try any(kind, transaction, draw) { set("target", .text("\(kind):\(id)")) }
            set("rating", .int(Int64(1 + draw.below(5))))
            set("status", .text(draw.below(3) == 0 ? "HIDDEN" : "PUBLISHED"))
            set("price", draw.below(3) == 0 ? .null : .decimal(Decimal(units: Int64(draw.below(100_000)), scale: 2)))
        case "votes":
            try set("review", any("reviews", transaction, draw))
            set("is_like", .bool(draw.below(3) > 0))
        case "orders":
            try set("salon", any("salons", transaction, draw))
            set("tax_rate", .decimal(Decimal(units: Int64(draw.below(3000)), scale: 4)))
        case "items":
            let order = try any("orders", transaction, draw)
            if !order.isNull || isNew { values["order"] = order.isNull ? .text(try firstOrder(transaction)) : order }
            set("quantity", .int(Int64(draw.below(20))))
            set("unit_price", .decimal(Decimal(units: Int64(draw.below(10_000)), scale: 2)))
        case "comments":
            try set("parent", any("comments", transaction, draw))
        default: set("name", .text("name \(draw.below(1000))"))
        }
        return values
    }

    /// The first order there is.
    private static func firstOrder(_ transaction: any Transaction) throws -> String { try id("orders", 0, transaction) }
}

/// Numbers of a seed.
final class Draw: Sendable {
    private let random: SeededRandom

    init(_ seed: UInt64) { random = SeededRandom(seed) }

    func below(_ bound: Int) -> Int {
        let number = random.bytes(4).reduce(0) { $0 << 8 | Int($1) }
        return number % bound
    }
}
