import Harness
import JSON
import NIOHTTP1
import Testing

/// What a change of the password does while others are under way, and what it tells whoever guesses.
@Suite("Changing a password", .serialized)
struct PasswordScenarios {
    private static let path = "/auth/password/change"
    private static let next = "Another horse 99"

    private func change(_ current: String, to password: String) -> JSONValue {
        ["current_password": "\(current)", "password": "\(password)"]
    }

    private func login(_ password: String) -> JSONValue { ["email": "mina@example.com", "password": "\(password)"] }

    @Test("A session that has ended while its change was under way changes nothing")
    func endedMeanwhile() async throws {
        try await ExampleSite.run(.orders) { site in
            let mina = try await site.caller(.plain, "Mina")
            for round in 0..<3 {
                let thief = try await site.signIn("mina@example.com", name: "Thief \(round)")
                // Two passwords are hashed for it, which takes longer than all that follows.
                async let answer = thief.tries(.POST, Self.path, change(ExampleSite.password, to: Self.next))
                for _ in 0..<3 { try await mina.get("/me") }
                try await mina.delete("/me/sessions")
                let status = try await answer.status
                #expect(status == 401)
                try await site.anonymous.post("/auth/login", login(Self.next), 401)
                try await mina.get("/me")
            }
            _ = try await site.signIn("mina@example.com", name: "Mina")
        }
    }

    @Test("That a new password is the old one is told within the guesses that there are, and not after them")
    func sameAsBefore() async throws {
        try await ExampleSite.run(.orders) { site in
            let mina = try await site.caller(.plain, "Mina")
            let same = change(ExampleSite.password, to: ExampleSite.password)
            func code(_ answer: Answer) -> String? { answer.json?["error"]?["details"]?.array?.first?["code"]?.string }
            try await mina.post(Self.path, same, 400, at: ["password"]) { code($0) == "same" }
            for guess in 1...5 {
                let wrong = "Not this one \(guess)"
                // Nor is a guess told apart by what it would be changed to.
                try await mina.post(Self.path, change(wrong, to: guess == 1 ? wrong : Self.next), 400, at: ["current_password"]) {
                    code($0) == "wrong"
                }
            }
            for body in [same, change("Not this one 6", to: Self.next), change(ExampleSite.password, to: Self.next)] {
                try await mina.post(Self.path, body, 429, "TOO_MANY_ATTEMPTS") { !$0.header("retry-after").isEmpty }
            }
        }
    }

    @Test("Keys that are being made while the account's owner takes it by a new password do not outlive it")
    func keysMadeMeanwhile() async throws {
        // Where newcomers are asked for a proof of their address, keys are not made before.
        try await ExampleSite.run(.writers, settings: ["auth.api_keys.allow=me != null"]) { site in
            for round in 0..<6 {
                // Eve has signed up with an address that is not hers.
                let name = "vera\(round)"
                let email = "\(name)@example.com"
                let signedUp = try await site.anonymous.post(
                    "/auth/signup",
                    ["email": "\(email)", "username": "\(name)", "full_name": "X", "password": "\(ExampleSite.password)"])
                let eve = Client(
                    api: site.api, caller: Caller(name: "Eve", id: "", email: "", token: try #require(signedUp.text("access_token"))))
                try await site.anonymous.post("/auth/password/forgot", ["email": "\(email)"], 200)
                let reset = try await site.token(mailedTo: email)
                let keys = try await withThrowingTaskGroup(of: [String].self) { group in
                    for _ in 0..<8 { group.addTask { try await made(of: eve) } }
                    try await site.anonymous.post("/auth/password/reset", ["token": "\(reset)", "password": "\(Self.next)"], 200)
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(!keys.isEmpty, "round \(round): there was a race")
                for key in keys {
                    let client = Client(api: site.api, caller: Caller(name: "key", id: "", email: "", token: key))
                    try await client.get("/tasks", 401)
                }
                let vera = try await site.signIn(email, name: "Vera", password: Self.next)
                #expect(try await vera.get("/me/api_keys").rows == [], "round \(round)")
            }
        }
    }

    /// Makes keys until the session is over; the last of them. Few at a time, so that there is always room for another.
    private func made(of person: Client) async throws -> [String] {
        var kept: [(id: String, key: String)] = []
        while true {
            let answer = try await person.tries(.POST, "/me/api_keys", ["name": "k"])
            guard answer.status == 201, let key = answer.text("key") else {
                #expect(answer.status == 401)
                break
            }
            kept.append((answer.id, key))
            guard kept.count > 10 else { continue }
            guard try await person.tries(.DELETE, "/me/api_keys/\(kept[0].id)").status == 204 else { break }
            kept.removeFirst()
        }
        return kept.map(\.key)
    }
}
