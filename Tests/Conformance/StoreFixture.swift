package import Expressions
package import Ports
package import Schema

/// A small site with every kind of field, built without a configuration file.
package struct StoreFixture: Sendable {
    package let users: Collection
    package let posts: Collection
    package let media: Collection
    /// A tree whose rows hold files in a list.
    package let threads: Collection
    package let model: Model
    /// The id alone.
    package let idOnly: [String: Projection]

    package var collections: [Collection] { [users, posts, media] }
    package var all: [Collection] { collections + [threads] }

    package init() {
        users = StoreFixture.collection(
            0, "users",
            [
                ("name", .string), ("email", .email), ("secret", .string),
            ],
            privateFields: ["secret"], softDelete: false, unique: [("users_email", ["email"])])
        posts = StoreFixture.collection(
            1, "posts",
            [
                ("title", .string), ("body", .text), ("views", .int), ("rating", .float), ("published", .bool), ("day", .date),
                ("starts_at", .datetime), ("length", .duration), ("status", .enumeration), ("meta", .json),
                ("author", .reference(to: "users")), ("tags", .references(to: "users")), ("cover", .media(kinds: ["image"])),
                ("slug", .slug), ("price", .decimal(precision: 10, scale: 2)), ("about", .union(of: ["users", "media"])),
                ("labels", .flags), ("photos", .medias(kinds: [])), ("place", .geo),
            ],
            softDelete: true, unique: [("posts_slug", ["slug"]), ("posts_author_title", ["author", "title"])],
            indexes: [("posts_created_at", ["created_at"]), ("posts_status_views", ["status", "views"])])
        media = StoreFixture.collection(
            2, "media", [("mime", .string), ("size", .int)], softDelete: true)
        threads = StoreFixture.collection(
            3, "threads", [("title", .string), ("parent", .reference(to: "threads")), ("files", .list)], softDelete: true,
            unique: [("threads_parent_title", ["parent", "title"])], tree: "parent", parts: ["files": [("file", .media(kinds: []))]])
        model = Model(collections: [users.model, posts.model, media.model, threads.model])
        idOnly = Dictionary(
            uniqueKeysWithValues: [users, posts, media, threads].map { collection in
                (collection.name, Projection(parts: collection.fields.prefix(1).map { Projection.Part(field: $0) }))
            })
    }

    /// A row with the given values and null elsewhere.
    package func row(
        in collection: Collection, id: String, version: Int64 = 1, at moment: Int64 = 1_700_000_000_000, _ values: [String: Value] = [:]
    ) -> Row {
        var row = Row(collection: collection.name, values: collection.fields.map { $0.isToMany ? .list([]) : .null })
        row.values[Row.System.id] = .text(id)
        row.values[Row.System.version] = .int(version)
        row.values[Row.System.createdAt] = .moment(moment)
        row.values[Row.System.updatedAt] = .moment(moment)
        for (name, value) in values {
            if let field = collection.field(name) { row.values[field.index] = value }
        }
        return row
    }

    /// All fields, with what is given besides.
    package func projection(
        of collection: Collection, expansions: [Projection.Expansion] = [], media: Projection? = nil
    ) -> Projection {
        Projection(parts: collection.fields.map { Projection.Part(field: $0) }, expansions: expansions, media: media)
    }

    private static func collection(
        _ number: Int, _ name: String, _ declared: [(String, Field.Kind)], privateFields: Set<String> = [], softDelete: Bool,
        unique: [(String, [String])] = [], indexes: [(String, [String])] = [], tree: String? = nil,
        parts: [String: [(String, Field.Kind)]] = [:]
    ) -> Collection {
        let system: [(String, Field.Kind)] = [
            ("id", .id), ("version", .int), ("created_at", .datetime), ("updated_at", .datetime), ("deleted_at", .datetime),
        ]
        let fields = (system + declared).enumerated().map { index, declaration in
            let (field, kind) = declaration
            let storage: FieldModel.Storage =
                switch kind {
                case .references, .medias: .members(table: "\(name)_\(field)")
                case .union: .pair(collection: "\(field)_collection", id: field)
                case .flags: .list(column: field)
                default: .column(field)
                }
            var made = Field(
                name: field, index: index, kind: kind,
                model: FieldModel(name: field, index: index, type: type(of: kind), storage: storage),
                isPrivate: privateFields.contains(field))
            made.parts = (parts[field] ?? []).enumerated().map { index, part in
                let model = FieldModel(name: part.0, index: index, type: type(of: part.1), storage: .column(part.0))
                return Field(name: part.0, index: index, kind: part.1, model: model)
            }
            return made
        }
        var shape = Shape()
        shape.tree = tree.flatMap { name in fields.firstIndex { $0.name == name } }
        let numbers = Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.index) })
        return Collection(
            number: number, name: name, path: [name],
            model: CollectionModel(name: name, table: name, fields: fields.map(\.model), softDelete: softDelete), fields: fields,
            lookup: nil, uniqueKeys: unique.map { UniqueKey(name: $0.0, fields: $0.1.compactMap { numbers[$0] }) },
            indexes: indexes.map { Index(name: $0.0, parts: $0.1.compactMap { numbers[$0].map { Index.Part(field: $0) } }) }, shape: shape)
    }

    private static func type(of kind: Field.Kind) -> ValueType {
        switch kind {
        case .id, .string, .text, .html, .email, .phone, .url, .slug, .enumeration, .state, .sequence, .token: .text
        case .int, .counter: .int
        case .float: .float
        case .decimal(_, let scale): .decimal(scale: scale)
        case .bool: .bool
        case .date: .date
        case .datetime: .moment
        case .duration: .duration
        case .flags: .list(.text)
        case .json, .object, .list, .geo: .json
        case .reference(let target): .reference(to: target)
        case .union(let targets): .union(targets)
        case .references(let target): .list(.reference(to: target))
        case .media: .reference(to: "media")
        case .medias: .list(.reference(to: "media"))
        }
    }
}

extension Projection.Expansion {
    /// A reference that leads to one collection.
    package init(_ field: Field, to target: Target) {
        self.init(name: field.name, source: .reference(field), targets: [target])
    }
}
