import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

/// `single = true` in a collection of tenants: each tenant has its one record, from its creation on.
@Suite("Settings of each tenant")
struct SingletonScenarios {
    private static let firms = """
        [server]
        http = ["127.0.0.1:0"]

        [auth]
        methods = ["password"]

        [tenancy]
        tenant  = "firms"
        member  = "staff"
        resolve = ["header:x-firm"]

        [collections.firms]
        lookup = "slug"
        allow = { read = "true", create = "me != null", update = "exists(all.staff where tenant == this and user == me)" }
        [collections.firms.fields]
        slug = { type = "slug", required = true, unique = true }

        [collections.staff]
        tenant = true
        allow = { read = "member != null" }
        [collections.staff.fields]
        user = { type = "ref", to = "users", required = true }

        [[on]]
        event = "firms.created"
        do = [{ insert = "staff", set = { tenant = "= new", user = "= me" } }]

        """
    private static let settings = """
        [collections.settings]
        single = true
        tenant = true
        allow = { read = "member != null", update = "member != null" }
        [collections.settings.fields]
        title = { type = "string", default = "Firm", required = true }
        since = { type = "datetime", stamp = "now" }

        """

    @Test("Made with the tenant, or at the start where the tenant was there before; one each, nobody else's")
    func tenants() async throws {
        try await OwnSite.runToItsEnd(Self.firms, users: ["sara": "", "omid": ""]) { site in
            let sara = site["sara"]
            for slug in ["old", "older"] {
                try await site.api.expect(.POST, "/firms", as: sara, body: ["slug": .string(slug)], status: 201)
            }
            site.program.signal(SIGTERM)
            #expect(try await site.program.exitStatus() == 0)

            try site.program.directory.write(Self.firms + Self.settings, to: "atlas.toml")
            let again = try await Program(site.program.directory)
            let api = API(port: again.port)
            func settings(_ firm: String, as caller: Caller = sara, status: Int = 200) async throws -> Answer {
                try await api.expect(.GET, "/settings", as: caller, headers: ["x-firm": firm], status: status)
            }
            func change(_ firm: String, _ title: String, as caller: Caller = sara, status: Int = 200) async throws {
                try await api.expect(
                    .PATCH, "/settings", as: caller, body: ["title": .string(title)], headers: ["x-firm": firm], status: status)
            }
            try await api.expect(.POST, "/firms", as: sara, body: ["slug": "new"], status: 201)
            var ids: Set<String> = []
            for firm in ["old", "older", "new"] {
                let made = try await settings(firm)
                #expect(made.text("title") == "Firm" && made.data["version"] == 1 && made.text("since") != nil)
                ids.insert(made.text("id") ?? "")
            }
            #expect(ids.count == 3)
            try await change("old", "Old firm")
            #expect(try await settings("old").text("title") == "Old firm")
            #expect(try await settings("new").text("title") == "Firm")

            _ = try await settings("old", as: site["omid"], status: 404)
            try await change("old", "Mine", as: site["omid"], status: 404)
            try await api.expect(.GET, "/settings", as: sara, status: 400) { $0.code == "TENANT_REQUIRED" }
            again.signal(SIGTERM)
            #expect(try await again.exitStatus() == 0)
        }
    }

    @Test("Whoever has no account leaves nothing with a tenant that there is not")
    func strangers() async throws {
        let contact = """
            [collections.messages]
            tenant = true
            allow = { read = "member != null", create = "true" }
            [collections.messages.fields]
            text = { type = "string", required = true }

            """
        try await OwnSite.run(Self.firms + contact, users: ["sara": ""]) { site in
            let api = site.api
            try await api.expect(.POST, "/firms", as: site["sara"], body: ["slug": "acme"], status: 201)
            for (firm, status) in [("acme", 201), ("nobody", 404), ("00000000-0000-0000-0000-000000000000", 404)] {
                try await api.expect(.POST, "/messages", body: ["text": "Hello"], headers: ["x-firm": firm], status: status)
            }
            try await api.expect(.POST, "/messages", body: ["text": "Hello"], status: 400) { $0.code == "TENANT_REQUIRED" }
            try await api.expect(.GET, "/messages", as: site["sara"], headers: ["x-firm": "acme"], status: 200) {
                $0.data.array?.count == 1
            }
        }
    }
}
