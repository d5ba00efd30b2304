import Conformance
import Expressions
import Ports
import SQLiteStore
import Schema
import Testing

@testable import Records

@Suite struct RecountTests {
    /// Recounts every record of the collections, in the order given; gives what was not true, by `collection.field`.
    private func recount(_ names: [String], _ bench: RecordBench) async throws -> Set<String> {
        try await bench.write { writer, transaction in
            var found: Set<String> = []
            for name in names {
                guard let collection = bench.schema.collection(name) else { throw RecordBench.Missing(name: name) }
                for id in try transaction.walk.ids(in: collection, after: 0, limit: 1000).ids {
                    found.formUnion(try writer.recount(collection, id: id).map { "\(name).\(collection.fields[$0].name)" })
                }
            }
            return found
        }
    }

    private func site(_ bench: RecordBench) async throws -> (city: String, salon: String) {
        try await bench.write { writer, _ in
            let city = try writer.make("cities", [:])
            let salon = try writer.make("salons", ["city": .text(city)])
            for rating in [Int64(5), 4, 3] { _ = try writer.make("reviews", ["target": .text("salons:\(salon)"), "rating": .int(rating)]) }
            return (city, salon)
        }
    }

    @Test func aSoundDatabaseIsLeftAlone() async throws {
        try await RecordBench.run(RollUpTests.site) { bench in
            _ = try await site(bench)
            let found = try await recount(["reviews", "salons", "cities"], bench)
            #expect(found.isEmpty, "\(found)")
        }
    }

    /// What was spoiled behind the program's back, and what is found then.
    @Test(arguments: [
        (#"UPDATE "salons" SET "rating_avg" = 1.5"#, ["salons.rating_avg"]),
        (#"UPDATE "salons" SET "_rating_avg_1" = 99"#, ["salons._rating_avg_1"]),
        (#"UPDATE "salons" SET "review_count" = 7, "score" = 0"#, ["salons.review_count", "salons.score"]),
        (#"UPDATE "reviews" SET "rating" = 1"#, ["salons.rating_avg", "salons._rating_avg_1", "salons.score", "salons.first_rating"]),
        (#"DELETE FROM "reviews" WHERE "rating" = 5"#, ["salons.rating_avg", "salons.review_count"]),
    ])
    func whatWasSpoiledIsMadeTrueForTheParentsToo(_ spoiling: String, _ wanted: [String]) async throws {
        try await RecordBench.run(RollUpTests.site) { bench in
            let (city, salon) = try await site(bench)
            _ = try await bench.ask(spoiling)
            // The salon alone: its city follows.
            let found = try await recount(["salons"], bench)
            #expect(found.isSuperset(of: wanted), "\(found)")
            #expect(try await recount(["reviews", "salons", "cities"], bench).isEmpty)
            try await bench.write { writer, _ in
                let average = try writer.value("rating_avg", of: "salons", salon)
                #expect(try writer.value("rating_avg", of: "cities", city) == average)
                // Kept sums are right again: the next difference is added to the truth.
                _ = try writer.make("reviews", ["target": .text("salons:\(salon)"), "rating": .int(2)])
            }
            #expect(try await recount(["salons", "cities"], bench).isEmpty)
        }
    }

    private static let gathered = """
        [collections.cities.fields]
        salon_count = { type = "int", async = true, compute = "count(salons where is_open)" }
        is_busy     = { type = "bool", compute = "salon_count > 2" }
        [collections.salons.fields]
        city    = { type = "ref", to = "cities", on_delete = "null" }
        is_open = { type = "bool", default = true }
        """

    @Test func manyChangesAreRefreshedByOneJob() async throws {
        try await RecordBench.run(Self.gathered) { bench in
            let city = try await bench.write { writer, _ in
                let city = try writer.make("cities", [:])
                let salons = try (0..<50).map { _ in try writer.make("salons", ["city": .text(city)]) }
                for salon in salons.prefix(10) { try writer.change("salons", salon, ["is_open": .bool(false)]) }
                for salon in salons.suffix(5) { try writer.discard("salons", salon) }
                return city
            }
            let counts = try await bench.store.jobs.counts(of: RecordWriter.refreshQueue)
            let due = try #require(try await bench.store.jobs.nextDue(in: RecordWriter.refreshQueue))
            #expect(counts[.scheduled] == 1 && due <= bench.clock.now() + 5_000)
            let cities = try bench.collection("cities")
            try await bench.write { writer, _ in
                #expect(try writer.value("salon_count", of: "cities", city) == .int(0))
                try writer.refreshAsync(cities, id: city)
                #expect(try writer.value("salon_count", of: "cities", city) == .int(35))
                #expect(try writer.value("is_busy", of: "cities", city) == .bool(true))
                #expect(try writer.value("version", of: "cities", city) == .int(1))
            }
        }
    }
}
