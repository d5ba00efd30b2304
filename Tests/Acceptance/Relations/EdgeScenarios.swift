import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("Relations: edges")
struct EdgeScenarios {
    static let town = """
        [collections.salons]
        soft_delete = true
        allow = { read = "true", create = "admin", delete = "admin", restore = "admin" }
        fields = { name = { type = "string", required = true } }

        [collections.artists]
        allow = { read = "true", create = "admin", delete = "admin" }
        fields = { name = { type = "string", required = true } }

        [collections.posts]
        allow = { read = "admin", create = "admin" }
        fields = { name = { type = "string", required = true } }

        [collections.follows]
        key = ["user", "target"]
        expand = ["target"]
        allow = { read = "user == me", create = "signed_in", update = "user == me", delete = "user == me" }

        [collections.follows.fields]
        user = { type = "ref", to = "users", required = true, stamp = "me", on_delete = "cascade" }
        target = { type = "ref", to = ["salons", "artists", "posts"], required = true, on_delete = "cascade" }
        state = { type = "state", values = ["loud", "muted"] }

        [collections.follows.transitions]
        mute = { from = "loud", to = "muted", allow = "user == me" }

        [collections.votes]
        key = ["user", "salon", "kind"]
        allow = { read = "true", create = "signed_in", update = "user == me and is_like == false", delete = "user == me" }

        [collections.votes.fields]
        user = { type = "ref", to = "users", required = true, stamp = "me" }
        salon = { type = "ref", to = "salons", required = true, on_delete = "cascade" }
        kind = { type = "enum", values = ["price", "taste"], required = true }
        is_like = { type = "bool", required = true }
        """

    @Test("PUT is idempotent, DELETE is 204 either way; targets of several kinds; transitions stand below the key")
    func follows() async throws {
        try await RelationSite.run(Self.town) { site in
            let api = site.api
            let salon = try await site.create("/salons", ["name": "Elahe"])
            let artist = try await site.create("/artists", ["name": "Mina"])
            let post = try await site.create("/posts", ["name": "A draft"])
            let edge = "/follows/salons:\(salon)"
            try await api.expect(.GET, edge, as: site.sara, status: 404)
            let made = try await api.expect(.PUT, edge, as: site.sara, status: 201) {
                $0.text("target") == "salons:\(salon)" && $0.text("user") == site.sara.id
                    && $0.text("expanded", "target", "name") == "Elahe"
            }
            #expect(made.headers.first(name: "location")?.hasSuffix(edge) == true)
            try await api.expect(.PUT, edge, as: site.sara, body: [:], status: 200) {
                $0.data["id"] == made.data["id"] && $0.data["version"] == 1
            }
            try await api.expect(.PUT, "/follows/artists:\(artist)", as: site.sara, status: 201)
            try await api.expect(.GET, edge, as: site.sara, status: 200) { $0.data["id"] == made.data["id"] }
            try await api.expect(.GET, edge, as: site.omid, status: 404)
            #expect(try await api.count("/follows", as: site.sara) == 2)
            #expect(try await api.count("/follows?target=artists", as: site.sara) == 1)
            #expect(try await api.count("/follows", as: site.omid) == 0)
            try await api.expect(.GET, "/follows", status: 401)
            try await api.expect(.PUT, edge, status: 401)

            // No target of that kind: 400. What one cannot read or what is not there: 404.
            try await api.expect(.PUT, "/follows/users:\(site.sara.id)", as: site.sara, status: 400) { $0.faults == ["target"] }
            try await api.expect(.PUT, "/follows/salons:x", as: site.sara, status: 400)
            try await api.expect(.PUT, "/follows/salons:\(nobodysID)", as: site.sara, status: 404)
            try await api.expect(.PUT, "/follows/posts:\(post)", as: site.sara, status: 404)
            try await api.expect(.PUT, edge, as: site.sara, body: ["target": "x"], status: 400) { $0.faults == ["target"] }
            try await api.expect(.POST, "/follows", as: site.sara, body: ["target": .string("salons:\(salon)")], status: 405)

            try await api.expect(.POST, edge + "/mute", as: site.sara, status: 200) { $0.text("state") == "muted" }
            try await api.expect(.POST, edge + "/mute", as: site.sara, status: 409)
            try await api.expect(.POST, edge + "/mute", as: site.omid, status: 404)

            try await api.expect(.DELETE, "/follows/artists:\(artist)", as: site.sara, status: 204)
            try await api.expect(.DELETE, "/follows/artists:\(artist)", as: site.sara, status: 204)
            try await api.expect(.DELETE, edge, as: site.omid, status: 204)
            #expect(try await api.count("/follows", as: site.sara) == 1)
        }
    }

    @Test("A hidden target hides its edges, and they come back with it; a removed one takes them along")
    func deletion() async throws {
        try await RelationSite.run(Self.town) { site in
            let api = site.api
            let salon = try await site.create("/salons", ["name": "Elahe"])
            let artist = try await site.create("/artists", ["name": "Mina"])
            try await api.expect(.PUT, "/follows/salons:\(salon)", as: site.sara, status: 201)
            try await api.expect(.PUT, "/follows/artists:\(artist)", as: site.sara, status: 201)
            try await api.expect(.DELETE, "/salons/\(salon)", as: site.admin, status: 204)
            #expect(try await api.count("/follows", as: site.sara) == 1)
            try await api.expect(.GET, "/follows/salons:\(salon)", as: site.sara, status: 404)
            try await api.expect(.PUT, "/follows/salons:\(salon)", as: site.sara, status: 404)
            try await api.expect(.POST, "/salons/\(salon)/restore", as: site.admin, status: 200)
            #expect(try await api.count("/follows", as: site.sara) == 2)
            try await api.expect(.DELETE, "/artists/\(artist)", as: site.admin, status: 204)
            #expect(try await api.count("/follows", as: site.sara) == 1)
        }
    }

    @Test("PUT of what is there asks for `update` only where it changes something")
    func update() async throws {
        try await RelationSite.run(Self.town) { site in
            let api = site.api
            let salon = try await site.create("/salons", ["name": "Elahe"])
            let vote = "/votes/\(salon)/price"
            try await api.expect(.PUT, vote, as: site.sara, body: ["is_like": true], status: 201)
            try await api.expect(.PUT, vote, as: site.sara, body: ["is_like": true], status: 200)
            // The rule must hold before as well as after.
            try await api.expect(.PUT, vote, as: site.sara, body: ["is_like": false], status: 403)
            try await api.expect(.PUT, vote, as: site.sara, status: 400) { $0.faults == ["is_like"] }
            try await api.expect(.PUT, "/votes/\(salon)/smell", as: site.sara, body: ["is_like": true], status: 400) {
                $0.faults == ["kind"]
            }
            try await api.expect(.PUT, "/votes/\(salon)/taste", as: site.omid, body: ["is_like": false], status: 201)
            #expect(try await api.count("/votes?salon=\(salon)", as: nil) == 2)
            // Anybody reads edges here; by its key each finds his own.
            try await api.expect(.GET, vote, as: site.omid, status: 404)
            try await api.expect(.GET, vote, status: 404)
        }
    }
}
