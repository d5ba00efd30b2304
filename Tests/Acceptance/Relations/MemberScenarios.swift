import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("Relations: members of to-many fields")
struct MemberScenarios {
    static let salons = """
        [collections.services]
        allow = { read = "true", create = "admin", delete = "admin" }
        fields = { name = { type = "string", required = true } }

        [collections.salons]
        lookup = "slug"
        expand = ["services"]
        allow = { read = "true", create = "signed_in", update = "me in owners or admin", delete = "admin" }

        [collections.salons.fields]
        name = { type = "string", required = true }
        slug = { type = "slug", from = "name", unique = true }
        primary_owner = { type = "ref", to = "users", stamp = "me" }
        owners = { type = "refs", to = "users", min = 1, max = 3, stamp = "[me]", write = "primary_owner == me or admin" }
        services = { type = "refs", to = "services", with = { notes = "text", minutes = { type = "int", min = 1 } } }
        """

    @Test("Replace, add, change and remove, with payloads; an unknown target changes nothing")
    func payloads() async throws {
        try await RelationSite.run(Self.salons) { site in
            let api = site.api
            let cut = try await site.create("/services", ["name": "Cut"])
            let dye = try await site.create("/services", ["name": "Dye"])
            let salon = try await site.create("/salons", ["name": "Elahe"], as: site.sara)
            func ids(_ answer: Answer) -> [JSONValue] { answer.data["services"]?.each("id") ?? [] }

            let replaced: JSONValue = [["id": .string(cut), "notes": "brand X"], ["id": .string(dye)]]
            let first = try await api.expect(.PUT, "/salons/\(salon)/services", as: site.sara, body: replaced, status: 200) {
                ids($0) == [.string(cut), .string(dye)] && $0.data["services"]?.each("notes") == ["brand X", .null]
                    && $0.data["expanded"]?["services"]?.each("name") == ["Cut", "Dye"]
            }
            // By its lookup; what is not said of a payload stays.
            try await api.expect(
                .POST, "/salons/elahe/services", as: site.sara, body: ["id": .string(cut), "minutes": 30], status: 200
            ) {
                ids($0) == [.string(cut), .string(dye)] && $0.data["services"]?.each("notes") == ["brand X", .null]
                    && $0.data["services"]?.each("minutes") == [30, .null] && $0.data["version"] != first.data["version"]
            }
            // A bare id is a member, too; one that is there stays as it is.
            try await api.expect(.POST, "/salons/\(salon)/services", as: site.sara, body: .string(cut), status: 200) {
                $0.data["services"]?.each("minutes") == [30, .null]
            }
            let bad: [(JSONValue, [String])] = [
                ([["id": .string(dye)], ["id": .string(nobodysID)]], ["services[1]"]), (["id": "x"], ["services[0]"]),
                ([["id": .string(cut), "minutes": 0]], ["services[0].minutes"]), ([["id": .string(cut), "what": 1]], ["services[0].what"]),
                ([.string(cut), .string(cut)], ["services[1]"]), (7, ["services[0]"]),
            ]
            for (body, faults) in bad {
                for method in [HTTPMethod.PUT, .POST] {
                    try await api.expect(method, "/salons/\(salon)/services", as: site.sara, body: body, status: 400) {
                        $0.faults == faults
                    }
                }
            }
            try await api.expect(.GET, "/salons/\(salon)", status: 200) { ids($0) == [.string(cut), .string(dye)] }

            try await api.expect(.DELETE, "/salons/\(salon)/services/\(cut)", as: site.sara, status: 204)
            try await api.expect(.DELETE, "/salons/\(salon)/services/\(cut)", as: site.sara, status: 404)
            try await api.expect(.GET, "/salons/\(salon)", status: 200) { ids($0) == [.string(dye)] }
            try await api.expect(.DELETE, "/salons/\(salon)/services/\(dye)", as: site.omid, status: 403)
            try await api.expect(.DELETE, "/salons/\(salon)/services/\(dye)", status: 401)
            try await api.expect(.PUT, "/salons/\(nobodysID)/services", as: site.sara, body: [], status: 404)
            try await api.expect(.PUT, "/salons/\(salon)/services", as: site.sara, body: [], headers: ["if-match": "\"1-x\""], status: 412)
            // A service that goes for good leaves the lists it is in.
            try await api.expect(.DELETE, "/services/\(dye)", as: site.admin, status: 204)
            try await api.expect(.GET, "/salons/\(salon)", status: 200) { $0.data["services"] == [] }
        }
    }

    @Test("The field's own write rule, its bounds, and the rule after the change")
    func owners() async throws {
        try await RelationSite.run(Self.salons) { site in
            let api = site.api
            let salon = try await site.create("/salons", ["name": "Elahe"], as: site.sara)
            let path = "/salons/\(salon)/owners"
            try await api.expect(.POST, "/salons", as: site.sara, body: ["name": "B", "owners": [.string(site.omid.id)]], status: 403) {
                $0.code == "FIELD_FORBIDDEN"
            }
            try await api.expect(.POST, path, as: site.sara, body: [.string(nobodysID)], status: 400) { $0.faults == ["owners[0]"] }
            // Sara cannot read other users, but their cards.
            try await api.expect(.POST, path, as: site.sara, body: .string(site.omid.id), status: 200) {
                $0.data["owners"] == [.string(site.sara.id), .string(site.omid.id)]
            }
            try await api.expect(.PATCH, "/salons/\(salon)", as: site.omid, body: ["name": "Mine as well"], status: 200)
            try await api.expect(.POST, path, as: site.omid, body: [.string(site.omid.id), .string(site.admin.id)], status: 403) {
                $0.code == "FIELD_FORBIDDEN"
            }
            try await api.expect(.DELETE, "\(path)/\(site.omid.id)", as: site.sara, status: 204)
            try await api.expect(.DELETE, "\(path)/\(site.sara.id)", as: site.sara, status: 400) { $0.faults == ["owners"] }
            try await api.expect(.GET, "/salons/\(salon)", status: 200) { $0.data["owners"] == [.string(site.sara.id)] }
        }
    }
}
