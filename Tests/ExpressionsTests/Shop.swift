@testable import Expressions

/// A model with tenants, exact money, references to several collections and parts of JSON, and its rows.
enum Shop {
    static let model = Model(
        collections: [
            collection("users", [("name", .text), ("root", .bool)]),
            collection("tenants", [("plan", .text), ("name", .text)]),
            collection("memberships", isTenant: true, [("user", .reference(to: "users")), ("role", .text)]),
            collection(
                "orders", isTenant: true,
                [
                    ("status", .text), ("total", .decimal(scale: 2)), ("rate", .decimal(scale: 4)), ("big", .decimal(scale: 2)),
                    ("count", .int),
                    ("address", .json), ("address.city", .text), ("address.floor", .int), ("address.geo.lat", .float),
                    ("flags", .list(.text)), ("placed_on", .date), ("note", .text),
                ],
                children: [ChildModel(name: "items", collection: "items", field: "order")]),
            collection(
                "items", isTenant: true,
                [("order", .reference(to: "orders")), ("quantity", .int), ("price", .decimal(scale: 2)), ("sku", .text)]),
            collection(
                "salons", [("name", .text), ("owners", .list(.reference(to: "users"))), ("stars", .int), ("city", .text)],
                children: [ChildModel(name: "reviews", collection: "reviews", field: "target")]),
            collection(
                "artists", [("name", .text), ("owners", .list(.reference(to: "users"))), ("stars", .int), ("stage", .text)],
                children: [ChildModel(name: "reviews", collection: "reviews", field: "target")]),
            collection(
                "reviews", [("target", .union(["salons", "artists"])), ("author", .reference(to: "users")), ("rating", .int)],
                children: [ChildModel(name: "votes", collection: "votes", field: "review")]),
            collection("votes", [("review", .reference(to: "reviews")), ("up", .bool)]),
        ], timezone: "Asia/Tehran", tenant: "tenants", member: "memberships")

    static func collection(
        _ name: String, isTenant: Bool = false, _ fields: [(name: String, type: ValueType)], children: [ChildModel] = []
    ) -> CollectionModel {
        let tenant: [(String, ValueType, [String]?)] = isTenant ? [("tenant", .reference(to: "tenants"), nil)] : []
        var collection = Blog.collection(name, softDelete: true, fields.map { ($0.name, $0.type, nil) } + tenant, children: children)
        collection.isTenant = isTenant
        for index in collection.fields.indices {
            let field = collection.fields[index]
            let path = field.name.split(separator: ".").map(String.init)
            if path.count > 1 { collection.fields[index].storage = .member(column: path[0], path: Array(path.dropFirst())) }
            if case .union = field.type { collection.fields[index].storage = .pair(collection: field.name + "_kind", id: field.name) }
            if field.type == .list(.text) { collection.fields[index].storage = .list(column: field.name) }
        }
        return collection
    }

    static func row(_ collection: String, _ id: String, number: Int64, _ values: [String: Value] = [:]) -> Row {
        let fields = model.collections[collection]?.fields ?? []
        return Row(
            collection: collection, number: number,
            values: fields.map { field in
                if field.name == "id" { return .text(id) }
                if case .list(.reference) = field.type { return values[field.name] ?? .list([]) }
                return values[field.name] ?? .null
            })
    }

    static func decimal(_ text: String) -> Value { Decimal(text).map { .decimal($0) } ?? .null }

    static let ann = row("users", "ann", number: 1, ["name": .text("Ann"), "root": .bool(true)])
    static let bob = row("users", "bob", number: 2, ["name": .text("Bob"), "root": .bool(false)])
    static let acme = row("tenants", "acme", number: 1, ["plan": .text("free"), "name": .text("Acme")])
    static let bobInAcme = row(
        "memberships", "m1", number: 1, ["user": .text("bob"), "role": .text("admin"), "tenant": .text("acme")])

    static let orders = [
        row(
            "orders", "o1", number: 1,
            [
                "status": .text("paid"), "total": decimal("100.10"), "rate": decimal("0.0750"), "big": decimal("9999999999999999.99"),
                "count": .int(3), "address": .text("{}"), "address.city": .text("Tehrān"), "address.floor": .int(4),
                "address.geo.lat": .float(35.5), "flags": .list([.text("new"), .text("gift")]), "placed_on": .date(19_000),
                "note": .text("کتاب\u{200C}هاي تهران ۱۲۳ CAFÉ"), "tenant": .text("acme"),
            ]),
        row("orders", "o2", number: 2, ["status": .text("open"), "total": decimal("-2.50"), "tenant": .text("acme"), "flags": .list([])]),
        row("orders", "o3", number: 3, ["total": decimal("0.00"), "count": .int(0), "tenant": .text("other")]),
    ]

    static let reviews = [
        row("reviews", "r1", number: 1, ["target": .text("salons:s1"), "author": .text("ann"), "rating": .int(5)]),
        row("reviews", "r2", number: 2, ["target": .text("artists:a1"), "author": .text("bob"), "rating": .int(2)]),
        row("reviews", "r3", number: 3, ["target": .text("artists:s1"), "author": .text("ann")]),
        row("reviews", "r4", number: 4),
    ]

    static func rows(inPostgreSQL: Bool) throws -> Rows {
        let rows = try Rows(model, inPostgreSQL: inPostgreSQL)
        let others = [
            row("tenants", "other", number: 2, ["plan": .text("pro")]),
            row("memberships", "m2", number: 2, ["user": .text("ann"), "role": .text("owner"), "tenant": .text("other")]),
            row("salons", "s1", number: 1, ["name": .text("Salon"), "stars": .int(4), "owners": .list([.text("ann")])]),
            row("salons", "s2", number: 2, ["name": .text("Empty")]),
            row("artists", "a1", number: 1, ["name": .text("Artist"), "stars": .int(1), "owners": .list([.text("bob"), .text("ann")])]),
            row("votes", "v1", number: 1, ["review": .text("r1"), "up": .bool(true)]),
            row("items", "i1", number: 1, ["order": .text("o1"), "quantity": .int(2), "price": decimal("33.35"), "tenant": .text("acme")]),
            row("items", "i2", number: 2, ["order": .text("o1"), "quantity": .int(1), "price": decimal("33.40"), "tenant": .text("acme")]),
            row("items", "i3", number: 3, ["order": .text("o3"), "quantity": .int(1), "tenant": .text("other")]),
        ]
        for row in [ann, bob, acme, bobInAcme] + orders + reviews + others { try rows.insert(row) }
        return rows
    }
}
