import Glibc
import Harness
import JSON
import NIOCore
import NIOHTTP1
import Testing

/// Against a provider that is not ours, on loopback.
@Suite("Signing in by another service")
struct OIDCScenarios {
    private struct Provider {
        let child: Child
        let port: Int

        init() async throws {
            let tools = try await Child("\(Repository.root)/packaging/python", ["oidc", "oidc-provider-mock==0.3.4"])
            let directory = try await tools.line { $0.hasPrefix("/") }
            let users: [JSONValue] = [
                ["sub": "ada", "email": "Ada@Example.com", "email_verified": true],
                ["sub": "bob", "email": "bob@example.com", "email_verified": false],
                ["sub": "eve", "email": "uma@example.com", "email_verified": false],
                ["sub": "uma", "email": "uma@example.com", "email_verified": true],
                ["sub": "sly", "email": "sly@example.com", "email_verified": true],
            ]
            child = try await Child(
                "\(directory)/bin/python",
                ["-m", "oidc_provider_mock", "--port", "0", "--host", "127.0.0.1"] + users.flatMap { ["--user-claims", $0.text] })
            let line = try await child.line { $0.contains("running on http") }
            port = try #require(line.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) }, "\(line)")
        }

        /// Signs in there as that person; where the browser is sent to, its path and query.
        func signIn(_ location: String, as person: String) async throws -> String {
            let start = try #require(location.firstIndex(of: "?"))
            let body = ByteBuffer(string: "sub=\(person)")
            let exchange = try await API(port: port).open(
                .POST, "//oauth2/authorize" + location[start...], length: body.readableBytes,
                headers: ["content-type": "application/x-www-form-urlencoded"])
            await exchange.send(body)
            let back = Answer(try await exchange.finish()).header("location")
            let place = try #require(back.firstIndex(of: "?"), "\(back)")
            return String(back[place...])
        }
    }

    private func run(_ settings: [String] = [], _ body: (ExampleSite, Provider) async throws -> Void) async throws {
        let provider = try await Provider()
        defer { kill(provider.child.process, SIGKILL) }
        let oidc = ["issuer=\"http://127.0.0.1:\(provider.port)\"", "client_id=atlas", "client_secret=\"env:OIDC_SECRET\""].map {
            "auth.oidc.mock.\($0)"
        }
        try await ExampleSite.run(.orders, settings: oidc + settings) { try await body($0, provider) }
    }

    private struct Departure {
        var location: String
        var cookie: String
    }

    /// RFC 7636 appendix B.
    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    private func depart(_ site: ExampleSite, _ query: String = "?challenge=\(challenge)") async throws -> Departure {
        let answer = try await site.anonymous.get("/auth/oidc/mock" + query, 302)
        return Departure(location: answer.header("location"), cookie: String(answer.header("set-cookie").prefix { $0 != ";" }))
    }

    private func arrive(
        _ site: ExampleSite, _ query: String, cookie: String?, _ status: Int = 302, _ code: String? = nil
    ) async throws -> Answer {
        try await site.anonymous.get(
            "/auth/oidc/mock/callback" + query, status, code, headers: cookie.map { ["cookie": $0] } ?? [:])
    }

    /// There, in, and back: the user.
    @discardableResult
    private func enter(_ site: ExampleSite, _ provider: Provider, _ person: String) async throws -> Answer {
        let departure = try await depart(site)
        let back = try await provider.signIn(departure.location, as: person)
        let location = try await arrive(site, back, cookie: departure.cookie).header("location")
        let code = try #require(location.split(separator: "#oidc_code=").last.map(String.init), "\(location)")
        // Whoever has learnt the code and not the verifier gets nothing by it, and takes nothing away.
        let anon = site.anonymous
        try await anon.post("/auth/oidc/exchange", ["code": "\(code)"], 400, at: ["verifier"])
        for wrong in ["", Self.challenge, Self.verifier + "x"] {
            try await anon.post("/auth/oidc/exchange", ["code": "\(code)", "verifier": "\(wrong)"], 400, "INVALID_CODE")
        }
        let body: JSONValue = ["code": "\(code)", "verifier": "\(Self.verifier)"]
        let signedIn = try await anon.post("/auth/oidc/exchange", body, 200)
        try await anon.post("/auth/oidc/exchange", body, 400, "INVALID_CODE")
        return signedIn
    }

    @Test("There and back: an account is made, found again, and never by an address that is not proved")
    func accounts() async throws {
        try await run { site, provider in
            let ada = try await enter(site, provider, "ada")
            #expect(ada["user.email"] == "ada@example.com" && ada["user.email_verified"] == true, "\(ada.data.text)")
            #expect(try await enter(site, provider, "ada")["user.id"] == ada["user.id"])
            // An unproved address is nobody's: he gets an account without any.
            let bob = try await enter(site, provider, "bob")
            #expect(bob["user.email"] == .null && bob["user.id"] != ada["user.id"])

            // Uma has proved hers (the command line believes it): her service leads to her account, another's claim does not.
            let uma = try await site.caller(.plain, "Uma")
            #expect(try await enter(site, provider, "uma")["user.id"] == "\(uma.id)")
            #expect(try await enter(site, provider, "eve")["user.id"] != "\(uma.id)")

            // Somebody has signed up with Sly's address, and not proved it: Sly does not fall into his account, nor he into Sly's.
            let body: JSONValue = ["email": "sly@example.com", "password": "\(ExampleSite.password)", "name": "Squatter"]
            try await site.anonymous.post("/auth/signup", body)
            let departure = try await depart(site)
            let back = try await provider.signIn(departure.location, as: "sly")
            _ = try await arrive(site, back, cookie: departure.cookie, 409)
        }
    }

    @Test("State is good once, for the browser that began; refusals and forged codes lead nowhere")
    func state() async throws {
        try await run { site, provider in
            try await site.anonymous.get("/auth/oidc/nobody", 404)
            try await site.anonymous.get("/auth/oidc/mock?next=x", 400, at: ["next"])
            // Without a challenge the code would be anybody's.
            try await site.anonymous.get("/auth/oidc/mock", 400, at: ["challenge"])
            for wrong in ["", "x", Self.challenge + "=", String(Self.challenge.dropLast()) + "!", String(repeating: "A", count: 44)] {
                try await site.anonymous.get("/auth/oidc/mock?challenge=\(wrong)", 400, at: ["challenge"])
            }
            // Who changes his mind there comes back to the page that sent him, once, and the page hears why.
            for (error, told) in [("access_denied", "access_denied"), ("x%23oidc_code=1", "server_error")] {
                let departure = try await depart(site)
                let state = try #require(departure.location.split(separator: "state=").last?.prefix { $0 != "&" })
                let refused = "?error=\(error)&error_description=no&state=\(state)"
                let location = try await arrive(site, refused, cookie: departure.cookie).header("location")
                #expect(location.hasSuffix("/#oidc_error=\(told)"), "\(location)")
                _ = try await arrive(site, refused, cookie: departure.cookie, 400, "INVALID_CODE")
            }
            let departure = try await depart(site)
            for part in ["response_type=code", "code_challenge_method=S256", "code_challenge=", "nonce=", "state=", "scope=openid%20"] {
                #expect(departure.location.contains(part), "\(departure.location)")
            }
            let back = try await provider.signIn(departure.location, as: "ada")
            // Another browser spends the state and gets nothing; then nobody gets anything by it.
            _ = try await arrive(site, back, cookie: nil, 400, "INVALID_CODE")
            _ = try await arrive(site, back, cookie: departure.cookie, 400, "INVALID_CODE")

            let second = try await depart(site)
            let again = try await provider.signIn(second.location, as: "ada")
            _ = try await arrive(site, again, cookie: departure.cookie, 400, "INVALID_CODE")
            let third = try await depart(site)
            let state =
                try await provider.signIn(third.location, as: "ada").split(separator: "state=").last.map { $0.prefix { $0 != "&" } } ?? ""
            _ = try await arrive(site, "?code=forged&state=\(state)", cookie: third.cookie, 401)
            _ = try await arrive(site, "?code=x", cookie: nil, 400, "VALIDATION_ERROR")
            let log = site.program.output.joined(separator: "\n")
            #expect(!log.contains("dummy-oidc"))
        }
    }

    @Test("With cookies the way back signs in; without sign-up no stranger gets an account")
    func cookies() async throws {
        try await run(["auth.transport=[\"cookie\"]", "auth.signup=closed", "auth.totp=true"]) { site, provider in
            let departure = try await depart(site, "")
            let back = try await provider.signIn(departure.location, as: "ada")
            _ = try await arrive(site, back, cookie: departure.cookie, 403)
            let made = try await site.command(
                ["user", "create", "email=ada@example.com", "name=Ada", "password=-"], input: ExampleSite.password)
            try #require(made.status == 0)
            let second = try await depart(site, "")
            let signedIn = try await arrive(
                site, try await provider.signIn(second.location, as: "ada"), cookie: second.cookie)
            let cookies = signedIn.headers["set-cookie"]
            let access = try #require(cookies.first { $0.contains("atlas_access=") })
            let pair = String(access.prefix { $0 != ";" })
            try await site.anonymous.get("/me", has: ["email": "ada@example.com"], headers: ["cookie": pair])
            #expect(cookies.contains { $0.contains("atlas_oidc=;") })
        }
    }
}
