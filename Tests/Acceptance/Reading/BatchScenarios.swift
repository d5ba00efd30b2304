import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("Reading: batch")
struct BatchScenarios {
    private static let town = """
        [rules]
        admin = "me.role == 'ADMIN'"

        [collections.users.fields]
        role = { type = "enum", values = ["ADMIN", "USER"], default = "USER", write = "false" }

        [collections.posts]
        path = "blog/posts"
        lookup = "slug"
        allow = { read = "true", create = "me != null", update = "author == me", delete = "author == me" }
        [collections.posts.fields]
        title = { type = "string", required = true }
        slug = { type = "slug", from = "title", unique = true }
        author = { type = "ref", to = "users", required = true, stamp = "me" }
        status = { type = "state", values = ["draft", "public"] }
        [collections.posts.transitions]
        publish = { from = "draft", to = "public", allow = "author == me" }
        """

    @Test("Each operation spends the rate of its own route")
    func limits() async throws {
        let limited = Self.town.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line == "lookup = \"slug\"" ? "\(line)\nlimits = { create = \"3/h per user\" }" : String(line)
        }
        try await OwnSite.run(limited.joined(separator: "\n"), users: ["sara": "USER"]) { site in
            let one: JSONValue = ["method": "POST", "path": "/blog/posts", "body": ["title": "One"]]
            let two: JSONValue = ["operations": [one, one]]
            try await site.api.expect(.POST, "/batch", as: site["sara"], body: two, status: 200)
            try await site.api.expect(.POST, "/batch", as: site["sara"], body: two, status: 429) { $0.code == "RATE_LIMITED" }
            try await site.api.expect(.POST, "/blog/posts", as: site["sara"], body: ["title": "One"], status: 429)
        }
    }

    @Test("An operation may ask for the version of its record, like If-Match")
    func versions() async throws {
        try await OwnSite.run(Self.town, users: ["sara": "USER"]) { site in
            let api = site.api
            let sara = site["sara"]
            func batch(_ operations: JSONValue..., status: Int) async throws -> Answer {
                try await api.expect(.POST, "/batch", as: sara, body: ["operations": .array(operations)], status: status)
            }
            try await api.expect(.POST, "/blog/posts", as: sara, body: ["title": "One"], status: 201)
            let tag = try #require(try await api.expect(.GET, "/blog/posts/one", status: 200).headers.first(name: "etag"))
            let change: JSONValue = [
                "method": "PATCH", "path": "/blog/posts/one", "if_match": .string(tag), "body": ["title": "Two"],
            ]
            let new: JSONValue = ["method": "POST", "path": "/blog/posts", "body": ["title": "Other"]]
            // The second asks for a version that the first has left behind: neither stands.
            let stale = try await batch(change, change, status: 412)
            #expect(stale.code == "PRECONDITION_FAILED")
            #expect(stale.faults == ["operations[1]"], "\(stale.faults)")
            try await api.expect(.GET, "/blog/posts/one", status: 200) { $0.text("title") == "One" }
            _ = try await batch(new, change, status: 200)
            for (method, path) in [("DELETE", "/blog/posts/one"), ("POST", "/blog/posts/one/publish")] {
                let late: JSONValue = ["method": "\(method)", "path": "\(path)", "if_match": .string(tag)]
                _ = try await batch(late, status: 412)
            }
            _ = try await batch(["method": "POST", "path": "/blog/posts/one/publish", "if_match": "*"], status: 200)
            for wrong: JSONValue in ["3", "\"", 3, true, ["a"]] {
                let refused = try await batch(["method": "DELETE", "path": "/blog/posts/one", "if_match": wrong], status: 400)
                #expect(refused.faults == ["operations[0].if_match"], "\(wrong): \(refused.faults)")
            }
            _ = try await batch(["method": "POST", "path": "/blog/posts", "if_match": .string(tag), "body": ["title": "x"]], status: 400)
        }
    }

    @Test("Edges are made and taken away, members set, added and removed, among other writes")
    func relations() async throws {
        let relations = """

            [collections.posts.fields.readers]
            type = "refs"
            to = "users"
            [collections.users]
            allow = { read = "true" }
            [collections.follows]
            key = ["user", "target"]
            allow = { read = "true", create = "me != null", update = "user == me", delete = "user == me" }
            [collections.follows.fields]
            user = { type = "ref", to = "users", required = true, stamp = "me" }
            target = { type = "ref", to = "users", required = true }
            note = "string"
            """
        try await OwnSite.run(Self.town + relations, users: ["sara": "USER", "omid": "USER"]) { site in
            let (api, sara, omid) = (site.api, site["sara"], site["omid"])
            func batch(_ operations: JSONValue..., status: Int = 200, as caller: Caller? = nil) async throws -> Answer {
                try await api.expect(.POST, "/batch", as: caller ?? sara, body: ["operations": .array(operations)], status: status)
            }
            let edge: JSONValue = .string("/follows/\(omid.id)")
            let many: JSONValue = "/blog/posts/one/readers"
            let answer = try await batch(
                ["method": "POST", "path": "/blog/posts", "body": ["title": "One"]], ["method": "PUT", "path": edge],
                ["method": "PUT", "path": edge, "body": ["note": "again"]],
                ["method": "PUT", "path": many, "body": [.string(omid.id)]],
                ["method": "POST", "path": many, "body": .string(sara.id)],
                ["method": "DELETE", "path": .string("/blog/posts/one/readers/\(omid.id)")])
            let items = answer.data.array ?? []
            try #require(items.compactMap { $0["status"]?.integer } == [201, 201, 200, 200, 200, 204], "\(answer.data.text)")
            #expect(items[2]["data"]?["note"] == "again" && items[5]["data"] == .null)
            try await api.expect(.GET, "/follows/\(omid.id)", as: sara, status: 200) { $0.text("note") == "again" }
            try await api.expect(.GET, "/blog/posts/one", as: sara, status: 200) { $0.data["readers"]?.array?.count == 1 }
            // All or none, and under the same rules as by themselves.
            let away: JSONValue = ["method": "DELETE", "path": edge]
            _ = try await batch(away, ["method": "PUT", "path": many, "body": ["none"]], status: 400)
            #expect(
                try await batch(away, ["method": "PUT", "path": many, "body": []], status: 403, as: omid).faults == ["operations[1]"])
            #expect(try await batch(["method": "PUT", "path": "/follows/x"], status: 400).faults == ["operations[0].body.target"])
            let tag = try await api.expect(.GET, "/follows/\(omid.id)", as: sara, status: 200).headers.first(name: "etag") ?? ""
            let dated: JSONValue = ["method": "PUT", "path": edge, "if_match": .string(tag)]
            #expect(try await batch(dated, status: 400).faults == ["operations[0].if_match"])
            try await api.expect(.POST, "/batch", body: ["operations": [away]], status: 401)
            try await api.expect(.GET, "/follows/\(omid.id)", as: sara, status: 200)
            _ = try await batch(away, away)
            try await api.expect(.GET, "/follows/\(omid.id)", as: sara, status: 404)
        }
    }

    @Test("All or none, in order, each seeing what came before; faults name their operation")
    func batch() async throws {
        try await OwnSite.run(Self.town, users: ["sara": "USER", "omid": "USER"]) { site in
            let api = site.api
            let sara = site["sara"]
            func operation(_ method: String, _ path: String, _ body: JSONValue? = nil) -> JSONValue {
                var members = [JSONMember(name: "method", value: .string(method)), JSONMember(name: "path", value: .string(path))]
                if let body { members.append(JSONMember(name: "body", value: body)) }
                return .object(members)
            }
            func count() async throws -> Int64? {
                try await api.expect(.GET, "/blog/posts", status: 200).json?["meta"]?["pagination"]?["total_items"]?.integer
            }
            let answer = try await api.expect(
                .POST, "/batch", as: sara,
                body: [
                    "operations": [
                        operation("POST", "/blog/posts", ["title": "One"]), operation("POST", "/api/v1/blog/posts", ["title": "One"]),
                        operation("POST", "/blog/posts/one/publish"), operation("PATCH", "/blog/posts/one", ["title": "First"]),
                        operation("DELETE", "/blog/posts/one-2"),
                    ]
                ], status: 200)
            let statuses = (answer.data.array ?? []).compactMap { $0["status"]?.integer }
            #expect(statuses == [201, 201, 200, 200, 204])
            #expect(answer.data.array?[2]["data"]?["status"] == "public")
            #expect(answer.data.array?[3]["data"]?["title"] == "First")
            #expect(answer.data.array?[4]["data"] == .null)
            #expect(try await count() == 1)

            func refused(_ operations: [JSONValue], _ status: Int, _ faults: [String], as caller: Caller? = nil) async throws {
                try await api.expect(
                    .POST, "/batch", as: caller ?? sara, body: ["operations": .array(operations)], status: status
                ) { $0.faults == faults }
                #expect(try await count() == 1)
            }
            let good = operation("POST", "/blog/posts", ["title": "Two"])
            try await refused(
                [good, operation("POST", "/blog/posts", ["titel": "x"])], 400, ["operations[1].body.titel", "operations[1].body.title"])
            try await refused([good, operation("POST", "/blog/posts", ["title": "x", "slug": "one"])], 409, ["operations[1].body.slug"])
            try await refused([good, operation("PATCH", "/blog/posts/none", ["title": "x"])], 404, ["operations[1]"])
            try await refused([good, operation("POST", "/blog/posts/one/publish")], 409, ["operations[1]"])
            try await refused([good, operation("PATCH", "/blog/posts/one", ["title": "x"])], 403, ["operations[1]"], as: site["omid"])
            try await refused([good, operation("GET", "/blog/posts")], 400, ["operations[1].path"])
            try await refused([good, operation("POST", "/auth/login", [:])], 400, ["operations[1].path"])
            try await refused([], 400, ["operations"])
            try await refused(Array(repeating: good, count: 101), 400, ["operations"])
            try await api.expect(.POST, "/batch", body: ["operations": [good]], status: 401)
            try await api.expect(.POST, "/batch", as: sara, body: ["operations": [good], "x": 1], status: 400) { $0.faults == ["x"] }
            try await api.expect(.POST, "/batch", as: sara, body: [1], status: 400)
            #expect(try await count() == 1)
        }
    }
}
