import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("Reading: views and figures")
struct ViewScenarios {
    private static let town = """
        [app]
        timezone = "Asia/Tehran"

        [rules]
        admin = "me.role == 'ADMIN'"

        [collections.users.fields]
        role = { type = "enum", values = ["ADMIN", "USER"], default = "USER", write = "false" }

        [collections.posts]
        lookup = "slug"
        [collections.posts.allow]
        read = "status != 'DRAFT' or admin"
        list = "status == 'PUBLIC' or admin"
        create = "admin"
        update = "admin"
        [collections.posts.fields]
        title = { type = "string", required = true }
        slug = { type = "slug", from = "title", unique = true }
        status = { type = "enum", values = ["PUBLIC", "UNLISTED", "DRAFT"], default = "PUBLIC" }
        topics = { type = "flags", values = ["hair", "nails", "skin"] }
        price = { type = "decimal", precision = 10, scale = 2 }
        shown_at = "datetime"

        [views.related]
        path = "posts/{slug}/related"
        allow = "true"
        of = "posts"
        given = "first(all.posts where slug == input.slug)"
        where = "id != given.id and overlap(topics, given.topics) > 0"
        order = ["-overlap(topics, given.topics)", "title"]
        limit = 5

        [views.dashboard]
        path = "dashboard"
        allow = "admin"
        [views.dashboard.figures]
        posts = { of = "posts", growth = "30d" }
        by_status = { of = "posts", by = "status" }
        top = { of = "posts", by = "status", order = "-value", limit = 1 }
        revenue = { of = "posts.price", agg = "sum", where = "status == 'PUBLIC'" }
        mean = { of = "posts.price", agg = "avg" }
        most = { of = "posts.price", agg = "max", where = "status == 'UNLISTED' and price == null" }

        [views.open]
        path = "open"
        allow = "true"
        [views.open.figures]
        posts = { of = "posts" }

        [views.stats]
        path = "stats"
        allow = "admin"
        input = { from = { type = "datetime", required = true }, to = { type = "datetime", required = true } }
        checks = [{ rule = "input.from < input.to and input.to <= input.from + 366d", message = "a year at most" }]
        [views.stats.figures]
        shown = { of = "posts", where = "shown_at in input.from..input.to", by = "day(shown_at)" }
        months = { of = "posts", by = "month(shown_at)" }
        """

    @Test("Rows: what is related, the caller's own rules holding; no record, no answer")
    func rows() async throws {
        try await OwnSite.run(Self.town, users: ["admin": "ADMIN", "sara": "USER"]) { site in
            let api = site.api
            for (title, topics, status) in [
                ("A", ["hair", "nails"], "PUBLIC"), ("B", ["hair"], "PUBLIC"), ("C", ["hair", "nails", "skin"], "PUBLIC"),
                ("D", ["skin"], "PUBLIC"),
                ("E", ["nails"], "DRAFT"), ("F", ["nails"], "UNLISTED"),
            ] {
                try await api.expect(
                    .POST, "/posts", as: site["admin"],
                    body: ["title": .string(title), "topics": .array(topics.map { .string($0) }), "status": .string(status)], status: 201)
            }
            func titles(_ path: String, as caller: Caller? = nil) async throws -> [String] {
                try await api.expect(.GET, path, as: caller, status: 200).data.array?.compactMap { $0["title"]?.string } ?? []
            }
            #expect(try await titles("/posts/a/related") == ["C", "B"])
            #expect(try await titles("/posts/a/related", as: site["admin"]) == ["C", "B", "E", "F"])
            #expect(try await titles("/posts/f/related") == ["A", "C"])
            try await api.expect(.GET, "/posts/e/related", status: 404)
            try await api.expect(.GET, "/posts/none/related", status: 404)
            try await api.expect(.GET, "/posts/a/related?x=1", status: 400) { $0.faults == ["x"] }
            try await api.expect(.GET, "/posts/a", status: 200)
        }
    }

    @Test("Figures: totals with what they were, groups, days and months without records as zero")
    func figures() async throws {
        try await OwnSite.run(Self.town, users: ["admin": "ADMIN", "sara": "USER"]) { site in
            let api = site.api
            let admin = site["admin"]
            // 21:00 UTC is the next day in Tehran.
            for (title, status, price, shown) in [
                ("A", "PUBLIC", "10.00", "2026-01-01T10:00:00Z"), ("B", "PUBLIC", "0.05", "2026-01-01T21:00:00Z"),
                ("C", "DRAFT", "5.00", "2026-01-04T10:00:00Z"), ("D", "UNLISTED", "5.00", "2026-04-01T10:00:00Z"),
            ] {
                let body: JSONValue = [
                    "title": .string(title), "status": .string(status), "price": .string(price), "shown_at": .string(shown),
                ]
                try await api.expect(.POST, "/posts", as: admin, body: body, status: 201)
            }
            let dashboard = try await api.expect(.GET, "/dashboard", as: admin, status: 200).data
            #expect(dashboard["posts"] == ["value": 4, "previous": 0])
            #expect(
                dashboard["by_status"]
                    == [["key": "DRAFT", "value": 1], ["key": "PUBLIC", "value": 2], ["key": "UNLISTED", "value": 1]])
            #expect(dashboard["top"] == [["key": "PUBLIC", "value": 2]])
            #expect(dashboard["revenue"] == ["value": "10.05"])
            #expect(dashboard["mean"] == ["value": "5.01"])
            #expect(dashboard["most"] == ["value": .null])
            try await api.expect(.GET, "/dashboard", as: site["sara"], status: 403)
            try await api.expect(.GET, "/dashboard", status: 401)
            try await api.expect(.GET, "/dashboard?x=1", as: admin, status: 400)
            // What is counted is what he may read.
            try await api.expect(.GET, "/open", status: 200) { $0.data["posts"] == ["value": 3] }
            try await api.expect(.GET, "/open", as: admin, status: 200) { $0.data["posts"] == ["value": 4] }

            let stats = try await api.expect(.GET, "/stats?from=2026-01-01T00:00:00Z&to=2026-01-05T00:00:00Z", as: admin, status: 200).data
            let days = (stats["shown"]?.array ?? []).map { [$0["key"]?.string ?? "", $0["value"]?.integer.map(String.init) ?? ""] }
            #expect(
                days == [
                    ["2025-12-31T20:30:00.000Z", "1"], ["2026-01-01T20:30:00.000Z", "1"], ["2026-01-02T20:30:00.000Z", "0"],
                    ["2026-01-03T20:30:00.000Z", "1"], ["2026-01-04T20:30:00.000Z", "0"],
                ])
            let months = (stats["months"]?.array ?? []).compactMap { $0["value"]?.integer }
            #expect(months == [3, 0, 0, 1])
            try await api.expect(.GET, "/stats?from=2027-01-01T00:00:00Z&to=2027-01-03T00:00:00Z", as: admin, status: 200) {
                $0.data["shown"]?.array?.count == 3 && $0.data["shown"]?.array?.allSatisfy { $0["value"] == 0 } == true
            }
            for bad in [
                "", "?from=2026-01-01T00:00:00Z", "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
                "?from=1976-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "?from=x&to=y",
            ] {
                try await api.expect(.GET, "/stats\(bad)", as: admin, status: 400)
            }
            try await api.expect(.GET, "/stats", status: 401)
        }
    }
}
