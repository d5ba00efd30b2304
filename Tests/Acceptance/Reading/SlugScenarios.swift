import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("Reading: slugs, and what happens when they change")
struct SlugScenarios {
    private static let town = """
        [rules]
        admin = "me.role == 'ADMIN'"

        [collections.users.fields]
        role = { type = "enum", values = ["ADMIN", "USER"], default = "USER", write = "false" }

        [collections.redirects.allow]
        read = "admin"
        create = "admin"

        [collections.provinces]
        lookup = "slug"
        page = "/atlas/{slug}"
        allow = { read = "true", create = "admin", update = "admin" }
        [collections.provinces.fields]
        name = { type = "string", required = true }
        slug = { type = "slug", from = "name", unique = true }

        [collections.cities]
        page = "/atlas/city/{province.slug}/{slug}"
        unique = [["province", "slug"]]
        allow = { read = "true", create = "admin", update = "admin" }
        [collections.cities.fields]
        name = { type = "string", required = true }
        slug = { type = "slug", from = "name" }
        province = { type = "ref", to = "provinces", required = true }

        [collections.salons]
        lookup = "slug"
        page = "/atlas/salon/{slug}"
        soft_delete = true
        allow = { read = "status == 'ACTIVE' or admin", create = "me != null", update = "me != null", delete = "admin" }
        [collections.salons.fields]
        name = { type = "string", required = true }
        slug = { type = "slug", from = "name", unique = true, max = 20 }
        status = { type = "enum", values = ["ACTIVE", "SUSPENDED"], default = "ACTIVE" }
        """

    @Test("Slugs are made, numbered within their length, refused where nothing can be made")
    func made() async throws {
        try await OwnSite.run(Self.town, users: ["admin": "ADMIN"]) { site in
            let api = site.api
            func slug(_ name: String) async throws -> String? {
                try await api.expect(.POST, "/salons", as: site["admin"], body: ["name": .string(name)], status: 201).text("slug")
            }
            #expect(try await slug("آرایشگاه  مریم") == "آرایشگاه-مریم")
            #expect(try await slug("كيك") == "کیک")
            #expect(try await slug("کیک") == "کیک-2")
            #expect(try await slug("Café Über!") == "cafe-uber")
            #expect(try await slug("--a--b--") == "a-b")
            #expect(try await slug("a b") == "a-b-2")
            #expect(try await slug("twenty letters and more") == "twenty-letters-and-m")
            #expect(try await slug("twenty letters and mo") == "twenty-letters-and-2")
            let slugs = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<20 { group.addTask { try await slug("Twenty at once") } }
                return try await group.reduce(into: Set<String>()) { if let slug = $1 { $0.insert(slug) } }
            }
            #expect(slugs.count == 20)
            #expect(slugs.allSatisfy { $0.unicodeScalars.count <= 20 })
            for bad in ["../x", "A B", String(repeating: "a", count: 21), "01890000-0000-7000-8000-000000000000"] {
                try await api.expect(
                    .POST, "/salons", as: site["admin"], body: ["name": "x", "slug": .string(bad)], status: 400
                ) { $0.faults == ["slug"] }
            }
            try await api.expect(.POST, "/salons", as: site["admin"], body: ["name": "💅✨"], status: 400) { $0.faults == ["slug"] }
            try await api.expect(.POST, "/salons", as: site["admin"], body: ["name": "💅", "slug": "nails"], status: 201)
            try await api.expect(.POST, "/salons", as: site["admin"], body: ["name": "x", "slug": "nails"], status: 409) {
                $0.faults == ["slug"]
            }
        }
    }

    @Test("A former slug leads to where the record is, without chains or loops, until a live record takes it")
    func moved() async throws {
        try await OwnSite.run(Self.town, users: ["admin": "ADMIN"]) { site in
            let api = site.api
            let admin = site["admin"]
            let id = try #require(
                try await api.expect(.POST, "/salons", as: admin, body: ["name": "A", "slug": "a"], status: 201).text("id"))
            func rename(_ slug: String) async throws {
                try await api.expect(.PATCH, "/salons/\(id)", as: admin, body: ["slug": .string(slug)], status: 200)
            }
            func resolved(_ path: String) async throws -> JSONValue {
                try await api.expect(.GET, "/redirects/resolve?path=\(path)", status: 200).data
            }
            func location(_ path: String, as caller: Caller? = nil) async throws -> String? {
                try await api.expect(.GET, path, as: caller, status: 301).headers.first(name: "location")
            }
            #expect(try await resolved("/atlas/salon/a") == .null)
            try await rename("b")
            #expect(try await location("/salons/a") == "/api/v1/salons/b")
            #expect(try await location("/salons/a?fields=name") == "/api/v1/salons/b?fields=name")
            #expect(try await resolved("/atlas/salon/a") == ["to": "/atlas/salon/b", "code": 301])
            try await rename("سی")
            #expect(try await location("/salons/a") == "/api/v1/salons/%D8%B3%DB%8C")
            #expect(try await location("/salons/b") == "/api/v1/salons/%D8%B3%DB%8C")
            try await rename("a")
            try await api.expect(.GET, "/salons/a", status: 200)
            #expect(try await location("/salons/b") == "/api/v1/salons/a")
            try await rename("c")
            // Another takes the name.
            let other = try #require(
                try await api.expect(.POST, "/salons", as: admin, body: ["name": "A"], status: 201) { $0.text("slug") == "a" }.text("id"))
            try await api.expect(.GET, "/salons/a", status: 200) { $0.text("id") == other }
            #expect(try await resolved("/atlas/salon/a") == .null)
            // Hidden from the caller: not even that it has moved is told.
            try await api.expect(.PATCH, "/salons/\(id)", as: admin, body: ["status": "SUSPENDED"], status: 200)
            try await api.expect(.GET, "/salons/b", status: 404)
            #expect(try await location("/salons/b", as: admin) == "/api/v1/salons/c")
            #expect(try await resolved("/atlas/salon/b") == .null)
            try await api.expect(.PATCH, "/salons/\(id)", as: admin, body: ["status": "ACTIVE"], status: 200)
            try await api.expect(.DELETE, "/salons/\(id)", as: admin, status: 204)
            try await api.expect(.GET, "/salons/b", status: 404)
            #expect(try await resolved("/nowhere") == .null)
            for bad in ["", "?path=", "?path=x", "?path=/a&x=1"] { try await api.expect(.GET, "/redirects/resolve\(bad)", status: 400) }
        }
    }

    @Test("Slugs within a province: each page has one city, former names of both are followed; declared redirects come first")
    func scoped() async throws {
        try await OwnSite.run(Self.town, users: ["admin": "ADMIN"]) { site in
            let api = site.api
            let admin = site["admin"]
            func create(_ path: String, _ body: JSONValue) async throws -> (id: String, slug: String) {
                let made = try await api.expect(.POST, path, as: admin, body: body, status: 201)
                return (made.text("id") ?? "", made.text("slug") ?? "")
            }
            func resolved(_ path: String) async throws -> String? {
                try await api.expect(.GET, "/redirects/resolve?path=\(path)", status: 200).data["to"]?.string
            }
            let fars = try await create("/provinces", ["name": "Fars"])
            let yazd = try await create("/provinces", ["name": "Yazd"])
            let one = try await create("/cities", ["name": "Shahriar", "province": .string(fars.id)])
            let two = try await create("/cities", ["name": "Shahriar", "province": .string(yazd.id)])
            let three = try await create("/cities", ["name": "Shahriar", "province": .string(yazd.id)])
            #expect([one.slug, two.slug, three.slug] == ["shahriar", "shahriar", "shahriar-2"])
            try await api.expect(.PATCH, "/cities/\(one.id)", as: admin, body: ["slug": "new"], status: 200)
            #expect(try await resolved("/atlas/city/fars/shahriar") == "/atlas/city/fars/new")
            #expect(try await resolved("/atlas/city/yazd/shahriar") == nil)
            try await api.expect(.PATCH, "/provinces/\(fars.id)", as: admin, body: ["slug": "pars"], status: 200)
            #expect(try await resolved("/atlas/city/fars/shahriar") == "/atlas/city/pars/new")
            #expect(try await resolved("/atlas/city/fars/new/") == "/atlas/city/pars/new")
            #expect(try await resolved("/atlas/fars") == "/atlas/pars")
            try await api.expect(.PATCH, "/cities/\(three.id)", as: admin, body: ["province": .string(fars.id)], status: 200)
            #expect(try await resolved("/atlas/city/yazd/shahriar-2") == "/atlas/city/pars/shahriar-2")
            _ = try await create("/redirects", ["from": "/old", "to": "/atlas/fars", "code": 302])
            try await api.expect(.GET, "/redirects/resolve?path=/old", status: 200) { $0.data == ["to": "/atlas/pars", "code": 302] }
            _ = try await create("/redirects", ["from": "/x", "to": "/y"])
            _ = try await create("/redirects", ["from": "/y", "to": "/x"])
            #expect(try await resolved("/x") == nil)
            try await api.expect(.GET, "/redirects", status: 401)
        }
    }
}
