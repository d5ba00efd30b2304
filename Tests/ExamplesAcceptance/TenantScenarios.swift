import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("O33 Tenants and the walls between them")
struct TenantScenarios {
    private static let order: JSONValue = [
        "customer_name": "Ada", "customer_email": "ada@example.com", "items": [["name": "Chair", "quantity": 1, "unit_price": "5.00"]],
    ]

    @Test("Founded, named, apart, suspended")
    func tenants() async throws {
        try await ExampleSite.run(.orders) { site in
            let root = try await site.caller(.root, "Root")
            let u1 = try await site.caller(.plain, "Uma")
            let u2 = try await site.caller(.plain, "Ugo")
            let nobody = try await site.caller(.plain, "Nobody")
            let anon = site.anonymous

            // 1: whoever founds it owns it
            let acme = try await u1.post("/tenants", ["name": "Acme"], has: ["slug": "acme", "plan": "free"]).id
            let beta = try await u2.make("/tenants", ["name": "Beta"])
            try await anon.post("/tenants", ["name": "Gamma"], 401)
            try await u1.post("/tenants", ["name": "Mine", "plan": "pro"], 403, "FIELD_FORBIDDEN", at: ["plan"])
            try await u1.get("/memberships") { $0.rows.count == 1 && $0.rows[0].holds(["user": "\(u1.id)", "role": "owner"]) }
            #expect(try await u1.ids("/tenants") == [acme])
            #expect(try await u2.ids("/tenants") == [beta])
            #expect(try await Set(root.ids("/tenants")) == [acme, beta])
            try await u2.get("/tenants/acme", 404)
            try await anon.get("/tenants/acme", 401)
            let membership = try await u1.get("/memberships").rows.first?.id ?? "none"

            // 2: each in his own
            let made = try await u1.within("acme").post("/orders", Self.order, has: ["number": "ORD-000001"])
            let item = made["items"].array?.first?.id ?? "none"
            try await u1.within(acme).get("/orders/\(made.id)")
            for client in [u2, u2.within("beta"), u2.within("acme")] {
                #expect(try await client.ids("/orders") == [])
                #expect(try await client.ids("/order_items") == [])
                for path in ["/orders/\(made.id)", "/order_items/\(item)", "/orders/\(made.id)/items", "/memberships/\(membership)"] {
                    let answer = try await client.tries(.GET, path)
                    #expect(answer.status == 404, "\(path): \(answer.status)")
                }
                try await client.patch("/orders/\(made.id)", ["notes": "x"], 404)
                try await client.delete("/orders/\(made.id)", 404)
                try await client.fire("/orders/\(made.id)/process", nil, 404)
            }
            try await u2.within("acme").post("/orders", Self.order, 403)
            #expect(try await u2.within("acme").ids("/memberships") == [])
            try await u2.within("no-such-tenant").get("/orders", 404)
            try await anon.within("acme").get("/orders", 401)
            try await anon.within("acme").post("/orders", Self.order, 401)
            try await nobody.get("/orders", 400, "TENANT_REQUIRED")
            try await nobody.get("/me")

            // The header goes before the query, which is no parameter of the route either way.
            #expect(try await u1.within("acme").ids("/orders?tenant=beta") == [made.id])
            #expect(try await u1.ids("/orders?tenant=acme&status=pending&status=shipped") == [made.id])
            try await u1.within("acme").get("/orders?page=1&page=2", 400)

            // 7: numbers are counted in each tenant
            let other = try await u2.within("beta").post("/orders", Self.order, has: ["number": "ORD-000001"]).id
            #expect(try await u1.ids("/orders") == [made.id])
            #expect(try await u2.ids("/orders") == [other])

            // 3: neither by reference nor by name
            try await u2.post(
                "/order_items", ["order": "\(made.id)", "name": "x", "quantity": 1, "unit_price": "1.00"], 400, at: ["order"])
            let file = try await u1.within("acme").upload(Sample.pdf, named: "po.pdf", kind: "upload")
            for client in [u2, u2.within("beta")] {
                try await client.patch("/orders/\(other)", ["attachments": ["\(file)"]], 400, at: ["attachments[0]"])
                try await client.fire("/orders/\(other)/attachments", ["id": "\(file)"], 400)
                try await client.get("/media/\(file)/content", 404)
            }
            for (method, path) in [(HTTPMethod.POST, "/orders"), (.PATCH, "/orders/\(other)")] {
                let fields = (Self.order.members ?? []).filter { method == .POST || $0.name == "customer_name" }
                let body = JSONValue.object(fields + [JSONMember(name: "tenant", value: "\(acme)")])
                let answer = try await u2.tries(method, path, body)
                #expect([400, 403].contains(answer.status) && answer.faults == ["tenant"], "\(method): \(answer.status)")
            }
            for query in ["tenant=acme", "tenant=\(acme)"] {
                for client in [u2, u2.within("beta")] {
                    let answer = try await client.tries(.GET, "/orders?\(query)")
                    #expect(!answer.data.text.contains(made.id), "\(query) by \(client.name)")
                }
            }
            #expect(try await u1.ids("/orders?tenant=acme") == [made.id], "resolve names query:tenant")
            #expect(try await u1.get("/orders/\(made.id)").data == made.data, "nothing moved")

            // 2 again: with two memberships one must be named
            let gamma = try await u2.make("/tenants", ["name": "Gamma"])
            try await u2.get("/orders", 400, "TENANT_REQUIRED")
            try await u2.post("/orders", Self.order, 400, "TENANT_REQUIRED")
            #expect(try await u2.within("beta").ids("/orders") == [other])
            #expect(try await u2.within("gamma").ids("/orders") == [])
            #expect(try await Set(u2.ids("/tenants")) == [beta, gamma])

            // 4: an owner somewhere is none here
            try await u1.within("acme").patch("/tenants/beta", ["name": "Taken"], 404)
            try await u2.within("gamma").patch("/tenants/beta", ["name": "Renamed"], 403)
            try await u2.within("beta").patch("/tenants/beta", ["name": "Renamed"], has: ["name": "Renamed"])
            try await u1.within("acme").delete("/tenants/acme", 403)

            // 1: the last owner stays
            try await u1.delete("/memberships/\(membership)", 409)
            try await u1.patch("/memberships/\(membership)", ["role": "member"], 409)
            try await u1.post("/memberships", ["user": "\(u1.id)", "role": "owner"], 403)
            #expect(try await u1.ids("/users") == [u1.id], "no colleagues yet")

            // 5: suspended
            try await u1.post("/tenants", ["name": "Second"])
            try await u1.within("acme").patch("/tenants/acme", ["status": "suspended"], 403, "FIELD_FORBIDDEN", at: ["status"])
            try await root.patch("/tenants/acme", ["status": "suspended"], has: ["status": "suspended"])
            for path in ["/orders", "/orders/\(made.id)", "/memberships", "/dashboard"] {
                try await u1.within("acme").get(path, 403, "TENANT_INACTIVE")
            }
            try await u1.within("acme").post("/orders", Self.order, 403, "TENANT_INACTIVE")
            try await u1.within("acme").get("/me")
            #expect(try await u1.within("second").ids("/orders") == [])
            try await u2.within("acme").get("/orders", 404)
            try await root.patch("/tenants/acme", ["status": "active"])
            #expect(try await u1.within("acme").ids("/orders") == [made.id])
        }
    }
}
