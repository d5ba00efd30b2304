import Conformance
import Harness
import JSON
import NIOHTTP1
import Testing

/// Histories that nobody thought of: from a fixed seed, whatever may be done with salons, reviews and votes is done in any order, and every
/// figure is recounted from the rows.
@Suite("Random histories: every roll-up equals a recount")
struct RollUpHistories {
    /// Numbers from a seed; each history has its own.
    private struct Dice {
        let random: SeededRandom

        func below(_ bound: Int) -> Int { Int(random.bytes(1)[0]) % bound }
        func pick<T>(_ items: [T]) -> T? { items.isEmpty ? nil : items[below(items.count)] }
    }

    @Test("Reviews, votes, salons and cities", arguments: [1, 2, 3] as [UInt64])
    func history(seed: UInt64) async throws {
        try await ExampleSite.run(.sevra) { site in
            let dice = Dice(random: SeededRandom(seed))
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let so = try await site.caller(.role("SALON"), "Elahe")
            var users: [Client] = []
            for name in ["Ali", "Sara", "Omid", "Mina"] { users.append(try await site.caller(.plain, name)) }
            let province = try await admin.make("/provinces", ["name_fa": "x", "name_en": "Tehran"])
            var cities: [String] = []
            for name in ["A", "B"] {
                cities.append(try await admin.make("/cities", ["name_fa": "x", "name_en": "\(name)", "province": "\(province)"]))
            }
            var salons: [String] = []
            for number in 0..<4 {
                salons.append(try await so.make("/salons", ["name": "S\(number)", "city": "\(cities[number % 2])"]))
            }
            var reviews: [String] = []

            for step in 1...240 {
                let user = users[dice.below(users.count)]
                let salon = salons[dice.below(salons.count)]
                let review = dice.pick(reviews) ?? "none"
                let rating = JSONValue.integer(Int64(dice.below(5) + 1))
                // Each may be refused: by a rule, a key, or because it was done already. None may be answered by a fault of the server.
                let answer: Answer
                switch dice.below(16) {
                case 0...3:
                    answer = try await user.tries(.POST, "/reviews", ["target": "salons:\(salon)", "rating": rating])
                    if answer.status == 201 { reviews.append(answer.id) }
                case 4, 5: answer = try await user.tries(.PATCH, "/reviews/\(review)", ["rating": rating])
                case 6:
                    let status = ["PUBLISHED", "HIDDEN"][dice.below(2)]
                    answer = try await admin.tries(.PATCH, "/reviews/\(review)", ["status": "\(status)"])
                case 7: answer = try await [user, admin][dice.below(2)].tries(.DELETE, "/reviews/\(review)")
                case 8: answer = try await admin.tries(.POST, "/reviews/\(review)/restore")
                case 9...11: answer = try await user.tries(.PUT, "/votes/\(review)", ["is_like": .bool(dice.below(2) == 0)])
                case 12: answer = try await user.tries(.DELETE, "/votes/\(review)")
                case 13: answer = try await so.tries(.PATCH, "/salons/\(salon)", ["city": "\(cities[dice.below(2)])"])
                case 14:
                    let status = ["ACTIVE", "SUSPENDED"][dice.below(2)]
                    answer = try await admin.tries(.PATCH, "/salons/\(salon)", ["status": "\(status)"])
                default:
                    let isDeletion = dice.below(2) == 0
                    answer =
                        isDeletion
                        ? try await so.tries(.DELETE, "/salons/\(salon)") : try await admin.tries(.POST, "/salons/\(salon)/restore")
                }
                #expect([200, 201, 204, 400, 403, 404, 409].contains(answer.status), "seed \(seed), step \(step): \(answer.status)")
                if step.isMultiple(of: 20) { try await recount(admin, users, cities, seed, step) }
            }
            #expect(reviews.count > 5, "a history in which something happened")
        }
    }

    /// What the rows say, compared with what is stored. Asked as an administrator, who reads all of them; votes as those who cast them.
    private func recount(_ admin: Client, _ users: [Client], _ cities: [String], _ seed: UInt64, _ step: Int) async throws {
        let salons = try await admin.get("/salons?page_size=100").rows
        let reviews = try await admin.get("/reviews?page_size=100").rows
        var votes: [String: (likes: Int, dislikes: Int)] = [:]
        for user in users {
            for vote in try await user.get("/votes?page_size=100").rows {
                let review = vote["review"]?.string ?? "none"
                if vote["is_like"] == true {
                    votes[review, default: (0, 0)].likes += 1
                } else {
                    votes[review, default: (0, 0)].dislikes += 1
                }
            }
        }
        let place = "seed \(seed), step \(step)"
        for salon in salons {
            let ratings = reviews.filter { $0["target"] == "salons:\(salon.id)" && $0["status"] == "PUBLISHED" }
                .compactMap { $0["rating"]?.number }
            let average = ratings.isEmpty ? 0 : ratings.reduce(0, +) / Double(ratings.count)
            #expect(salon["review_count"]?.number == Double(ratings.count), "\(place): \(salon.text)")
            #expect(abs((salon["rating_avg"]?.number ?? -1) - average) < 1e-9, "\(place): \(salon.text)")
        }
        for review in reviews {
            // A vote on what its voter cannot read any more still counts, and he still sees it: it is his.
            let counted = votes[review.id] ?? (0, 0)
            #expect(review["likes"]?.number == Double(counted.likes), "\(place): \(review.text)")
            #expect(review["dislikes"]?.number == Double(counted.dislikes), "\(place): \(review.text)")
        }
        for city in cities {
            let own = salons.filter { $0["city"] == "\(city)" && $0["status"] == "ACTIVE" }
            let rated = own.filter { $0["review_count"]?.number ?? 0 > 0 }.compactMap { $0["rating_avg"]?.number }
            // Counted by a job: soon.
            let read = try await admin.eventually("/cities/\(city)") { answer in
                let average = answer["rating_avg"].number
                let isRight =
                    rated.isEmpty ? answer["rating_avg"] == .null : abs((average ?? -1) - rated.reduce(0, +) / Double(rated.count)) < 1e-9
                return isRight && answer["salon_count"].number == Double(own.count)
            }
            #expect(read["salon_count"].number == Double(own.count), "\(place)")
        }
    }
}
