import Harness
import JSON
import NIOHTTP1
import Testing

/// Whoever errs with sign-in, tenants or keys is told what to do.
@Suite("Refusals say what to do")
struct AdviceScenarios {
    private static let codes = SessionScenarios.codes

    /// What is said of each place.
    private func advice(_ answer: Answer) -> [String: String] {
        (answer.json?["error"]?["details"]?.array ?? []).reduce(into: [:]) { said, fault in
            if let path = fault["path"]?.string { said[path] = fault["message"]?.string ?? "" }
        }
    }

    @Test("A page that may not send cookies is told which may, and what says so")
    func pages() async throws {
        let settings = ["auth.transport=[\"cookie\"]", "app.site_url=https://people.example.ir/app"]
        try await ExampleSite.run(.writers, settings: settings) { site in
            let newcomer: JSONValue = ["email": "sara@example.com", "username": "sara", "password": "Secret123", "full_name": "Sara"]
            let own: HTTPHeaders = ["origin": "https://people.example.ir"]
            let jar = Jar(try await site.anonymous.post("/auth/signup", newcomer, headers: own))
            for path in ["/auth/logout", "/auth/login"] {
                let body: JSONValue = path == "/auth/login" ? ["email": "sara@example.com", "password": "Secret123"] : [:]
                let headers = path == "/auth/login" ? ["origin": "https://evil.example"] : jar.with("origin", "https://evil.example")
                try await site.anonymous.post(path, body, 403, headers: headers) { answer in
                    ["https://people.example.ir or https://writers.example.ir", "app.base_url", "app.site_url"].allSatisfy {
                        answer.message.contains($0)
                    }
                }
            }
            let foreign = jar.with("origin", "https://evil.example")
            try await site.anonymous.patch("/me", ["full_name": "S"], 403, headers: foreign) {
                $0.message.contains("https://people.example.ir") && !$0.message.contains("evil")
            }
        }
    }

    @Test("Addresses and passwords that a PATCH would change name the call that changes them, where there is one")
    func ways() async throws {
        let body: JSONValue = ["email": "new@example.com", "phone": "+12025550123", "password": "Another horse 99"]
        for (settings, changesPhones) in [([], false), (Self.codes, true)] {
            try await ExampleSite.run(.orders, settings: settings) { site in
                let mina = try await site.caller(.plain, "Mina")
                let said = advice(try await mina.patch("/me", body, 403, "FIELD_FORBIDDEN", at: ["email", "password", "phone"]))
                #expect(said["email"]?.contains("POST /api/v1/auth/email/change") == true, "\(said)")
                #expect(said["password"]?.contains("POST /api/v1/auth/password/change") == true, "\(said)")
                #expect(said["phone"]?.contains("POST /api/v1/auth/phone/change") == changesPhones, "\(said)")
                try await mina.get("/me", has: ["email": "mina@example.com"])
            }
        }
    }

    @Test("A number without its country: how it is written")
    func numbers() async throws {
        for (locale, region) in [("en-US", "US"), ("en", nil)] {
            try await ExampleSite.run(.orders, settings: Self.codes + ["app.locale=\(locale)"]) { site in
                let mina = try await site.caller(.plain, "Mina")
                let said = advice(try await mina.post("/auth/phone/change", ["phone": "0912 123 4567"], 400, at: ["phone"]))
                #expect(said["phone"]?.contains("with its country code, such as +") == true, "\(said)")
                #expect(said["phone"]?.contains("of US, or") == (region != nil), "\(said)")
            }
        }
    }

    @Test("An authenticator that is there, or is not, names what gives it up or begins")
    func authenticators() async throws {
        try await ExampleSite.run(.orders, settings: ["auth.totp=true"]) { site in
            let ugo = try await PersonWithAuthenticator(site, "Ugo")
            try await ugo.client.post("/auth/totp/setup", nil, 409) { $0.message.contains("POST /auth/totp/disable") }
            let uma = try await site.caller(.plain, "Uma")
            // His own answer tells whether there is one.
            try await ugo.client.get("/me", has: ["totp_enabled": true])
            try await uma.get("/me", has: ["totp_enabled": false])
            try await uma.patch("/me", ["name": "Uma U."], has: ["name": "Uma U.", "totp_enabled": false])
            try await uma.get("/users/\(uma.id)") { $0["totp_enabled"] == .null }
            try await uma.post("/auth/totp/confirm", ["code": "123456"], 409) { $0.message.contains("POST /auth/totp/setup") }
            try await ugo.client.post("/auth/totp/disable", ["code": "\(ugo.recovery[0])"], 204)
            try await ugo.client.get("/me", has: ["totp_enabled": false])
        }
        try await ExampleSite.run(.orders) { site in
            try await site.caller(.plain, "Uma").get("/me") { !$0.data.names.contains("totp_enabled") }
        }
    }

    @Test("Sign-up by invitation: what is missing, and that an invitation is another's, whose name stays unsaid")
    func invitations() async throws {
        try await ExampleSite.run(.orders, settings: ["auth.signup=invite"]) { site in
            let owner = try await site.caller(.plain, "Owner")
            let tenant = try await owner.make("/tenants", ["name": "Acme", "slug": "acme"])
            try await owner.within(tenant).post("/invitations", ["email": "mina@example.com", "role": "member"])
            let token = try await site.token(mailedTo: "mina@example.com")
            func signUp(_ email: String, _ more: [JSONMember] = []) -> JSONValue {
                .object(
                    [
                        JSONMember(name: "email", value: "\(email)"), JSONMember(name: "password", value: "\(ExampleSite.password)"),
                    ] + more)
            }
            let invitation = [JSONMember(name: "invitation", value: "\(token)")]
            try await site.anonymous.post("/auth/signup", signUp("mina@example.com"), 403) {
                $0.message.contains("must be invited") && $0.message.contains(#"send "invitation""#)
            }
            try await site.anonymous.post("/auth/signup", signUp("other@example.com", invitation), 400, "INVALID_CODE") {
                $0.message.contains("is for another address") && !$0.message.contains("mina")
            }
            // What nobody was sent is told apart from it by nobody but its holder.
            let wrong = [JSONMember(name: "invitation", value: "\(token)x")]
            try await site.anonymous.post("/auth/signup", signUp("mina@example.com", wrong), 400, "INVALID_CODE") {
                !$0.message.contains("another address")
            }
            let answer = try await site.anonymous.post("/auth/signup", signUp("mina@example.com", invitation))
            let caller = Caller(name: "Mina", id: "", email: "", token: try #require(answer.text("access_token")))
            // Of which tenant he has become a member: what he may name it by from now on.
            try await Client(api: site.api, caller: caller).post(
                "/invitations/accept", ["token": "\(token)"],
                has: ["role": "member", "tenant": ["id": "\(tenant)", "slug": "acme", "name": "Acme"]])
        }
    }

    @Test("A service that cannot be reached: 503, and one warning that names its issuer and says why")
    func services() async throws {
        // A port on which nobody listens: port 1 needs a right that no test has.
        let issuer = "http://127.0.0.1:1"
        let oidc = ["issuer=\"\(issuer)\"", "client_id=atlas", "client_secret=\"env:OIDC_SECRET\""].map { "auth.oidc.mock.\($0)" }
        try await ExampleSite.run(.orders, settings: oidc + ["auth.transport=[\"cookie\"]"]) { site in
            for _ in 0..<5 {
                try await site.anonymous.get("/auth/oidc/mock", 503, "UNAVAILABLE") {
                    $0.message.contains("'mock'") && !$0.header("retry-after").isEmpty
                }
            }
            let warning = try await site.program.line { $0.contains(issuer) }
            #expect(warning.contains(#""service":"mock""#) && warning.contains("cannot reach it"), "\(warning)")
            let told = site.program.output.filter { $0.contains("mock") && !$0.contains("\"path\"") }
            #expect(told.filter { $0.contains("error") }.count < 5, "\(told)")
            #expect(!site.program.output.contains { $0.contains("request failed") })
        }
    }
}
