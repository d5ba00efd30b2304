import Harness
import JSON
import NIOHTTP1
import Testing

/// What stays of what records were: deletion and its end, revisions, requests that are sent twice, the audit.
@Suite struct HistoryScenarios {
    @Test("S06.7, S10.5 Deleted at once, restored by whom the rule admits, with what the deletion replaced")
    func deletion() async throws {
        try await BehaviourSite.run { site in
            let api = site.api
            let path = "/blog/posts/\(try await BehaviourSite.post(site, "A")["id"]?.string ?? "")"
            try await api.expect(.POST, "\(path)/publish", as: site["sara"], status: 200)
            let post = JSONValue.string(String(path.split(separator: "/").last ?? ""))
            func comment(_ body: String) async throws -> String {
                let made = try await api.expect(
                    .POST, "/comments", as: site["omid"], body: ["post": post, "body": .string(body)], status: 201)
                return "/comments/\(made.text("id") ?? "")"
            }
            let kept = try await comment("stays")
            let gone = try await comment("went before")
            try await api.expect(.DELETE, gone, as: site["omid"], status: 204)
            try await api.expect(.DELETE, path, as: site["sara"], headers: ["if-match": "\"1\""], status: 412)
            try await api.expect(.DELETE, path, as: site["sara"], status: 204)
            try await api.expect(.GET, path, as: site["sara"], status: 404)
            try await api.expect(.GET, kept, status: 404)
            try await api.expect(.GET, "/blog/posts?deleted=only", as: site["staff"], status: 200) { answer in
                answer.data.array?.count == 1 && answer.data.array?.first?["status"] == "archived"
                    && answer.data.array?.first?["deleted_at"]?.string != nil
            }
            #expect(try await api.count("/blog/posts?deleted=only", as: site["sara"]) == 0)
            try await api.expect(.POST, "\(path)/restore", status: 401)
            try await api.expect(.POST, "\(path)/restore", as: site["sara"], status: 403)
            // He cannot even read it.
            try await api.expect(.POST, "\(path)/restore", as: site["omid"], status: 404)
            // Its post comes first.
            try await api.expect(.POST, "\(gone)/restore", as: site["omid"], status: 409)
            try await api.expect(.POST, "\(path)/restore", as: site["staff"], headers: ["if-match": "\"1\""], status: 412)
            try await api.expect(.POST, "\(path)/restore", as: site["staff"], body: ["x": 1], status: 400)
            try await api.expect(.POST, "\(path)/restore", as: site["staff"], status: 200) { answer in
                answer.text("status") == "published" && answer.data["deleted_at"] == nil && answer.data["version"] == 4
            }
            try await api.expect(.POST, "\(path)/restore", as: site["staff"], status: 404)
            try await api.expect(.GET, kept, status: 200)
            try await api.expect(.GET, gone, status: 404)

            // Its slug is taken meanwhile.
            try await api.expect(.DELETE, path, as: site["sara"], status: 204)
            #expect(try await BehaviourSite.post(site, "A")["slug"]?.string == "a")
            try await api.expect(.POST, "\(path)/restore", as: site["staff"], status: 409) {
                $0.code == "CONFLICT" && $0.faults == ["slug"]
            }
        }
    }

    @Test("S16.8 Revisions: newest first, for whoever may update, restored as a new one")
    func revisions() async throws {
        try await BehaviourSite.run { site in
            let api = site.api
            let path = "/blog/posts/\(try await BehaviourSite.post(site, "A")["id"]?.string ?? "")"
            for number in 2...4 {
                let body: JSONValue = ["content": .string("text \(number)"), "change_note": .string("note \(number)")]
                try await api.expect(.PATCH, path, as: site["sara"], body: body, status: 200)
            }
            // What is not listed makes none.
            try await api.expect(.PATCH, path, as: site["sara"], body: ["publish_at": .null], status: 200)
            try await api.expect(.POST, "\(path)/publish", as: site["sara"], status: 200)
            try await api.expect(.GET, "\(path)/revisions", as: site["sara"], status: 200) { answer in
                let items = answer.data.array ?? []
                return items.compactMap { $0["n"]?.integer } == [4, 3, 2] && items[0]["editor"]?.string == site["sara"].id
                    && items[0]["content"] == "text 4" && items[0]["change_note"] == "note 4" && items[0]["title"] == "A"
                    && items[0]["created_at"]?.string != nil
                    && answer.json?["meta"]?["pagination"]?["total_items"] == 3
            }
            try await api.expect(.GET, "\(path)/revisions?page=2&page_size=2", as: site["staff"], status: 200) {
                $0.data.array?.count == 1 && $0.data.array?.first?["n"] == 2
            }
            try await api.expect(.GET, "\(path)/revisions?page=0&x=1", as: site["staff"], status: 400)
            try await api.expect(.GET, "\(path)/revisions?page_size=101", as: site["staff"], status: 400) { $0.faults == ["page_size"] }
            try await api.expect(.GET, "\(path)/revisions", as: site["omid"], status: 403)
            try await api.expect(.GET, "\(path)/revisions", status: 401)
            let restore = "\(path)/revisions/2/restore"
            try await api.expect(.POST, restore, as: site["omid"], status: 403)
            try await api.expect(.POST, "\(path)/revisions/1/restore", as: site["sara"], status: 404)
            try await api.expect(.POST, "\(path)/revisions/x/restore", as: site["sara"], status: 404)
            try await api.expect(.POST, restore, as: site["sara"], headers: ["if-match": "\"1\""], status: 412)
            try await api.expect(.POST, restore, as: site["staff"], status: 200) { $0.text("content") == "text 2" }
            try await api.expect(.GET, "/blog/posts/a/revisions", as: site["sara"], status: 200) { answer in
                let items = answer.data.array ?? []
                return items.compactMap { $0["n"]?.integer } == [5, 4, 3] && items[0]["editor"]?.string == site["staff"].id
                    && items[0]["content"] == "text 2"
            }
        }
    }

    @Test("O35.6 A request sent twice: one record, the same answer; another body is 409")
    func repeatedRequests() async throws {
        try await BehaviourSite.run { site in
            let api = site.api
            let header: HTTPHeaders = ["idempotency-key": "a-1"]
            let body: JSONValue = ["title": "Once"]
            let first = try await api.expect(.POST, "/blog/posts", as: site["sara"], body: body, headers: header, status: 201)
            let again = try await api.expect(.POST, "/blog/posts", as: site["sara"], body: body, headers: header, status: 201)
            #expect(again.data == first.data)
            for name in ["location", "etag"] { #expect(again.headers[name] == first.headers[name] && !again.headers[name].isEmpty) }
            try await api.expect(.POST, "/blog/posts", as: site["sara"], body: ["title": "Twice"], headers: header, status: 409) {
                $0.code == "IDEMPOTENCY_MISMATCH"
            }
            // Of somebody else, and elsewhere, it is another key.
            let other = try await api.expect(.POST, "/blog/posts", as: site["omid"], body: body, headers: header, status: 201)
            #expect(other.text("id") != first.text("id"))
            let publish = "/blog/posts/\(first.text("id") ?? "")/publish"
            try await api.expect(.POST, publish, as: site["sara"], headers: header, status: 200) { $0.data["version"] == 2 }
            try await api.expect(.POST, publish, as: site["sara"], headers: header, status: 200) { $0.data["version"] == 2 }
            try await api.expect(.POST, publish, as: site["sara"], status: 409)
            // A refusal is no answer to keep.
            let fresh: HTTPHeaders = ["idempotency-key": "a-2"]
            try await api.expect(.POST, "/blog/posts", as: site["sara"], body: [:], headers: fresh, status: 400)
            try await api.expect(.POST, "/blog/posts", as: site["sara"], body: body, headers: fresh, status: 201)
            for bad in ["", "a b", String(repeating: "x", count: 256)] {
                try await api.expect(
                    .POST, "/blog/posts", as: site["sara"], body: body, headers: ["idempotency-key": bad], status: 400
                ) { $0.faults == ["Idempotency-Key"] }
            }
            // Twenty at once.
            let before = try await api.count("/blog/posts", as: site["sara"])
            let ids = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<20 {
                    group.addTask { [sara = site["sara"]] in
                        try await api.expect(
                            .POST, "/blog/posts", as: sara, body: body, headers: ["idempotency-key": "many"], status: 201
                        ).text("id")
                    }
                }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await api.count("/blog/posts", as: site["sara"]) == before.map { $0 + 1 })
        }
    }

    @Test("O35.8 The audit: each step with actor, address and change; outlives its record")
    func audit() async throws {
        try await BehaviourSite.run { site in
            let api = site.api
            let post = try await BehaviourSite.post(site, "A")
            let body: JSONValue = ["post": post["id"] ?? .null, "body": "hello"]
            let made = try await api.expect(
                .POST, "/comments", as: site["omid"], body: body, headers: ["user-agent": "acceptance"], status: 400)
            #expect(made.faults == ["post"])
            try await api.expect(.POST, "/blog/posts/a/publish", as: site["sara"], status: 200)
            let comment = try await api.expect(
                .POST, "/comments", as: site["omid"], body: body, headers: ["user-agent": "acceptance"], status: 201)
            let id = comment.text("id") ?? ""
            let gone = try await api.expect(.DELETE, "/comments/\(id)", as: site["omid"], status: 204)
            let path = "/audit?entity=comments:\(id)"
            try await api.expect(.GET, path, status: 401)
            try await api.expect(.GET, path, as: site["omid"], status: 403)
            try await api.expect(.GET, path, as: site["staff"], status: 200) { answer in
                let items = answer.data.array ?? []
                let created = items.last ?? .null
                return items.compactMap { $0["action"]?.string } == ["deleted", "created"]
                    && items.first?["request_id"]?.string == gone.headers.first(name: "x-request-id")
                    && created["actor"]?.string == site["omid"].id && created["actor_name"] == "omid@example.com"
                    && created["ip"] == "127.0.0.1" && created["user_agent"] == "acceptance"
                    && created["changes"]?["body"] == ["old": .null, "new": "hello"] && created["at"]?.string != nil
                    && answer.json?["meta"]?["pagination"]?["total_items"] == 2
            }
            for bad in ["", "?entity=comments", "?entity=posts:\(id)", "?entity=comments:x", "?entity=comments:\(id)&x=1"] {
                try await api.expect(.GET, "/audit\(bad)", as: site["staff"], status: 400)
            }
        }
    }
}
