import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("Relations: expansions, references inside values, what deletions do")
struct ExpansionScenarios {
    private static let town = """
        [media.image]
        allow = "signed_in"
        [media.image.variants]
        thumb = { size = 100 }

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
