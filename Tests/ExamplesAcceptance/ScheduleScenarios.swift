import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("S17 Publishing at a time")
struct ScheduleScenarios {
    @Test("Fired by the clock, durably and once")
    func schedule() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let au = try await site.caller(.role("AUTHOR"), "Nima")
            let anon = site.anonymous
            try await admin.post("/authors", ["user": "\(au.id)", "display_name": "Nima"])
            func draft(_ title: String) async throws -> String {
                try await au.make("/blog/posts", ["title": "\(title)", "excerpt": "x", "content": "<p>y</p>"])
            }

            // 1: in the future only
            let first = try await draft("First")
            let path = "/blog/posts/\(first)/schedule"
            try await au.fire(path, ["publish_at": "\(Moment.text(Moment.now - 3_600_000))"], 400)
            try await au.fire(path, [:], 400, at: ["publish_at"])
            try await au.fire(path, ["publish_at": "tomorrow"], 400, at: ["publish_at"])
            try await au.get("/blog/posts/\(first)", has: ["status": "draft", "publish_at": .null])
            #expect(try await anon.ids("/blog/posts") == [])
            let moment = Moment.text(Moment.now + 6_000)
            try await au.fire(path, ["publish_at": "\(moment)"], has: ["status": "scheduled", "publish_at": "\(moment)"])
            try await anon.get("/blog/posts/\(first)", 404)
            // Only the clock has this transition.
            let answer = try await au.tries(.POST, "/blog/posts/\(first)/go_live")
            #expect([403, 404].contains(answer.status), "\(answer.status)")

            // 4 meanwhile: what is taken back stays; what is moved counts anew
            let back = try await draft("Back")
            try await au.fire("/blog/posts/\(back)/schedule", ["publish_at": "\(Moment.text(Moment.now + 6_000))"])
            try await admin.fire("/blog/posts/\(back)/unpublish", nil, has: ["status": "draft", "publish_at": .null])
            let moved = try await draft("Moved")
            try await au.fire("/blog/posts/\(moved)/schedule", ["publish_at": "\(Moment.text(Moment.now + 3_600_000))"])
            let sooner = Moment.text(Moment.now + 5_000)
            try await au.patch("/blog/posts/\(moved)", ["publish_at": "\(sooner)"], has: ["status": "scheduled"])

            // 2: at that time, with that time, also in the list
            try await anon.eventually("/blog/posts/\(first)") { $0.status == 200 }
            try await anon.get("/blog/posts/\(first)", has: ["status": "published", "published_at": "\(moment)"])
            try await anon.eventually("/blog/posts/\(moved)") { $0.status == 200 }
            try await anon.get("/blog/posts/\(moved)", has: ["published_at": "\(sooner)"])
            #expect(try await Set(anon.ids("/blog/posts")) == [first, moved])
            try await au.get("/blog/posts/\(back)", has: ["status": "draft"])
        }
    }

    @Test("Due while nobody was there: published at the next start, once")
    func killed() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let au = try await site.caller(.role("AUTHOR"), "Nima")
            try await admin.post("/authors", ["user": "\(au.id)", "display_name": "Nima"])
            let post = try await au.make("/blog/posts", ["title": "Late", "excerpt": "x", "content": "<p>y</p>"])
            let due = Moment.now + 4_000
            try await au.fire("/blog/posts/\(post)/schedule", ["publish_at": "\(Moment.text(due))"])
            let version = try await au.get("/blog/posts/\(post)")["version"].integer ?? 0
            try await site.kill()
            try await Moment.passed(due + 1_000)
            try await site.revived { site in
                let anon = site.anonymous
                try await anon.eventually("/blog/posts/\(post)") { $0.status == 200 }
                let read = try await anon.get("/blog/posts/\(post)", has: ["published_at": "\(Moment.text(due))"])
                #expect(read["version"].integer == version + 1, "one change, not two")
            }
        }
    }
}
