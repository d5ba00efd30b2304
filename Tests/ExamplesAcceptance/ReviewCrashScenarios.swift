import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("S10.8 Killed between a review and its answer")
struct ReviewCrashScenarios {
    @Test("After kill -9 every figure equals a recount, and `atlas rebuild` finds nothing to change")
    func killed() async throws {
        try await ExampleSite.run(.sevra) { site in
            let so = try await site.caller(.role("SALON"), "Elahe")
            let u1 = try await site.caller(.plain, "Ali")
            let u2 = try await site.caller(.plain, "Sara")
            var salons: [String] = []
            for number in 0..<30 { salons.append(try await so.make("/salons", ["name": "Salon \(number)"])) }

            // As many as can be under way; killed as soon as the first is answered. Whose answer was lost is not asked: there it is, or not.
            let answered = await withTaskGroup(of: String?.self) { group in
                for salon in salons {
                    for user in [u1, u2] {
                        group.addTask {
                            let body: JSONValue = ["target": "salons:\(salon)", "rating": 4]
                            return try? await user.tries(.POST, "/reviews", body).id
                        }
                    }
                }
                var kept: [String] = []
                for await id in group {
                    guard let id else { continue }
                    kept.append(id)
                    if kept.count == 1 { site.program.signal(9) }
                }
                return kept
            }
            try await site.kill()
            #expect(!answered.isEmpty)

            try await site.revived { site in
                let anon = site.anonymous
                for id in answered where id != "no-id" { try await anon.get("/reviews/\(id)", has: ["rating": 4]) }
                func recount() async throws -> [String: JSONValue] {
                    var figures: [String: JSONValue] = [:]
                    for salon in salons {
                        let reviews = try await anon.get("/reviews?target=salons:\(salon)&page_size=100").rows
                        let read = try await anon.get("/salons/\(salon)")
                        let sum = reviews.compactMap { $0["rating"]?.number }.reduce(0, +)
                        #expect(read["review_count"].number == Double(reviews.count), "\(salon)")
                        #expect(read["rating_avg"].number == (reviews.isEmpty ? 0 : sum / Double(reviews.count)), "\(salon)")
                        figures[salon] = read.data
                    }
                    return figures
                }
                let before = try await recount()
                let rebuilt = try await site.command(["rebuild"])
                #expect(rebuilt.status == 0, "\(rebuilt.output)")
                #expect(try await recount() == before, "no version, no time of change moved")
            }
        }
    }
}
