import Harness
import JSON
import Testing

@Suite("O35.8 The audit log of an order")
struct AuditScenarios {
    @Test("Each step with actor, address and change, for administrators of its tenant; it outlives the order")
    func audit() async throws {
        try await ExampleSite.run(.orders) { site in
            let u1 = try await site.caller(.plain, "Uma")
            let u2 = try await site.caller(.plain, "Ugo")
            try await u1.post("/tenants", ["name": "Acme"])
            try await u2.post("/tenants", ["name": "Beta"])
            let order = try await u1.make(
                "/orders",
                [
                    "customer_name": "Ada", "customer_email": "ada@example.com",
                    "items": [["name": "Chair", "quantity": 1, "unit_price": "5.00"]],
                ])
            try await u1.patch("/orders/\(order)", ["notes": "soon"])
            for step in ["process", "ship", "deliver"] { try await u1.fire("/orders/\(order)/\(step)") }
            try await u1.patch("/orders/\(order)", ["notes": "refused"], 403)
            let path = "/audit?entity=orders:\(order)"
            let log = try await u1.get(path).rows
            #expect(log.compactMap { $0["action"]?.string } == ["deliver", "ship", "process", "updated", "created"])
            try #require(log.count == 5)
            for entry in log {
                #expect(entry.holds(["actor": "\(u1.id)", "ip": "127.0.0.1"]), "\(entry.text)")
                #expect(entry["request_id"]?.string != nil && entry["at"]?.string != nil && entry["actor_name"]?.string != nil)
            }
            #expect(log[1].at("changes.status").holds(["old": "processing", "new": "shipped"]))
            #expect(log[1].at("changes.shipped_at.old") == .null)
            #expect(log[3].at("changes.notes").holds(["old": .null, "new": "soon"]))
            #expect(try await u2.get(path).rows == [])
            try await u2.within("acme").get(path, 403)
            try await site.anonymous.get(path, 401)
            try await u1.delete("/orders/\(order)")
            #expect(try await u1.get(path).rows.first?["action"] == "deleted")
        }
    }
}
