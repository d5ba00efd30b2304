package import JSON

/// The language of `atlas.toml` as a JSON Schema (2020-12), by which editors complete and check it (Taplo: `#:schema`).
package enum ConfigurationSchema {
    package static var json: JSONValue {
        guard case .object(let members) = schema(of: Language.file.shape) else { return .null }
        return .object(
            [
                JSONMember(name: "$schema", value: "https://json-schema.org/draft/2020-12/schema"),
                JSONMember(name: "title", value: "atlas.toml"),
            ] + members)
    }

    private static func schema(of shape: Shape) -> JSONValue {
        switch shape {
        case .text(let what, let example, let pattern):
            var members = [JSONMember(name: "type", value: "string"), JSONMember(name: "title", value: .string(what))]
            if let pattern { members.append(JSONMember(name: "pattern", value: .string(pattern))) }
            if let example, let text = unquoted(example) { members.append(JSONMember(name: "examples", value: [.string(text)])) }
            return .object(members)
        case .choice(let values): return ["enum": .array(values.map { .string($0) })]
        case .integer(let range):
            return ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
        case .number: return ["type": "number"]
        case .bool: return ["type": "boolean"]
        case .literal: return ["type": ["string", "number", "boolean", "array"]]
        case .list(let item, let least):
            let members: [JSONMember] = [JSONMember(name: "type", value: "array"), JSONMember(name: "items", value: schema(of: item))]
            return .object(members + (least > 0 ? [JSONMember(name: "minItems", value: .integer(Int64(least)))] : []))
        case .either(let shapes): return ["anyOf": .array(shapes.map(schema))]
        case .any: return .object([])
        case .named(_, let shape, let pattern): return table([], others: (pattern, shape))
        case .open(let keys, _, let shape): return table(keys, others: (Name.pattern, shape))
        case .table(let keys): return table(keys, others: nil)
        }
    }

    private static func table(_ keys: [KeyDescription], others: (pattern: String, shape: Shape)?) -> JSONValue {
        var members = [JSONMember(name: "type", value: "object"), JSONMember(name: "additionalProperties", value: false)]
        if !keys.isEmpty {
            members.append(
                JSONMember(name: "properties", value: .object(keys.map { JSONMember(name: $0.name, value: property($0)) })))
        }
        if let others {
            // A key of the language is none of the names.
            let names = keys.map(\.name).joined(separator: "|")
            let pattern = keys.isEmpty ? "^\(others.pattern)$" : "^(?!(\(names))$)\(others.pattern)$"
            members.append(
                JSONMember(name: "patternProperties", value: .object([JSONMember(name: pattern, value: schema(of: others.shape))])))
        }
        let required = keys.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { members.append(JSONMember(name: "required", value: .array(required))) }
        return .object(members)
    }

    private static func property(_ key: KeyDescription) -> JSONValue {
        guard case .object(var members) = schema(of: key.shape) else { return .null }
        members.append(JSONMember(name: "description", value: .string(key.doc)))
        if let initial = key.initial, let value = value(initial) { members.append(JSONMember(name: "default", value: value)) }
        return .object(members)
    }

    private static func unquoted(_ literal: String) -> String? { value(literal)?.string }

    /// A TOML literal as JSON.
    private static func value(_ literal: String) -> JSONValue? {
        guard let root = try? TOMLParser.parse("x = \(literal)", file: ""), let node = root.table?["x"]?.node else { return nil }
        return json(node)
    }

    private static func json(_ node: TOMLNode) -> JSONValue {
        switch node.value {
        case .string(let text), .moment(let text): .string(text)
        case .integer(let number): .integer(number)
        case .float(let number): .number("\(number)")
        case .bool(let truth): .bool(truth)
        case .array(let items): .array(items.map(json))
        case .table(let table): .object(table.members.map { JSONMember(name: $0.name, value: json($0.node)) })
        }
    }
}
