import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("Identity: sign-up, sign-in, tokens")
struct IdentityScenarios {
    @Test("Sign up, sign in, read oneself, refresh, sign out")
    func account() async throws {
        try await Site.run { site in
            let api = site.api
            let body: JSONValue = ["email": "Nima@Example.com", "password": .string(Site.password), "name": "Nima"]
            let signup = try await api.expect(.POST, "/auth/signup", body: body, status: 201) { answer in
                answer.text("token_type") == "Bearer" && answer.data["expires_in"] == 900
                    && answer.text("user", "email") == "nima@example.com"
                    && answer.text("user", "role") == "USER" && answer.data["user"]?["password"] == nil
            }
            // A JWT has three parts (RFC 7519).
            #expect(signup.text("access_token")?.split(separator: ".").count == 3)
            try await api.expect(.POST, "/auth/signup", body: body, status: 409) { $0.code == "CONFLICT" }

            let nima = try await api.login("nima@example.com")
            try await api.expect(.GET, "/me", as: nima, status: 200) { $0.text("id") == nima.id && $0.text("name") == "Nima" }
            try await api.expect(.PATCH, "/me", as: nima, body: ["name": "Nima A."], status: 200) { $0.text("name") == "Nima A." }
            try await api.expect(.PATCH, "/me", as: nima, body: ["role": "ADMIN"], status: 403) { $0.code == "FIELD_FORBIDDEN" }
            try await api.expect(.GET, "/me", status: 401) { $0.code == "UNAUTHENTICATED" }

            // Refresh rotates; signing out ends the session at once, for the access token too.
            let old = try #require(signup.text("refresh_token"))
            let renewed = try await api.expect(.POST, "/auth/refresh", body: ["refresh_token": .string(old)], status: 200)
            let successor = try #require(renewed.text("refresh_token"))
            #expect(successor != old)
            let again = Caller(name: "nima, refreshed", id: nima.id, email: nima.email, token: try #require(renewed.text("access_token")))
            try await api.expect(.GET, "/me", as: again, status: 200)
            try await api.expect(.POST, "/auth/logout", as: again, body: ["refresh_token": .string(successor)], status: 204)
            try await api.expect(.GET, "/me", as: again, status: 401)
            try await api.expect(.POST, "/auth/refresh", body: ["refresh_token": .string(successor)], status: 401)
            try await api.expect(.GET, "/me", as: nima, status: 200)
        }
    }

    @Test("A spent refresh token revokes its family once the successor was used")
    func reuse() async throws {
        try await Site.run { site in
            let api = site.api
            let login: JSONValue = ["email": "reader@example.com", "password": .string(Site.password)]
            func refresh(_ token: String, status: Int) async throws -> Answer {
                try await api.expect(.POST, "/auth/refresh", body: ["refresh_token": .string(token)], status: status)
            }
            let first = try #require(try await api.expect(.POST, "/auth/login", body: login, status: 200).text("refresh_token"))
            let second = try #require(try await refresh(first, status: 200).text("refresh_token"))
            // A retry after a lost answer gives the same successor.
            #expect(try await refresh(first, status: 200).text("refresh_token") == second)
            let third = try #require(try await refresh(second, status: 200).text("refresh_token"))
            #expect(try await refresh(first, status: 401).code == "TOKEN_REUSED")
            _ = try await refresh(third, status: 401)
        }
    }

    @Test("Whoever knows a session's id cannot end it: a token that was never given is nothing but wrong")
    func forgedReuse() async throws {
        try await Site.run { site in
            let api = site.api
            let login: JSONValue = ["email": "reader@example.com", "password": .string(Site.password)]
            let token = try #require(try await api.expect(.POST, "/auth/login", body: login, status: 200).text("refresh_token"))
            let parts = token.split(separator: ".").map(String.init)
            let other = try #require(try await api.expect(.POST, "/auth/login", body: login, status: 200).text("refresh_token"))
            let foreign = other.split(separator: ".").map(String.init)
            let forged = [
                String(repeating: "A", count: parts[1].utf8.count), String(repeating: "A", count: 43), foreign[1],
                String(parts[1].reversed()),
                String(parts[1].dropLast()), "",
            ]
            for secret in forged {
                let answer = try await api.expect(
                    .POST, "/auth/refresh", body: ["refresh_token": .string("\(parts[0]).\(secret)")], status: 401)
                #expect(answer.code == "UNAUTHENTICATED", "\(secret)")
            }
            try await api.expect(.POST, "/auth/refresh", body: ["refresh_token": .string(token)], status: 200)
        }
    }

    @Test("Bad credentials, and tokens that were never given")
    func refused() async throws {
        try await Site.run { site in
            let api = site.api
            let wrong: JSONValue = ["email": "reader@example.com", "password": "not this one at all"]
            let unknown: JSONValue = ["email": "nobody@example.com", "password": "not this one at all"]
            let first = try await api.expect(.POST, "/auth/login", body: wrong, status: 401)
            let second = try await api.expect(.POST, "/auth/login", body: unknown, status: 401)
            // An unknown account answers like a known one.
            #expect(first.code == second.code && first.json?["error"]?["message"] == second.json?["error"]?["message"])

            let parts = site.reader.token.split(separator: ".").map(String.init)
            try #require(parts.count == 3)
            let forged = [
                "a header of alg none": "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.\(parts[1]).", "no signature": "\(parts[0]).\(parts[1]).",
                "another's payload": "\(parts[0]).\(site.admin.token.split(separator: ".")[1]).\(parts[2])",
                "HS256": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\(parts[1]).\(parts[2])",
                "a changed signature": "\(parts[0]).\(parts[1]).\(String(parts[2].reversed()))", "no token": "x", "dots": "...",
            ]
            for (name, token) in forged.sorted(by: { $0.key < $1.key }) {
                let caller = Caller(name: name, id: "", email: "", token: token)
                try await api.expect(.GET, "/me", as: caller, status: 401) { $0.code == "UNAUTHENTICATED" }
                // A bad credential is refused even where none is needed.
                try await api.expect(.GET, "/posts", as: caller, status: 401)
            }
        }
    }

    @Test("What the clock closes is closed at the next request, refreshing included, and a key with it")
    func closedByTheClock() async throws {
        let configuration = """
            [auth]
            active_when = "until == null or now < until"
            api_keys = { allow = "me != null" }
            [collections.users.allow]
            read = "this == me"
            update = "this == me"
            [collections.users.fields]
            until = "datetime"
            """
        try await OwnSite.run(configuration, users: ["sara": ""]) { site in
            let (api, sara) = (site.api, site["sara"])
            let login: JSONValue = ["email": "sara@example.com", "password": .string(Site.password)]
            let token = try #require(try await api.expect(.POST, "/auth/login", body: login, status: 200).text("refresh_token"))
            let made = try await api.expect(.POST, "/me/api_keys", as: sara, body: ["name": "k"], status: 201)
            let key = Caller(name: "key", id: "", email: "", token: made.text("key") ?? "")
            try await api.expect(.GET, "/users", as: key, status: 200)
            let end = Moment.now + 10_000
            try await api.expect(.PATCH, "/me", as: sara, body: ["until": .string(Moment.text(end))], status: 200)
            try await Moment.passed(end + 1_000)
            try await api.expect(.GET, "/me", as: sara, status: 401)
            try await api.expect(.GET, "/users", as: key, status: 401)
            try await api.expect(.POST, "/auth/login", body: login, status: 403) { $0.code == "ACCOUNT_INACTIVE" }
            try await api.expect(.POST, "/auth/refresh", body: ["refresh_token": .string(token)], status: 401)
            // Opened again by the operator, that session is over and the others are not.
            let granted = try await Program.run(["user", "grant", "sara@example.com", "until=null"], in: site.program.directory)
            #expect(granted.status == 0, "\(granted.output)")
            try await api.expect(.POST, "/auth/refresh", body: ["refresh_token": .string(token)], status: 401)
            try await api.expect(.POST, "/auth/login", body: login, status: 200)
        }
    }
}
