import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("S12 Follows and saves: targets of several kinds")
struct FollowScenarios {
    @Test("Edges by key: put twice, listed for their owner alone, hidden with what they point to")
    func follows() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let so = try await site.caller(.role("SALON"), "Elahe")
            let artistOwner = try await site.caller(.role("ARTIST"), "Roya")
            let author = try await site.caller(.role("AUTHOR"), "Nima")
            let u1 = try await site.caller(.plain, "Ali")
            let u2 = try await site.caller(.plain, "Sara")
            let anon = site.anonymous
            let salon = try await so.make("/salons", ["name": "Elahe"])
            let artist = try await artistOwner.make("/artists", ["full_name": "Roya R"])
            try await admin.post("/authors", ["user": "\(author.id)", "display_name": "Nima"])
            var posts: [String] = []
            for title in ["Seen", "Draft"] {
                posts.append(try await author.make("/blog/posts", ["title": "\(title)", "excerpt": "x", "content": "<p>y</p>"]))
            }
            try await author.fire("/blog/posts/\(posts[0])/publish")

            // 1: made once
            try await u1.put("/follows/salons:\(salon)", nil, 201, has: ["user": "\(u1.id)", "target": "salons:\(salon)"])
            try await u1.put("/follows/salons:\(salon)", nil, 200, has: ["target": "salons:\(salon)"])
            #expect(try await u1.get("/follows").total == 1)
            try await u1.put("/follows/artists:\(artist)", nil, 201)
            try await anon.put("/follows/salons:\(salon)", nil, 401)
            let parallel = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await u1.tries(.PUT, "/saves/salons:\(salon)").status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }.sorted()
            }
            #expect(parallel == Array(repeating: 200, count: 7) + [201])

            // 2: what cannot be pointed to
            try await u1.put("/follows/posts:\(posts[0])", nil, 400)
            for key in ["salons", "\(salon)", "salons:", "nothing:\(salon)"] {
                let answer = try await u1.tries(.PUT, "/follows/\(key)")
                #expect([400, 404].contains(answer.status), "\(key): \(answer.status)")
            }
            try await u1.put("/saves/posts:\(posts[0])", nil, 201)
            try await u1.put("/saves/posts:0190a5c0-0000-7000-8000-000000000000", nil, 404)
            try await u1.put("/saves/posts:\(posts[1])", nil, 404)
            try await author.put("/saves/posts:\(posts[1])", nil, 201)
            let gone = try await so.make("/salons", ["name": "Gone"])
            try await so.delete("/salons/\(gone)")
            try await u1.put("/follows/salons:\(gone)", nil, 404)
            try await so.put("/follows/salons:\(gone)", nil, 404)

            // 3: listed with what they point to, each kind in its own form
            let listed = try await u1.get("/follows").rows
            let targets = Dictionary(uniqueKeysWithValues: listed.map { ($0["target"]?.string ?? "", $0.at("expanded.target")) })
            #expect(targets["salons:\(salon)"]?.holds(["id": "\(salon)", "name": "Elahe", "slug": "elahe"]) == true)
            #expect(targets["artists:\(artist)"]?.holds(["id": "\(artist)", "full_name": "Roya R", "slug": "roya-r"]) == true)
            #expect(targets.count == 2)
            try await u1.get("/follows/salons:\(salon)", has: ["target": "salons:\(salon)"])
            try await u2.get("/follows/salons:\(salon)", 404)
            #expect(try await u2.get("/follows").rows == [])
            #expect(try await u2.get("/follows?user=\(u1.id)").rows == [])
            #expect(try await admin.get("/follows").rows == [], "not even for administrators")
            try await anon.get("/follows", 401)
            try await anon.get("/follows/salons:\(salon)", 401)

            // 4: hidden with the salon, and back with it
            try await so.delete("/salons/\(salon)")
            #expect(try await u1.get("/follows").rows.compactMap { $0["target"]?.string } == ["artists:\(artist)"])
            try await u1.get("/follows/salons:\(salon)", 404)
            try await admin.fire("/salons/\(salon)/restore")
            #expect(try await u1.get("/follows").total == 2)
            try await u1.get("/follows/salons:\(salon)")
            // Suspended it is there, its content is not.
            try await admin.patch("/salons/\(salon)", ["status": "SUSPENDED"])
            let hidden = try await u1.get("/follows?target=salons").rows
            #expect(hidden.count == 1 && hidden.first?.at("expanded.target.name") == .null, "\(hidden)")
            try await admin.patch("/salons/\(salon)", ["status": "ACTIVE"])

            // 5: of one kind, of one record; and gone
            #expect(try await u1.get("/follows?target=artists").rows.compactMap { $0["target"]?.string } == ["artists:\(artist)"])
            #expect(try await u1.get("/follows?target=salons:\(salon)").total == 1)
            try await u1.get("/follows?target=posts", 400, at: ["target"])
            try await u2.delete("/follows/salons:\(salon)")
            #expect(try await u1.get("/follows").total == 2, "another's DELETE is of his own edge")
            try await u1.delete("/follows/salons:\(salon)")
            try await u1.delete("/follows/salons:\(salon)")
            #expect(try await u1.get("/follows").total == 1)
            try await u1.post("/follows", ["target": "salons:\(salon)"], 405, "METHOD_NOT_ALLOWED")
        }
    }
}
