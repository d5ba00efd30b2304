import Harness
import JSON
import NIOCore
import NIOHTTP1
import Testing

/// Each route of the orders, and the scopes that a key needs for it: with these alone it gets through, and with all scopes there are but any
/// one of these it does not.
@Suite("O40.4 API keys: every route, with its scopes and without each of them")
struct KeyMatrix {
    private struct Reach {
        var method: HTTPMethod
        /// `{name}` for what `Records` makes.
        var path: String
        var body: JSONValue?
        var scopes: [String]

        init(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, _ scopes: String...) {
            (self.method, self.path, self.body, self.scopes) = (method, path, body, scopes)
        }
    }

    private static let routes: [Reach] = [
        Reach(.GET, "/orders", nil, "orders:read"), Reach(.GET, "/orders/{order}", nil, "orders:read"),
        Reach(
            .POST, "/orders",
            [
                "customer_name": "Ada", "customer_email": "ada@example.com",
                "items": [["name": "Chair", "quantity": 1, "unit_price": "5.00"]],
            ], "orders:create", "order_items:create"),
        Reach(.PATCH, "/orders/{order}", ["notes": "x"], "orders:read", "orders:update"),
        // That a row holds these values already is for who may read it.
        Reach(
            .PATCH, "/orders/{order}", ["items": [["id": "{item}", "quantity": 1], ["id": "{second}"]]], "orders:read", "orders:update",
            "order_items:read"),
        Reach(
            .PATCH, "/orders/{order}", ["items": [["id": "{item}", "quantity": 7], ["id": "{second}"]]], "orders:read", "orders:update",
            "order_items:read", "order_items:update"),
        Reach(
            .PATCH, "/orders/{order}", ["items": [["id": "{item}"]]], "orders:read", "orders:update", "order_items:read",
            "order_items:delete"),
        Reach(.DELETE, "/orders/{order}", nil, "orders:read", "orders:delete"),
        Reach(.POST, "/orders/{deleted}/restore", nil, "orders:read", "orders:restore"),
        Reach(.POST, "/orders/{order}/process", nil, "orders:read", "orders:process"),
        Reach(.POST, "/orders/{processing}/ship", nil, "orders:read", "orders:ship"),
        Reach(.POST, "/orders/{shipped}/deliver", nil, "orders:read", "orders:deliver"),
        Reach(.POST, "/orders/{order}/cancel", ["reason": "x"], "orders:read", "orders:cancel"),
        Reach(.POST, "/orders/{order}/invoice", nil, "orders:read", "orders:invoice"),
        Reach(.GET, "/orders/{order}/items", nil, "orders:read", "order_items:read"),
        Reach(.PUT, "/orders/{order}/attachments", [], "orders:read", "orders:update"),
        Reach(.PUT, "/orders/{order}/attachments", ["{file}"], "orders:read", "orders:update", "media:read"),
        Reach(.POST, "/orders/{order}/attachments", ["id": "{file}"], "orders:read", "orders:update", "media:read"),
        Reach(.DELETE, "/orders/{holder}/attachments/{held}", nil, "orders:read", "orders:update"),

        Reach(.GET, "/order_items", nil, "order_items:read"), Reach(.GET, "/order_items/{item}", nil, "order_items:read"),
        Reach(
            .POST, "/order_items", ["order": "{order}", "name": "x", "quantity": 1, "unit_price": "1.00"], "order_items:create",
            "orders:read"),
        Reach(.PATCH, "/order_items/{item}", ["name": "x"], "order_items:read", "order_items:update"),
        Reach(.DELETE, "/order_items/{item}", nil, "order_items:read", "order_items:delete"),

        Reach(.GET, "/memberships", nil, "memberships:read"), Reach(.GET, "/memberships/{membership}", nil, "memberships:read"),
        Reach(.PATCH, "/memberships/{membership}", ["role": "viewer"], "memberships:read", "memberships:update"),
        Reach(.DELETE, "/memberships/{membership}", nil, "memberships:read", "memberships:delete"),
        Reach(.GET, "/invitations", nil, "invitations:read"), Reach(.GET, "/invitations/{invitation}", nil, "invitations:read"),
        Reach(.POST, "/invitations", ["email": "{fresh}@example.com", "role": "viewer"], "invitations:create"),
        Reach(.DELETE, "/invitations/{invitation}", nil, "invitations:read", "invitations:delete"),
        Reach(.GET, "/hooks", nil, "hooks:read"), Reach(.GET, "/hooks/{hook}", nil, "hooks:read"),
        Reach(.POST, "/hooks", ["url": "https://hooks.example.com/x", "events": ["orders.ship"]], "hooks:create"),
        Reach(.PATCH, "/hooks/{hook}", ["events": ["orders.cancel"]], "hooks:read", "hooks:update"),
        Reach(.DELETE, "/hooks/{hook}", nil, "hooks:read", "hooks:delete"),

        Reach(.GET, "/users", nil, "users:read"), Reach(.GET, "/users/{user}", nil, "users:read"),
        Reach(.PATCH, "/users/{user}", ["name": "x"], "users:read", "users:update"),
        Reach(.GET, "/users/{user}/memberships", nil, "users:read", "memberships:read"),
        Reach(.GET, "/tenants", nil, "tenants:read"), Reach(.GET, "/tenants/{tenant}", nil, "tenants:read"),
        Reach(.PATCH, "/tenants/{tenant}", ["name": "Acme"], "tenants:read", "tenants:update"),
        Reach(.POST, "/tenants", ["name": "{fresh}"], "tenants:create"),

        Reach(.GET, "/media", nil, "media:read"), Reach(.GET, "/media/{file}", nil, "media:read"),
        Reach(.GET, "/media/{file}/status", nil, "media:read"), Reach(.GET, "/media/{file}/content", nil, "media:read"),
        // Who may read a record may read its private file.
        Reach(.GET, "/media/{held}/content", nil, "orders:read"),
        Reach(.POST, "/media", nil, "media:create"), Reach(.PATCH, "/media/{file}", ["alt": "x"], "media:read", "media:update"),
        Reach(.DELETE, "/media/{file}", nil, "media:read", "media:delete"),

        Reach(
            .POST, "/batch", ["operations": [["method": "PATCH", "path": "/orders/{order}", "body": ["notes": "y"]]]], "orders:read",
            "orders:update"),
        Reach(
            .POST, "/batch", ["operations": [["method": "DELETE", "path": "/orders/{order}"]]], "orders:read", "orders:delete"),
    ]

    /// Here another scope does as well: whoever reads files by themselves reads those that records hold.
    private static let others = ["/media/{held}/content": "media:read"]

    /// Beyond every key with scopes.
    private static let closed = [
        "/auth", "/me", "/admin", "/audit", "/jobs", "/events/ticket", "/exports", "/invitations/accept", "/seo", "/tenants/{id}/api_keys",
    ]
    /// The operator's alone or nobody's, and what is no record's.
    private static let apart = [
        "DELETE /tenants/{}", "POST /users", "DELETE /users/{}", "POST /memberships", "PATCH /invitations/{}", "GET /dashboard",
        "GET /dashboard/recent-orders", "GET /search", "GET /events",
    ]

    @Test("Through with what it needs, refused without any of it")
    func matrix() async throws {
        try await ExampleSite.run(.orders) { site in
            let acme = try await KeyCast(site)
            for route in Self.routes {
                let needed = Set(route.scopes)
                try await Self.ask(route, acme, by: needed, isThrough: true)
                for scope in route.scopes {
                    let rest = acme.everything.subtracting([scope, Self.others[route.path] ?? ""])
                    try await Self.ask(route, acme, by: rest, isThrough: false, "without \(scope)")
                }
            }
            let document = try await site.anonymous.get("//openapi.json").json ?? .null
            let asked = Set(Self.routes.map { "\($0.method) \(Self.form($0.path))" } + Self.apart)
            let full = try await acme.key(acme.everything)
            for path in document["paths"]?.members ?? [] {
                guard path.name.hasPrefix("/api/v1") else { continue }
                let name = String(path.name.dropFirst("/api/v1".count))
                for operation in path.value.members ?? [] {
                    let method = HTTPMethod(rawValue: operation.name.uppercased())
                    if Self.closed.contains(where: { name == $0 || name.hasPrefix($0 + "/") }) {
                        let filled = Self.form(name).split(separator: "{}", omittingEmptySubsequences: false).joined(separator: acme.user)
                        let answer = try await full.tries(method, filled, [.GET, .DELETE].contains(method) ? nil : [:])
                        // What signs in asks nobody who he is.
                        let isRefused = answer.status == 403 || name.hasPrefix("/auth/") && [400, 401].contains(answer.status)
                        #expect(isRefused, "\(method) \(name): \(answer.status)")
                    } else {
                        #expect(asked.contains("\(method) \(Self.form(name))"), "\(method) \(name) is not in the table")
                    }
                }
            }
        }
    }

    @Test("Neither views nor references, nested rows or searches tell what is out of scope")
    func oracles() async throws {
        try await ExampleSite.run(.orders) { site in
            let acme = try await KeyCast(site)
            let order = try await acme.make("order")
            let path = "/orders/\(order["order"] ?? "")"
            let member = try await acme.key(["memberships:read"])
            try await member.get("/dashboard/recent-orders") { $0.rows.isEmpty }
            try await member.get("/dashboard", has: ["orders": ["value": 0], "by_status": []])
            let reader = try await acme.key(["orders:read"])
            try await reader.get("/dashboard/recent-orders") { $0.rows.count == 1 }
            try await reader.get("\(path)?expand=created_by") { $0["expanded"]["created_by"] == .null }
            for query in ["items=x", "created_by.name=Uma", "sort=created_by.name", "items.name=Chair"] {
                try await reader.get("/orders?\(query)", 400)
            }
            // Right and wrong guesses at what is stored are answered alike.
            let writer = try await acme.key(["orders:read", "orders:update"])
            var answers: Set<String> = []
            for guess in [1, 2] {
                let body: JSONValue = [
                    "items": [["id": "\(order["item"] ?? "")", "quantity": .integer(Int64(guess))], ["id": "\(order["second"] ?? "")"]]
                ]
                let answer = try await writer.tries(.PATCH, path, body)
                answers.insert("\(answer.status) \(answer.code ?? "")")
            }
            #expect(answers == ["403 FORBIDDEN"])
            // Nor whether there is such an order.
            let maker = try await acme.key(["order_items:create"])
            answers = []
            for id in [order["order"] ?? "", acme.user] {
                let answer = try await maker.tries(
                    .POST, "/order_items", ["order": "\(id)", "name": "x", "quantity": 1, "unit_price": "1.00"])
                answers.insert("\(answer.status) \(answer.faults)")
            }
            #expect(answers.count == 1 && answers.first?.hasPrefix("400") == true, "\(answers)")
        }
    }

    /// The path with its places empty.
    private static func form(_ path: String) -> String {
        path.split(separator: "/").map { $0.hasPrefix("{") ? "/{}" : "/\($0)" }.joined()
    }

    private static func ask(_ route: Reach, _ acme: KeyCast, by scopes: Set<String>, isThrough: Bool, _ how: String = "") async throws {
        let client = try await acme.key(scopes)
        var parts: [String: String] = [:]
        for name in ["order", "deleted", "processing", "shipped", "holder", "membership", "invitation", "hook", "file", "fresh"]
        where [route.path, route.body?.text ?? ""].contains(where: { $0.contains("{\(name)}") }) {
            parts.merge(try await acme.make(name)) { $1 }
        }
        if route.path.contains("{item}"), parts["item"] == nil { parts.merge(try await acme.make("order")) { $1 } }
        if route.path.contains("{held}"), parts["held"] == nil { parts.merge(try await acme.make("holder")) { $1 } }
        parts["user"] = acme.user
        parts["tenant"] = acme.tenant
        func filled(_ text: String) -> String {
            parts.reduce(text) { text, part in
                text.split(separator: "{\(part.key)}", omittingEmptySubsequences: false).joined(separator: part.value)
            }
        }
        let status: Int
        if route.path == "/media", route.method == .POST {
            let (body, type) = API.multipart(Sample.pdf, named: "a.pdf", kind: "upload")
            let exchange = try await client.api.open(
                .POST, "/media", as: client.caller, length: body.count, headers: ["content-type": type])
            await exchange.send(ByteBuffer(bytes: body))
            status = Answer(try await exchange.finish()).status
        } else {
            let body = try route.body.map { try JSONParser.parse(Array(filled($0.text).utf8)) }
            status = try await client.tries(route.method, filled(route.path), body).status
        }
        let named = scopes.count > 6 ? how : scopes.sorted().joined(separator: " ")
        #expect((200..<300).contains(status) == isThrough, "\(route.method) \(route.path) \(route.body?.text ?? "") \(named): \(status)")
        if !isThrough { #expect([400, 403, 404].contains(status), "\(route.method) \(route.path) \(named): \(status)") }
    }
}

/// Acme with its owner, who makes records and keys.
private final class KeyCast: Sendable {
    private let site: ExampleSite
    private let owner: Client
    let user: String
    let tenant: String
    /// Every scope of the site, one by one.
    let everything: Set<String>
    private let counter = Counter()

    private actor Counter {
        private var count = 0
        private var keys: [Set<String>: Client] = [:]
        func next() -> Int {
            count += 1
            return count
        }
        func key(_ scopes: Set<String>) -> Client? { keys[scopes] }
        func keep(_ key: Client, _ scopes: Set<String>) { keys[scopes] = key }
    }

    init(_ site: ExampleSite) async throws {
        self.site = site
        let root = try await site.caller(.root, "Root")
        let uma = try await site.caller(.plain, "Uma")
        tenant = try await uma.make("/tenants", ["name": "Acme"])
        // The limit of the free plan is not what is asked here.
        try await root.patch("/tenants/\(tenant)", ["plan": "pro"])
        owner = uma.within("acme")
        user = uma.id
        let collections = ["users", "media", "tenants", "memberships", "invitations", "hooks", "orders", "order_items"]
        everything = Set(
            collections.flatMap { name in ["read", "create", "update", "delete", "restore"].map { "\(name):\($0)" } }
                + ["process", "ship", "deliver", "cancel", "invoice"].map { "orders:\($0)" })
    }

    func key(_ scopes: Set<String>) async throws -> Client {
        if let known = await counter.key(scopes) { return known }
        let made = try await owner.post("/me/api_keys", ["name": "k", "scopes": .array(scopes.sorted().map { .string($0) })])
        let client = Client(api: owner.api, caller: Caller(name: "key", id: "", email: "", token: made.text("key") ?? ""))
        await counter.keep(client, scopes)
        return client
    }

    func make(_ record: String) async throws -> [String: String] {
        let fresh = "fresh\(await counter.next())"
        switch record {
        case "fresh": return ["fresh": fresh]
        case "file": return ["file": try await owner.upload(Sample.pdf, named: "po.pdf", kind: "upload")]
        case "invitation": return ["invitation": try await owner.make("/invitations", ["email": "\(fresh)@example.com", "role": "viewer"])]
        case "hook":
            return ["hook": try await owner.make("/hooks", ["url": "https://hooks.example.com/x", "events": ["orders.ship"]])]
        case "membership":
            let person = try await site.caller(.plain, fresh)
            try await site.join(person, as: "member", invitedBy: owner)
            return ["membership": try await owner.get("/memberships?user=\(person.id)").rows.first?.id ?? "none"]
        default:
            let order = try await owner.post(
                "/orders",
                [
                    "customer_name": "Ada", "customer_email": "ada@example.com",
                    "items": [
                        ["name": "Chair", "quantity": 1, "unit_price": "5.00"], ["name": "Table", "quantity": 1, "unit_price": "9.00"],
                    ],
                ])
            let items = (order["items"].array ?? []).map(\.id)
            var parts = [record: order.id, "item": items.first ?? "none", "second": items.last ?? "none"]
            if ["processing", "shipped"].contains(record) { try await owner.fire("/orders/\(order.id)/process") }
            if record == "shipped" { try await owner.fire("/orders/\(order.id)/ship") }
            if record == "deleted" { try await owner.delete("/orders/\(order.id)") }
            if record == "holder" {
                let file = try await owner.upload(Sample.pdf, named: "po.pdf", kind: "upload")
                try await owner.put("/orders/\(order.id)/attachments", ["\(file)"])
                parts["held"] = file
            }
            return parts
        }
    }
}
