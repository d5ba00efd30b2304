import Harness
import JSON
import NIOCore
import NIOHTTP1
import Testing

/// What somebody prepares who has an account for a while, or holds one with an address that is not his, is worth nothing afterwards.
@Suite("Accounts that somebody else has had", .serialized)
struct TakeoverScenarios {
    private static let password: JSONValue = .string(ExampleSite.password)

    private func client(_ site: ExampleSite, _ answer: Answer) throws -> Client {
        let caller = Caller(name: "signed up", id: "", email: "", token: try #require(answer.text("access_token")))
        return Client(api: site.api, caller: caller)
    }

    private func signUp(_ site: ExampleSite, _ email: String) async throws -> Client {
        try client(site, try await site.anonymous.post("/auth/signup", ["email": "\(email)", "name": "X", "password": Self.password]))
    }

    @Test("A change of the address that was asked for before a new password opens nothing after it")
    func pendingChange() async throws {
        try await ExampleSite.run(.orders) { site in
            let mina = try await site.caller(.plain, "Mina")
            try await mina.post("/auth/email/change", ["email": "eve@example.com", "current_password": Self.password], 200)
            let first = try await site.token(mailedTo: "eve@example.com")
            try await mina.post("/auth/password/change", ["current_password": Self.password, "password": "Another horse 98"], 200)
            try await site.anonymous.post("/auth/email/verify", ["token": "\(first)"], 400, "INVALID_CODE")

            try await mina.post("/auth/email/change", ["email": "sly@example.com", "current_password": "Another horse 98"], 200)
            let second = try await site.token(mailedTo: "sly@example.com")
            try await site.anonymous.post("/auth/password/forgot", ["email": "mina@example.com"], 200)
            let reset = try await site.token(mailedTo: "mina@example.com")
            try await site.anonymous.post("/auth/password/reset", ["token": "\(reset)", "password": "Another horse 99"], 200)
            try await site.anonymous.post("/auth/email/verify", ["token": "\(second)"], 400, "INVALID_CODE")
            try await site.anonymous.post("/auth/login", ["email": "mina@example.com", "password": "Another horse 99"], 200)
        }
    }
}
