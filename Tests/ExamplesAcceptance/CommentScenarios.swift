import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("S19 Comments and their moderation")
struct CommentScenarios {
    @Test("Pending until approved, never edited, counted, limited")
    func comments() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let m = try await site.caller(.role("MODERATOR"), "Mina")
            let au = try await site.caller(.role("AUTHOR"), "Nima")
            let u1 = try await site.caller(.plain, "Ali")
            let u2 = try await site.caller(.plain, "Sara")
            let u3 = try await site.caller(.plain, "Omid")
            let u4 = try await site.caller(.plain, "Reza")
            let anon = site.anonymous
            try await admin.post("/authors", ["user": "\(au.id)", "display_name": "Nima"])
            var posts: [String] = []
            for title in ["First", "Second", "Draft"] {
                posts.append(try await au.make("/blog/posts", ["title": "\(title)", "excerpt": "x", "content": "<p>y</p>"]))
            }
            for post in posts.prefix(2) { try await au.fire("/blog/posts/\(post)/publish") }
            let list = "/blog/comments?post=\(posts[0])"
            func count(_ number: Int64, sourceLocation: SourceLocation = #_sourceLocation) async throws {
                try await anon.get("/blog/posts/\(posts[0])", has: ["comment_count": .integer(number)], sourceLocation: sourceLocation)
            }

            // 1: its author and the staff see it
            let comment = try await u1.post(
                "/blog/comments", ["post": "\(posts[0])", "content": "سلام"],
                has: ["status": "pending", "user": "\(u1.id)", "parent": .null]
            ).id
            for caller in [anon, u2] {
                #expect(try await caller.ids(list) == [])
                #expect(try await caller.ids(list + "&status=pending") == [])
                #expect(try await caller.ids("/blog/posts/\(posts[0])/comments") == [])
                try await caller.get("/blog/comments/\(comment)", 404)
            }
            #expect(try await u1.ids(list) == [comment])
            #expect(try await m.ids("/blog/comments?status=pending") == [comment])
            try await count(0)

            // 2: moderated
            try await u1.fire("/blog/comments/\(comment)/approve", nil, 403)
            try await u2.fire("/blog/comments/\(comment)/approve", nil, 404)
            try await m.fire("/blog/comments/\(comment)/approve", nil, has: ["status": "approved"])
            #expect(try await anon.ids(list) == [comment])
            try await count(1)
            try await m.fire("/blog/comments/\(comment)/spam", nil, has: ["status": "spam"])
            #expect(try await anon.ids(list) == [])
            try await count(0)
            try await m.fire("/blog/comments/\(comment)/approve")
            try await count(1)

            // 3: what is none (by somebody else: attempts may count as well)
            let elsewhere = try await u2.make("/blog/comments", ["post": "\(posts[1])", "content": "there"])
            try await m.fire("/blog/comments/\(elsewhere)/approve")
            try await u4.post("/blog/comments", ["post": "\(posts[0])", "content": "x", "parent": "\(elsewhere)"], 400)
            try await u4.post("/blog/comments", ["post": "\(posts[0])", "content": ""], 400, at: ["content"])
            try await u4.post(
                "/blog/comments", ["post": "\(posts[0])", "content": "\(String(repeating: "س", count: 2_001))"], 400, at: ["content"])
            try await u4.post("/blog/comments", ["post": "\(posts[2])", "content": "x"], 400, at: ["post"])
            try await u4.post("/blog/comments", ["content": "x"], 400, at: ["post"])
            try await anon.post("/blog/comments", ["post": "\(posts[0])", "content": "x"], 401)
            try await count(1)
            var statuses: [Int] = []
            for number in 1...6 {
                let body: JSONValue = ["post": "\(posts[0])", "content": "\(String(repeating: "س", count: 2_000 - number))"]
                let answer = try await u3.tries(.POST, "/blog/comments", body)
                statuses.append(answer.status)
                if answer.status == 429 {
                    #expect(answer.code == "RATE_LIMITED" && (Int(answer.header("retry-after")) ?? 0) > 0, "\(answer.headers)")
                }
            }
            #expect(statuses == [201, 201, 201, 201, 201, 429])

            // 4: addresses are the staff's, and nobody edits
            let reply = try await u2.post("/blog/comments", ["post": "\(posts[0])", "content": "wa salam", "parent": "\(comment)"]).id
            try await m.fire("/blog/comments/\(reply)/approve")
            for caller in [anon, u1, u2, au] {
                #expect(try await caller.get(list).data.names.isDisjoint(with: ["ip"]), "\(caller.name)")
                #expect(try await caller.get("/blog/comments/\(comment)").data["ip"] == nil)
                let answer = try await caller.tries(.GET, list + "&ip=127.0.0.1")
                #expect([400, 403].contains(answer.status), "\(caller.name): \(answer.status)")
            }
            try await m.get("/blog/comments/\(comment)", has: ["ip": "127.0.0.1"])
            try await u1.patch("/blog/comments/\(comment)", ["content": "changed"], 403)
            try await m.patch("/blog/comments/\(comment)", ["content": "changed"], 403)
            try await m.patch("/blog/comments/\(comment)", ["status": "spam"], 409, "INVALID_TRANSITION")
            try await u2.post("/blog/comments", ["post": "\(posts[0])", "content": "x", "ip": "::1"], 403, "FIELD_FORBIDDEN", at: ["ip"])
            try await count(2)
            try await u2.delete("/blog/comments/\(comment)", 403)
            try await u1.delete("/blog/comments/\(comment)")
            let left = try await anon.get(list)
            #expect(left.rows.contains { $0.id == reply }, "a thread keeps its shape: \(left.data.text)")
            #expect(!left.data.text.contains("سلام"))
            try await u1.fire("/blog/comments/\(comment)/restore", nil, 403)
            try await m.fire("/blog/comments/\(comment)/restore", nil, has: ["status": "approved", "content": "سلام"])
            #expect(try await Set(anon.ids(list)) == [comment, reply])
            try await count(2)

            // 5: reactions, counted by anybody
            let path = "/reactions/posts:\(posts[0])"
            try await u1.put(path + "/like", nil, 201, has: ["user": "\(u1.id)", "target": "posts:\(posts[0])", "reaction": "like"])
            try await u1.put(path + "/like")
            try await u1.put(path + "/love", nil, 201)
            try await u2.put(path + "/like", nil, 201)
            try await u2.put("/reactions/comments:\(comment)/sad", nil, 201)
            #expect(try await anon.get("/reactions?target=posts:\(posts[0])").total == 3)
            #expect(try await anon.get("/reactions?target=posts:\(posts[0])&reaction=like").total == 2)
            #expect(try await anon.get("/reactions?target=comments").total == 1)
            let hate = try await u1.tries(.PUT, path + "/hate")
            #expect([400, 404].contains(hate.status))
            try await anon.put(path + "/like", nil, 401)
            try await u1.delete(path + "/like")
            try await u1.delete(path + "/like")
            #expect(try await anon.get("/reactions?target=posts:\(posts[0])").total == 2)
            try await u1.put("/reactions/posts:\(posts[2])/like", nil, 404)
        }
    }
}
