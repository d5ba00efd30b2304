import Harness
import JSON
import NIOHTTP1
import Testing

/// Whoever knows a password and guesses codes closes the second step to himself, not to the owner.
@Suite("The second step: whom guessing keeps out")
struct SecondStepScenarios {
    private func answer(_ challenge: String, _ code: String) -> JSONValue { ["challenge_id": "\(challenge)", "code": "\(code)"] }

    /// As if it came from that address: the site trusts whoever forwards to it.
    private func from(_ address: String, _ site: ExampleSite) -> Client {
        var client = site.anonymous
        client.headers.replaceOrAdd(name: "x-forwarded-for", value: address)
        return client
    }

    @Test("Closed to strangers after ten, open where the owner is signed in, and opened again by a password by mail: once a day")
    func strangers() async throws {
        let settings = ["auth.totp=true", "server.trusted_proxies=[\"127.0.0.1\"]"]
        try await ExampleSite.run(.orders, settings: settings) { site in
            let ugo = try await PersonWithAuthenticator(site, "Ugo")
            func token(after former: String?) async throws -> String {
                try await from("198.51.100.7", site).post("/auth/password/forgot", ["email": "ugo@example.com"], 200)
                return try await site.token(mailedTo: "ugo@example.com", after: former)
            }
            let first = try await token(after: nil)
            for number in 1...10 {
                let stranger = from("203.0.113.\(number)", site)
                let challenge = try await ugo.challenge(by: stranger)
                try await stranger.post("/auth/totp/verify", answer(challenge, "000000"), 400, "INVALID_CODE")
            }
            // At home neither their challenges nor their wrong codes count.
            let home = try await ugo.challenge()
            try await site.anonymous.post("/auth/totp/verify", answer(home, ugo.authenticator.next()), 200)
            let away = from("198.51.100.7", site)
            try await away.post("/auth/login", ugo.body(), 429, "TOO_MANY_ATTEMPTS") { !$0.header("retry-after").isEmpty }

            // Whoever has the mail goes on anywhere, though ten wrong codes were typed.
            func reset(_ token: String, _ password: String) async throws -> String {
                try await away.post("/auth/password/reset", ["token": "\(token)", "password": "\(password)"], 200)
                return try await ugo.challenge(password, by: away)
            }
            let challenge = try await reset(first, "Another horse 99")
            try await away.post("/auth/totp/verify", answer(challenge, "000000"), 400, "INVALID_CODE")
            // The eleventh begins a longer pause, which a second mail of the same day does not end: a mailbox is no authenticator.
            let code = ugo.authenticator.next()
            try await away.post("/auth/totp/verify", answer(challenge, code), 429, "TOO_MANY_ATTEMPTS") {
                (60...120).contains(Int($0.header("retry-after")) ?? 0)
            }
            let second = try await reset(try await token(after: first), "Another horse 98")
            try await away.post("/auth/totp/verify", answer(second, code), 429, "TOO_MANY_ATTEMPTS")
            try await away.post("/auth/totp/recovery", answer(second, ugo.recovery[0]), 200)
            // Whoever is in has no past.
            let third = try await ugo.challenge("Another horse 98", by: away)
            try await away.post("/auth/totp/verify", answer(third, code), 200)
        }
    }

    @Test("A burnt challenge is so for good, and says so: another sign-in helps at once, waiting does not")
    func burnt() async throws {
        try await ExampleSite.run(.orders, settings: ["auth.totp=true"]) { site in
            let ugo = try await PersonWithAuthenticator(site, "Ugo")
            let challenge = try await ugo.challenge()
            for _ in 1...3 {
                try await site.anonymous.post("/auth/totp/verify", answer(challenge, "000000"), 400, "INVALID_CODE")
            }
            try await site.anonymous.post("/auth/totp/verify", answer(challenge, ugo.authenticator.next()), 429, "TOO_MANY_ATTEMPTS") {
                $0.header("retry-after").isEmpty && $0.message.contains("begin again")
            }
            let other = try await ugo.challenge()
            try await site.anonymous.post("/auth/totp/verify", answer(other, ugo.authenticator.next()), 200)
        }
    }

    @Test("An account that is closed is told so after the password, with and without an authenticator")
    func closed() async throws {
        try await ExampleSite.run(.orders, settings: ["auth.totp=true"]) { site in
            let ugo = try await PersonWithAuthenticator(site, "Ugo")
            let uma = try await site.caller(.plain, "Uma")
            let pending = try await ugo.challenge()
            for email in ["ugo@example.com", "uma@example.com"] {
                #expect(try await site.command(["user", "disable", email]).status == 0)
                try await site.anonymous.post(
                    "/auth/login", ["email": "\(email)", "password": "\(ExampleSite.password)"], 403, "ACCOUNT_INACTIVE")
                // Not before it.
                try await site.anonymous.post("/auth/login", ["email": "\(email)", "password": "not the password"], 401)
            }
            #expect(!uma.id.isEmpty)
            try await site.anonymous.post("/auth/totp/verify", answer(pending, ugo.authenticator.next()), 403, "ACCOUNT_INACTIVE")
        }
    }
}
