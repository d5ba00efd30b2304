import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("O35 Orders: items inside, exact money, numbers")
struct OrderScenarios {
    /// The order of the scenario: 3 × 19.99 and 1 × 0.05, 8.25 % tax.
    static let body: JSONValue = [
        "customer_name": "Ada", "customer_email": "Ada@Example.com", "tax_rate": "0.0825",
        "items": [
            ["name": "Chair", "quantity": 3, "unit_price": "19.99"], ["name": "Screw", "quantity": 1, "unit_price": "0.05"],
        ],
    ]

    /// The body with members replaced.
    private static func changed(_ changes: [(String, JSONValue)]) -> JSONValue {
        let names = Set(changes.map(\.0))
        let kept = (body.members ?? []).filter { !names.contains($0.name) }
        return .object(kept + changes.map { JSONMember(name: $0.0, value: $0.1) })
    }

    @Test("Money to the cent, faults at their place, numbers without gaps")
    func money() async throws {
        try await ExampleSite.run(.orders) { site in
            let u1 = try await site.caller(.plain, "Uma")
            try await u1.post("/tenants", ["name": "Acme"], has: ["slug": "acme", "plan": "free", "status": "active"])

            // 1: strings, exact
            let order = try await u1.post(
                "/orders", Self.body,
                has: [
                    "number": "ORD-000001", "status": "pending", "currency": "USD", "tax_rate": "0.0825", "subtotal": "60.02",
                    "tax": "4.95",
                    "total": "64.97", "customer_email": "ada@example.com", "created_by": "\(u1.id)",
                    "items": [["quantity": 3, "unit_price": "19.99", "total": "59.97"], ["unit_price": "0.05", "total": "0.05"]],
                ])
            #expect(try await u1.get("/orders/\(order.id)").data == order.data, "read as it was answered")
            #expect(try await u1.get("/orders").rows == [order.data])
            let items = (order["items"].array ?? []).map(\.id)
            try #require(items.count == 2)
            #expect(try await u1.ids("/orders/\(order.id)/items").count == 2)

            // 2: nobody sends what is computed
            try await u1.post("/orders", Self.changed([("total", "1.00")]), 403, "FIELD_FORBIDDEN", at: ["total"])
            let priced: JSONValue = [["name": "x", "quantity": 1, "unit_price": "1.00", "total": "0.01"]]
            try await u1.post("/orders", Self.changed([("items", priced)]), 403, "FIELD_FORBIDDEN", at: ["items[0].total"])
            for (name, value) in [("number", "ORD-000009"), ("status", "shipped"), ("shipped_at", .null), ("created_by", "\(u1.id)")]
                as [(String, JSONValue)]
            {
                try await u1.post("/orders", Self.changed([(name, value)]), 403, "FIELD_FORBIDDEN", at: [name])
            }

            // 3: faults, each where it is; together where there are several
            func item(_ quantity: JSONValue, _ price: JSONValue) -> JSONValue {
                [["name": "ok", "quantity": 1, "unit_price": "1.00"], ["name": "bad", "quantity": quantity, "unit_price": price]]
            }
            let refused: [(JSONValue, [String]?)] = [
                (Self.changed([("items", [])]), nil), (Self.changed([("items", .null)]), nil),
                (Self.changed([("items", item(0, "1.00"))]), ["items[1].quantity"]),
                (Self.changed([("items", item(-1, "1.00"))]), ["items[1].quantity"]),
                (Self.changed([("items", item(1.5, "1.00"))]), ["items[1].quantity"]),
                (Self.changed([("items", item(100_001, "1.00"))]), ["items[1].quantity"]),
                (Self.changed([("items", item(1, "0"))]), ["items[1].unit_price"]),
                (Self.changed([("items", item(1, "1.234"))]), ["items[1].unit_price"]),
                (Self.changed([("items", item(1, "x"))]), ["items[1].unit_price"]),
                (Self.changed([("items", item(1, "99999999999.99"))]), ["items[1].unit_price"]),
                (Self.changed([("items", item(0, "0"))]), ["items[1].quantity", "items[1].unit_price"]),
                (Self.changed([("customer_email", "ada@")]), ["customer_email"]), (Self.changed([("currency", "XXX")]), ["currency"]),
                (Self.changed([("tax_rate", "0.08251")]), ["tax_rate"]), (Self.changed([("tax_rate", "-0.1")]), ["tax_rate"]),
                (Self.changed([("shipping_address", ["line1": "a", "city": "b"])]), ["shipping_address.country"]),
                (
                    Self.changed([("shipping_address", ["line1": "a", "city": "b", "country": "DEU", "zip": "1"])]),
                    ["shipping_address.country", "shipping_address.zip"]
                ),
                (
                    Self.changed([("currency", "XXX"), ("items", item(0, "1.00")), ("nots", "x")]),
                    ["currency", "items[1].quantity", "nots"]
                ),
            ]
            for (body, paths) in refused { try await u1.post("/orders", body, 400, at: paths) }
            #expect(try await u1.get("/orders").total == 1)

            // 4: however many at once
            let numbers = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<50 { group.addTask { try await u1.post("/orders", Self.body)["number"].string ?? "none" } }
                return try await group.reduce(into: [String]()) { $0.append($1) }.sorted()
            }
            let wanted: [String] = (2...51).map { number in number < 10 ? "ORD-00000\(number)" : "ORD-0000\(number)" }
            #expect(numbers == wanted, "no gap after what was refused either")

            // 5: the order follows its items
            func totals(_ subtotal: String, _ tax: String, _ total: String, sourceLocation: SourceLocation = #_sourceLocation) async throws
            {
                try await u1.get(
                    "/orders/\(order.id)", has: ["subtotal": "\(subtotal)", "tax": "\(tax)", "total": "\(total)"],
                    sourceLocation: sourceLocation)
            }
            try await u1.patch("/order_items/\(items[0])", ["quantity": 1], has: ["total": "19.99"])
            try await totals("20.04", "1.65", "21.69")
            try await u1.patch("/orders/\(order.id)", ["tax_rate": "0.1"], has: ["tax": "2.00", "total": "22.04"])
            let third = try await u1.post(
                "/order_items", ["order": "\(order.id)", "name": "Late", "quantity": 2, "unit_price": "0.50"], has: ["total": "1.00"]
            ).id
            try await totals("21.04", "2.10", "23.14")
            try await u1.delete("/order_items/\(third)")
            try await u1.delete("/order_items/\(items[1])")
            try await totals("19.99", "2.00", "21.99")
            try await u1.delete("/order_items/\(items[0])", 400)
            try await totals("19.99", "2.00", "21.99")
            // The whole list at once: changed by id, added without, missing ones gone; all or nothing.
            let list: JSONValue = [["id": "\(items[0])", "quantity": 2], ["name": "New", "quantity": 1, "unit_price": "0.02"]]
            try await u1.patch(
                "/orders/\(order.id)", ["items": list],
                has: [
                    "items": [["id": "\(items[0])", "name": "Chair", "quantity": 2, "total": "39.98"], ["name": "New", "total": "0.02"]],
                    "subtotal": "40.00", "total": "44.00",
                ])
            try await u1.patch("/orders/\(order.id)", ["items": []], 400)
            try await u1.patch("/orders/\(order.id)", ["items": [["id": "\(items[0])", "quantity": 0]]], 400, at: ["items[0].quantity"])
            try await u1.patch("/orders/\(order.id)", ["items": [["id": "\(third)", "quantity": 1]]], 400, at: ["items[0].id"])
            try await totals("40.00", "4.00", "44.00")
            // Half a cent is rounded away from zero.
            let half: JSONValue = [["name": "x", "quantity": 1, "unit_price": "0.05"]]
            try await u1.post("/orders", Self.changed([("tax_rate", "0.1"), ("items", half)]), has: ["tax": "0.01", "total": "0.06"])
        }
    }

    @Test("The same key, the same order; and the limit of the free plan")
    func keysAndLimits() async throws {
        try await ExampleSite.run(.orders) { site in
            let root = try await site.caller(.root, "Root")
            let u1 = try await site.caller(.plain, "Uma")
            let tenant = try await u1.make("/tenants", ["name": "Acme"])

            // 6
            let first = try await u1.post("/orders", Self.body, headers: ["idempotency-key": "k-1"])
            let again = try await u1.post("/orders", Self.body, headers: ["idempotency-key": "k-1"])
            #expect(again.data == first.data && again.header("location") == first.header("location"))
            try await u1.post(
                "/orders", Self.changed([("customer_name", "Bob")]), 409, "IDEMPOTENCY_MISMATCH", headers: ["idempotency-key": "k-1"])
            let other = try await u1.post("/orders", Self.body, has: ["number": "ORD-000002"], headers: ["idempotency-key": "k-2"])
            #expect(other.id != first.id)
            let racing = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 { group.addTask { try await u1.tries(.POST, "/orders", Self.body, headers: ["idempotency-key": "k-3"]).id } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(racing.subtracting(["no-id"]).count == 1, "one order: \(racing)")
            #expect(try await u1.get("/orders").total == 3)

            // 7: 100 a month, then 402; a better plan has no limit
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<97 { group.addTask { try await u1.post("/orders", Self.body) } }
                try await group.waitForAll()
            }
            try await u1.post("/orders", Self.body, 402)
            #expect(try await u1.get("/orders").total == 100)
            try await u1.patch("/tenants/\(tenant)", ["plan": "pro"], 403, "FIELD_FORBIDDEN", at: ["plan"])
            try await root.patch("/tenants/\(tenant)", ["plan": "pro"], has: ["plan": "pro"])
            try await u1.post("/orders", Self.body, has: ["number": "ORD-000101"])
        }
    }

    @Test("From pending to delivered, one way")
    func machine() async throws {
        try await ExampleSite.run(.orders) { site in
            let u1 = try await site.caller(.plain, "Uma")
            try await u1.post("/tenants", ["name": "Acme"])
            let order = try await u1.post("/orders", Self.body)
            let path = "/orders/\(order.id)"
            let item = order["items"].array?.first?.id ?? "none"

            // 8
            try await u1.fire(path + "/deliver", nil, 409, "INVALID_TRANSITION")
            try await u1.fire(path + "/ship", nil, 409, "INVALID_TRANSITION")
            try await u1.patch(path, ["status": "processing"], 409, "INVALID_TRANSITION") {
                $0.json?["error"]?.text.contains("process") == true
            }
            try await u1.fire(path + "/process", nil, has: ["status": "processing", "shipped_at": .null])
            try await u1.patch("/order_items/\(item)", ["quantity": 9], 403)
            try await u1.delete("/order_items/\(item)", 403)
            try await u1.post("/order_items", ["order": "\(order.id)", "name": "x", "quantity": 1, "unit_price": "1.00"], 403)
            try await u1.patch(path, ["items": [["id": "\(item)", "quantity": 9]]], 403)
            try await u1.patch(path, ["notes": "soon"], has: ["notes": "soon", "total": "64.97"])
            try await u1.fire(path + "/ship", nil, has: ["status": "shipped"]) { $0["shipped_at"].string != nil }
            try await u1.patch(path, ["notes": "late"], 403)
            try await u1.fire(path + "/cancel", ["reason": "no"], 409, "INVALID_TRANSITION")
            try await u1.fire(path + "/deliver", nil, has: ["status": "delivered"])
            try await u1.fire(path + "/deliver", nil, 409, "INVALID_TRANSITION")

            let second = try await u1.make("/orders", Self.body)
            try await u1.patch("/orders/\(second)", ["notes": "call"])
            try await u1.fire("/orders/\(second)/cancel", [:], 400, at: ["reason"])
            try await u1.fire("/orders/\(second)/cancel", ["reason": "changed his mind"], has: ["status": "cancelled"]) {
                $0["notes"] == "call\nchanged his mind"
            }
            try await u1.delete(path)
            try await u1.get(path, 404)
            try await u1.get("/order_items/\(item)", 404)
            #expect(try await u1.ids("/order_items?order=\(order.id)") == [])
            try await u1.fire(path + "/restore", nil, has: ["status": "delivered", "total": "64.97"])
            try await u1.get("/order_items/\(item)", has: ["total": "59.97"])

            // Filters and figures
            #expect(try await u1.ids("/orders?status=cancelled") == [second])
            #expect(try await u1.ids("/orders?email=ada@example.com").count == 2)
            #expect(try await u1.ids("/orders?q=ORD-000001") == [order.id])
            #expect(try await u1.ids("/orders?from=2100-01-01T00:00:00Z") == [])
            try await u1.get("/orders?from=yesterday", 400, at: ["from"])
            #expect(try await u1.column("number", "/orders?sort=number") == ["ORD-000001", "ORD-000002"])
            #expect(try await u1.get("/dashboard/recent-orders").rows.map(\.id) == [second, order.id])
            try await u1.get("/dashboard", has: ["orders": ["value": 2]])
        }
    }
}
