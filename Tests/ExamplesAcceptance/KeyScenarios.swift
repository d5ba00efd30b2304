import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("O40.3 API keys")
struct KeyScenarios {
    private struct Acme {
        var owner: Client
        var order: JSONValue

        init(_ site: ExampleSite) async throws {
            let uma = try await site.caller(.plain, "Uma")
            try await uma.post("/tenants", ["name": "Acme", "slug": "acme"])
            owner = uma.within("acme")
            order = try await owner.post("/orders", OrderScenarios.body).data
        }

        func key(_ body: JSONValue) async throws -> (id: String, text: String, client: Client) {
            let made = try await owner.post("/me/api_keys", body)
            let text = made.text("key") ?? ""
            let caller = Caller(name: made.text("name") ?? "", id: "", email: "", token: text)
            return (made.id, text, Client(api: owner.api, caller: caller))
        }
    }

    @Test("Shown once, reads its tenant alone, ends at once, and is in no log")
    func key() async throws {
        try await ExampleSite.run(.orders, settings: ["log.level=debug"]) { site in
            let acme = try await Acme(site)
            let (id, text, client) = try await acme.key(["name": "Reports"])
            #expect(text.hasPrefix("atlas_\(id)."))
            let listed = try await acme.owner.get("/me/api_keys").rows
            #expect(listed.map(\.id) == [id] && listed.allSatisfy { $0["key"] == nil && $0["scopes"] == .null })

            // Its tenant's orders without naming it; no other tenant, of which its maker is a member too.
            #expect(try await client.get("/orders").rows == [acme.order])
            let personal = Client(api: acme.owner.api, caller: acme.owner.caller)
            let beta = try await personal.make("/tenants", ["name": "Beta", "slug": "beta"])
            try await personal.within("beta").post("/orders", OrderScenarios.body)
            #expect(try await client.get("/orders").rows.count == 1)
            for name in ["beta", beta] { try await client.within(name).get("/orders", 404) }
            try await client.within("acme").get("/orders/\(acme.order.id)")
            try await client.post("/orders", OrderScenarios.body, has: ["created_by": "\(acme.owner.id)"])

            // Neither accounts nor keys.
            for (method, path) in [
                (HTTPMethod.GET, "/me"), (.PATCH, "/me"), (.GET, "/me/api_keys"), (.DELETE, "/me/api_keys/\(id)"),
            ] {
                try await client.ask(method, path, method == .PATCH ? ["name": "x"] : nil, 403)
            }
            try await client.post("/me/api_keys", ["name": "wider"], 403)

            // Who may not make them; what is none.
            let ugo = try await site.caller(.plain, "Ugo")
            try await site.join(ugo, as: "member", invitedBy: acme.owner)
            try await ugo.within("acme").post("/me/api_keys", ["name": "x"], 403)
            #expect(try await ugo.within("acme").get("/me/api_keys").rows == [])
            try await ugo.within("acme").delete("/me/api_keys/\(id)", 404)
            try await site.anonymous.post("/me/api_keys", ["name": "x"], 401)
            // Its last character may be any of the 64.
            let twisted = String(text.dropLast()) + (text.hasSuffix("-") ? "_" : "-")
            for wrong in [text + "x", twisted, "atlas_\(id).", "atlas_", "atlas_\(id)"] {
                let forger = Client(api: client.api, caller: Caller(name: "forger", id: "", email: "", token: wrong))
                try await forger.get("/orders", 401)
                try await forger.get("/orders", 401)
            }

            try await acme.owner.delete("/me/api_keys/\(id)")
            try await client.get("/orders", 401)
            try await acme.owner.delete("/me/api_keys/\(id)", 404)

            // A restart knows them, hashed.
            let (_, second, heir) = try await acme.key(["name": "Heir", "expires_at": "2099-01-01T00:00:00Z"])
            try await heir.get("/orders")
            try await acme.owner.eventually("/me/api_keys") { $0.rows.first?["used_at"]?.string != nil }
            for (file, _) in site.program.directory.files(in: "data") where !file.hasSuffix(".sock") {
                let bytes = String(decoding: try Directory.read(file), as: UTF8.self)
                for key in [text, second] { #expect(!bytes.contains(key.split(separator: ".")[1]), "\(file)") }
            }
            let log = site.program.output.joined(separator: "\n")
            for key in [text, second] { #expect(!log.contains(key.split(separator: ".")[1])) }
            try await site.kill()
            try await site.revived { site in
                try await heir.at(site).get("/orders")
                try await client.at(site).get("/orders", 401)
            }
        }
    }

    @Test("A key stands in the header; in the cookie of a session it is none, also where it was seen in the header before")
    func cookie() async throws {
        try await ExampleSite.run(.orders, settings: ["auth.transport=[\"bearer\", \"cookie\"]"]) { site in
            let acme = try await Acme(site)
            let (_, text, client) = try await acme.key(["name": "Reports"])
            let names = ["__Host-atlas_access", "atlas_access"]
            func cookie(_ token: String) -> HTTPHeaders { ["cookie": names.map { "\($0)=\(token)" }.joined(separator: "; ")] }
            for _ in 1...2 {
                try await site.anonymous.get("/orders", 401, headers: cookie(text))
                try await client.get("/orders")
            }
            try await site.anonymous.get("/me", headers: cookie(acme.owner.caller?.token ?? ""))
        }
    }

    @Test("Scopes narrow reading, writing and what is expanded; a lost right narrows every key")
    func scopes() async throws {
        try await ExampleSite.run(.orders) { site in
            let acme = try await Acme(site)
            let faults: [(JSONValue, [String])] = [
                ([:], ["name"]), (["name": ""], ["name"]), (["name": 1], ["name"]), (["name": "x", "scopes": []], ["scopes"]),
                (
                    ["name": "x", "scopes": ["orders:read", "orders:fly", "x:read", "orders", 1]],
                    ["scopes[1]", "scopes[2]", "scopes[3]", "scopes[4]"]
                ),
                (["name": "x", "expires_at": "2001-01-01T00:00:00Z", "role": "owner"], ["expires_at", "role"]),
                (["name": "x", "expires_at": "tomorrow"], ["expires_at"]),
            ]
            for (body, paths) in faults { try await acme.owner.post("/me/api_keys", body, 400, at: paths) }
            let misspelt = try await acme.owner.post("/me/api_keys", ["name": "x", "scopes": ["order:read", "orders:raed"]], 400)
            for meant in ["there is no collection 'order'; did you mean 'orders'?", "there is no operation 'raed'; did you mean 'read'?"] {
                #expect((misspelt.json ?? .null).text.contains(meant))
            }

            let reader = try await acme.key(["name": "Reader", "scopes": ["orders:read"]]).client
            let path = "/orders/\(acme.order.id)"
            let order = try await reader.get(path).data
            #expect(order["number"] == acme.order["number"])
            // Items have a scope of their own: without it nothing is said of them, not even that there are none.
            #expect(order["items"] == nil, "\(order.text)")
            #expect(try await reader.get("/orders").rows.allSatisfy { $0["items"] == nil })
            for expand in ["items", "created_by,items"] {
                for path in [path, "/orders"] {
                    try await reader.get("\(path)?expand=\(expand)", 403) { $0.message.contains("'order_items:read'") }
                }
            }
            try await reader.get("\(path)?expand=created_by") { $0["expanded"]["created_by"] == .null && $0.data["items"] == nil }
            try await reader.get("/order_items", 403)
            try await reader.get("/memberships", 403)
            try await reader.get("\(path)/items", 403)
            try await reader.get("/audit?entity=orders:\(acme.order.id)", 403)
            try await reader.post("/orders", OrderScenarios.body, 403)
            try await reader.patch(path, ["notes": "x"], 403)
            try await reader.delete(path, 403)
            try await reader.fire("\(path)/process", nil, 403)
            try await reader.post("/batch", ["operations": [["method": "PATCH", "path": "\(path)", "body": ["notes": "x"]]]], 403)

            // Nor what its maker was answered.
            try await acme.owner.post("/orders", OrderScenarios.body, headers: ["idempotency-key": "once"])
            try await reader.post("/orders", OrderScenarios.body, 403, headers: ["idempotency-key": "once"])

            let writer = try await acme.key(["name": "Writer", "scopes": ["orders:*", "order_items:read"]]).client
            try await writer.patch(path, ["notes": "by key"], has: ["notes": "by key"])
            #expect(try await writer.get(path)["items"].array?.count == 2)

            // A key is its maker: suspended he can do nothing by it either.
            let ugo = try await site.caller(.plain, "Ugo")
            try await site.join(ugo, as: "admin", invitedBy: acme.owner)
            let made = try await ugo.within("acme").post("/me/api_keys", ["name": "Ugo's"])
            let key = Client(api: ugo.api, caller: Caller(name: "Ugo's key", id: "", email: "", token: made.text("key") ?? ""))
            try await key.get(path)
            let membership = try await acme.owner.get("/memberships").rows.first { $0["user"] == "\(ugo.id)" }?.id ?? ""
            try await acme.owner.delete("/memberships/\(membership)")
            #expect(try await key.tries(.GET, path).status >= 400)
        }
    }

    @Test("Files too are within its scopes")
    func files() async throws {
        try await ExampleSite.run(.orders) { site in
            let acme = try await Acme(site)
            let file = try await acme.owner.upload(Sample.pdf, named: "a.pdf", kind: "upload")
            try await acme.owner.get("/media/\(file)/content")
            let reader = try await acme.key(["name": "Reader", "scopes": ["orders:read"]]).client
            try await reader.get("/media/\(file)", 403)
            try await reader.get("/media/\(file)/status", 403)
            try await reader.get("/media/\(file)/content", 404)
            for body in [["name": "Files", "scopes": ["media:read"]], ["name": "All"]] as [JSONValue] {
                let key = try await acme.key(body).client
                for path in ["", "/content", "/status"] { try await key.get("/media/\(file)\(path)") }
            }
        }
    }
}
