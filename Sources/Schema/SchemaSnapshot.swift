internal import Expressions
internal import JSON

/// What a data directory was last migrated to: the names and types that decide about tables. Kept in the database as JSON.
package struct SchemaSnapshot: Sendable, Equatable {
    package struct FieldShape: Sendable, Equatable {
        package var name: String
        /// How it is stored: `TEXT`, `INTEGER`, `REAL`, `pair` for two columns, or `members` for a table of its own.
        package var storage: String
        package var required: Bool
        /// Of an enum or state: what rows may hold.
        package var allowed: [String]?
        /// Of a computed field: what tells its expression from others.
        package var compute: String?

        /// A sum that is kept for a computed field; no field of the file has such a name.
        var isKeptSum: Bool { compute != nil && name.hasPrefix("_") }
    }

    package struct CollectionShape: Sendable, Equatable {
        package var name: String
        package var fields: [FieldShape]
        /// Names of the fields of each key.
        package var uniqueKeys: [[String]]
    }

    package var collections: [CollectionShape]

    package init(_ schema: Schema) {
        collections = schema.collections.map { collection in
            CollectionShape(
                name: collection.name,
                fields: collection.fields.dropFirst(Row.System.count).map { field in
                    FieldShape(
                        name: field.name, storage: field.storageType, required: field.required, allowed: field.model.allowed,
                        compute: field.compute.map(Self.mark))
                },
                uniqueKeys: collection.uniqueKeys.map { $0.fields.map { collection.fields[$0].name } })
        }
    }

    /// FNV-1a of what is asked of the database: other words for the same are no change, another rule behind the same words is one.
    private static func mark(_ expression: Expression) -> String {
        let sql = expression.sql(.sqlite, alias: "t")
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(sql.text) \(sql.parameters)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 36)
    }

    /// Nil when the text is no snapshot.
    package init?(text: String) {
        guard let json = try? JSONParser.parse(text), let collections = json["collections"]?.array else { return nil }
        self.collections = collections.compactMap { collection in
            guard let name = collection["name"]?.string, let fields = collection["fields"]?.array else { return nil }
            return CollectionShape(
                name: name,
                fields: fields.compactMap { field in
                    guard let name = field["name"]?.string, let storage = field["storage"]?.string else { return nil }
                    return FieldShape(
                        name: name, storage: storage, required: field["required"]?.bool ?? false,
                        allowed: field["allowed"]?.array.map { $0.compactMap(\.string) }, compute: field["compute"]?.string)
                },
                uniqueKeys: (collection["unique"]?.array ?? []).map { ($0.array ?? []).compactMap(\.string) })
        }
    }

    package var text: String {
        let collections = collections.map { collection -> JSONValue in
            let fields = collection.fields.map { field -> JSONValue in
                var members = [
                    JSONMember(name: "name", value: .string(field.name)),
                    JSONMember(name: "storage", value: .string(field.storage)),
                    JSONMember(name: "required", value: .bool(field.required)),
                ]
                if let allowed = field.allowed {
                    members.append(JSONMember(name: "allowed", value: .array(allowed.map { .string($0) })))
                }
                if let compute = field.compute { members.append(JSONMember(name: "compute", value: .string(compute))) }
                return .object(members)
            }
            return [
                "name": .string(collection.name), "fields": .array(fields),
                "unique": .array(collection.uniqueKeys.map { .array($0.map { .string($0) }) }),
            ]
        }
        return JSONValue.object(["collections": .array(collections)]).text
    }
}

extension Field {
    /// The type of its columns in a `STRICT` table (https://sqlite.org/stricttables.html). A reference to several collections has two.
    package var storageType: String {
        switch kind {
        case .references, .medias: "members"
        case .int, .bool, .date, .datetime, .duration, .decimal, .counter: "INTEGER"
        case .float: "REAL"
        case .union: "pair"
        case .id, .string, .text, .html, .email, .phone, .url, .slug, .enumeration, .flags, .state, .json, .object, .list, .geo,
            .reference, .media, .sequence, .token:
            "TEXT"
        }
    }
}
