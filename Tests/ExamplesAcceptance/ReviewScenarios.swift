import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("S10 Reviews, votes and the ratings made of them")
struct ReviewScenarios {
    @Test("Every review and every vote is in the figures of the very next answer")
    func reviews() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let m = try await site.caller(.role("MODERATOR"), "Mina")
            let so = try await site.caller(.role("SALON"), "Elahe")
            let u1 = try await site.caller(.plain, "Ali")
            let u2 = try await site.caller(.plain, "Sara")
            let anon = site.anonymous
            let province = try await admin.make("/provinces", ["name_fa": "تهران", "name_en": "Tehran"])
            let city = try await admin.make("/cities", ["name_fa": "تهران", "name_en": "Tehran", "province": "\(province)"])
            let salon = try await so.make("/salons", ["name": "Elahe", "city": "\(city)"])
            let target: JSONValue = "salons:\(salon)"
            func figures(_ average: Double, _ count: Int64, sourceLocation: SourceLocation = #_sourceLocation) async throws {
                try await anon.get(
                    "/salons/\(salon)", has: ["rating_avg": .number("\(average)"), "review_count": .integer(count)],
                    sourceLocation: sourceLocation)
            }

            // 1: in the very next answer
            let first = try await u1.post(
                "/reviews", ["target": target, "rating": 5, "body": "خیلی خوب"],
                has: ["author": "\(u1.id)", "target": target, "status": "PUBLISHED", "likes": 0, "dislikes": 0]
            ).id
            try await figures(5, 1)
            let second = try await u2.post("/reviews", ["target": target, "rating": 4]).id
            try await figures(4.5, 2)

            // 2: one for each author and target, however many try at once
            try await u1.post("/reviews", ["target": target, "rating": 1], 409)
            let quiet = try await so.make("/salons", ["name": "Quiet"])
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10 {
                    group.addTask { try await u1.tries(.POST, "/reviews", ["target": "salons:\(quiet)", "rating": 3]).status }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }.sorted()
            }
            #expect(statuses == [201] + Array(repeating: 409, count: 9))
            try await anon.get("/salons/\(quiet)", has: ["rating_avg": 3, "review_count": 1])

            // 3: what is no review
            let author = try await site.caller(.role("AUTHOR"), "Nima")
            try await admin.post("/authors", ["user": "\(author.id)", "display_name": "Nima"])
            let post = try await author.make("/blog/posts", ["title": "A", "excerpt": "B", "content": "<p>C</p>"])
            try await author.fire("/blog/posts/\(post)/publish")
            for rating in [6, 0, 4.5, "5", .null, true] as [JSONValue] {
                try await u2.post("/reviews", ["target": "salons:\(quiet)", "rating": rating], 400, at: ["rating"])
            }
            for target in [
                "salons:0190a5c0-0000-7000-8000-000000000000", "posts:\(post)", "salons:", "nothing:\(salon)", "\(salon)", "salons:elahe",
            ] {
                try await u2.post("/reviews", ["target": "\(target)", "rating": 5], 400, at: ["target"])
            }
            try await u2.post("/reviews", ["rating": 5], 400, at: ["target"])
            try await u2.post("/reviews", ["target": "salons:\(quiet)"], 400, at: ["rating"])
            try await so.post("/reviews", ["target": target, "rating": 5], 403)
            try await anon.post("/reviews", ["target": target, "rating": 5], 401)
            for (name, value) in [("status", "HIDDEN"), ("likes", 7), ("author", "\(u1.id)")] as [(String, JSONValue)] {
                let body = [("target", "salons:\(quiet)"), ("rating", 5), (name, value)] as [(String, JSONValue)]
                let object = JSONValue.object(body.map { JSONMember(name: $0.0, value: $0.1) })
                try await u2.post("/reviews", object, 403, "FIELD_FORBIDDEN", at: [name])
            }
            try await figures(4.5, 2)

            // 4: hidden by a moderator
            try await m.patch("/reviews/\(second)", ["status": "HIDDEN"], has: ["status": "HIDDEN"])
            try await figures(5, 1)
            #expect(try await anon.ids("/reviews?target=salons:\(salon)") == [first])
            #expect(try await anon.ids("/salons/\(salon)/reviews") == [first])
            #expect(try await anon.ids("/reviews?status=HIDDEN") == [])
            #expect(try await u1.ids("/reviews?status=HIDDEN") == [])
            #expect(try await m.ids("/reviews?status=HIDDEN") == [second])
            try await anon.get("/reviews/\(second)", 404)
            try await u1.get("/reviews/\(second)", 404)
            try await u2.get("/reviews/\(second)", has: ["status": "HIDDEN"])
            #expect(try await Set(u2.ids("/reviews?target=salons:\(salon)")) == [first, second])
            try await u2.patch("/reviews/\(second)", ["status": "PUBLISHED"], 403, "FIELD_FORBIDDEN", at: ["status"])
            try await u2.patch("/reviews/\(second)", ["target": "salons:\(quiet)"], 403, "FIELD_FORBIDDEN", at: ["target"])
            try await u1.patch("/reviews/\(first)", ["rating": 3], has: ["rating": 3])
            try await figures(3, 1)
            try await u2.patch("/reviews/\(first)", ["rating": 1], 403)
            try await m.patch("/reviews/\(first)", ["rating": 1], 403)

            // 5: deleted, made again, restored
            try await u2.delete("/reviews/\(first)", 403)
            try await u1.delete("/reviews/\(first)")
            try await figures(0, 0)
            let third = try await u1.post("/reviews", ["target": target, "rating": 2]).id
            try await figures(2, 1)
            try await m.patch("/reviews/\(second)", ["status": "PUBLISHED"])
            try await figures(3, 2)
            try await m.delete("/reviews/\(second)")
            try await figures(2, 1)
            try await u2.fire("/reviews/\(second)/restore", nil, 403)
            try await u1.fire("/reviews/\(second)/restore", nil, 404)
            try await m.fire("/reviews/\(second)/restore", nil, has: ["status": "PUBLISHED"])
            try await figures(3, 2)
            // He has another one by now.
            try await m.fire("/reviews/\(first)/restore", nil, 409)

            // 6: what is counted later is counted soon
            try await anon.eventually("/cities/\(city)") { $0["salon_count"] == 1 && $0["rating_avg"].number == 3 }
            try await so.patch("/salons/\(quiet)", ["city": "\(city)"])
            try await anon.eventually("/cities/\(city)") { $0["salon_count"] == 2 && $0["rating_avg"].number == 3 }
            try await so.delete("/salons/\(quiet)")
            try await anon.eventually("/cities/\(city)") { $0["salon_count"] == 1 }

            // 7: votes
            let vote = "/votes/\(third)"
            func votes(_ likes: Int64, _ dislikes: Int64, sourceLocation: SourceLocation = #_sourceLocation) async throws {
                try await anon.get(
                    "/reviews/\(third)", has: ["likes": .integer(likes), "dislikes": .integer(dislikes)], sourceLocation: sourceLocation)
            }
            try await u2.put(vote, ["is_like": true], 201, has: ["review": "\(third)", "user": "\(u2.id)", "is_like": true])
            try await votes(1, 0)
            try await u2.put(vote, ["is_like": true])
            try await votes(1, 0)
            try await m.put(vote, ["is_like": true], 201)
            try await votes(2, 0)
            try await u2.put(vote, ["is_like": false], has: ["is_like": false])
            try await votes(1, 1)
            try await u2.get(vote, has: ["is_like": false])
            try await m.get(vote, has: ["is_like": true])
            try await so.get(vote, 404)
            #expect(try await u2.get("/votes").rows.count == 1)
            try await so.put(vote, [:], 400, at: ["is_like"])
            try await u2.put(vote, ["is_like": true, "user": "\(u1.id)"], 403, "FIELD_FORBIDDEN", at: ["user"])
            try await u1.put(vote, ["is_like": true], 403)
            try await anon.put(vote, ["is_like": true], 401)
            try await u2.put("/votes/0190a5c0-0000-7000-8000-000000000000", ["is_like": true], 404)
            try await u2.delete(vote)
            try await votes(1, 0)
            try await u2.delete(vote)
            try await anon.delete(vote, 401)
            // A vote goes with its review, and comes back with it.
            try await u1.delete("/reviews/\(third)")
            #expect(try await m.get("/votes").rows.isEmpty)
            try await m.fire("/reviews/\(third)/restore", nil, has: ["likes": 1, "dislikes": 0])
            #expect(try await m.get("/votes").rows.count == 1)
        }
    }
}
