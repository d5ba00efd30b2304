import Harness
import JSON
import NIOCore
import NIOHTTP1
import Testing

/// What somebody prepares who has an account for a while, or holds one with an address that is not his, is worth nothing afterwards.
@Suite("Accounts that somebody else has had", .serialized)
struct TakeoverScenarios {
    private static let password: JSONValue = .string(ExampleSite.password)

    private func client(_ site: ExampleSite, _ answer: Answer) throws -> Client {
        let caller = Caller(name: "signed up", id: "", email: "", token: try #require(answer.text("access_token")))
        return Client(api: site.api, caller: caller)
    }

    private func signUp(_ site: ExampleSite, _ email: String) async throws -> Client {
        try client(site, try await site.anonymous.post("/auth/signup", ["email": "\(email)", "name": "X", "password": Self.password]))
    }

    @Test("A change of the address that was asked for before a new password opens nothing after it")
    func pendingChange() async throws {
        try await ExampleSite.run(.orders) { site in
            let mina = try await site.caller(.plain, "Mina")
            try await mina.post("/auth/email/change", ["email": "eve@example.com", "current_password": Self.password], 200)
            let first = try await site.token(mailedTo: "eve@example.com")
            try await mina.post("/auth/password/change", ["current_password": Self.password, "password": "Another horse 98"], 200)
            try await site.anonymous.post("/auth/email/verify", ["token": "\(first)"], 400, "INVALID_CODE")

            try await mina.post("/auth/email/change", ["email": "sly@example.com", "current_password": "Another horse 98"], 200)
            let second = try await site.token(mailedTo: "sly@example.com")
            try await site.anonymous.post("/auth/password/forgot", ["email": "mina@example.com"], 200)
            let reset = try await site.token(mailedTo: "mina@example.com")
            try await site.anonymous.post("/auth/password/reset", ["token": "\(reset)", "password": "Another horse 99"], 200)
            try await site.anonymous.post("/auth/email/verify", ["token": "\(second)"], 400, "INVALID_CODE")
            try await site.anonymous.post("/auth/login", ["email": "mina@example.com", "password": "Another horse 99"], 200)
        }
    }

    @Test("A change of the address opens nothing once the session in which it was asked for has ended")
    func changeOfAnEndedSession() async throws {
        try await ExampleSite.run(.orders) { site in
            let mina = try await site.caller(.plain, "Mina")
            let thief = try await site.signIn("mina@example.com", name: "Thief")
            for (client, address) in [(thief, "eve@example.com"), (mina, "mina.b@example.com")] {
                try await client.post("/auth/email/change", ["email": "\(address)", "current_password": Self.password], 200)
            }
            let stolen = try await site.token(mailedTo: "eve@example.com")
            let own = try await site.token(mailedTo: "mina.b@example.com")
            try await mina.delete("/me/sessions")
            try await site.anonymous.post("/auth/email/verify", ["token": "\(stolen)"], 400, "INVALID_CODE")
            try await mina.get("/me", has: ["email": "mina@example.com"])
            try await site.anonymous.post("/auth/email/verify", ["token": "\(own)"], 200)
            try await mina.get("/me", has: ["email": "mina.b@example.com"])
        }
    }

    @Test("Whoever may not invite any more lets nobody in by what he sent before")
    func formerInviter() async throws {
        try await ExampleSite.run(.orders, settings: ["auth.signup=invite"]) { site in
            let owner = try await site.caller(.plain, "Owner")
            let bob = try await site.caller(.plain, "Bob")
            let tenant = try await owner.make("/tenants", ["name": "Acme"])
            for email in ["mina@example.com", "bob@example.com"] {
                try await owner.within(tenant).post("/invitations", ["email": "\(email)", "role": "member"])
            }
            let tokens = try await [site.token(mailedTo: "mina@example.com"), site.token(mailedTo: "bob@example.com")]
            let closed = try await site.command(["user", "disable", "owner@example.com"])
            try #require(closed.status == 0, "\(closed.output)")
            try await site.anonymous.post(
                "/auth/signup",
                ["email": "mina@example.com", "password": Self.password, "name": "Mina", "invitation": "\(tokens[0])"], 403)
            try await bob.post("/invitations/accept", ["token": "\(tokens[1])"], 403)
        }
    }

    @Test("A key makes no accounts and joins no tenant")
    func keys() async throws {
        try await ExampleSite.run(.orders) { site in
            let root = try await site.caller(.root, "Root")
            let owner = try await site.caller(.plain, "Owner")
            try await root.post("/tenants", ["name": "Acme", "slug": "acme"])
            try await owner.post("/tenants", ["name": "Beta", "slug": "beta"])
            try await owner.within("beta").post("/invitations", ["email": "root@example.com", "role": "admin"])
            let token = try await site.token(mailedTo: "root@example.com")
            for scopes in [.null, ["users:*", "invitations:*"]] as [JSONValue] {
                let made = try await root.within("acme").post("/me/api_keys", ["name": "Key", "scopes": scopes])
                let key = Client(api: site.api, caller: Caller(name: "key", id: "", email: "", token: made.text("key") ?? ""))
                try await key.post(
                    "/users", ["email": "x@example.com", "name": "X", "password": Self.password, "is_root": true], 403)
                try await key.post("/invitations/accept", ["token": "\(token)"], 403)
            }
            try await root.post("/invitations/accept", ["token": "\(token)"])
        }
    }

    @Test("What came by cookie goes by cookie; a plain page is none of a site with HTTPS")
    func cookies() async throws {
        try await ExampleSite.run(.writers, settings: ["auth.transport=[\"cookie\", \"bearer\"]"]) { site in
            let anon = site.anonymous
            let own = "https://writers.example.ir"
            let body: JSONValue = ["email": "sara@example.com", "username": "sara", "password": "Secret123", "full_name": "Sara"]
            let jar = Jar(try await anon.post("/auth/signup", body, headers: ["origin": own]))
            try await anon.post("/auth/refresh", ["transport": "bearer"], 400, at: ["transport"], headers: jar.with("origin", own))
            // A page that came by plain HTTP was made by whoever stands between.
            for (origin, status) in [("http://writers.example.ir", 403), (own, 200)] {
                var head = HTTPRequestHead(version: .http1_1, method: .PATCH, uri: "/api/v1/me")
                head.headers = jar.with("origin", origin)
                head.headers.add(name: "host", value: "writers.example.ir")
                head.headers.add(name: "content-type", value: "application/json")
                head.headers.add(name: "content-length", value: "2")
                let exchange = try await Exchange.open(head, port: site.api.port)
                await exchange.send(ByteBuffer(string: "{}"))
                #expect(try await exchange.finish().status == status, "\(origin)")
            }
            let renewed = try await anon.post("/auth/refresh", ["transport": "cookie"], 200, headers: jar.with("origin", own))
            #expect(Jar(renewed).names.count == 2 && renewed.data["refresh_token"] == nil && renewed.data["access_token"] == nil)
        }
    }
}
