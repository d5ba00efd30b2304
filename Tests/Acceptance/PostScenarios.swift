import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("Records: one post from draft to deletion")
struct PostScenarios {
    @Test("Create with defaults, stamps and a slug; read by id and by slug")
    func create() async throws {
        try await Site.run { site in
            let api = site.api
            let body: JSONValue = ["title": "Hello, Atlas World", "body": "First."]
            let created = try await api.expect(.POST, "/posts", as: site.author, body: body, status: 201) { answer in
                answer.text("slug") == "hello-atlas-world" && answer.text("status") == "draft" && answer.text("author") == site.author.id
                    && answer.data["comment_count"] == 0 && answer.data["published_at"] == .null && answer.data["version"] == 1
            }
            let id = try #require(created.text("id"))
            #expect(created.headers.first(name: "location")?.hasSuffix("/posts/\(id)") == true)
            // UUID version 7 (RFC 9562), as text.
            #expect(id.count == 36 && Array(id)[14] == "7")
            let byID = try await api.expect(.GET, "/posts/\(id)", as: site.author, status: 200)
            let bySlug = try await api.expect(.GET, "/posts/hello-atlas-world", as: site.author, status: 200)
            #expect(byID.data == bySlug.data && byID.headers.first(name: "etag") != nil)

            // The same title again takes another slug; a Persian one keeps something to address it by.
            let second = try await api.createPost("Hello, Atlas World", as: site.author)
            #expect(second["slug"]?.string?.isEmpty == false && second["slug"] != "hello-atlas-world")
            let persian = try await api.createPost("راهنمای مراقبت از پوست", as: site.author)
            let slug = try #require(persian["slug"]?.string)
            #expect(!slug.isEmpty && !slug.contains(" "))
            try await api.expect(.GET, "/posts/\(slug.percentEncoded)", as: site.author, status: 200) { $0.data["id"] == persian["id"] }

            try await api.expect(.POST, "/posts", body: body, status: 401) { $0.code == "UNAUTHENTICATED" }
            try await api.expect(.POST, "/posts", as: site.reader, body: body, status: 403) { $0.code == "FORBIDDEN" }
        }
    }

    @Test("Rules: what anonymous callers, strangers and editors see")
    func rules() async throws {
        try await Site.run { site in
            let api = site.api
            let post = try await api.createPost("A draft of mine", as: site.author)
            let id = try #require(post["id"]?.string)
            // Not readable and absent are indistinguishable.
            let hidden = try await api.expect(.GET, "/posts/\(id)", status: 404)
            let absent = try await api.expect(.GET, "/posts/0190a5c0-0000-7000-8000-000000000000", status: 404)
            #expect(hidden.json?["error"] == absent.json?["error"])
            try await api.expect(.GET, "/posts/\(id)", as: site.otherAuthor, status: 404)
            try await api.expect(.PATCH, "/posts/\(id)", as: site.otherAuthor, body: ["title": "Mine now"], status: 404)
            try await api.expect(.DELETE, "/posts/\(id)", as: site.otherAuthor, status: 404)
            try await api.expect(.GET, "/posts/\(id)", as: site.admin, status: 200)
            #expect(try await api.count("/posts", as: nil) == 0)
            #expect(try await api.count("/posts", as: site.otherAuthor) == 0)
            #expect(try await api.count("/posts", as: site.author) == 1)

            try await api.expect(.POST, "/posts/\(id)/publish", as: site.admin, status: 200) { answer in
                answer.text("status") == "published" && answer.text("published_at") != nil
            }
            try await api.expect(.GET, "/posts/\(id)", status: 200)
            #expect(try await api.count("/posts", as: nil) == 1)
            try await api.expect(.POST, "/posts/\(id)/publish", as: site.admin, status: 409) { $0.code == "INVALID_TRANSITION" }
            // Readable now, but not his: 403, no longer 404.
            try await api.expect(.PATCH, "/posts/\(id)", as: site.otherAuthor, body: ["title": "Mine now"], status: 403)
            try await api.expect(.PATCH, "/posts/\(id)", as: site.admin, body: ["status": "draft"], status: 409) { answer in
                answer.code == "INVALID_TRANSITION"
            }
        }
    }

    @Test("Filters, sorting, pages and totals")
    func lists() async throws {
        try await Site.run { site in
            let api = site.api
            var ids: [String] = []
            for number in 1...25 {
                let post = try await api.createPost("Post number \(number)", as: site.author)
                ids.append(try #require(post["id"]?.string))
            }
            for id in ids.prefix(5) { try await api.expect(.POST, "/posts/\(id)/publish", as: site.admin, status: 200) }

            try await api.expect(.GET, "/posts", as: site.author, status: 200) { answer in
                answer.data.array?.count == 20
                    && answer.json?["meta"]?["pagination"] == ["page": 1, "page_size": 20, "total_items": 25, "total_pages": 2]
            }
            let last = try await api.expect(.GET, "/posts?page=3&page_size=10&sort=created_at", as: site.author, status: 200)
            #expect(last.data.array?.compactMap { $0["id"]?.string } == Array(ids.suffix(5)))
            let newest = try await api.expect(.GET, "/posts?sort=-created_at&page_size=3", as: site.author, status: 200)
            #expect(newest.data.array?.compactMap { $0["id"]?.string } == ids.suffix(3).reversed())
            #expect(try await api.count("/posts?status=published", as: site.author) == 5)
            #expect(try await api.count("/posts?status=published,draft", as: site.author) == 25)
            #expect(try await api.count("/posts?author=\(site.otherAuthor.id)", as: site.admin) == 0)
            try await api.expect(.GET, "/posts?count=none", as: site.author, status: 200) { answer in
                answer.data.array?.count == 20 && answer.json?["meta"]?["pagination"]?["total_items"] == nil
            }
            try await api.expect(.GET, "/posts?fields=title&page_size=1", as: site.author, status: 200) { answer in
                answer.data.array?.first?["title"] != nil && answer.data.array?.first?["body"] == nil
            }
            for query in ["page_size=101", "page=0", "sort=body", "status=nonsense", "unheard_of=1", "page_size=many"] {
                try await api.expect(.GET, "/posts?\(query)", as: site.author, status: 400) { answer in
                    answer.code == "VALIDATION_ERROR" && answer.faults == [String(query.prefix { $0 != "=" })]
                }
            }
        }
    }

    @Test("PATCH, If-Match, soft deletion, restore")
    func change() async throws {
        try await Site.run { site in
            let api = site.api
            let post = try await api.createPost("Before", as: site.author)
            let id = try #require(post["id"]?.string)
            let tag = try #require(try await api.expect(.GET, "/posts/\(id)", as: site.author, status: 200).headers.first(name: "etag"))
            try await api.expect(.GET, "/posts/\(id)", as: site.author, headers: ["if-none-match": tag], status: 304)
            try await api.expect(
                .PATCH, "/posts/\(id)", as: site.author, body: ["title": "After"], headers: ["if-match": tag], status: 200
            ) { $0.text("title") == "After" && $0.data["version"] == 2 && $0.data["body"] == post["body"] }
            try await api.expect(
                .PATCH, "/posts/\(id)", as: site.author, body: ["title": "Late"], headers: ["if-match": tag], status: 412)
            try await api.expect(
                .PATCH, "/posts/\(id)", as: site.author, body: ["title": "Late"], headers: ["if-match": "no tag"], status: 400)

            try await api.expect(.DELETE, "/posts/\(id)", as: site.admin, status: 204)
            try await api.expect(.GET, "/posts/\(id)", as: site.author, status: 404)
            #expect(try await api.count("/posts?deleted=only", as: site.admin) == 1)
            try await api.expect(.POST, "/posts/\(id)/restore", as: site.admin, status: 200) { $0.text("title") == "After" }
            try await api.expect(.GET, "/posts/\(id)", as: site.author, status: 200)
            try await api.expect(.PUT, "/posts/\(id)", as: site.author, body: ["title": "x"], status: 405) { answer in
                answer.headers.first(name: "allow")?.contains("PATCH") == true
            }
        }
    }

    @Test("A comment changes its post's count in the same commit")
    func comments() async throws {
        try await Site.run { site in
            let api = site.api
            let post = try await api.createPost("Discussed", as: site.author)
            let id = try #require(post["id"]?.string)
            try await api.expect(.POST, "/posts/\(id)/publish", as: site.admin, status: 200)
            let body: JSONValue = ["post": .string(id), "body": "Well said."]
            let comment = try await api.expect(.POST, "/comments", as: site.reader, body: body, status: 201) {
                $0.text("status") == "pending"
            }
            let commentID = try #require(comment.text("id"))
            try await api.expect(.POST, "/comments/\(commentID)/approve", as: site.reader, status: 403)
            try await api.expect(.POST, "/comments/\(commentID)/approve", as: site.admin, status: 200) { $0.text("status") == "approved" }
            try await api.expect(.GET, "/posts/\(id)", status: 200) { $0.data["comment_count"] == 1 }
        }
    }
}
