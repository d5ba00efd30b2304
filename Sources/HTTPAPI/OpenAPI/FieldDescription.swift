internal import Expressions
internal import JSON
internal import Schema

/// One field as JSON Schema: in answers and in bodies.
enum FieldDescription {
    static let id: JSONValue = ["type": "string", "format": "uuid"]

    /// `salons:<id>`; a filter also takes a whole kind, `salons`.
    static func union(_ collections: [String], orKind: Bool = false) -> JSONValue {
        let id = ":[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
        let names = collections.joined(separator: "|")
        return ["type": "string", "pattern": .string("^(\(names))\(orKind ? "(\(id))?" : id)$")]
    }

    // MARK: Answers

    /// `values`: the schema of its values, where they have one of their own.
    static func answer(_ field: Field, values: JSONValue? = nil) -> JSONValue {
        let isAlways =
            field.required || field.index < Row.System.deletedAt || field.kind == .state || !field.initial.isNull && isKept(field)
        return answer(field, isNullable: !isAlways, values: values)
    }

    /// Whether nobody can set it to null.
    private static func isKept(_ field: Field) -> Bool {
        switch field.kind {
        case .counter, .flags: true
        default: false
        }
    }

    private static func answer(_ field: Field, isNullable: Bool, values: JSONValue? = nil) -> JSONValue {
        func typed(_ type: String, _ more: [JSONMember] = []) -> JSONValue {
            .object([JSONMember(name: "type", value: isNullable ? [.string(type), "null"] : .string(type))] + more)
        }
        func formatted(_ format: String) -> JSONValue { typed("string", [JSONMember(name: "format", value: .string(format))]) }
        switch field.kind {
        case .id, .reference: return formatted("uuid")
        case .string, .text, .html, .phone, .slug, .duration, .sequence, .token: return typed("string")
        case .decimal: return typed("string", [JSONMember(name: "pattern", value: "^-?[0-9]+([.][0-9]+)?$")])
        case .union(let collections):
            let pattern = union(collections)["pattern"] ?? .null
            return typed("string", [JSONMember(name: "pattern", value: pattern)])
        case .email: return formatted("email")
        // Any letters may stand in one: the page of «سالن» is an IRI (RFC 3987).
        case .url: return formatted("iri")
        case .int, .counter: return typed("integer")
        case .float: return typed("number")
        case .bool: return typed("boolean")
        case .date: return formatted("date")
        case .datetime: return formatted("date-time")
        case .enumeration, .state:
            return oneOf(field, values, isNullable: isNullable)
        case .flags:
            return typed("array", [JSONMember(name: "items", value: oneOf(field, values, isNullable: false))])
        case .references where field.parts.isEmpty: return ["type": "array", "items": id]
        case .references: return ["type": "array", "items": members(field, describe: { part($0) })]
        case .media: return ["anyOf": [["$ref": "#/components/schemas/MediaObject"], ["type": "null"]]]
        case .medias: return ["type": "array", "items": ["anyOf": [["$ref": "#/components/schemas/MediaObject"], ["type": "null"]]]]
        case .geo: return typed("object", place)
        case .object:
            return typed("object", [JSONMember(name: "properties", value: properties(field.parts, describe: { part($0) }))])
        case .list: return typed("array", [JSONMember(name: "items", value: item(field, describe: { part($0) }))])
        case .json where field.name == "variants": return OpenAPIDocument.variants
        case .json: return .object([JSONMember]())
        }
    }

    /// A part of a value: null where nothing was sent for it. A file in it is its id, like any other reference.
    private static func part(_ field: Field) -> JSONValue {
        if case .media = field.kind { return field.required ? id : ["type": ["string", "null"], "format": "uuid"] }
        return answer(field, isNullable: !field.required && field.initial.isNull)
    }

    private static func properties(_ parts: [Field], describe: (Field) -> JSONValue) -> JSONValue {
        .object(parts.map { JSONMember(name: $0.name, value: describe($0)) })
    }

    private static func item(_ field: Field, describe: (Field) -> JSONValue) -> JSONValue {
        if var single = field.items.first {
            // An item is never null.
            single.required = true
            return describe(single)
        }
        return object(of: field.parts, describe: describe)
    }

    private static func object(of parts: [Field], describe: (Field) -> JSONValue) -> JSONValue {
        let required = parts.filter { $0.required && $0.initial.isNull }.map { JSONValue.string($0.name) }
        return [
            "type": "object", "additionalProperties": false, "properties": properties(parts, describe: describe),
            "required": .array(required),
        ]
    }

    /// A part of an edge's key in a URL.
    static func key(_ field: Field) -> JSONValue {
        if case .union(let collections) = field.kind { return union(collections) }
        let item = OpenAPIDocument.item(field)
        return item == ["type": "string"] ? ["type": "string", "minLength": 1] : item
    }

    /// One member of a to-many field in a body.
    static func member(_ field: Field) -> JSONValue {
        ["anyOf": [id, members(field, describe: { request($0) })]]
    }

    /// A member of a to-many field with what is kept with it.
    private static func members(_ field: Field, describe: (Field) -> JSONValue) -> JSONValue {
        let own = field.parts.map { JSONMember(name: $0.name, value: describe($0)) }
        return [
            "type": "object", "additionalProperties": false, "required": ["id"],
            "properties": .object([JSONMember(name: "id", value: id)] + own),
        ]
    }

    private static let place: [JSONMember] = [
        JSONMember(name: "additionalProperties", value: false), JSONMember(name: "required", value: ["lat", "lng"]),
        JSONMember(
            name: "properties",
            value: [
                "lat": ["type": "number", "minimum": -90, "maximum": 90], "lng": ["type": "number", "minimum": -180, "maximum": 180],
            ]),
    ]

    // MARK: Bodies

    static func request(_ field: Field, values: JSONValue? = nil) -> JSONValue {
        let isNullable = !field.required
        func typed(_ type: String, _ more: [JSONMember?]) -> JSONValue {
            .object([JSONMember(name: "type", value: isNullable ? [.string(type), "null"] : .string(type))] + more.compactMap { $0 })
        }
        func number(_ name: String, _ bound: Double?) -> JSONMember? {
            bound.map { JSONMember(name: name, value: Int64(exactly: $0).map { .integer($0) } ?? .number("\($0)")) }
        }
        func formatted(_ format: String, _ more: [JSONMember?] = []) -> JSONValue {
            typed("string", [JSONMember(name: "format", value: .string(format))] + more)
        }
        let lengths = [number("minLength", field.minimum ?? (field.required ? 1 : nil)), number("maxLength", field.maximum)]
        let counts = [number("minItems", field.minimum), number("maxItems", field.maximum ?? 1_000)]
        switch field.kind {
        case .string, .text, .html: return typed("string", lengths)
        case .slug:
            return typed("string", lengths + [JSONMember(name: "pattern", value: "^[^\\sA-Z!-,./:-@\\[-`{-~-][^\\sA-Z!-,./:-@\\[-`{-~]*$")])
        case .email: return formatted("email", [number("maxLength", field.maximum)])
        case .phone: return typed("string", [JSONMember(name: "maxLength", value: 40)])
        case .url: return formatted("iri", lengths)
        case .int, .counter:
            return typed(
                "integer", [JSONMember(name: "format", value: "int64"), number("minimum", field.minimum), number("maximum", field.maximum)])
        case .float: return typed("number", [number("minimum", field.minimum), number("maximum", field.maximum)])
        case .decimal(let precision, let scale): return typed("string", [decimalPattern(precision, scale)])
        case .bool: return typed("boolean", [])
        case .date: return formatted("date")
        case .datetime: return formatted("date-time")
        case .duration: return formatted("duration")
        case .enumeration, .state:
            return oneOf(field, values, isNullable: isNullable)
        case .flags:
            let item = oneOf(field, values, isNullable: false)
            return typed("array", [JSONMember(name: "items", value: item), JSONMember(name: "uniqueItems", value: true)] + counts)
        case .reference, .media, .id: return formatted("uuid")
        case .union(let collections): return typed("string", [union(collections)["pattern"].map { JSONMember(name: "pattern", value: $0) }])
        case .references, .medias:
            let item = field.parts.isEmpty ? id : ["anyOf": [id, members(field, describe: { request($0) })]]
            return typed("array", [JSONMember(name: "items", value: item), JSONMember(name: "uniqueItems", value: true)] + counts)
        case .geo: return typed("object", place)
        case .object:
            guard case .object(let members) = object(of: field.parts, describe: { request($0) }) else { return typed("object", []) }
            return typed("object", members.filter { $0.name != "type" })
        case .list: return typed("array", [JSONMember(name: "items", value: item(field, describe: { request($0) }))] + counts)
        case .sequence, .token: return typed("string", [])
        case .json: return .object([JSONMember]())
        }
    }

    private static func oneOf(_ field: Field, _ named: JSONValue?, isNullable: Bool) -> JSONValue {
        if let named { return isNullable ? ["anyOf": [named, ["type": "null"]]] : named }
        let values = (field.model.allowed ?? []).map { JSONValue.string($0) }
        return ["enum": .array(isNullable ? values + [.null] : values)]
    }

    private static func decimalPattern(_ precision: Int, _ scale: Int) -> JSONMember {
        let whole = "-?[0-9]{1,\(max(1, precision - scale))}"
        return JSONMember(name: "pattern", value: .string(scale == 0 ? "^\(whole)$" : "^\(whole)([.][0-9]{1,\(scale)})?$"))
    }
}
