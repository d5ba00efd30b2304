import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("Relations: rows inside their parent, singletons")
struct NestedScenarios {
    static let shop = """
        [collections.orders]
        nested = ["items"]
        allow = { read = "true", create = "signed_in", update = "signed_in and status == 'pending'", delete = "admin" }
        checks = [{ rule = "count(items) >= 1", message = "an order has at least one item" }]

        [collections.orders.fields]
        name = { type = "string", required = true }
        status = { type = "state", values = ["pending", "done"] }
        subtotal = { type = "int", compute = "sum(items.total)" }

        [collections.orders.transitions]
        finish = { from = "pending", to = "done", allow = "signed_in" }

        [collections.order_items]
        allow = { read = "true", create = "signed_in and order.status == 'pending'", update = "signed_in and order.status == 'pending'", delete = "signed_in and order.status == 'pending'" }

        [collections.order_items.fields]
        order = { type = "ref", to = "orders", required = true, immutable = true, on_delete = "cascade", as = "items" }
        name = { type = "string", required = true }
        quantity = { type = "int", min = 1, required = true }
        unit_price = { type = "int", min = 1, required = true }
        total = { type = "int", compute = "quantity * unit_price" }

        [collections.settings]
        single = true
        allow = { read = "true", update = "admin" }

        [collections.settings.fields]
        title = { type = "string", default = "Shop", required = true }
        per_page = { type = "int", default = 20, min = 1 }
        """

    private static func item(_ name: String, _ quantity: JSONValue, _ price: JSONValue) -> JSONValue {
        ["name": .string(name), "quantity": quantity, "unit_price": price]
    }

    @Test("Items inside an order: one transaction, faults at their places, the parent's checks after them")
    func create() async throws {
        try await RelationSite.run(Self.shop) { site in
            let api = site.api
            let body: JSONValue = ["name": "Order", "items": [Self.item("hat", 3, 1999), Self.item("pin", 1, 5)]]
            let order = try await api.expect(.POST, "/orders", as: site.sara, body: body, status: 201) {
                $0.data["subtotal"] == 6002 && $0.data["items"]?.each("total") == [5997, 5] && $0.data["version"] == 1
            }
            let id = try #require(order.text("id"))
            let bad: [(JSONValue, Int, [String])] = [
                (["name": "X", "items": []], 400, []), (["name": "X"], 400, []),
                (
                    ["name": "X", "items": [Self.item("a", 1, 1), Self.item("b", 0, 0)]], 400, ["items[1].quantity", "items[1].unit_price"]
                ),
                (
                    ["items": [Self.item("a", 1, "x"), ["quantity": .number("1.5")]]], 400,
                    ["items[0].unit_price", "items[1].name", "items[1].quantity", "items[1].unit_price", "name"]
                ),
                (["name": "X", "items": [["name": "a", "quantity": 1, "unit_price": 1, "total": 5]]], 403, ["items[0].total"]),
                (["name": "X", "items": [["name": "a", "quantity": 1, "unit_price": 1, "order": .string(id)]]], 400, ["items[0].order"]),
                (["name": "X", "items": [["id": .string(nobodysID), "name": "a", "quantity": 1, "unit_price": 1]]], 403, ["items[0].id"]),
                (["name": "X", "items": 7], 400, ["items"]), (["name": "X", "items": [7]], 400, ["items[0]"]),
            ]
            for (body, status, faults) in bad {
                try await api.expect(.POST, "/orders", as: site.sara, body: body, status: status) { $0.faults == faults }
            }
            #expect(try await api.count("/orders", as: nil) == 1)
            #expect(try await api.count("/order_items", as: nil) == 2)
            try await api.expect(.POST, "/orders", body: body, status: 401)

            // One by one: totals follow, and the last stays.
            let items = order.data["items"]?.each("id").compactMap(\.string) ?? []
            try #require(items.count == 2)
            try await api.expect(.PATCH, "/order_items/\(items[1])", as: site.sara, body: ["quantity": 2], status: 200)
            try await api.expect(.GET, "/orders/\(id)", status: 200) { $0.data["subtotal"] == 6007 }
            try await api.expect(.DELETE, "/order_items/\(items[1])", as: site.sara, status: 204)
            try await api.expect(.GET, "/orders/\(id)", status: 200) { $0.data["subtotal"] == 5997 }
            try await api.expect(.DELETE, "/order_items/\(items[0])", as: site.sara, status: 400)
            #expect(try await api.count("/orders/\(id)/items", as: nil) == 1)
            try await api.expect(.DELETE, "/orders/\(id)", as: site.admin, status: 204)
            #expect(try await api.count("/order_items", as: nil) == 0)
        }
    }

    @Test("PATCH with items: changed by id, added without, missing ones deleted, each by the child's own rules")
    func patch() async throws {
        try await RelationSite.run(Self.shop) { site in
            let api = site.api
            let body: JSONValue = ["name": "Order", "items": [Self.item("hat", 1, 200), Self.item("pin", 1, 5)]]
            let order = try await api.expect(.POST, "/orders", as: site.sara, body: body, status: 201)
            let path = "/orders/\(try #require(order.text("id")))"
            let hat = order.data["items"]?.array?[0]["id"] ?? .null
            let changed: JSONValue = ["items": [["id": hat, "quantity": 4], Self.item("bag", 1, 1000)]]
            let after = try await api.expect(.PATCH, path, as: site.sara, body: changed, status: 200) {
                $0.data["items"]?.each("name") == ["hat", "bag"] && $0.data["items"]?.each("quantity") == [4, 1]
                    && $0.data["subtotal"] == 1800 && $0.data["version"] == 2
            }
            // What changes nothing changes no version, and a stale one is refused.
            try await api.expect(
                .PATCH, path, as: site.sara, body: ["items": .array((after.data["items"]?.each("id") ?? []).map { ["id": $0] })],
                status: 200
            ) {
                $0.data["version"] == 2
            }
            try await api.expect(.PATCH, path, as: site.sara, body: changed, headers: ["if-match": "\"1-x\""], status: 412)
            try await api.expect(.PATCH, path, as: site.sara, body: ["items": []], status: 400)
            try await api.expect(.PATCH, path, as: site.sara, body: ["items": [["id": .string(nobodysID)]]], status: 400) {
                $0.faults == ["items[0].id"]
            }
            try await api.expect(.PATCH, path, as: site.sara, body: ["items": [["id": hat], ["id": hat]]], status: 400)
            try await api.expect(.PATCH, path, as: site.sara, body: ["items": [["id": hat, "quantity": 0]]], status: 400) {
                $0.faults == ["items[0].quantity"]
            }
            try await api.expect(.GET, path, status: 200) { $0.data["items"] == after.data["items"] }
            try await api.expect(.POST, path + "/finish", as: site.sara, status: 200)
            try await api.expect(.PATCH, "/order_items/\(hat.string ?? "")", as: site.sara, body: ["quantity": 9], status: 403)
        }
    }

    @Test("A singleton is there from the start, at the collection's own path")
    func single() async throws {
        try await RelationSite.run(Self.shop) { site in
            let api = site.api
            let first = try await api.expect(.GET, "/settings", status: 200) { $0.text("title") == "Shop" && $0.data["per_page"] == 20 }
            try await api.expect(.PATCH, "/settings", as: site.admin, body: ["title": "Hats"], status: 200) {
                $0.text("title") == "Hats" && $0.data["id"] == first.data["id"] && $0.data["version"] == 2
            }
            try await api.expect(.GET, "/settings", status: 200) { $0.text("title") == "Hats" }
            try await api.expect(.PATCH, "/settings", as: site.sara, body: ["title": "Mine"], status: 403)
            try await api.expect(.PATCH, "/settings", as: site.admin, body: ["per_page": 0], status: 400)
            try await api.expect(.POST, "/settings", as: site.admin, body: [:], status: 405)
            try await api.expect(.DELETE, "/settings", as: site.admin, status: 405)
            try await api.expect(.GET, "/settings/\(first.text("id") ?? "")", status: 404)
        }
    }
}
