import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("Reading: pages, seo, sitemap")
struct SitemapScenarios {
    private static let town = """
        [app]
        site_url = "https://sevra.example/"

        [rules]
        admin = "me.role == 'ADMIN'"

        [collections.users.fields]
        role = { type = "enum", values = ["ADMIN", "USER"], default = "USER", write = "false" }

        [collections.provinces]
        page = "/atlas/{slug}"
        allow = { read = "true", create = "admin" }
        fields = { slug = { type = "slug", unique = true, required = true } }

        [collections.posts]
        lookup = "slug"
        page = "/{province.slug}/post/{slug}"
        label = "«{title}»"
        soft_delete = true
        seo = true
        sitemap = { when = "title != 'Unwanted'", priority = "= if(hot, 0.9, 0.3)" }
        [collections.posts.allow]
        read = "status != 'DRAFT' or admin"
        list = "status == 'PUBLIC'"
        create = "admin"
        update = "admin"
        delete = "admin"
        [collections.posts.fields]
        title = { type = "string", required = true }
        slug = { type = "slug", from = "title", unique = true }
        hot = { type = "bool", default = false }
        status = { type = "enum", values = ["PUBLIC", "UNLISTED", "DRAFT"], default = "PUBLIC" }
        province = { type = "ref", to = "provinces", required = true }

        [collections.secrets]
        page = "/secrets/{id}"
        allow = { read = "admin", create = "admin" }
        fields = { name = "string" }
        """

    @Test("seo has its defaults; the sitemap holds what anybody may list, and follows each commit")
    func sitemap() async throws {
        try await OwnSite.run(Self.town, users: ["admin": "ADMIN"]) { site in
            let api = site.api
            let admin = site["admin"]
            let province = try #require(
                try await api.expect(.POST, "/provinces", as: admin, body: ["slug": "fars"], status: 201).text("id"))
            func create(_ title: String, _ more: JSONValue = [:]) async throws -> Answer {
                var body: [JSONMember] = [
                    JSONMember(name: "title", value: .string(title)), JSONMember(name: "province", value: .string(province)),
                ]
                body += more.members ?? []
                return try await api.expect(.POST, "/posts", as: admin, body: .object(body), status: 201)
            }
            func locations() async throws -> [String] {
                let raw = try await api.expect(.GET, "//sitemap.xml", status: 200)
                #expect(raw.headers.first(name: "content-type") == "application/xml")
                let text = String(decoding: raw.body, as: UTF8.self)
                return text.split(separator: "\n").compactMap { line in
                    guard line.hasPrefix("<url><loc>") else { return nil }
                    return String(line.dropFirst("<url><loc>".count).prefix { $0 != "<" })
                }
            }
            let root = "https://sevra.example"
            #expect(try await locations() == ["\(root)/atlas/fars"])
            let first = try await create("It's \"one\"")
            #expect(first.text("seo", "title") == "«It's \"one\"»")
            #expect(first.text("seo", "canonical") == "\(root)/fars/post/it-s-one")
            #expect(first.data["seo"]?["description"] == .null)
            let id = try #require(first.text("id"))
            try await api.expect(.PATCH, "/posts/\(id)", as: admin, body: ["seo": ["title": "Own", "description": "About"]], status: 200) {
                $0.text("seo", "title") == "Own" && $0.text("seo", "canonical") == "\(root)/fars/post/it-s-one"
            }
            _ = try await create("سالن", ["hot": true])
            _ = try await create("Unwanted")
            _ = try await create("Unlisted", ["status": "UNLISTED"])
            _ = try await create("Draft", ["status": "DRAFT"])
            try await api.expect(.POST, "/secrets", as: admin, body: ["name": "x"], status: 201)
            #expect(
                try await locations() == [
                    "\(root)/fars/post/%D8%B3%D8%A7%D9%84%D9%86", "\(root)/atlas/fars", "\(root)/fars/post/it-s-one",
                ])
            try await api.expect(.DELETE, "/posts/\(id)", as: admin, status: 204)
            #expect(try await locations().count == 2)
            let robots = String(decoding: try await api.expect(.GET, "//robots.txt", status: 200).body, as: UTF8.self)
            #expect(robots.contains("Disallow: /api\n") && robots.contains("Disallow: /backoffice\n") && robots.contains("/sitemap.xml\n"))
            try await api.expect(.GET, "//sitemaps/1.xml", status: 404)
            try await api.expect(.GET, "//sitemap.xml?x=1", status: 400)
        }
    }
}
