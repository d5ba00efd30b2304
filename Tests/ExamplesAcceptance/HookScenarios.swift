import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("O40.5 Hooks: a tenant's own endpoints")
struct HookScenarios {
    private static let order: JSONValue = [
        "customer_name": "Ada", "customer_email": "ada@example.com", "items": [["name": "Chair", "quantity": 1, "unit_price": "5.00"]],
    ]

    @Test("A secret that is shown once, signed events of one's own tenant, and what one subscribed to alone")
    func hooks() async throws {
        let receiver = try await Receiver(reply: { _, message in .status(message.path == "/gone" ? 410 : 200) })
        try await ExampleSite.run(.orders, settings: ["server.allow_private=[\"127.0.0.1/32\"]"]) { site in
            let owner = try await site.caller(.plain, "Uma")
            let other = try await site.caller(.plain, "Ugo")
            let member = try await site.caller(.plain, "Mo")
            try await owner.post("/tenants", ["name": "Acme"])
            try await other.post("/tenants", ["name": "Beta"])
            try await site.join(member, as: "member", invitedBy: owner)

            let made = try await owner.post("/hooks", ["url": .string(receiver.url("/acme")), "events": ["orders.ship"]])
            let secret = try #require(made["secret"].string)
            #expect(secret.hasPrefix("whsec_"))
            try await owner.get("/hooks/\(made.id)") { $0.data["secret"] == nil && !$0.data.text.contains(secret) }
            for name in ["atlas.db", "atlas.db-wal"] {
                let bytes = (try? site.program.directory.read("data/\(name)")) ?? []
                #expect(!String(decoding: bytes, as: UTF8.self).contains(secret), "\(name) holds the secret")
            }
            try await other.post("/hooks", ["url": .string(receiver.url("/beta")), "events": ["orders.ship"]])
            try await owner.post("/hooks", ["url": .string(receiver.url("/gone")), "events": ["orders.created", "orders.ship"]])
            try await member.post("/hooks", ["url": "https://hooks.example.com/x", "events": ["orders.ship"]], 403)
            try await owner.post("/hooks", ["url": "https://hooks.example.com/x", "events": ["orders.explode"]], 400)
            for url in ["http://169.254.169.254/", "http://10.0.0.1/", "http://[::1]/", "http://0x7f.0.0.2/", "http://[::ffff:10.0.0.1]/x"]
            {
                try await owner.post("/hooks", ["url": .string(url), "events": ["orders.ship"]], 400, at: ["url"])
            }
            try await owner.patch("/hooks/\(made.id)", ["url": "http://192.168.1.1/"], 400, at: ["url"])

            let order = try await owner.post("/orders", Self.order)
            // Only what wanted to know of creations: and it wants no more.
            let first = try #require(await receiver.messages(1).first)
            #expect(first.path == "/gone" && first.json["type"] == "orders.created")
            _ = try await owner.api.eventually("/hooks", as: owner.caller) { answer in
                answer.data.array?.contains { $0["active"] == false } ?? false
            }
            try await owner.fire("/orders/\(order.id)/process")
            try await owner.fire("/orders/\(order.id)/ship")
            let message = try #require(await receiver.messages(2).last)
            #expect(message.path == "/acme" && message.json["type"] == "orders.ship")
            try await Receiver.verify(message, secret: secret)
            let data = try #require(message.json["data"])
            #expect(data["id"] == .string(order.id) && data["total"] == "5.00")
            #expect(
                data.members?.map(\.name) == ["id", "number", "status", "total", "currency", "customer_email", "updated_at"])
        }
        #expect(receiver.messages.count == 2)
        await receiver.close()
    }

    private static var ownName: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @Test("An address that is private is not dialled, whatever name leads to it")
    func guarded() async throws {
        let receiver = try await Receiver()
        try await ExampleSite.run(.orders) { site in
            let owner = try await site.caller(.plain, "Uma")
            let root = try await site.caller(.root, "Root")
            try await owner.post("/tenants", ["name": "Acme"])
            try await owner.post("/hooks", ["url": .string(receiver.url()), "events": ["orders.created"]], 400, at: ["url"])
            try await owner.post("/hooks", ["url": "http://localhost:\(receiver.port)/", "events": ["orders.created"]], 400, at: ["url"])
            // This machine's own name says nothing of where it leads: that shows when it is dialled.
            try await owner.post("/hooks", ["url": .string("http://\(Self.ownName):\(receiver.port)/"), "events": ["orders.created"]])
            try await owner.post("/orders", Self.order)
            _ = try await root.api.eventually("/admin/deliveries", as: root.caller) { answer in
                (answer.data.array?.first?["attempts"]?.integer ?? 0) > 0
            }
        }
        #expect(receiver.messages.isEmpty)
        await receiver.close()
    }
}
