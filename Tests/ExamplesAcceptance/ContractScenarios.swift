import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("O41 What refusals say")
struct ContractScenarios {
    private static let order: JSONValue = [
        "customer_name": "Ada", "customer_email": "ada@example.com", "items": [["name": "Chair", "quantity": 1, "unit_price": "5.00"]],
    ]

    private static func message(_ answer: Answer) -> String { answer.json?["error"]?["message"]?.string ?? "" }

    @Test("Where to say the tenant, which transitions lead on, and no place for what has none")
    func refusals() async throws {
        try await ExampleSite.run(.orders) { site in
            let uma = try await site.caller(.plain, "Uma")
            let ugo = try await site.caller(.plain, "Ugo")
            try await uma.post("/tenants", ["name": "Acme"])
            try await ugo.post("/tenants", ["name": "Beta"])
            let nobody = try await site.caller(.plain, "Nobody")
            for (method, body) in [(HTTPMethod.GET, nil), (.POST, Self.order)] as [(HTTPMethod, JSONValue?)] {
                try await nobody.ask(method, "/orders", body, 400, "TENANT_REQUIRED") {
                    Self.message($0).contains("header X-Tenant") && Self.message($0).contains("query parameter 'tenant'")
                }
            }

            // A check over the whole record has no path, and what has one keeps it.
            for (body, path) in [(["items": []], nil), (["items": [["name": "x"]]], "items[0].quantity")] as [(JSONValue, String?)] {
                let fields = (Self.order.members ?? []).filter { $0.name != "items" } + (body.members ?? [])
                let answer = try await uma.within("acme").post("/orders", .object(fields), 400)
                let details = answer.json?["error"]?["details"]?.array ?? []
                #expect(!details.isEmpty && details.allSatisfy { $0["path"]?.string != "" }, "\(details)")
                if let path {
                    #expect(details.contains { $0["path"]?.string == path }, "\(details)")
                } else {
                    #expect(details.map { $0["code"] } == ["check"] && details.allSatisfy { $0["path"] == nil }, "\(details)")
                }
            }

            // A body with a state is told what leads on from where the record is, to whoever reads it.
            let path = "/orders/\(try await uma.within("acme").make("/orders", Self.order))"
            let transitions = ["process", "ship", "deliver", "cancel"]
            for (step, onward) in [
                (nil, ["process", "cancel"]), ("process", ["ship", "cancel"]), ("ship", ["deliver"]), ("deliver", []),
            ] as [(String?, [String])] {
                if let step { try await uma.within("acme").fire("\(path)/\(step)") }
                try await uma.within("acme").patch(path, ["status": "shipped", "notes": "x"], 409, "INVALID_TRANSITION") { answer in
                    transitions.filter { Self.message(answer).contains("POST /api/v1/orders/{id}/\($0)") } == onward
                }
                try await ugo.within("beta").patch(path, ["status": "shipped"], 404)
                #expect(try await uma.within("acme").get(path)["notes"] == .null)
            }
        }
    }

    @Test("A tenant that there is not and one that is not active are one and the same to whoever is no member")
    func names() async throws {
        try await ExampleSite.run(.orders) { site in
            let root = try await site.caller(.root, "Root")
            let uma = try await site.caller(.plain, "Uma")
            let ugo = try await site.caller(.plain, "Ugo")
            let acme = try await uma.make("/tenants", ["name": "Acme"])
            let order = try await uma.within("acme").make("/orders", Self.order)
            let requests: [(HTTPMethod, String, JSONValue?)] = [
                (.GET, "/orders", nil), (.GET, "/orders/\(order)", nil), (.POST, "/orders", Self.order), (.GET, "/dashboard", nil),
                (.GET, "/media", nil), (.PATCH, "/orders/\(order)", ["notes": "x"]),
            ]
            // Of one that is active he learns that it is, and nothing of what is in it.
            #expect(try await ugo.within("acme").get("/orders").rows.isEmpty)
            try await root.patch("/tenants/\(acme)", ["status": "suspended"])
            for (method, path, body) in requests {
                var answers: Set<String> = []
                for client in [
                    ugo.within("acme"), ugo.within(acme), ugo.within("no-such"), site.anonymous.within("acme"),
                    site.anonymous.within("no-such"),
                ] {
                    let answer = try await client.tries(method, path, body)
                    answers.insert("\(client.caller == nil ? "anonymous " : "")\(answer.status) \(Self.message(answer))")
                }
                #expect(answers.count == 2, "\(method) \(path): \(answers)")
                #expect(answers.contains { $0.hasPrefix("404") }, "\(answers)")
            }
        }
    }
}
