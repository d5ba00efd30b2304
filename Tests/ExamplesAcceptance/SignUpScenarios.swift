import Harness
import JSON
import NIOHTTP1
import Testing

/// What whoever signs up is told, and which ways to prove something there are.
@Suite("Signing up: what is taken, from where, and what is not offered")
struct SignUpScenarios {
    private static let foreign: HTTPHeaders = ["origin": "https://evil.example"]

    private func newcomer(_ email: String, _ username: String) -> JSONValue {
        ["email": "\(email)@example.com", "username": "\(username)", "password": "Secret123", "full_name": "Sara"]
    }

    @Test("Everything that is taken is named in one answer, at sign-up and at a change")
    func taken() async throws {
        try await ExampleSite.run(.writers) { site in
            let anon = site.anonymous
            for name in ["sara", "mina"] { try await anon.post("/auth/signup", newcomer(name, name)) }
            for (email, username, taken) in [
                ("sara", "sara", ["email", "username"]), ("sara", "mina", ["email", "username"]), ("SARA", "new", ["email"]),
                ("new", "mina", ["username"]),
            ] {
                try await anon.post("/auth/signup", newcomer(email, username), 409, at: taken) { answer in
                    (answer.json?["error"]?["details"]?.array ?? []).allSatisfy { $0["message"] == "is taken" }
                }
            }
            try await anon.post("/auth/signup", newcomer("new", "new"))
            let sara = try await site.signIn("sara@example.com", name: "Sara", password: "Secret123")
            try await sara.patch("/me", ["username": "mina"], 409, at: ["username"])
            let made = try await site.command(
                ["user", "create", "email=sara@example.com", "username=mina", "full_name=x", "password=-"], input: ExampleSite.password)
            let said = made.output.joined()
            #expect(made.status != 0 && ["email", "username"].allSatisfy { said.contains($0) }, "\(said)")
        }
    }

    @Test("A page of another site gets no cookies, and is told that, not of cookies it never sent")
    func foreignPages() async throws {
        let forms: [(transports: String, offersBearer: Bool)] = [(#"["cookie", "bearer"]"#, true), (#"["cookie"]"#, false)]
        for (transports, offersBearer) in forms {
            try await ExampleSite.run(.writers, settings: ["auth.transport=\(transports)"]) { site in
                let anon = site.anonymous
                let own: HTTPHeaders = ["origin": "https://writers.example.ir"]
                let login: JSONValue = ["email": "sara@example.com", "password": "Secret123"]
                let jar = Jar(try await anon.post("/auth/signup", newcomer("sara", "sara"), headers: own))
                for (path, body) in [("/auth/signup", newcomer("mina", "mina")), ("/auth/login", login)] {
                    try await anon.post(path, body, 403, headers: Self.foreign) {
                        !$0.message.contains("request with cookies") && $0.message.contains("cookies for pages of this site")
                            && $0.message.contains("bearer") == offersBearer
                    }
                }
                // What brings cookies is told of cookies.
                try await anon.post("/auth/refresh", [:], 403, headers: jar.with("origin", "https://evil.example")) {
                    $0.message.contains("request with cookies")
                }
                guard offersBearer else { return }
                let bearer = JSONValue.object((login.members ?? []) + [JSONMember(name: "transport", value: "bearer")])
                try await anon.post("/auth/login", bearer, 200, headers: Self.foreign)
            }
        }
    }

    @Test("Numbers change only where codes are sent, within the countries and the budget of all codes")
    func phones() async throws {
        let paths = ["/auth/phone/change", "/auth/phone/verify"]
        func described(_ site: ExampleSite) async throws -> [Bool] {
            let document = try await site.anonymous.get("//openapi.json").json ?? .null
            return paths.map { document["paths"]?["/api/v1\($0)"] != nil }
        }
        try await ExampleSite.run(.orders) { site in
            let mina = try await site.caller(.plain, "Mina")
            for path in paths { try await mina.post(path, ["phone": "+1 202 555 0123"], 404) }
            #expect(try await described(site) == [false, false])
        }
        try await ExampleSite.run(.orders, settings: SessionScenarios.codes + ["auth.otp.countries=[\"IR\"]", "auth.otp.budget=1/d"]) {
            site in
            let mina = try await site.caller(.plain, "Mina")
            #expect(try await described(site) == [true, true])
            try await mina.post(paths[0], ["phone": "+1 202 555 0123"], 400, at: ["phone"])
            let challenge = try await mina.post(paths[0], ["phone": "+98 912 123 4567"], 200).text("challenge_id") ?? ""
            try await mina.post(paths[0], ["phone": "+98 912 123 4568"], 429) { !$0.header("retry-after").isEmpty }
            for _ in 1...3 {
                try await mina.post(paths[1], ["challenge_id": "\(challenge)", "code": "x"], 400, "INVALID_CODE")
            }
            try await mina.post(paths[1], ["challenge_id": "\(challenge)", "code": "x"], 429, "TOO_MANY_ATTEMPTS") {
                $0.header("retry-after").isEmpty
            }
        }
    }
}
