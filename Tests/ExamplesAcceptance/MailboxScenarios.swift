import Harness
import JSON
import Testing

@Suite("What is mailed to others")
struct MailboxScenarios {
    @Test("However many accounts would change to an address, its mailbox takes five links in an hour; another's is open")
    func flood() async throws {
        try await ExampleSite.run(.writers) { site in
            func change(_ client: Client, to address: String) async throws {
                try await client.post(
                    "/auth/email/change", ["email": "\(address)", "current_password": "\(ExampleSite.password)"], 200)
            }
            for name in ["Mina", "Omid", "Sara"] {
                let client = try await site.caller(.plain, name)
                for _ in 0..<3 { try await change(client, to: "Vera@example.com") }
                try await change(client, to: "\(name)2@example.com")
            }
            // Mail leaves in the order in which it was asked for, more or less: these come after.
            for name in ["mina", "omid", "sara"] { _ = try await site.token(mailedTo: "\(name)2@example.com") }
            try await site.anonymous.post("/auth/password/forgot", ["email": "sara@example.com"], 200)
            _ = try await site.token(mailedTo: "sara@example.com")
            let mails = site.messages("mail")
            #expect(mails.count { $0["to"] == "vera@example.com" } == 5, "\(mails)")
        }
    }
}
