import Harness
import JSON
import NIOHTTP1
import Testing

/// What becomes of a membership acts on whoever asks next, by whatever he asks; and of many who change memberships at once none leaves a tenant
/// without an owner.
@Suite("Members: the last owner, and rights that end at once", .serialized)
struct MembershipScenarios {
    private static let both = "auth.transport=[\"bearer\", \"cookie\"]"
    private static let order = OrderScenarios.body

    private struct Owner {
        var client: Client
        var membership: String
    }

    /// A tenant with two owners.
    private func twoOwners(_ site: ExampleSite, _ tenant: String, _ first: Client, _ second: Client) async throws -> (Owner, Owner) {
        try await first.post("/tenants", ["name": "\(tenant)", "slug": "\(tenant)"])
        let owner = first.within(tenant)
        let id = try await owner.get("/memberships").rows.first?.id ?? "none"
        try await site.join(second, as: "member", invitedBy: owner)
        let other = try await owner.get("/memberships?user=\(second.id)").rows.first?.id ?? "none"
        try await owner.patch("/memberships/\(other)", ["role": "owner"], has: ["role": "owner"])
        return (Owner(client: owner, membership: id), Owner(client: second.within(tenant), membership: other))
    }

    /// Roles as the database has them, whoever may read them.
    private func roles(_ site: ExampleSite) async throws -> [String] {
        let read = try await Child(
            "/usr/bin/sqlite3", ["-readonly", site.program.directory.file("data/atlas.db"), "SELECT role FROM memberships ORDER BY role"])
        return try await read.finished().output
    }

    /// Asks all of it at once; how often each status was answered.
    private func race(_ requests: [(Client, HTTPMethod, String, JSONValue?)]) async throws -> [Int: Int] {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for (client, method, path, body) in requests { group.addTask { try await client.tries(method, path, body).status } }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }

    @Test("Of fifty who remove or demote both owners at once, one owner is left")
    func lastOwner() async throws {
        try await ExampleSite.run(.orders) { site in
            let uma = try await site.caller(.plain, "Uma")
            let ugo = try await site.caller(.plain, "Ugo")
            var (one, two) = try await twoOwners(site, "acme", uma, ugo)
            for round in 0..<6 {
                let removes = round >= 4
                // Each owner asks for both, himself and the other, so that neither's requests alone decide.
                let requests = (0..<50).map { number in
                    let path = "/memberships/\(number % 2 == 0 ? one.membership : two.membership)"
                    let asker = number / 2 % 2 == 0 ? one.client : two.client
                    return removes && number % 3 != 0
                        ? (asker, HTTPMethod.DELETE, path, nil) : (asker, .PATCH, path, ["role": "viewer"] as JSONValue)
                }
                let statuses = try await race(requests)
                #expect(statuses.keys.allSatisfy { [200, 204, 400, 403, 404, 409].contains($0) }, "round \(round): \(statuses)")
                #expect((statuses[200] ?? 0) + (statuses[204] ?? 0) > 0, "round \(round): \(statuses)")
                let left = try await roles(site)
                #expect(left.filter { $0 == "owner" }.count == 1, "round \(round): \(left), \(statuses)")
                // Both are owners again before the next round.
                let isOne = try await one.client.get("/memberships?user=\(one.client.id)&role=owner").rows.count == 1
                let (heir, other) = isOne ? (one, two) : (two, one)
                var fallen = other
                if try await heir.client.get("/memberships?user=\(other.client.id)").rows.isEmpty {
                    let email = other.client.caller?.email ?? ""
                    let isInvitedAgain = site.messages("mail").contains { $0.text.contains(email) }
                    let former = isInvitedAgain ? try await site.token(mailedTo: email) : nil
                    try await heir.client.post("/invitations", ["email": "\(email)", "role": "member"])
                    let token = try await site.token(mailedTo: email, after: former)
                    fallen.membership = try await other.client.post("/invitations/accept", ["token": "\(token)"]).id
                }
                try await heir.client.patch("/memberships/\(fallen.membership)", ["role": "owner"], has: ["role": "owner"])
                (one, two) = (heir, fallen)
            }
        }
    }

    @Test("Nor does the deletion of users leave a tenant without an owner")
    func deletedOwners() async throws {
        try await ExampleSite.run(.orders) { site in
            let root = try await site.caller(.root, "Root")
            let uma = try await site.caller(.plain, "Uma")
            let ugo = try await site.caller(.plain, "Ugo")
            _ = try await twoOwners(site, "acme", uma, ugo)
            let requests = (0..<50).map { number in
                (root, HTTPMethod.DELETE, "/users/\(number % 2 == 0 ? uma.id : ugo.id)", JSONValue?.none)
            }
            let statuses = try await race(requests)
            #expect(statuses == [204: 1, 404: 24, 409: 25], "\(statuses)")
            #expect(try await roles(site).filter { $0 == "owner" }.count == 1)
        }
    }

    /// One person by all credentials there are: token, cookie, API key.
    private struct Credentials {
        var all: [Client]

        init(_ site: ExampleSite, _ person: Client, in tenant: String) async throws {
            let key = try await person.within(tenant).post("/me/api_keys", ["name": "Key"]).text("key") ?? ""
            let body: JSONValue = [
                "email": "\(person.caller?.email ?? "")", "password": "\(ExampleSite.password)", "transport": "cookie",
            ]
            let jar = Jar(try await site.anonymous.post("/auth/login", body, 200, headers: ["origin": "https://app.example.com"]))
            var cookie = Client(api: site.api, caller: nil, headers: jar.with("origin", "https://app.example.com"))
            cookie.headers.replaceOrAdd(name: "x-tenant", value: tenant)
            let byKey = Client(api: site.api, caller: Caller(name: "by key", id: person.id, email: "", token: key))
            all = [person.within(tenant), cookie, byKey]
        }

        /// The statuses of that request by each credential, asked on many connections so that every thread has seen it.
        func ask(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> [Set<Int>] {
            var seen: [Set<Int>] = []
            for client in all {
                seen.append(
                    try await withThrowingTaskGroup(of: Int.self) { group in
                        for _ in 0..<12 { group.addTask { try await client.tries(method, path, body).status } }
                        return try await group.reduce(into: []) { $0.insert($1) }
                    })
            }
            return seen
        }
    }

    @Test("A lower role and a removal act at the very next request, by token, cookie and API key")
    func removal() async throws {
        try await ExampleSite.run(.orders, settings: [Self.both]) { site in
            let uma = try await site.caller(.plain, "Uma")
            try await uma.post("/tenants", ["name": "Acme", "slug": "acme"])
            let owner = uma.within("acme")
            let order = "/orders/\(try await owner.make("/orders", Self.order))"
            let bob = try await site.caller(.plain, "Bob")
            try await site.join(bob, as: "admin", invitedBy: owner)
            let membership = "/memberships/\(try await owner.get("/memberships?user=\(bob.id)").rows.first?.id ?? "none")"
            let credentials = try await Credentials(site, bob, in: "acme")
            func all(_ status: Int) -> [Set<Int>] { [[status], [status], [status]] }
            let note: JSONValue = ["notes": "Mine"]

            for _ in 0..<3 {
                #expect(try await credentials.ask(.PATCH, order, note) == all(200))
                try await owner.patch(membership, ["role": "viewer"])
                #expect(try await credentials.ask(.PATCH, order, note) == all(403))
                #expect(try await credentials.ask(.GET, order) == all(200))
                try await owner.patch(membership, ["role": "admin"])
            }
            #expect(try await credentials.ask(.PATCH, order, note) == all(200))
            try await owner.delete(membership)
            // His key is gone with the membership.
            #expect(try await credentials.ask(.GET, order) == [[404], [404], [401]])
            #expect(try await credentials.ask(.PATCH, order, note) == [[404], [404], [401]])
            for client in credentials.all.prefix(2) {
                #expect(try await client.tries(.POST, "/orders", Self.order).status == 403)
                #expect(try await client.tries(.GET, "/orders").rows == [])
            }
            // Nothing of it belongs to the session: it goes on.
            try await bob.get("/me")
        }
    }

    @Test("A tenant that is suspended is so at once, for its members; to others it is nothing")
    func suspension() async throws {
        try await ExampleSite.run(.orders, settings: [Self.both]) { site in
            let root = try await site.caller(.root, "Root")
            let owner = try await site.caller(.plain, "Uma")
            let stranger = try await site.caller(.plain, "Eve")
            try await owner.post("/tenants", ["name": "Acme", "slug": "acme"])
            let order = "/orders/\(try await owner.within("acme").make("/orders", Self.order))"
            let credentials = try await Credentials(site, owner, in: "acme")
            for _ in 0..<3 {
                #expect(try await credentials.ask(.GET, order) == [[200], [200], [200]])
                try await root.patch("/tenants/acme", ["status": "suspended"])
                for path in [order, "/orders", "/memberships"] {
                    for client in credentials.all { try await client.get(path, 403, "TENANT_INACTIVE") }
                    try await stranger.within("acme").get(path, 404)
                }
                #expect(try await credentials.ask(.GET, order) == [[403], [403], [403]])
                for client in credentials.all { try await client.patch(order, ["notes": "x"], 403, "TENANT_INACTIVE") }
                try await stranger.within("acme").patch(order, ["notes": "x"], 404)
                try await root.patch("/tenants/acme", ["status": "active"])
            }
            #expect(try await credentials.ask(.GET, order) == [[200], [200], [200]])
        }
    }
    @Test("Of whom nothing but the suspended tenant is a member's: what is in it is closed, what is outside of any goes on")
    func suspendedChoice() async throws {
        try await ExampleSite.run(.orders, settings: ["auth.api_keys.allow=member != null"]) { site in
            let root = try await site.caller(.root, "Root")
            let uma = try await site.caller(.plain, "Uma")
            try await uma.post("/tenants", ["name": "Acme", "slug": "acme"])
            let order = "/orders/\(try await uma.make("/orders", Self.order))"
            let portrait = try await uma.upload(Sample.png, named: "a.png", kind: "avatar")
            try await uma.patch("/me", ["image": "\(portrait)"])
            try await uma.patch("/me", ["image": .null])
            try await root.patch("/tenants/acme", ["status": "suspended"])
            // What arose in it does not leave it now.
            try await uma.patch("/me", ["image": "\(portrait)"], 400, at: ["image"])

            // Of tenants: reading, writing, firing, views, keys, streams and whatever asks for many at once.
            for path in ["/orders", order, "/memberships", "/dashboard", "/dashboard/recent-orders", "/me/api_keys", "/events"] {
                try await uma.get(path, 403, "TENANT_INACTIVE")
            }
            try await uma.post("/orders", Self.order, 403, "TENANT_INACTIVE")
            try await uma.patch(order, ["notes": "x"], 403, "TENANT_INACTIVE")
            try await uma.patch(order, ["nonsense": "x"], 403, "TENANT_INACTIVE")
            try await uma.delete(order, 403, "TENANT_INACTIVE")
            try await uma.post(order + "/ship", [:], 403, "TENANT_INACTIVE")
            try await uma.post("/me/api_keys", ["name": "x"], 403, "TENANT_INACTIVE")
            let operations: [JSONValue] = [
                ["method": "POST", "path": "/orders", "body": Self.order], ["method": "PATCH", "path": "\(order)", "body": ["notes": "x"]],
                ["method": "DELETE", "path": "\(order)"],
            ]
            for operation in operations {
                try await uma.post("/batch", ["operations": [operation]], 403, "TENANT_INACTIVE")
            }
            try await uma.get("/audit?entity=\(order.dropFirst().replacing("/", with: ":"))", 403, "TENANT_INACTIVE")

            // Outside of any: his own account, the tenant itself as its rules show it, and another one.
            try await uma.get("/me", has: ["id": "\(uma.id)"])
            try await uma.patch("/me", ["name": "Uma U."], has: ["name": "Uma U."])
            try await uma.get("/users/\(uma.id)", has: ["name": "Uma U."])
            try await uma.get("/tenants/acme", has: ["status": "suspended"])
            try await uma.get("/tenants", 200) { $0.rows.count == 1 }
            try await uma.patch("/tenants/acme", ["name": "Mine"], 403, "TENANT_INACTIVE")
            // Who names it is told at once, whatever he asks for.
            try await uma.within("acme").get("/tenants/acme", 403, "TENANT_INACTIVE")
            // The operator manages it from outside; within it nobody is.
            try await root.get("/tenants/acme", has: ["status": "suspended"])
            try await root.within("acme").get("/orders", 404)
            try await root.within("acme").get("/tenants/acme", 404)

            try await uma.post("/tenants", ["name": "Second", "slug": "second"])
            #expect(try await uma.within("second").ids("/orders") == [])
            try await uma.get("/orders", 400, "TENANT_REQUIRED")
            try await root.patch("/tenants/acme", ["status": "active"])
            try await uma.within("acme").get(order)
        }
    }
}
