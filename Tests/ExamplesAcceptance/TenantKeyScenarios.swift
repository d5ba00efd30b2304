import Harness
import JSON
import NIOHTTP1
import Testing

/// Keys of members, as who manages the members sees and ends them.
@Suite("O40.5 API keys of a tenant")
struct TenantKeyScenarios {
    private static let path = "/tenants/acme/api_keys"

    /// A key that this person makes within Acme.
    private func key(of person: Client, _ body: JSONValue) async throws -> (id: String, client: Client) {
        let made = try await person.within("acme").post("/me/api_keys", body)
        let caller = Caller(name: "key of \(person.name)", id: person.id, email: "", token: made.text("key") ?? "")
        return (made.id, Client(api: person.api, caller: caller))
    }

    @Test("Seen and ended by whoever may remove the maker, by nobody else; never with their secrets")
    func keys() async throws {
        try await ExampleSite.run(.orders, settings: ["collections.users.audit=true"]) { site in
            let uma = try await site.caller(.plain, "Uma")
            let tenant = try await uma.make("/tenants", ["name": "Acme", "slug": "acme"])
            let owner = uma.within("acme")
            let bob = try await site.caller(.plain, "Bob")
            let ann = try await site.caller(.plain, "Ann")
            let vic = try await site.caller(.plain, "Vic")
            for (person, role) in [(bob, "admin"), (ann, "admin"), (vic, "viewer")] {
                try await site.join(person, as: role, invitedBy: owner)
            }
            let stranger = try await site.caller(.plain, "Eve")
            try await stranger.post("/tenants", ["name": "Beta", "slug": "beta"])

            let first = try await key(of: uma, ["name": "Uma's"])
            let second = try await key(of: bob, ["name": "Bob's", "scopes": ["orders:read"], "expires_at": "2099-01-01T00:00:00Z"])
            let third = try await key(of: ann, ["name": "Ann's"])
            try await second.client.get("/orders")

            // The owner sees all, without a header, by id and lookup; an admin, who may not remove owners, not theirs; a viewer none.
            for path in [Self.path, "/tenants/\(tenant)/api_keys"] {
                let listed = try await uma.get(path)
                #expect(listed.rows.map(\.id) == [third.id, second.id, first.id] && listed.total == 3)
            }
            let row = try await uma.get("\(Self.path)?page=2&page_size=1").rows.first ?? .null
            #expect(row.names == ["id", "name", "prefix", "user", "scopes", "created_at", "expires_at", "used_at"])
            #expect(
                row.holds(
                    [
                        "id": "\(second.id)", "name": "Bob's", "prefix": "atlas_\(second.id)", "user": "\(bob.id)",
                        "scopes": ["orders:read"], "expires_at": "2099-01-01T00:00:00.000Z",
                    ]), "\(row.text)")
            #expect(row["used_at"]?.string != nil)
            #expect(try await ann.get(Self.path).rows.map(\.id) == [third.id, second.id])
            #expect(try await vic.get(Self.path).rows == [])
            try await vic.delete("\(Self.path)/\(second.id)", 404)
            try await ann.delete("\(Self.path)/\(first.id)", 404)
            try await uma.get("\(Self.path)?page=0", 400)
            try await uma.get("\(Self.path)?x=1", 400)

            // To others there is nothing, by whatever they name; a key reaches none of it.
            let root = try await site.caller(.root, "Root")
            for (client, status) in [(stranger, 404), (stranger.within("acme"), 404), (root, 404), (site.anonymous, 401)] {
                try await client.get(Self.path, status)
                try await client.delete("\(Self.path)/\(second.id)", status)
            }
            for path in ["/tenants/beta/api_keys/\(second.id)", "/tenants/nothing/api_keys/\(second.id)"] {
                try await stranger.delete(path, 404)
            }
            try await stranger.within("acme").get("/tenants/beta/api_keys") { $0.rows == [] }
            try await first.client.get(Self.path, 403)
            try await first.client.delete("\(Self.path)/\(second.id)", 403)
            try await second.client.get("/orders")

            // Ended at once, and written down with whoever did it.
            try await ann.delete("\(Self.path)/\(second.id)")
            try await second.client.get("/orders", 401)
            try await ann.delete("\(Self.path)/\(second.id)", 404)
            #expect(try await bob.within("acme").get("/me/api_keys").rows == [])
            let audit = try await owner.get("/audit?entity=users:\(bob.id)").rows
            #expect(audit.map { $0["action"]?.string } == ["auth.api_key_removed", "auth.api_key_created"], "\(audit)")
            #expect(audit.map { $0["actor"]?.string } == [ann.id, bob.id])
            #expect(audit.first?["changes"] == ["api_key": ["old": "Bob's", "new": .null]])

            // Whose key it was hears of it; nobody of what he has ended himself.
            try await ann.delete("\(Self.path)/\(third.id)")
            try await uma.delete("\(Self.path)/\(first.id)")
            func told() -> [JSONValue] { site.messages("mail").filter { $0["notice"] == "key_ended" } }
            let deadline = ContinuousClock.now + .seconds(60)
            while told().isEmpty, ContinuousClock.now < deadline { try await Moment.passed(Moment.now + 20) }
            #expect(told().count == 1 && told().first?["to"] == "bob@example.com", "\(told())")
            #expect(told().first?["text"]?.string?.contains("\"Bob's\"") == true, "\(told())")

            // Suspended, the tenant is so here too.
            try await root.patch("/tenants/acme", ["status": "suspended"])
            try await uma.get(Self.path, 403, "TENANT_INACTIVE")
            try await stranger.get(Self.path, 404)
        }
    }

    @Test("The keys of whoever leaves are gone, and do not come back with him; those of another tenant stay")
    func departure() async throws {
        try await ExampleSite.run(.orders) { site in
            let uma = try await site.caller(.plain, "Uma")
            try await uma.post("/tenants", ["name": "Acme", "slug": "acme"])
            let owner = uma.within("acme")
            let bob = try await site.caller(.plain, "Bob")
            try await bob.post("/tenants", ["name": "Beta", "slug": "beta"])
            let made = try await bob.within("beta").post("/me/api_keys", ["name": "Beta"])
            let own = Client(api: site.api, caller: Caller(name: "Beta's", id: bob.id, email: "", token: made.text("key") ?? ""))
            try await site.join(bob, as: "admin", invitedBy: owner)
            let (_, client) = try await key(of: bob, ["name": "Acme"])
            try await client.get("/orders")
            let membership = try await owner.get("/memberships?user=\(bob.id)").rows.first?.id ?? "none"
            let former = try await site.token(mailedTo: "bob@example.com")
            try await owner.delete("/memberships/\(membership)")
            try await client.get("/orders", 401)
            #expect(try await uma.get(Self.path).rows == [])
            try await owner.post("/invitations", ["email": "bob@example.com", "role": "admin"])
            let token = try await site.token(mailedTo: "bob@example.com", after: former)
            try await bob.post("/invitations/accept", ["token": "\(token)"])
            try await client.get("/orders", 401)
            #expect(try await bob.within("acme").get("/me/api_keys").rows == [])
            try await own.get("/orders")
        }
    }

    @Test("What is about a tenant says so to whoever names none")
    func unnamed() async throws {
        try await ExampleSite.run(.orders) { site in
            let uma = try await site.caller(.plain, "Uma")
            for slug in ["acme", "beta"] { try await uma.post("/tenants", ["name": "\(slug)", "slug": "\(slug)"]) }
            let entity = "orders:0190a5c0-0000-7000-8000-000000000000"
            let requests: [(HTTPMethod, String, JSONValue?)] = [
                (.POST, "/me/api_keys", ["name": "x"]), (.GET, "/me/api_keys", nil), (.GET, "/audit?entity=\(entity)", nil),
                (.GET, "/dashboard", nil), (.GET, "/dashboard/recent-orders", nil), (.GET, "/orders", nil),
                (.PATCH, "/tenants/acme", ["name": "Other"]),
            ]
            for (method, path, body) in requests {
                try await uma.ask(method, path, body, 400, "TENANT_REQUIRED") { $0.message.lowercased().contains("x-tenant") }
            }
            let (body, type) = API.multipart(Sample.pdf, named: "a.pdf", kind: "upload")
            try await site.api.expect(
                .POST, "/media", as: uma.caller, bytes: body, headers: ["content-type": type], status: 400
            ) { $0.code == "TENANT_REQUIRED" }
            // Named, it is a matter of rights again; and strangers are told nothing else than before.
            let eve = try await site.caller(.plain, "Eve")
            for (method, path, body) in requests.prefix(1) { try await eve.within("acme").ask(method, path, body, 403) }
            try await site.anonymous.post("/me/api_keys", ["name": "x"], 401)
            let made = try await uma.within("beta").post("/me/api_keys", ["name": "x"])
            try await uma.delete("/me/api_keys/\(made.id)")
        }
    }
}
