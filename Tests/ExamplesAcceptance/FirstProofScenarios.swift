import Harness
import JSON
import NIOHTTP1
import Testing

/// Eve signs up with Vera's address and opens ways into the account that end with neither a password nor a session.
@Suite("The first proof of an address", .serialized)
struct FirstProofScenarios {
    private static let password: JSONValue = .string(ExampleSite.password)
    private static let number = "+12025550123"
    /// Of writers, whose newcomers are not asked to prove their addresses.
    private static let settings =
        [
            "auth.methods=[\"password\", \"otp\"]", "sms.driver=file", "auth.otp.notify=code", "notify.code.channel=sms",
            "notify.code.text={{ code }}", "auth.totp=true", "auth.api_keys.allow=me != null",
        ] + ExampleSite.manyCodes

    private func client(_ site: ExampleSite, _ token: String?) -> Client {
        Client(api: site.api, caller: Caller(name: "somebody", id: "", email: "", token: token ?? ""))
    }

    private func signUp(_ site: ExampleSite, _ name: String) async throws -> Client {
        let fields: JSONValue = [
            "email": "\(name)@example.com", "username": "\(name)", "full_name": "X", "password": Self.password,
        ]
        return client(site, try await site.anonymous.post("/auth/signup", fields).text("access_token"))
    }

    /// A phone, a key and, where it is wanted, an authenticator; gives the key.
    private func openWays(
        _ site: ExampleSite, _ eve: Client, _ number: String = number, authenticator: Bool = false
    ) async throws -> Client {
        let key = client(site, try await eve.post("/me/api_keys", ["name": "Eve's"]).text("key"))
        try await key.get("/tasks")
        let challenge = try await eve.post("/auth/phone/change", ["phone": "\(number)"], 200).text("challenge_id") ?? ""
        let code = try await site.code(to: number, count: 1)
        try await eve.post("/auth/phone/verify", ["challenge_id": "\(challenge)", "code": "\(code)"], 200)
        if authenticator {
            let secret = try #require(try await eve.post("/auth/totp/setup", nil, 200).text("secret"))
            try await eve.post("/auth/totp/confirm", ["code": "\(Authenticator(secret).next())"], 200)
        }
        return key
    }

    /// Whoever has that number has no account.
    private func expectForeign(_ site: ExampleSite, _ number: String) async throws {
        let challenge = try await site.challenge(number)
        // The second told it that it was taken from an account.
        let code = try await site.code(to: number, count: 3)
        // A new account would need a name here: there is none to be had by number alone.
        try await site.anonymous.post("/auth/otp/verify", ["challenge_id": "\(challenge)", "code": "\(code)"], 400)
    }

    private static let both: JSONValue = ["phone", "api_keys"]
    private static let all: JSONValue = ["phone", "api_keys", "authenticator"]

    @Test("by a new password ends what a stranger has left open, and says what; a later one ends nothing")
    func reset() async throws {
        try await ExampleSite.run(.writers, settings: Self.settings) { site in
            let anon = site.anonymous
            let eve = try await signUp(site, "vera")
            let key = try await openWays(site, eve)
            func renew(
                _ password: String, after former: String? = nil, removing ways: JSONValue = [], has expected: JSONValue
            ) async throws -> String {
                try await anon.post("/auth/password/forgot", ["email": "vera@example.com"], 200)
                let token = try await site.token(mailedTo: "vera@example.com", after: former)
                // Before any reset: of the phone that was added where there was none.
                #expect(site.messages("mail").contains { $0["notice"] == "account_changed" && $0["to"] == "vera@example.com" })
                let body: JSONValue = ["token": "\(token)", "password": "\(password)"]
                for (wrong, place) in [("phone", "remove"), (["authenticator"], "remove.0"), (["phone", 1], "remove.1")]
                    as [(JSONValue, String)]
                {
                    let body = JSONValue.object((body.members ?? []) + [JSONMember(name: "remove", value: wrong)])
                    try await anon.post("/auth/password/reset", body, 400, at: [place])
                }
                try await anon.post(
                    "/auth/password/reset", .object((body.members ?? []) + [JSONMember(name: "remove", value: ways)]), 200, has: expected)
                return token
            }
            let first = try await renew("Another horse 99", has: ["removed": Self.both, "kept": []])
            let vera = try await site.signIn("vera@example.com", name: "Vera", password: "Another horse 99")
            try await vera.patch("/me", ["full_name": "V"], 412, headers: ["if-match": "\"99\""])
            try await vera.get("/me", has: ["email_verified": true, "phone": .null])
            try await key.get("/tasks", 401)
            try await eve.get("/me", 401)
            try await expectForeign(site, Self.number)
            let own = client(site, try await vera.post("/me/api_keys", ["name": "Vera's"]).text("key"))
            let second = try await renew("Another horse 98", after: first, has: ["removed": [], "kept": ["api_keys"]])
            try await own.get("/tasks")

            // What she does not know she ends with it; an authenticator is ended by its codes alone.
            let again = try await site.signIn("vera@example.com", name: "Vera", password: "Another horse 98")
            let other = try await openWays(site, again, "+12025550126", authenticator: true)
            _ = try await renew(
                "Another horse 97", after: second, removing: ["phone", "api_keys"],
                has: ["removed": ["phone", "api_keys"], "kept": ["authenticator"]])
            for key in [own, other] { try await key.get("/tasks", 401) }
            try await expectForeign(site, "+12025550126")
        }
    }

    @Test("by a link ends the same, except for whoever is signed in to the account where he opens it")
    func link() async throws {
        try await ExampleSite.run(.writers, settings: Self.settings) { site in
            let anon = site.anonymous
            let eve = try await signUp(site, "vera")
            let key = try await openWays(site, eve)
            try await eve.post("/auth/email/resend", nil, 200)
            let token = try await site.token(mailedTo: "vera@example.com")
            // A session of another account, a key and a token that is none are no session of this one.
            let other = try await signUp(site, "olga")
            try await key.post("/auth/email/verify", ["token": "\(token)x"], 400, "INVALID_CODE")
            try await client(site, "nonsense").post("/auth/email/verify", ["token": "\(token)x"], 400, "INVALID_CODE")
            try await other.post("/auth/email/verify", ["token": "\(token)"], 200, has: ["removed": Self.both, "kept": []])
            try await key.get("/tasks", 401)
            try await anon.post(
                "/auth/login", ["email": "vera@example.com", "password": Self.password], 200, has: ["user": ["phone": .null]])
            try await expectForeign(site, Self.number)

            // A change is asked for by whoever is in: wherever its link is opened, it takes nothing from him.
            let ways = try await openWays(site, other, "+12025550125", authenticator: true)
            try await other.post("/auth/email/change", ["email": "nora@example.com", "current_password": Self.password], 200)
            let change = try await site.token(mailedTo: "nora@example.com")
            try await anon.post("/auth/email/verify", ["token": "\(change)"], 200, has: ["removed": [], "kept": Self.all])
            try await ways.get("/tasks")

            // Who has both the account and its mail keeps what is his.
            let number = "+12025550124"
            let nina = try await signUp(site, "nina")
            let own = try await openWays(site, nina, number, authenticator: true)
            try await nina.post("/auth/email/resend", nil, 200)
            let mine = try await site.token(mailedTo: "nina@example.com")
            try await nina.post("/auth/email/verify", ["token": "\(mine)"], 200, has: ["removed": [], "kept": Self.all])
            try await own.get("/tasks")
            try await nina.get("/me", has: ["email_verified": true, "phone": "\(number)"])
        }
    }

    @Test("is asked for before other ways are opened where newcomers get a link; also of whom an authenticator is demanded")
    func gate() async throws {
        let settings = SessionScenarios.codes + ["auth.totp.require=name == 'Rita'"] + ExampleSite.manyCodes
        try await ExampleSite.run(.orders, settings: settings) { site in
            for name in ["Vera", "Rita"] {
                let email = "\(name.lowercased())@example.com"
                let answer = try await site.anonymous.post(
                    "/auth/signup", ["email": "\(email)", "name": "\(name)", "password": Self.password])
                let newcomer = client(site, answer.text("access_token"))
                let token = try await site.token(mailedTo: email)
                func saysHow(_ answer: Answer) -> Bool { answer.message.contains("/auth/email/resend") }
                try await newcomer.post("/auth/totp/setup", nil, 403) { saysHow($0) }
                try await newcomer.post("/auth/totp/confirm", ["code": "123456"], 403) { saysHow($0) }
                if name == "Vera" {
                    try await newcomer.post("/auth/phone/change", ["phone": "\(Self.number)"], 403) { saysHow($0) }
                    try await newcomer.post("/tenants", ["name": "Acme", "slug": "acme"])
                    try await newcomer.within("acme").post("/me/api_keys", ["name": "Key"], 403) { saysHow($0) }
                } else {
                    try await newcomer.post("/auth/phone/change", ["phone": "\(Self.number)"], 403, "TOTP_REQUIRED")
                }
                try await newcomer.post("/auth/email/resend", nil, 200)
                try await site.anonymous.post("/auth/email/verify", ["token": "\(token)"], 200, has: ["removed": [], "kept": []])
                let secret = try #require(try await newcomer.post("/auth/totp/setup", nil, 200).text("secret"))
                try await newcomer.post("/auth/totp/confirm", ["code": "\(Authenticator(secret).next())"], 200)
                if name == "Vera" { try await newcomer.within("acme").post("/me/api_keys", ["name": "Key"]) }
                try await newcomer.post("/auth/phone/change", ["phone": "\(Self.number)"], 200)
            }
        }
    }
}
