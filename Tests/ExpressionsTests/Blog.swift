@testable import Expressions

/// A model and rows that the table tests share.
enum Blog {
    static let model = Model(collections: [
        collection(
            "users", softDelete: true,
            [
                ("name", .text, nil), ("role", .text, ["ADMIN", "EDITOR", "USER"]), ("active", .bool, nil), ("age", .int, nil),
                ("city", .reference(to: "cities"), nil), ("favourites", .list(.reference(to: "tags")), nil),
            ],
            children: [ChildModel(name: "posts", collection: "posts", field: "author")]),
        collection("cities", [("slug", .text, nil), ("mayor", .reference(to: "users"), nil)]),
        collection("tags", softDelete: true, [("slug", .text, nil), ("weight", .int, nil)]),
        collection(
            "posts", softDelete: true,
            [
                ("title", .text, nil), ("status", .text, ["draft", "published", "archived"]), ("pinned", .bool, nil),
                ("views", .int, nil), ("rating", .float, nil), ("published_at", .moment, nil), ("day", .date, nil),
                ("length", .duration, nil), ("author", .reference(to: "users"), nil), ("tags", .list(.reference(to: "tags")), nil),
                ("owners", .list(.reference(to: "users")), nil),
            ],
            children: [ChildModel(name: "comments", collection: "comments", field: "post")]),
        collection(
            "comments",
            [
                ("post", .reference(to: "posts"), nil), ("author", .reference(to: "users"), nil),
                ("status", .text, ["pending", "approved"]), ("points", .int, nil),
            ]),
    ])

    static func collection(
        _ name: String, softDelete: Bool = false, _ fields: [(name: String, type: ValueType, allowed: [String]?)],
        children: [ChildModel] = []
    ) -> CollectionModel {
        let system: [(String, ValueType, [String]?)] = [
            ("id", .text, nil), ("version", .int, nil), ("created_at", .moment, nil), ("updated_at", .moment, nil),
            ("deleted_at", .moment, nil),
        ]
        let models = (system + fields).enumerated().map { index, field in
            var storage = FieldModel.Storage.column(field.0)
            if case .list = field.1 { storage = .members(table: "\(name)__\(field.0)") }
            return FieldModel(name: field.0, index: index, type: field.1, storage: storage, allowed: field.2)
        }
        return CollectionModel(name: name, table: name, fields: models, softDelete: softDelete, children: children)
    }

    /// A row with the named values, all others null (lists: empty).
    static func row(_ collection: String, _ id: String, number: Int64, _ values: [String: Value] = [:]) -> Row {
        let fields = model.collections[collection]?.fields ?? []
        return Row(
            collection: collection, number: number,
            values: fields.map { field in
                if field.name == "id" { return .text(id) }
                if case .list = field.type { return values[field.name] ?? .list([]) }
                return values[field.name] ?? .null
            })
    }

    static let ann = row(
        "users", "ann", number: 1,
        ["name": .text("Ann"), "role": .text("ADMIN"), "active": .bool(true), "age": .int(40), "city": .text("rome")])
    static let bob = row(
        "users", "bob", number: 2,
        ["name": .text("Bob"), "role": .text("USER"), "active": .bool(false), "city": .text("oslo"), "favourites": .list([.text("t1")])])
    static let gone = row("users", "gone", number: 3, ["name": .text("Gone"), "role": .text("USER"), "deleted_at": .moment(5)])

    static let posts = [
        row(
            "posts", "p1", number: 1,
            [
                "title": .text("One two  three"), "status": .text("published"), "pinned": .bool(true), "views": .int(10),
                "rating": .float(2.5), "published_at": .moment(86_400_000 * 31 + 5), "day": .date(31), "length": .duration(5000),
                "author": .text("ann"), "tags": .list([.text("t1"), .text("t2"), .text("t3")]), "owners": .list([.text("bob")]),
            ]),
        row("posts", "p2", number: 2, ["title": .text("Zwei"), "status": .text("draft"), "views": .int(0), "author": .text("bob")]),
        row("posts", "p3", number: 3, ["status": .text("archived"), "author": .text("gone")]),
        row("posts", "p4", number: 4),
    ]

    static func rows(inPostgreSQL: Bool = false) throws -> Rows {
        let rows = try Rows(model, inPostgreSQL: inPostgreSQL)
        for row in [ann, bob, gone] + posts { try rows.insert(row) }
        try rows.insert(row("cities", "rome", number: 1, ["slug": .text("rome"), "mayor": .text("gone")]))
        try rows.insert(row("cities", "oslo", number: 2, ["slug": .text("oslo"), "mayor": .text("ann")]))
        try rows.insert(row("tags", "t1", number: 1, ["slug": .text("swift"), "weight": .int(3)]))
        try rows.insert(row("tags", "t2", number: 2, ["slug": .text("linux"), "weight": .int(4)]))
        try rows.insert(row("tags", "t3", number: 3, ["slug": .text("hidden"), "weight": .int(9), "deleted_at": .moment(1)]))
        let comments: [(String, String?, String, Int64?)] = [
            ("p1", "ann", "approved", 1), ("p1", "bob", "approved", 4), ("p1", nil, "pending", nil), ("p2", "bob", "pending", 7),
        ]
        for (index, comment) in comments.enumerated() {
            try rows.insert(
                row(
                    "comments", "c\(index)", number: Int64(index + 1),
                    [
                        "post": .text(comment.0), "author": comment.1.map { .text($0) } ?? .null, "status": .text(comment.2),
                        "points": comment.3.map { .int($0) } ?? .null,
                    ]))
        }
        return rows
    }

    static let compiler = ExpressionCompiler(model: model)

    static func compile(_ source: String, _ scope: Scope = Scope(collection: "posts"), as expectation: Expectation = .condition) throws
        -> Expression
    {
        try compiler.compile(source, in: scope, as: expectation)
    }
}
