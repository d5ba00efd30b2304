import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("S16 A post's life")
struct PostLifeScenarios {
    @Test("Draft, published, seen by whom, changed and taken back")
    func life() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let m = try await site.caller(.role("MODERATOR"), "Mina")
            let au = try await site.caller(.role("AUTHOR"), "Nima")
            let au2 = try await site.caller(.role("AUTHOR"), "Sara")
            let bare = try await site.caller(.role("AUTHOR"), "Bare")
            let u1 = try await site.caller(.plain, "Ali")
            let anon = site.anonymous
            let face = try await admin.make("/authors", ["user": "\(au.id)", "display_name": "Nima"])
            try await admin.post("/authors", ["user": "\(au2.id)", "display_name": "Sara"])
            let category = try await admin.make("/blog/categories", ["name": "Care"])
            var tags: [String] = []
            for name in ["Hair", "Nails", "Skin"] { tags.append(try await admin.make("/blog/tags", ["name": "\(name)"])) }
            let body: JSONValue = ["title": "Hello World", "excerpt": "Short.", "content": "<p>Long.</p>"]

            // 1: whose it is
            let post = try await au.post(
                "/blog/posts", body,
                has: [
                    "status": "draft", "author": "\(face)", "slug": "hello-world", "visibility": "public", "is_hot": false, "views": 0,
                    "comment_count": 0, "published_at": .null, "tags": [], "expanded": ["author": ["display_name": "Nima"]],
                ]
            ).id
            try await u1.post("/blog/posts", body, 403)
            try await bare.post("/blog/posts", body, 403)
            try await anon.post("/blog/posts", body, 401)
            for (name, value) in [
                ("status", "published"), ("author", "\(face)"), ("published_at", "2026-01-01T00:00:00Z"), ("reading_time", 1), ("views", 9),
                ("is_hot", true),
            ] as [(String, JSONValue)] {
                let fields = (body.members ?? []) + [JSONMember(name: name, value: value)]
                try await au.post("/blog/posts", .object(fields), 403, "FIELD_FORBIDDEN", at: [name])
            }
            try await au.post("/blog/posts", [:], 400, at: ["title", "excerpt", "content"])

            // 2: a draft is its author's and the staff's
            for caller in [anon, u1, au2] {
                try await caller.get("/blog/posts/hello-world", 404)
                try await caller.get("/blog/posts/\(post)", 404)
                #expect(try await caller.ids("/blog/posts") == [])
                #expect(try await caller.ids("/blog/posts?q=hello") == [])
                #expect(try await caller.ids("/blog/posts?status=draft") == [])
                #expect(try await caller.ids("/blog/posts?author=nima") == [])
            }
            try await au2.patch("/blog/posts/\(post)", ["title": "x"], 404)
            for caller in [au, m, admin] {
                try await caller.get("/blog/posts/hello-world", has: ["id": "\(post)"])
                #expect(try await caller.ids("/blog/posts?q=hello") == [post])
            }

            // 3: rich text is cleaned, words are counted
            let dirty = """
                <h2>Title</h2><p onclick=x>hi<script>alert(1)</script><a href="javascript:alert(1)">bad</a> \
                <a href="https://example.com/">good</a></p><ul><li>one</li><li>two</li></ul><img src=x onerror=alert(1)>
                """
            let cleaned = try await au.patch("/blog/posts/\(post)", ["content": "\(dirty)"])["content"].string ?? ""
            for kept in ["<h2>", "Title", "<p>hi", "<ul>", "<li>one</li>", "href=\"https://example.com/\"", "good", "bad"] {
                #expect(cleaned.contains(kept), "\(kept): \(cleaned)")
            }
            for dropped in ["script", "onclick", "onerror", "javascript", "alert"] {
                #expect(!cleaned.contains(dropped), "\(dropped): \(cleaned)")
            }
            for (words, minutes) in [(1, 1), (200, 1), (201, 2), (401, 3)] as [(Int, Int64)] {
                // Tags and their attributes are no words, and a paragraph ends one.
                let word = "<p>w<b>or</b><a href=\"https://example.com/\">d</a></p>"
                let content = String(repeating: word, count: words)
                try await au.patch("/blog/posts/\(post)", ["content": "\(content)"], has: ["reading_time": .integer(minutes)])
            }

            // 4: published
            try await au.patch("/blog/posts/\(post)", ["is_hot": true], 403, "FIELD_FORBIDDEN", at: ["is_hot"])
            try await admin.patch("/blog/posts/\(post)", ["is_hot": true], has: ["is_hot": true])
            let older = try await au2.make("/blog/posts", ["title": "Older", "excerpt": "x", "content": "<p>y</p>"])
            try await au2.fire("/blog/posts/\(older)/publish")
            try await au2.fire("/blog/posts/\(post)/publish", nil, 404)
            try await au.fire("/blog/posts/hello-world/publish", nil, has: ["status": "published"]) { $0["published_at"].string != nil }
            try await anon.get("/blog/posts/hello-world", has: ["status": "published"])
            #expect(try await anon.ids("/blog/posts") == [post, older])
            #expect(try await anon.ids("/blog/posts?sort=published_at") == [older, post])
            try await au2.fire("/blog/posts/\(post)/publish", nil, 403)
            try await au.fire("/blog/posts/\(post)/publish", nil, 409, "INVALID_TRANSITION")

            // 5: seen by those who know the address, or by nobody
            try await au.patch("/blog/posts/\(post)", ["visibility": "unlisted"])
            try await anon.get("/blog/posts/hello-world", has: ["visibility": "unlisted"])
            #expect(try await anon.ids("/blog/posts") == [older])
            #expect(try await anon.ids("/blog/posts?q=hello") == [])
            #expect(try await anon.ids("/blog/posts?visibility=unlisted") == [])
            for path in ["/authors/\(face)?expand=posts", "/authors?expand=posts", "/blog/posts/\(post)?expand=author.posts"] {
                func shown(to caller: Client) async throws -> [String] {
                    let data = try await caller.get(path).data
                    let author = data["expanded"]?["author"] ?? data.array?.first { $0.id == face } ?? data
                    return author.at("expanded.posts").array?.map(\.id) ?? ["none"]
                }
                #expect(try await shown(to: anon) == [], "\(path)")
                #expect(try await shown(to: m) == [post], "\(path)")
            }
            try await au.patch("/blog/posts/\(post)", ["visibility": "private"])
            try await anon.get("/blog/posts/hello-world", 404)
            try await au.get("/blog/posts/hello-world")
            try await au.patch("/blog/posts/\(post)", ["visibility": "public"])

            // 6: the machine alone changes the state
            try await au.patch("/blog/posts/\(post)", ["status": "review"], 409, "INVALID_TRANSITION")
            try await au.patch("/blog/posts/\(post)", ["status": "draft"], 409, "INVALID_TRANSITION") {
                $0.json?["error"]?.text.contains("unpublish") == true
            }
            try await au.fire("/blog/posts/\(post)/unpublish", nil, 403)
            try await anon.fire("/blog/posts/\(post)/unpublish", nil, 401)
            try await m.fire("/blog/posts/\(post)/unpublish", nil, has: ["status": "draft", "published_at": .null])
            try await anon.get("/blog/posts/\(post)", 404)
            try await au.patch("/blog/posts/\(post)", ["status": "review"], 409, "INVALID_TRANSITION") {
                $0.json?["error"]?.text.contains("submit") == true
            }
            try await au.fire("/blog/posts/\(post)/submit", nil, has: ["status": "review"])
            try await au.fire("/blog/posts/\(post)/publish")

            // 7: tags, what is related, removal
            func tagged(_ numbers: [Int]) -> JSONValue { .array(numbers.map { .string(tags[$0]) }) }
            try await au.patch("/blog/posts/\(post)", ["tags": tagged([0, 1]), "category": "\(category)"], has: ["tags": tagged([0, 1])])
            try await au.patch("/blog/posts/\(post)", ["tags": tagged([1, 2])], has: ["tags": tagged([1, 2])])
            try await au.patch(
                "/blog/posts/\(post)", ["title": "No", "tags": ["\(tags[0])", "0190a5c0-0000-7000-8000-000000000000"]], 400, at: ["tags[1]"]
            )
            try await anon.get(
                "/blog/posts/\(post)",
                has: [
                    "title": "Hello World", "tags": tagged([1, 2]),
                    "expanded": ["tags": [["slug": "nails"], ["slug": "skin"]], "category": ["slug": "care"]],
                ])
            try await au2.patch("/blog/posts/\(older)", ["tags": tagged([0, 2])])
            let third = try await au2.make(
                "/blog/posts", ["title": "Third", "excerpt": "x", "content": "<p>y</p>", "tags": tagged([1, 2])])
            try await au2.fire("/blog/posts/\(third)/publish")
            #expect(try await Set(anon.ids("/blog/posts?tag=hair,nails")) == [post, older, third])
            #expect(try await Set(anon.ids("/blog/posts?tag=hair")) == [older])
            #expect(try await anon.ids("/blog/posts?tag=nothing") == [])
            #expect(try await anon.ids("/blog/posts?category=care") == [post])
            #expect(try await Set(anon.ids("/blog/posts?author=sara")) == [older, third])
            #expect(try await anon.get("/blog/posts/hello-world/related").rows.map(\.id) == [third, older])
            #expect(try await anon.get("/blog/posts/third/same-category").rows.map(\.id) == [])
            try await anon.get("/blog/posts/no-such-post/related", 404)
            try await au2.delete("/blog/posts/\(post)", 403)
            try await au.delete("/blog/posts/\(post)")
            try await anon.get("/blog/posts/hello-world", 404)
            #expect(try await anon.get("/blog/posts/third/related").rows.map(\.id) == [older])
            try await m.get("/blog/posts?deleted=only") { $0.rows.count == 1 && $0.rows.first?["status"] == "archived" }
            try await au.fire("/blog/posts/\(post)/restore", nil, 403)
            try await m.fire("/blog/posts/\(post)/restore", nil, has: ["status": "published"])
            try await anon.get("/blog/posts/hello-world")
        }
    }

    @Test("Revisions, stale writers, what search engines are told")
    func revisions() async throws {
        try await ExampleSite.run(.sevra) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let m = try await site.caller(.role("MODERATOR"), "Mina")
            let au = try await site.caller(.role("AUTHOR"), "Nima")
            let au2 = try await site.caller(.role("AUTHOR"), "Sara")
            let anon = site.anonymous
            for person in [au, au2] { try await admin.post("/authors", ["user": "\(person.id)", "display_name": "\(person.name)"]) }
            let post = try await au.make("/blog/posts", ["title": "Text", "excerpt": "x", "content": "<p>0</p>", "change_note": "first"])
            let path = "/blog/posts/\(post)"

            // 8: every version is kept, with who made it and why
            for number in 1...3 {
                try await (number == 2 ? m : au).patch(path, ["content": "<p>\(number)</p>", "change_note": "edit \(number)"])
            }
            try await au.patch(path, ["visibility": "unlisted"])
            let kept = try await au.get(path + "/revisions").rows
            #expect(kept.compactMap { $0["n"]?.integer } == [4, 3, 2, 1], "a field that is not listed makes none")
            #expect(kept.compactMap { $0["content"]?.string } == ["<p>3</p>", "<p>2</p>", "<p>1</p>", "<p>0</p>"])
            #expect(kept.compactMap { $0["change_note"]?.string } == ["edit 3", "edit 2", "edit 1", "first"])
            #expect(kept.compactMap { $0["editor"]?.string } == [au.id, m.id, au.id, au.id])
            #expect(kept.allSatisfy { $0["title"] == "Text" && $0["created_at"]?.string != nil })
            try await au2.get(path + "/revisions", 404)
            try await anon.get(path + "/revisions", 401)
            try await au.fire(path + "/publish")
            try await au2.get(path + "/revisions", 403)
            try await anon.get(path + "/revisions", 401)
            try await au2.fire(path + "/revisions/1/restore", nil, 403)
            try await au.fire(path + "/revisions/9/restore", nil, 404)
            try await au.fire(path + "/revisions/2/restore", nil, has: ["content": "<p>1</p>", "status": "published"])
            #expect(try await au.get(path + "/revisions").rows.compactMap { $0["n"]?.integer } == [5, 4, 3, 2, 1])
            #expect(try await anon.get(path).data["change_note"] == nil, "notes are not for readers")

            let stale = try await au.get(path).etag
            try await m.patch(path, ["title": "Newer"], headers: ["if-match": try await m.get(path).etag])
            try await au.patch(path, ["title": "Lost"], 412, headers: ["if-match": stale])
            try await au.get(path, has: ["title": "Newer"])

            // 9: what stands in the head of the page
            try await anon.get(path, has: ["seo": ["title": "Newer", "canonical": "https://sevra.ir/blog/post/text"]])
            try await au.patch(path, ["seo": ["title": "Better", "description": "d"]])
            try await anon.get(
                path, has: ["seo": ["title": "Better", "description": "d", "canonical": "https://sevra.ir/blog/post/text"]])
            try await au.patch(path, ["seo": ["titel": "x"]], 400, at: ["seo.titel"])
            try await au.patch(path, ["slug": "text-2"])
            try await anon.get(path, has: ["seo": ["canonical": "https://sevra.ir/blog/post/text-2"]])
        }
    }
}
