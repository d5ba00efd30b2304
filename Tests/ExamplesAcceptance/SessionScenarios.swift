import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("S04, O40.1–2 Refresh, sessions, suspension, forced change of passwords")
struct SessionScenarios {
    /// Codes go to phones, though nobody signs in by them.
    static let codes = ["sms.driver=file", "auth.otp.notify=code", "notify.code.channel=sms", "notify.code.text={{ code }}"]

    private func signIn(_ site: ExampleSite, _ email: String, agent: String = "a") async throws -> (client: Client, refresh: String) {
        let body: JSONValue = ["email": "\(email)", "password": "\(ExampleSite.password)"]
        let answer = try await site.anonymous.post("/auth/login", body, 200, headers: ["user-agent": agent])
        let caller = Caller(
            name: email, id: answer.text("user", "id") ?? "", email: email, token: try #require(answer.text("access_token")))
        return (Client(api: site.api, caller: caller), try #require(answer.text("refresh_token")))
    }

    private func refresh(_ site: ExampleSite, _ token: String, _ status: Int = 200, _ code: String? = nil) async throws -> String {
        let answer = try await site.anonymous.post("/auth/refresh", ["refresh_token": "\(token)"], status, code)
        return answer.text("refresh_token") ?? ""
    }

    @Test("S04 A refresh token has one successor, and spent ones end the family")
    func refreshing() async throws {
        try await ExampleSite.run(.sevra, settings: ["server.limits.auth.refresh=1000/s per ip"]) { site in
            _ = try await site.caller(.plain, "Ali")
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            // 1, 2
            let (first, r1) = try await signIn(site, "ali@example.com")
            let r2 = try await refresh(site, r1)
            #expect(r2 != r1)
            #expect(try await refresh(site, r1) == r2)
            let r3 = try await refresh(site, r2)
            _ = try await refresh(site, r1, 401, "TOKEN_REUSED")
            _ = try await refresh(site, r3, 401)
            try await first.get("/me", 401)

            // 3
            let (second, parallel) = try await signIn(site, "ali@example.com")
            let successors = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        let answer = try await site.anonymous.tries(.POST, "/auth/refresh", ["refresh_token": "\(parallel)"])
                        #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
                        return answer.text("refresh_token")
                    }
                }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(successors.count == 1 && !successors.contains(nil))
            try await second.get("/me/sessions") { $0.data.array?.count == 2 }

            // 4
            let living = try await refresh(site, try #require(successors.first ?? nil))
            try await site.anonymous.post("/auth/logout", ["refresh_token": "\(living)"], 204)
            _ = try await refresh(site, living, 401)
            try await site.anonymous.post("/auth/logout", ["refresh_token": "\(living)"], 204)

            // 5
            let (third, r5) = try await signIn(site, "ali@example.com")
            try await third.get("/me")
            try await admin.patch("/users/\(third.id)", ["status": "SUSPENDED"])
            try await third.get("/me", 401)
            _ = try await refresh(site, r5, 401)
            let login: JSONValue = ["email": "ali@example.com", "password": "\(ExampleSite.password)"]
            try await site.anonymous.post("/auth/login", login, 403, "ACCOUNT_INACTIVE")
            try await admin.patch("/users/\(third.id)", ["status": "ACTIVE"])
            // What was ended stays ended.
            try await third.get("/me", 401)
            _ = try await refresh(site, r5, 401)
        }
    }

    @Test("S04.6 An access token is told that it has expired")
    func expiry() async throws {
        try await ExampleSite.run(.sevra, settings: ["auth.access_ttl=1s"]) { site in
            let ali = try await site.caller(.plain, "Ali")
            let answer = try await site.api.eventually("/me", as: ali.caller) { $0.status == 401 }
            #expect(answer.code == "TOKEN_EXPIRED")
            // Also where others may come without any: his would be taken for a stranger's.
            try await ali.post("/auth/email/verify", ["token": "x"], 401, "TOKEN_EXPIRED")
        }
    }

    @Test("O40.1 Sessions are listed, revoked one by one and all others together")
    func sessions() async throws {
        try await ExampleSite.run(.orders, settings: ["auth.sessions.max=4"]) { site in
            _ = try await site.caller(.plain, "Mina")
            let other = try await site.caller(.plain, "Omid")
            let (phone, _) = try await signIn(site, "mina@example.com", agent: "Phone/1")
            let (desk, deskRefresh) = try await signIn(site, "mina@example.com", agent: "Desk/2")
            let listed = try await desk.get("/me/sessions").data.array ?? []
            #expect(listed.count == 3 && listed.map { $0["current"] } == [true, false, false])
            #expect(listed[0]["user_agent"] == "Desk/2" && listed[0]["ip"] == "127.0.0.1" && listed[0]["last_used_at"]?.string != nil)
            let id = try #require(listed[1]["id"]?.string)
            try await other.delete("/me/sessions/\(id)", 404)
            try await desk.delete("/me/sessions/nonsense", 404)
            try await phone.get("/me")
            try await desk.delete("/me/sessions/\(id)", 204)
            try await phone.get("/me", 401)
            try await desk.get("/me")
            try await desk.delete("/me/sessions/\(id)", 404)

            try await desk.delete("/me/sessions", 204)
            try await desk.get("/me/sessions") { $0.data.array?.map { $0["current"] } == [true] }
            try await other.get("/me")
            try await site.anonymous.get("/me/sessions", 401)
            try await site.anonymous.delete("/me/sessions", 401)

            // The oldest gives way.
            for _ in 0..<3 { _ = try await signIn(site, "mina@example.com") }
            try await desk.get("/me")
            let (last, _) = try await signIn(site, "mina@example.com")
            try await desk.get("/me", 401)
            _ = try await refresh(site, deskRefresh, 401)
            try await last.get("/me/sessions") { $0.data.array?.count == 4 }
        }
    }

    @Test("O40.2 Whoever must change his password can do nothing else")
    func forcedChange() async throws {
        try await ExampleSite.run(.orders) { site in
            let root = try await site.caller(.root, "Root")
            let plain = try await site.caller(.plain, "Omid")
            let body: JSONValue = [
                "email": "New@Example.com", "name": "New", "password": "\(ExampleSite.password)", "must_change_password": true,
            ]
            try await site.anonymous.post("/users", body, 401)
            try await plain.post("/users", body, 403)
            let made = try await root.post("/users", body)
            #expect(
                made.text("email") == "new@example.com" && made.headers.first(name: "location")?.hasSuffix(made.text("id") ?? "?") == true)
            try await root.post("/users", body, 409, at: ["email"])
            try await root.post("/users", ["email": "x@example.com", "password": "short"], 400, at: ["password"])

            let (user, refreshToken) = try await signIn(site, "new@example.com")
            for path in ["/me", "/tenants", "/me/sessions"] { try await user.get(path, 403, "PASSWORD_CHANGE_REQUIRED") }
            try await user.post("/tenants", ["name": "Mine"], 403, "PASSWORD_CHANGE_REQUIRED")
            try await user.patch("/me", ["name": "x"], 403, "PASSWORD_CHANGE_REQUIRED")
            let renewed = try await refresh(site, refreshToken)
            try await user.patch("/users/\(user.id)", ["must_change_password": false], 403, "PASSWORD_CHANGE_REQUIRED")

            func change(_ current: String, _ new: String) -> JSONValue { ["current_password": "\(current)", "password": "\(new)"] }
            let path = "/auth/password/change"
            try await user.post(path, change(ExampleSite.password, ExampleSite.password), 400, at: ["password"])
            try await user.post(path, change("Not this one 1", "Another horse 99"), 400, at: ["current_password"])
            try await user.post(path, change(ExampleSite.password, "short"), 400, at: ["password"])
            try await user.post(path, ["password": "Another horse 99"], 400, at: ["current_password"])
            try await site.anonymous.post(path, change("x", "Another horse 99"), 401)
            let (elsewhere, _) = try await signIn(site, "new@example.com")
            try await user.post(path, change(ExampleSite.password, "Another horse 99"), 200)
            try await user.get("/me")
            try await elsewhere.get("/me", 401)
            _ = try await refresh(site, renewed)
            try await user.patch("/me", ["must_change_password": true], 403, "FIELD_FORBIDDEN")
            // He hears of it, in case it was not he.
            try await site.anonymous.post("/auth/login", ["email": "new@example.com", "password": "\(ExampleSite.password)"], 401)
        }
    }

    @Test("Where sign-up is by invitation, the token of the mail makes one account, whose address is proved")
    func invitations() async throws {
        try await ExampleSite.run(.orders, settings: ["auth.signup=invite"]) { site in
            let owner = try await site.caller(.plain, "Owner")
            let tenant = try await owner.make("/tenants", ["name": "Acme"])
            try await owner.within(tenant).post("/invitations", ["email": "mina@example.com", "role": "member"])
            let token = try await site.token(mailedTo: "mina@example.com")
            func body(_ email: String, _ token: String?) -> JSONValue {
                let fields: [JSONMember] = [
                    JSONMember(name: "email", value: "\(email)"), JSONMember(name: "password", value: "\(ExampleSite.password)"),
                    JSONMember(name: "name", value: "X"),
                ]
                return .object(fields + (token.map { [JSONMember(name: "invitation", value: "\($0)")] } ?? []))
            }
            try await site.anonymous.post("/auth/signup", body("mina@example.com", nil), 403)
            try await site.anonymous.post("/auth/signup", body("mina@example.com", token + "x"), 400, "INVALID_CODE")
            try await site.anonymous.post("/auth/signup", body("other@example.com", token), 400, "INVALID_CODE")
            let answer = try await site.anonymous.post(
                "/auth/signup", body("mina@example.com", token), has: ["user": ["email_verified": true]])
            let caller = Caller(name: "Mina", id: "", email: "", token: try #require(answer.text("access_token")))
            try await Client(api: site.api, caller: caller).post("/invitations/accept", ["token": "\(token)"])
            try await site.anonymous.post("/auth/signup", body("mina@example.com", token), 400, "INVALID_CODE")
        }
    }

    @Test("Addresses are proved by mail, and change by proof of the new one alone")
    func addresses() async throws {
        try await ExampleSite.run(.orders, settings: Self.codes) { site in
            let body: JSONValue = ["email": "mina@example.com", "name": "Mina", "password": "\(ExampleSite.password)"]
            let answer = try await site.anonymous.post("/auth/signup", body)
            let mina = Client(
                api: site.api, caller: Caller(name: "Mina", id: "", email: "", token: try #require(answer.text("access_token"))))
            try await mina.get("/me", has: ["email_verified": false])
            let first = try await site.token(mailedTo: "mina@example.com")
            try await site.anonymous.post("/auth/email/verify", ["token": "\(first)x"], 400, "INVALID_CODE")
            try await site.anonymous.post("/auth/email/verify", ["token": "\(first)"], 200)
            try await mina.get("/me", has: ["email_verified": true])
            try await site.anonymous.post("/auth/email/verify", ["token": "\(first)"], 400, "INVALID_CODE")
            try await mina.post("/auth/email/resend", nil, 200)
            try await site.anonymous.post("/auth/email/resend", nil, 401)

            try await mina.patch("/me", ["email": "new@example.com"], 403, "FIELD_FORBIDDEN")
            try await mina.post(
                "/auth/email/change", ["email": "new@example.com", "current_password": "Not this 1"], 400, at: ["current_password"])
            try await mina.post("/auth/email/change", ["email": "nonsense"], 400, at: ["email"])
            try await mina.post("/auth/email/change", ["email": "New@example.com", "current_password": "\(ExampleSite.password)"], 200)
            try await mina.get("/me", has: ["email": "mina@example.com"])
            let second = try await site.token(mailedTo: "new@example.com")
            // A link for a password that went to the old address opens nothing once the new one is proved.
            try await site.anonymous.post("/auth/password/forgot", ["email": "mina@example.com"], 200)
            let reset = try await site.token(mailedTo: "mina@example.com")
            try await site.anonymous.post("/auth/email/verify", ["token": "\(second)"], 200)
            try await mina.get("/me", has: ["email": "new@example.com", "email_verified": true])
            try await site.anonymous.post(
                "/auth/password/reset", ["token": "\(reset)", "password": "Another horse 99"], 400, "INVALID_CODE")
            try await site.anonymous.post("/auth/login", ["email": "mina@example.com", "password": "\(ExampleSite.password)"], 401)

            // A number by a code that goes to it, from the account that asked.
            let challenge = try await mina.post("/auth/phone/change", ["phone": "+1 202 555 0123"], 200)
            let id = try #require(challenge.text("challenge_id"))
            let other = try await site.caller(.plain, "Omid")
            try await other.post("/auth/phone/verify", ["challenge_id": "\(id)", "code": "000000"], 400, "INVALID_CODE")
            try await mina.get("/me", has: ["phone": .null])
        }
    }
}
