package import JSON

/// The language as a JSON Schema (2020-12), so that editors complete and check it (Taplo).
extension Language {
    package static var jsonSchema: JSONValue {
        var properties = [JSONMember(name: "include", value: ["type": "array", "items": ["type": "string"]])]
        for name in ["app", "server", "database", "storage", "log", "auth"] {
            properties.append(JSONMember(name: name, value: table(name)))
        }
        properties.append(JSONMember(name: "rules", value: ["type": "object", "additionalProperties": ["type": "string"]]))
        for name in ["media", "queues", "collections"] {
            properties.append(JSONMember(name: name, value: ["type": "object", "additionalProperties": table("\(name).*")]))
        }
        return [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "atlas.toml", "type": "object",
            "additionalProperties": false, "properties": .object(properties),
        ]
    }

    private static func table(_ path: String) -> JSONValue {
        guard let section = sections.first(where: { $0.path == path }) else { return ["type": "object"] }
        let properties = section.keys.map { JSONMember(name: $0.name, value: schema($0, in: path)) }
        return [
            "type": "object", "description": .string(section.about), "additionalProperties": false, "properties": .object(properties),
        ]
    }

    private static func schema(_ key: KeyDescription, in path: String) -> JSONValue {
        var members: [JSONMember] = [JSONMember(name: "description", value: .string(key.about))]
        func add(_ name: String, _ value: JSONValue) { members.append(JSONMember(name: name, value: value)) }
        switch key.kind {
        case .string where !key.allowed.isEmpty: add("enum", .array(key.allowed.map { .string($0) }))
        case .string, .expression, .secret: add("type", "string")
        case .strings: add("type", ["string", "array"])
        case .boolean: add("type", "boolean")
        case .integer: add("type", "integer")
        case .number: add("type", "number")
        case .duration: add("pattern", #"^([0-9]+(ms|s|m|h|d|w))+$"#)
        case .size: add("pattern", #"^[0-9]+(B|KB|MB|GB|KiB|MiB|GiB)$"#)
        case .literal, .literals: break
        case .table, .tables:
            let below = "\(path).\(key.name)"
            if sections.contains(where: { $0.path == below + ".*" }) {
                let inner = table(below + ".*")
                // A field may be just its type.
                add("additionalProperties", key.name == "fields" ? ["anyOf": [["type": "string"], inner]] : inner)
            } else if key.name == "checks" {
                add("items", table("collections.*.checks"))
            } else if sections.contains(where: { $0.path == below }) {
                return table(below)
            } else {
                add("type", "object")
            }
        }
        return .object(members)
    }
}
