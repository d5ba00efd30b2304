import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("Relations: expansions, references inside values, what deletions do")
struct ExpansionScenarios {
    static let town = """
        [media.image]
        allow = "signed_in"
        [media.image.variants]
        thumb = { size = 100 }

        [media.paper]
        allow = "signed_in"
        visibility = "private"

        [collections.letters]
        allow = { read = "reader == me or writer == me", create = "signed_in" }

        [collections.letters.fields]
        writer = { type = "ref", to = "users", stamp = "me" }
        reader = { type = "ref", to = "users", required = true }
        scan = { type = "media", kind = "paper" }
        sealed = { type = "media", kind = "paper", read = "writer == me" }
        pages = { type = "medias", kind = "paper" }

        [collections.letters.fields.papers]
        type = "list"
        [collections.letters.fields.papers.fields]
        file = { type = "media", kind = "paper" }

        [collections.provinces]
        allow = { read = "true", create = "admin", delete = "admin" }
        fields = { name = { type = "string", required = true } }

        [collections.cities]
        allow = { read = "true", create = "admin", delete = "admin" }
        fields = { name = { type = "string", required = true }, province = { type = "ref", to = "provinces", required = true } }

        [collections.salons]
        card = ["name"]
        allow = { read = "open or admin", create = "admin", update = "admin", delete = "admin" }

        [collections.salons.fields]
        name = { type = "string", required = true }
        open = { type = "bool", default = true }
        city = { type = "ref", to = "cities" }
        cover = { type = "media", kind = "image" }

        [collections.salons.fields.documents]
        type = "list"
        [collections.salons.fields.documents.fields]
        title = { type = "string", required = true }
        file = { type = "media", kind = "image" }

        [collections.reviews]
        allow = { read = "true", create = "signed_in", delete = "admin" }
        fields = { text = { type = "string", required = true }, about = { type = "ref", to = ["salons", "cities"], required = true, on_delete = "null" } }
        """

    @Test("Paths of up to three steps, unions, children; a stranger sees the card")
    func expansions() async throws {
        try await RelationSite.run(Self.town) { site in
            let api = site.api
            let province = try await site.create("/provinces", ["name": "Fars"])
            let city = try await site.create("/cities", ["name": "Shiraz", "province": .string(province)])
            let salon = try await site.create("/salons", ["name": "Elahe", "city": .string(city)])
            let review = try await site.create("/reviews", ["text": "fine", "about": .string("salons:\(salon)")], as: site.sara)
            let path = "/reviews/\(review)"
            try await api.expect(.GET, path + "?expand=about.city.province", status: 200) {
                $0.text("expanded", "about", "expanded", "city", "expanded", "province", "name") == "Fars"
            }
            try await api.expect(.GET, "/reviews?expand=about.province,about.city", status: 200) {
                $0.data.array?[0]["expanded"]?["about"]?["expanded"]?["city"]?["name"] == "Shiraz"
            }
            try await api.expect(.GET, "/cities/\(city)?expand=salons.cover,salons.city", status: 200) {
                let salons = $0.data["expanded"]?["salons"] ?? .null
                return salons.each("name") == ["Elahe"] && salons.array?[0]["expanded"]?["city"]?["name"] == "Shiraz"
            }
            try await api.expect(.GET, path, status: 200) { $0.data["expanded"] == nil }
            for wrong in ["about.city.province.x", "about.nothing", "nothing", "about.", "", "text", "about.city.province.cities"] {
                try await api.expect(.GET, path + "?expand=\(wrong)", status: 400) { $0.faults == ["expand"] }
            }
            try await api.expect(.PATCH, "/salons/\(salon)", as: site.admin, body: ["open": false], status: 200)
            try await api.expect(.GET, path + "?expand=about.city", status: 200) {
                $0.data["expanded"]?["about"] == ["id": .string(salon), "name": "Elahe"]
            }
            // A hard deletion: refused where somebody needs it, and a reference of several kinds becomes null.
            try await api.expect(.DELETE, "/provinces/\(province)", as: site.admin, status: 409) { $0.code == "IN_USE" }
            try await api.expect(.DELETE, "/salons/\(salon)", as: site.admin, status: 204)
            try await api.expect(.GET, path, status: 200) { $0.data["about"] == .null }
            try await api.expect(.DELETE, "/cities/\(city)", as: site.admin, status: 204)
        }
    }

    @Test("A private file is for whoever may read a record that holds it, in a field that he may read")
    func privateFiles() async throws {
        try await RelationSite.run(Self.town) { site in
            let api = site.api
            let file = try await Photograph.jpeg(width: 40, height: 30)
            func upload(_ kind: String = "paper") async throws -> String {
                try #require(try await api.upload(file, named: "a.jpg", kind: kind, as: site.sara, status: 202).text("id"))
            }
            func content(_ id: String, as caller: Caller?, _ status: Int) async throws {
                let answer = Answer(try await api.open(.GET, "/media/\(id)/content", as: caller).finish())
                #expect(answer.status == status)
                if status == 200 { #expect(answer.body == file && answer.headers.first(name: "content-type") == "image/jpeg") }
            }
            let (scan, sealed, page, paper, loose) = (
                try await upload(), try await upload(), try await upload(), try await upload(), try await upload()
            )
            _ = try await site.create(
                "/letters",
                [
                    "reader": .string(site.omid.id), "scan": .string(scan), "sealed": .string(sealed), "pages": [.string(page)],
                    "papers": [["file": .string(paper)]],
                ], as: site.sara)
            for id in [scan, page, paper] { try await content(id, as: site.omid, 200) }
            for id in [sealed, loose, nobodysID, "x"] { try await content(id, as: site.omid, 404) }
            for id in [scan, sealed, page, paper, loose] {
                try await content(id, as: site.sara, 200)
                try await content(id, as: site.admin, 404)
                try await content(id, as: nil, 404)
            }
            try await api.expect(.GET, "/media/\(scan)/content?x=1", as: site.omid, status: 400)
        }
    }

    @Test("A file inside a list: only one's own, and not deleted while it is in use")
    func parts() async throws {
        try await RelationSite.run(Self.town) { site in
            let api = site.api
            let file = try await Photograph.jpeg(width: 40, height: 30)
            let own = try #require(try await api.upload(file, named: "a.jpg", as: site.admin, status: 202).text("id"))
            let foreign = try #require(try await api.upload(file, named: "b.jpg", as: site.sara, status: 202).text("id"))
            func documents(_ files: [String]) -> JSONValue { .array(files.map { ["title": "T", "file": .string($0)] }) }
            let bad: JSONValue = ["name": "X", "documents": documents([own, foreign, nobodysID])]
            try await api.expect(.POST, "/salons", as: site.admin, body: bad, status: 400) {
                $0.faults == ["documents[1].file", "documents[2].file"]
            }
            let salon = try await site.create("/salons", ["name": "X", "documents": documents([own])])
            try await api.expect(.DELETE, "/media/\(own)", as: site.admin, status: 409) { $0.code == "IN_USE" }
            try await api.expect(
                .PATCH, "/salons/\(salon)", as: site.admin, body: ["documents": documents([own, foreign])], status: 400
            ) { $0.faults == ["documents[1].file"] }
            try await api.expect(.PATCH, "/salons/\(salon)", as: site.admin, body: ["documents": documents([own, own])], status: 200)
            try await api.expect(.PATCH, "/salons/\(salon)", as: site.admin, body: ["documents": []], status: 200)
            try await api.expect(.DELETE, "/media/\(own)", as: site.admin, status: 204)
            // What a record held when it was removed is free as well.
            let other = try await site.create("/salons", ["name": "Y"])
            try await api.expect(.PATCH, "/salons/\(other)", as: site.admin, body: ["cover": .string(foreign)], status: 400) {
                $0.faults == ["cover"]
            }
        }
    }
}
