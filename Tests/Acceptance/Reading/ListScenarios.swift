import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("Reading: lists")
struct ListScenarios {
    private static let town = """
        [rules]
        admin = "me.role == 'ADMIN'"

        [collections.users.fields]
        role = { type = "enum", values = ["ADMIN", "USER"], default = "USER", write = "false" }

        [collections.tags]
        lookup = "slug"
        allow = { read = "true", create = "admin" }
        fields = { slug = { type = "slug", unique = true, required = true } }

        [collections.salons]
        sort = ["rating", "name"]
        filters = { price = "price_tier == $", tag = "$ in tags.slug", min_rating = "rating >= $", kind = "kind == $", size = "name == $", product = "price_tier * 3000000000000000000 >= $" }
        allow = { read = "true", create = "admin" }

        [collections.salons.fields]
        name = { type = "string", required = true }
        price_tier = { type = "int", min = 1, max = 4, filter = true }
        rating = "float"
        kind = { type = "enum", values = ["SALON", "ARTIST"], default = "SALON" }
        size = { type = "int", filter = true }
        phone = { type = "string", read = "admin", filter = true }
        tags = { type = "refs", to = "tags" }
        """

    private static func names(_ answer: Answer) -> [String] { (answer.data.array ?? []).compactMap { $0["name"]?.string } }

    private static func seeded(_ body: (OwnSite) async throws -> Void) async throws {
        try await OwnSite.run(town, users: ["admin": "ADMIN"]) { site in
            var tags: [String] = []
            for slug in ["a", "b", "c"] {
                let made = try await site.api.expect(.POST, "/tags", as: site["admin"], body: ["slug": .string(slug)], status: 201)
                tags.append(try #require(made.text("id")))
            }
            for number in 0..<23 {
                let rating: JSONValue = number % 4 == 0 ? .null : .integer(Int64(number % 3))
                let body: JSONValue = [
                    "name": .string("S\(number + 10)"), "price_tier": .integer(Int64(number % 4 + 1)), "rating": rating,
                    "phone": .string("0\(number)"), "tags": number < 3 ? [.string(tags[number])] : [],
                ]
                try await site.api.expect(.POST, "/salons", as: site["admin"], body: body, status: 201)
            }
            try await body(site)
        }
    }

    @Test("A cursor walks all records once in any order, nulls included, while others are added")
    func cursors() async throws {
        try await Self.seeded { site in
            let api = site.api
            for sort in ["", "&sort=rating", "&sort=-rating", "&sort=-rating,name", "&sort=rating,-name", "&sort=name", "&sort=-id"] {
                var seen: [String] = []
                var cursor = ""
                repeat {
                    let page = try await api.expect(.GET, "/salons?cursor=\(cursor)&page_size=4\(sort)", status: 200) {
                        let pagination = $0.json?["meta"]?["pagination"]
                        return pagination?["total_items"] == nil && pagination?["page"] == nil && pagination?["page_size"]?.integer == 4
                    }
                    seen += Self.names(page)
                    cursor = page.json?["meta"]?["pagination"]?["next_cursor"]?.string ?? ""
                    #expect(seen.count < 100)
                } while !cursor.isEmpty && seen.count < 100
                let whole = try await api.expect(.GET, "/salons?page_size=100\(sort)", status: 200)
                #expect(seen == Self.names(whole), "\(sort)")
                #expect(seen.count == 23)
            }
            // New records come first in the default order: the walk that has begun does not see them, nor anything twice.
            let first = try await api.expect(.GET, "/salons?cursor=&page_size=20", status: 200)
            let cursor = try #require(first.json?["meta"]?["pagination"]?["next_cursor"]?.string)
            try await api.expect(.POST, "/salons", as: site["admin"], body: ["name": "New"], status: 201)
            let second = try await api.expect(.GET, "/salons?cursor=\(cursor)&page_size=20", status: 200)
            #expect(Self.names(second) == ["S12", "S11", "S10"])
            #expect(second.json?["meta"]?["pagination"]?["next_cursor"] == .null)
            for bad in [
                "cursor=x", "cursor=\(cursor)&sort=name", "cursor=\(cursor.dropLast())", "cursor=&page=1", "cursor=&count=none",
            ] {
                try await api.expect(.GET, "/salons?\(bad)", status: 400)
            }
            try await api.expect(.GET, "/tags?cursor=\(cursor)", status: 400) { $0.faults == ["cursor"] }
        }
    }

    @Test("Declared filters replace built-in ones and take what their field can hold, several with commas")
    func filters() async throws {
        try await Self.seeded { site in
            let api = site.api
            func count(_ query: String, _ expected: Int64) async throws {
                try await api.expect(.GET, "/salons?\(query)", status: 200) {
                    $0.json?["meta"]?["pagination"]?["total_items"]?.integer == expected
                }
            }
            try await count("price=1", 6)
            try await count("price=1,2", 12)
            try await count("price_tier_gte=3", 11)
            try await count("price_tier=4,3", 11)
            try await count("tag=a", 1)
            try await count("tag=a,b", 2)
            try await count("tag=a,b&price=1", 1)
            try await count("min_rating=1.5", 5)
            try await count("kind=ARTIST", 0)
            try await count("kind=ARTIST,SALON", 23)
            try await count("size=S10", 1)
            try await count("size=S10,S11", 0)
            try await count("tag=%27%20OR%201%3D1%20--", 0)
            for (bad, place) in [
                ("price=9", "price"), ("price=1,9", "price"), ("price=x", "price"), ("price=1.5", "price"), ("price_tier=9", "price_tier"),
                ("price_tier_lt=0", "price_tier_lt"), ("min_rating=abc", "min_rating"), ("min_rating=0x10", "min_rating"),
                ("kind=OTHER", "kind"), ("unknown=1", "unknown"), ("page=0", "page"), ("page_size=1000", "page_size"),
                ("sort=phone", "sort"),
                ("sort=owners.phone", "sort"), ("q=x", "q"), ("page=600&page_size=20", "page"),
            ] {
                try await api.expect(.GET, "/salons?\(bad)", status: 400) { $0.faults == [place] }
            }
            // 4 × 3·10¹⁸ is more than 64 bits hold, which is no fault of the store.
            try await api.expect(.GET, "/salons?product=0", status: 400) { $0.code == "VALIDATION_ERROR" }
            try await api.expect(.GET, "/salons?phone=01", status: 403)
            try await api.expect(.GET, "/salons?phone_gt=01", status: 403)
            try await api.expect(.GET, "/salons?phone=01", as: site["admin"], status: 200) { Self.names($0) == ["S11"] }
        }
    }

    @Test("A page has an ETag that follows what it shows")
    func tags() async throws {
        try await Self.seeded { site in
            let api = site.api
            let tag = try #require(
                try await api.expect(.GET, "/salons?page_size=2&sort=name", status: 200).headers.first(name: "etag"))
            try await api.expect(.GET, "/salons?page_size=2&sort=name", headers: ["if-none-match": tag], status: 304)
            try await api.expect(.POST, "/salons", as: site["admin"], body: ["name": "Z"], status: 201)
            // The same records of a greater total.
            try await api.expect(.GET, "/salons?page_size=2&sort=name", headers: ["if-none-match": tag], status: 200)
        }
    }
}
