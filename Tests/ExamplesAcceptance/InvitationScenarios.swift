import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("O33.1 Invitations: a mail makes a member")
struct InvitationScenarios {
    @Test("Invited by an administrator, accepted once, as what was offered; what each role may")
    func invitations() async throws {
        try await ExampleSite.run(.orders) { site in
            let owner = try await site.caller(.plain, "Uma")
            let other = try await site.caller(.plain, "Ugo")
            let bob = try await site.caller(.plain, "Bob")
            let eve = try await site.caller(.plain, "Eve")
            try await owner.post("/tenants", ["name": "Acme"])
            try await other.post("/tenants", ["name": "Beta"])

            let invitation = try await owner.post(
                "/invitations", ["email": "Bob@Example.com", "role": "member"], has: ["email": "bob@example.com", "role": "member"])
            #expect(invitation["token"] == .null, "the token is in the mail alone")
            try await owner.post("/invitations", ["email": "eve@example.com", "role": "owner"], 403)
            try await owner.post("/invitations", ["email": "nothing", "role": "chief"], 400, at: ["email", "role"])
            #expect(try await other.ids("/invitations") == [])
            try await other.get("/invitations/\(invitation.id)", 404)
            let token = try await site.token(mailedTo: "bob@example.com")
            for (caller, token) in [(eve, token), (bob, "nonsense")] {
                let answer = try await caller.tries(.POST, "/invitations/accept", ["token": "\(token)"])
                #expect((400...404).contains(answer.status), "\(caller.name): \(answer.status)")
            }
            try await site.anonymous.post("/invitations/accept", ["token": "\(token)"], 401)
            let membership = try await bob.post(
                "/invitations/accept", ["token": "\(token)"], has: ["user": "\(bob.id)", "role": "member"]
            ).id
            let again = try await bob.tries(.POST, "/invitations/accept", ["token": "\(token)"])
            #expect((400...409).contains(again.status), "once: \(again.status)")

            // A member works, an administrator administers, neither makes owners.
            let order: JSONValue = [
                "customer_name": "Ada", "customer_email": "ada@example.com",
                "items": [["name": "Chair", "quantity": 1, "unit_price": "5.00"]],
            ]
            let made = try await bob.make("/orders", order)
            try await bob.delete("/orders/\(made)", 403)
            try await bob.get("/invitations", 200) { $0.rows == [] }
            try await bob.post("/invitations", ["email": "eve@example.com", "role": "viewer"], 403)
            #expect(try await Set(bob.ids("/users")) == [bob.id, owner.id], "colleagues see each other")
            #expect(try await Set(bob.column("user", "/memberships")) == [bob.id, owner.id])
            try await bob.patch("/memberships/\(membership)", ["role": "admin"], 403)
            try await owner.patch("/memberships/\(membership)", ["role": "admin"], has: ["role": "admin"])
            try await bob.patch("/memberships/\(membership)", ["role": "owner"], 403)
            try await bob.delete("/orders/\(made)")
            let first = try await owner.get("/memberships?user=\(owner.id)").rows.first?.id ?? "none"
            try await bob.patch("/memberships/\(first)", ["role": "viewer"], 403)
            try await bob.delete("/memberships/\(first)", 403)

            try await site.join(eve, as: "viewer", invitedBy: bob)
            let seen = try await eve.get("/orders")
            #expect(seen.rows == [])
            try await eve.post("/orders", order, 403)
            let own = try await eve.get("/memberships?user=\(eve.id)").rows.first?.id ?? "none"
            try await eve.delete("/memberships/\(own)")
            try await eve.get("/orders", 400, "TENANT_REQUIRED")

            // Once there is another owner the first may go.
            try await owner.patch("/memberships/\(membership)", ["role": "owner"], has: ["role": "owner"])
            try await owner.delete("/memberships/\(first)")
            #expect(try await bob.column("user", "/memberships") == [bob.id])
        }
    }
    @Test("The link of a message is one address, whether the site's own ends in a slash or not")
    func links() async throws {
        for site in ["https://people.example.ir", "https://people.example.ir/", "https://people.example.ir/app/"] {
            let settings = ["app.site_url=\(site)", "notify.invitation.channel=mail", "notify.invitation.text=Go to {{ link }} now"]
            try await ExampleSite.run(.orders, settings: settings + ["notify.invitation.subject=Join"]) { running in
                let owner = try await running.caller(.plain, "Uma")
                try await owner.post("/tenants", ["name": "Acme"])
                try await owner.post("/invitations", ["email": "bob@example.com", "role": "member"])
                let token = try await running.token(mailedTo: "bob@example.com")
                let text = running.messages("mail").last?["text"]?.string ?? ""
                let place = site.hasSuffix("/") ? String(site.dropLast()) : site
                #expect(text.contains("Go to \(place)/join?token=\(token) now"), "\(text)")
            }
        }
    }
}
