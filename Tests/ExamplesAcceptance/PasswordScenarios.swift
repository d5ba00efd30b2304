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

    @Test("Keys that another session makes while the password changes end with it or were there before it")
    func keysMadeMeanwhile() async throws {
        try await ExampleSite.run(.orders) { site in
            let mina = try await site.caller(.plain, "Mina")
            try await mina.post("/tenants", ["name": "Acme", "slug": "acme"])
            let owner = mina.within("acme")
            var password = ExampleSite.password
            for round in 0..<3 {
                let thief = try await site.signIn("mina@example.com", name: "Thief", password: password).within("acme")
                let renewed = "Another horse \(round)"
                let body = change(password, to: renewed)
                let (made, known) = try await withThrowingTaskGroup(of: [String].self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            // Few at a time, so that there is always room for another.
                            var kept: [String] = []
                            while true {
                                let answer = try await thief.tries(.POST, "/me/api_keys", ["name": "k"])
                                guard answer.status == 201 else {
                                    #expect(answer.status == 401)
                                    return kept
                                }
                                kept.append(answer.id)
                                guard kept.count > 10 else { continue }
                                guard try await thief.tries(.DELETE, "/me/api_keys/\(kept[0])").status == 204 else { return kept }
                                kept.removeFirst()
                            }
                        }
                    }
                    try await mina.post(Self.path, body, 200)
                    let known = try await owner.get("/me/api_keys").data.array?.compactMap { $0["id"]?.string } ?? []
                    return (try await group.reduce(into: Set<String>()) { $0.formUnion($1) }, Set(known))
                }
                let left = try await owner.get("/me/api_keys").data.array?.compactMap { $0["id"]?.string } ?? []
                #expect(Set(left) == known, "round \(round): none came after the answer")
                #expect(made == known, "round \(round): whoever was told of a key has one")
                #expect(!left.isEmpty, "round \(round): there was a race")
                for id in left { try await owner.delete("/me/api_keys/\(id)") }
                password = renewed
            }
        }
    }
}
