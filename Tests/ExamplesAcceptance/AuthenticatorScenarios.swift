import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("A second factor by an authenticator")
struct AuthenticatorScenarios {
    private static let settings = ["auth.totp=true"]

    private func answer(_ challenge: String, _ code: String) -> JSONValue { ["challenge_id": "\(challenge)", "code": "\(code)"] }

    /// How fifty at once are answered.
    private func race(_ client: Client, _ path: String, _ body: JSONValue) async throws -> [Int: Int] {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 { group.addTask { try await client.tries(.POST, path, body).status } }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }

    @Test("Set up, confirmed, asked for at login; a code is good once, also of fifty at once")
    func codes() async throws {
        try await ExampleSite.run(.orders, settings: Self.settings) { site in
            let anon = site.anonymous
            try await anon.post("/auth/totp/setup", nil, 401)
            let uma = try await site.caller(.plain, "Uma")
            try await uma.post("/auth/totp/confirm", ["code": "123456"], 409)
            try await uma.post("/auth/totp/setup", [:], 200)
            try await uma.post("/auth/totp/confirm", ["code": "12345"], 400, "INVALID_CODE")
            // Nothing is asked for before it is confirmed.
            _ = try await site.signIn("uma@example.com", name: "Uma again")

            let ugo = try await PersonWithAuthenticator(site, "Ugo")
            try await ugo.client.post("/auth/totp/setup", nil, 409)
            let challenge = try await ugo.challenge()
            let code = ugo.authenticator.next()
            try await anon.post("/auth/otp/verify", answer(challenge, code), 404)
            #expect(try await race(anon, "/auth/totp/verify", answer(challenge, code)) == [200: 1, 400: 49])
            // The step is spent for every other challenge.
            let second = try await ugo.challenge()
            try await anon.post("/auth/totp/verify", answer(second, code), 400, "INVALID_CODE")
            try await anon.post(
                "/auth/totp/verify", answer(second, ugo.authenticator.next()), 200, has: ["user": ["id": "\(ugo.client.id)"]])

            for (file, _) in site.program.directory.files(in: "data") where !file.hasSuffix(".sock") {
                let bytes = String(decoding: try Directory.read(file), as: UTF8.self)
                for text in [ugo.secret] + ugo.recovery { #expect(!bytes.contains(text), "\(file)") }
            }
        }
    }

    @Test("The owner hears of it: set up, passed by with a recovery code, given up")
    func notices() async throws {
        try await ExampleSite.run(.orders, settings: Self.settings) { site in
            let ugo = try await PersonWithAuthenticator(site, "Ugo")
            let challenge = try await ugo.challenge()
            try await site.anonymous.post("/auth/totp/recovery", answer(challenge, ugo.recovery[0]), 200)
            try await ugo.client.post("/auth/totp/disable", ["code": "\(ugo.recovery[1])"], 204)
            let deadline = ContinuousClock.now + .seconds(60)
            func told() -> [String] { site.messages("mail").compactMap { $0["notice"]?.string } }
            while told().count < 3, ContinuousClock.now < deadline { _ = try await site.anonymous.api.open(.GET, "//health").finish() }
            #expect(told().sorted() == ["recovery_code_used", "second_factor_off", "second_factor_on"])
            #expect(site.messages("mail").allSatisfy { $0.text.contains("ugo@example.com") && !$0.text.contains(ugo.recovery[0]) })
        }
    }

    @Test("A recovery code is good once, also of fifty at once; by one the authenticator is given up")
    func recovery() async throws {
        try await ExampleSite.run(.orders, settings: Self.settings) { site in
            let anon = site.anonymous
            let ugo = try await PersonWithAuthenticator(site, "Ugo")
            let challenge = try await ugo.challenge()
            try await anon.post("/auth/totp/verify", answer(challenge, ugo.recovery[0]), 400, "INVALID_CODE")
            #expect(try await race(anon, "/auth/totp/recovery", answer(challenge, ugo.recovery[0])) == [200: 1, 400: 49])
            let second = try await ugo.challenge()
            try await anon.post("/auth/totp/recovery", answer(second, ugo.recovery[0]), 400, "INVALID_CODE")
            try await anon.post("/auth/totp/recovery", answer(second, ugo.recovery[1].uppercased()), 200)

            try await ugo.client.post("/auth/totp/disable", ["code": "aaaaa-aaaaa"], 400, "INVALID_CODE")
            try await ugo.client.post("/auth/totp/disable", ["code": "\(ugo.recovery[2])"], 204)
            _ = try await site.signIn("ugo@example.com", name: "Ugo")
            try await ugo.client.post("/auth/totp/disable", ["code": "\(ugo.recovery[3])"], 409)
        }
    }

    @Test("Guessing ends: three tries of a challenge, ten challenges in a quarter of an hour")
    func guessing() async throws {
        try await ExampleSite.run(.orders, settings: Self.settings) { site in
            let anon = site.anonymous
            let ugo = try await PersonWithAuthenticator(site, "Ugo")
            let challenge = try await ugo.challenge()
            #expect(try await race(anon, "/auth/totp/verify", answer(challenge, "nothing")) == [400: 3, 429: 47])
            try await anon.post("/auth/totp/verify", answer(challenge, ugo.authenticator.next()), 429, "TOO_MANY_ATTEMPTS")
            for _ in 2...10 { _ = try await ugo.challenge() }
            try await anon.post(
                "/auth/login", ["email": "ugo@example.com", "password": "\(ExampleSite.password)"], 429, "TOO_MANY_ATTEMPTS"
            ) { (600...900).contains(Int($0.header("retry-after")) ?? 0) }
        }
    }

    @Test("Who signs in often is not guessing: right answers count for nothing")
    func frequent() async throws {
        try await ExampleSite.run(.orders, settings: Self.settings) { site in
            let anon = site.anonymous
            let ugo = try await PersonWithAuthenticator(site, "Ugo")
            #expect(ugo.recovery.count == 10)
            for code in ugo.recovery {
                try await anon.post("/auth/totp/recovery", answer(try await ugo.challenge(), code), 200)
            }
            for _ in 0..<10 { _ = try await ugo.challenge() }
            try await anon.post(
                "/auth/login", ["email": "ugo@example.com", "password": "\(ExampleSite.password)"], 429, "TOO_MANY_ATTEMPTS")
        }
    }

    @Test(
        "Where the file demands it nothing else is open to whoever has none: at once, by session, cookie and key; another takes its place")
    func demand() async throws {
        let settings = [
            "auth.totp.require=is_root or name == 'Rita'", "auth.transport=[\"bearer\", \"cookie\"]",
        ]
        try await ExampleSite.run(.orders, settings: settings) { site in
            let root = try await site.caller(.root, "Root")
            for path in ["/me/sessions", "/tenants", "/users"] { try await root.get(path, 403, "TOTP_REQUIRED") }
            try await root.post("/tenants", ["name": "Acme", "slug": "acme"], 403, "TOTP_REQUIRED")
            try await root.patch("/me", ["name": "x"], 403, "TOTP_REQUIRED")
            try await root.post("/auth/password/change", ["password": "another long password"], 403, "TOTP_REQUIRED")
            try await root.post("/auth/totp/disable", ["code": "123456"], 403, "TOTP_REQUIRED")
            try await root.get("/me", has: ["id": "\(root.id)"])

            // The rule begins to hold for sessions and keys that are open.
            let rita = try await site.caller(.plain, "Uma")
            let cookie: JSONValue = [
                "email": "uma@example.com", "password": "\(ExampleSite.password)", "transport": "cookie",
            ]
            let origin: HTTPHeaders = ["origin": "http://127.0.0.1:\(site.program.port)"]
            let signedIn = try await site.anonymous.post("/auth/login", cookie, 200, headers: origin)
            let pairs = signedIn.headers["set-cookie"].map { String($0.prefix { $0 != ";" }) }.joined(separator: "; ")
            try await site.anonymous.get("/me/sessions", headers: ["cookie": pairs])
            try await rita.post("/tenants", ["name": "Acme", "slug": "acme"])
            let made = try await rita.within("acme").post("/me/api_keys", ["name": "Reports"])
            let key = Client(api: site.api, caller: Caller(name: "key", id: "", email: "", token: made.text("key") ?? ""))
            try await key.get("/orders")
            try await rita.patch("/me", ["name": "Rita"])
            try await rita.get("/me/sessions", 403, "TOTP_REQUIRED")
            try await key.get("/orders", 403, "TOTP_REQUIRED")
            try await site.anonymous.get("/me/sessions", 403, "TOTP_REQUIRED", headers: ["cookie": pairs])
            try await site.anonymous.get("/me", headers: ["cookie": pairs])

            // Set up, everything is open where it was shown, and nothing where it was not.
            let setup = try await rita.post("/auth/totp/setup", nil, 200)
            try await rita.get("/me/sessions", 403, "TOTP_REQUIRED")
            let authenticator = Authenticator(setup.text("secret") ?? "")
            try await rita.post("/auth/totp/confirm", ["code": "\(authenticator.next())"], 200)
            #expect(try await rita.get("/me/sessions").rows.count == 1)
            try await key.get("/orders")
            try await site.anonymous.get("/me", 401, headers: ["cookie": pairs])
            // Given up, another one must be set up before anything else; where none is demanded it need not.
            try await rita.post("/auth/totp/disable", ["code": "\(authenticator.next())"], 204)
            try await rita.get("/me/sessions", 403, "TOTP_REQUIRED")
            let other = Authenticator(try await rita.post("/auth/totp/setup", nil, 200).text("secret") ?? "")
            try await rita.post("/auth/totp/confirm", ["code": "\(other.next())"], 200)
            try await rita.patch("/me", ["name": "Uma"])
            try await rita.post("/auth/totp/disable", ["code": "\(other.next())"], 204)
            try await rita.get("/me/sessions")
            try await rita.patch("/me", ["name": "Rita"])
            try await rita.get("/me/sessions", 403, "TOTP_REQUIRED")

            // Who has lost it begins anew.
            let ruth = try await PersonWithAuthenticator(site, "Ruth")
            func accounts() async throws -> [String: JSONValue] {
                let listed =
                    try JSONParser.parse(try await site.command(["user", "list"]).output.joined(separator: "\n"))["users"]?.array ?? []
                return Dictionary(uniqueKeysWithValues: listed.map { ($0["email"]?.string ?? "", $0["authenticator"] ?? .null) })
            }
            let before = try await accounts()
            #expect(before["ruth@example.com"] == true && before.values.contains(false))
            let reset = try await site.command(["user", "reset-totp", "ruth@example.com"])
            #expect(reset.status == 0, "\(reset.output)")
            try await ruth.client.get("/me", 401)
            try await site.signIn("ruth@example.com", name: "Ruth").get("/me/sessions")
            #expect(try await accounts()["ruth@example.com"] == false)
            #expect(try await site.command(["user", "reset-totp", "ruth@example.com"]).status != 0)
        }
    }
}
