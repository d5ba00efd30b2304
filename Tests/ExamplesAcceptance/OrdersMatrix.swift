import Harness
import JSON
import NIOHTTP1
import Synchronization
import Testing

/// Callers, within Acme: a anonymous, x somebody without any tenant, b the owner of Beta, v a viewer, e a member, n an administrator, o the
/// owner, r the operator of the platform. Then the owner of Acme alone, within Beta.
@Suite("Orders: every route as every caller, in his tenant and in another")
struct OrdersMatrix {
    private static let signedIn = "xbvenor"
    private static let insiders = "veno"
    private static let staff = "eno"
    private static let admins = "no"

    private static let routes: [Route] = [
        .list("/users", closed: true, ("member", insiders + "r"), ("stranger", "xr")),
        .read("/users/{member}", by: insiders + "r", closed: true),
        .read("/users/{stranger}", by: "xr", closed: true),
        .create("/users", ["email": "{fresh.email}", "password": "Long enough 77"], by: "r"),
        .remove("/users/{spare-user}", by: "r", seenBy: "r"),
        .change("/users/{member}", ["name": "x"], by: "er", seenBy: insiders + "r"),
        .list("/users/{member}/memberships", closed: true, ("membership", insiders)).seen(by: insiders + "r"),

        .list("/tenants", closed: true, ("tenant", insiders + "r"), ("other-tenant", "br")),
        .read("/tenants/{tenant}", by: insiders + "r", closed: true), .read("/tenants/{tenant.slug}", by: insiders + "r", closed: true),
        .read("/tenants/{other-tenant}", by: "br", closed: true), .create("/tenants", ["name": "{fresh.name}"], by: signedIn),
        .change("/tenants/{tenant}", ["name": "Acme"], by: "or", seenBy: insiders + "r"),
        // Readable for its members, and still nobody's from within another tenant but the operator's.
        .change("/tenants/{other-tenant}", ["name": "Beta"], by: "r", seenBy: "br"),
        .remove("/tenants/{spare-tenant}", by: "r", seenBy: "xr"),

        .list("/memberships", closed: true, ("membership", insiders)), .read("/memberships/{membership}", by: insiders, closed: true),
        .change("/memberships/{membership}", ["role": "member"], by: admins, seenBy: insiders),
        .change("/memberships/{owner-membership}", ["role": "owner"], by: "o", seenBy: insiders),
        .remove("/memberships/{spare-membership}", by: admins, seenBy: insiders),

        .list("/invitations", closed: true, ("invitation", admins)), .read("/invitations/{invitation}", by: admins, closed: true),
        .create("/invitations", ["email": "{fresh.email}", "role": "viewer"], by: admins),
        .remove("/invitations/{invitation}", by: admins, seenBy: admins), .list("/hooks", closed: true, ("hook", admins)),
        .read("/hooks/{hook}", by: admins, closed: true),
        .create("/hooks", ["url": "https://hooks.example.com/x", "events": ["orders.ship"]], by: admins),
        .change("/hooks/{hook}", ["events": ["orders.ship"]], by: admins, seenBy: admins),
        .remove("/hooks/{hook}", by: admins, seenBy: admins),

        .list("/orders", closed: true, ("order", insiders)), .read("/orders/{order}", by: insiders, closed: true),
        .create(
            "/orders",
            [
                "customer_name": "Ada", "customer_email": "ada@example.com",
                "items": [["name": "Chair", "quantity": 1, "unit_price": "5.00"]],
            ], by: staff),
        .change("/orders/{order}", ["notes": "x"], by: staff, seenBy: insiders),
        .change("/orders/{shipped-order}", ["notes": "x"], by: "", seenBy: insiders),
        .remove("/orders/{order}", by: admins, seenBy: insiders), .fire("/orders/{deleted-order}/restore", by: admins, seenBy: insiders),
        .fire("/orders/{order}/process", by: staff, seenBy: insiders),
        .fire("/orders/{processing-order}/ship", by: staff, seenBy: insiders),
        .fire("/orders/{shipped-order}/deliver", by: staff, seenBy: insiders),
        .fire("/orders/{order}/cancel", ["reason": "x"], by: admins, seenBy: insiders),
        .put("/orders/{order}/attachments", [], by: staff, seenBy: insiders),
        .remove("/orders/{order-attachments.id}/attachments/{order-attachments.file}", by: staff, seenBy: insiders),
        .fire("/orders/{order}/attachments", ["id": "{own-file}"], by: staff, seenBy: insiders).among("aeno"),
        .list("/orders/{order}/items", closed: true, ("order.item", insiders)).seen(by: insiders),
        .list("/order_items", closed: true, ("order.item", insiders)), .read("/order_items/{order.item}", by: insiders, closed: true),
        .create("/order_items", ["order": "{order}", "name": "x", "quantity": 1, "unit_price": "1.00"], by: staff).among("aveno"),
        .change("/order_items/{order.item}", ["name": "x"], by: staff, seenBy: insiders),
        .change("/order_items/{shipped-order.item}", ["name": "x"], by: "", seenBy: insiders),
        .remove("/order_items/{order.second}", by: staff, seenBy: insiders), .gate("/dashboard", by: insiders),
        .gate("/dashboard/recent-orders", by: insiders),
    ]

    @Test("46 routes, 8 callers, 2 tenants")
    func matrix() async throws {
        let settings = ["server.limits.default=100000/s per ip"]
        try await ExampleSite.run(.orders, settings: settings) { site in
            let root = try await site.caller(.root, "Root")
            var people: [Character: Client] = [:]
            for (letter, name) in [("x", "Xenia"), ("b", "Bea"), ("v", "Vera"), ("e", "Emil"), ("n", "Nora"), ("o", "Otto")]
                as [(Character, String)]
            {
                people[letter] = try await site.caller(.plain, name)
            }
            let made = people
            @Sendable func person(_ letter: Character) -> Client { made[letter] ?? site.anonymous }
            let acme = try await person("o").make("/tenants", ["name": "Acme"])
            let beta = try await person("b").make("/tenants", ["name": "Beta"])
            // The limit of the free plan is not what is asked here.
            for tenant in [acme, beta] { try await root.patch("/tenants/\(tenant)", ["plan": "pro"]) }
            let owner = person("o").within("acme")
            for (letter, role) in [("v", "viewer"), ("e", "member"), ("n", "admin")] as [(Character, String)] {
                try await site.join(person(letter), as: role, invitedBy: owner)
            }
            var everybody: [(letter: Character, client: Client)] = [("a", site.anonymous.within("acme")), ("r", root.within("acme"))]
            for (letter, client) in made.sorted(by: { $0.key < $1.key }) { everybody.append((letter, client.within("acme"))) }
            let records = OrdersRecords(
                site: site, root: root, owner: owner, acme: acme, beta: beta, member: person("e"), stranger: person("x"))
            let matrix = RouteMatrix(
                callers: everybody, personal: ["fresh", "own-file"], routes: Self.routes
            ) { record, caller in try await records.make(record, uploader: caller == "a" ? owner : person(caller).within("acme")) }
            try await matrix.walk()

            // The owner of one tenant is nobody in another: he is expected what "b" was.
            let abroad = RouteMatrix(
                callers: [(letter: "b", client: person("o").within("beta"))], personal: ["fresh"],
                routes: Self.routes.filter { !["tenants", "users"].contains($0.path.split(separator: "/").first) }
            ) { record, _ in try await records.make(record, uploader: owner) }
            try await abroad.walk()

            let document = try await site.anonymous.get("//openapi.json").json ?? .null
            matrix.isWhole(
                document,
                apart: [
                    "/tenants/{id}/api_keys",
                    "/auth", "/me", "/media", "/batch", "/search", "/events", "/jobs", "/audit", "/admin", "/seo", "/health", "/metrics",
                    "/exports", "/invitations/accept", "/orders/{id}/invoice",
                ])
        }
    }
}

/// Makes what the table names, all of it in Acme but for the other tenant.
private final class OrdersRecords: Sendable {
    private let site: ExampleSite
    private let root: Client
    private let owner: Client
    private let acme: String
    private let beta: String
    private let member: Client
    private let stranger: Client
    private let number = Mutex(0)

    init(site: ExampleSite, root: Client, owner: Client, acme: String, beta: String, member: Client, stranger: Client) {
        self.site = site
        self.root = root
        self.owner = owner
        self.acme = acme
        self.beta = beta
        self.member = member
        self.stranger = stranger
    }

    func make(_ record: String, uploader: Client) async throws -> [String: String] {
        let fresh = number.withLock { number in
            number += 1
            return "fresh\(number)"
        }
        switch record {
        case "fresh": return ["email": "\(fresh)@example.com", "name": "\(fresh)"]
        case "member": return ["id": member.id]
        case "stranger": return ["id": stranger.id]
        case "spare-user": return ["id": try await site.caller(.plain, fresh).id]
        case "tenant": return ["id": acme, "slug": "acme"]
        case "other-tenant": return ["id": beta]
        case "spare-tenant": return ["id": try await stranger.make("/tenants", ["name": "\(fresh)"])]
        case "membership": return ["id": try await membership(of: member.id)]
        case "owner-membership": return ["id": try await membership(of: owner.id)]
        case "spare-membership":
            let person = try await site.caller(.plain, fresh)
            try await site.join(person, as: "viewer", invitedBy: owner)
            return ["id": try await membership(of: person.id)]
        case "invitation":
            return ["id": try await owner.make("/invitations", ["email": "\(fresh)@example.com", "role": "viewer"])]
        case "own-file": return ["id": try await uploader.upload(Sample.pdf, named: "po.pdf", kind: "upload")]
        case "hook":
            return ["id": try await owner.make("/hooks", ["url": "https://hooks.example.com/x", "events": ["orders.ship"]])]
        case "order", "processing-order", "shipped-order", "deleted-order", "order-attachments":
            let order = try await owner.post(
                "/orders",
                [
                    "customer_name": "Ada", "customer_email": "ada@example.com",
                    "items": [
                        ["name": "Chair", "quantity": 1, "unit_price": "5.00"], ["name": "Table", "quantity": 1, "unit_price": "9.00"],
                    ],
                ])
            let items = (order["items"].array ?? []).map(\.id)
            var parts = ["id": order.id, "item": items.first ?? "none", "second": items.last ?? "none"]
            if record == "processing-order" || record == "shipped-order" { try await owner.fire("/orders/\(order.id)/process") }
            if record == "shipped-order" { try await owner.fire("/orders/\(order.id)/ship") }
            if record == "deleted-order" { try await owner.delete("/orders/\(order.id)") }
            if record == "order-attachments" {
                parts["file"] = try await owner.upload(Sample.pdf, named: "po.pdf", kind: "upload")
                try await owner.put("/orders/\(order.id)/attachments", ["\(parts["file"] ?? "none")"])
            }
            return parts
        default:
            Issue.record("the table names \(record), which nothing makes")
            return [:]
        }
    }

    private func membership(of user: String) async throws -> String {
        try await owner.get("/memberships?user=\(user)").rows.first?.id ?? "none"
    }
}
