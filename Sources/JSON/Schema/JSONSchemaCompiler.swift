internal import Text

/// Turns a schema document into checks, each schema once, however often it is referred to.
struct JSONSchemaCompiler {
    /// What a schema may say without effect on values: for readers, and for programs that make forms of it.
    private static let annotations: Set<String> = [
        "$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "format",
        "contentEncoding", "contentMediaType", "contentSchema",
    ]
    /// Read together with another keyword, or by it.
    private static let companions: Set<String> = [
        "patternProperties", "additionalProperties", "prefixItems", "minContains", "maxContains", "then", "else", "$defs",
    ]

    private static let keywords =
        [
            "type", "enum", "const", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
            "pattern",
            "items", "minItems", "maxItems", "uniqueItems", "contains", "properties", "propertyNames", "minProperties", "maxProperties",
            "required",
            "dependentRequired", "dependentSchemas", "allOf", "anyOf", "oneOf", "not", "if", "$ref",
        ] + annotations.sorted() + companions.sorted()
    private static let maximumDepth = 200

    private let document: JSONValue
    private(set) var nodes: [[JSONSchemaCheck]] = []
    /// Schemas by pointer, complete or begun.
    private var known: [[String]: Int] = [:]
    /// Schemas that another applies to the same value, with where they stand.
    private var sameValue: [Int: [Int]] = [:]
    private var pointers: [[String]] = []
    private var depth = 0

    init(_ document: JSONValue) {
        self.document = document
    }

    mutating func compile() throws(JSONSchemaError) -> Int {
        let root = try schema(document, [])
        try refuseCircles()
        return root
    }

    private func error(_ pointer: [String], _ reason: String) -> JSONSchemaError {
        JSONSchemaError(pointer: JSONPointer.text(pointer), reason: reason)
    }

    private mutating func schema(_ value: JSONValue, _ at: [String]) throws(JSONSchemaError) -> Int {
        if let index = known[at] { return index }
        depth += 1
        guard depth <= Self.maximumDepth else { throw error(at, "schemas nest or refer deeper than \(Self.maximumDepth) levels") }
        defer { depth -= 1 }
        let index = nodes.count
        known[at] = index
        pointers.append(at)
        nodes.append([])
        switch value {
        case .bool(let isAllowed): nodes[index] = isAllowed ? [] : [.never]
        case .object(let members):
            var checks: [JSONSchemaCheck] = []
            for member in members {
                if let check = try check(member, in: value, at, index) { checks.append(check) }
            }
            nodes[index] = checks
        default: throw error(at, "a schema is an object or a boolean, not \(value.kind)")
        }
        return index
    }

    private mutating func check(_ member: JSONMember, in schema: JSONValue, _ parent: [String], _ index: Int) throws(JSONSchemaError)
        -> JSONSchemaCheck?
    {
        let value = member.value
        let at = parent + [member.name]
        switch member.name {
        case "type": return .type(try types(value, at))
        case "enum":
            let values = try array(value, at)
            return .enumeration(Set(values.map(JSONIdentity.init)), isConst: false, text: values.map(\.text).joined(separator: ", "))
        case "const": return .enumeration([JSONIdentity(value)], isConst: true, text: value.text)
        case "minimum", "exclusiveMinimum": return .minimum(try number(value, at), isExclusive: member.name != "minimum", text: value.text)
        case "maximum", "exclusiveMaximum": return .maximum(try number(value, at), isExclusive: member.name != "maximum", text: value.text)
        case "multipleOf":
            let unit = try number(value, at)
            guard unit.isUnit else { throw error(at, "must be greater than zero and have at most 18 digits") }
            return .multipleOf(unit, text: value.text)
        case "minLength": return .length(least: try count(value, at), most: .max)
        case "maxLength": return .length(least: 0, most: try count(value, at))
        case "minItems": return .itemCount(least: try count(value, at), most: .max)
        case "maxItems": return .itemCount(least: 0, most: try count(value, at))
        case "minProperties": return .memberCount(least: try count(value, at), most: .max)
        case "maxProperties": return .memberCount(least: 0, most: try count(value, at))
        case "pattern": return .pattern(try pattern(string(value, at), at))
        case "uniqueItems":
            guard let isUnique = value.bool else { throw error(at, "must be a boolean, not \(value.kind)") }
            return isUnique ? .uniqueItems : nil
        case "items" where schema["prefixItems"] == nil: return try items(schema, parent)
        case "prefixItems": return try items(schema, parent)
        case "contains":
            let least = try schema["minContains"].map { value throws(JSONSchemaError) in try count(value, parent + ["minContains"]) } ?? 1
            let most = try schema["maxContains"].map { value throws(JSONSchemaError) in try count(value, parent + ["maxContains"]) } ?? .max
            return .contains(try self.schema(value, at), least: least, most: most)
        case "properties": return try members(schema, parent)
        case "patternProperties" where schema["properties"] == nil: return try members(schema, parent)
        case "additionalProperties" where schema["properties"] == nil && schema["patternProperties"] == nil:
            return try members(schema, parent)
        case "propertyNames": return .memberNames(try self.schema(value, at))
        case "required": return .required(try strings(value, at))
        case "dependentRequired":
            return .dependentRequired(
                try object(value, at).map { member throws(JSONSchemaError) in (member.name, try strings(member.value, at + [member.name])) }
            )
        case "dependentSchemas":
            let schemas = try schemas(value, at)
            sameValue[index, default: []] += schemas.map(\.schema)
            return .dependentSchemas(schemas)
        case "allOf", "anyOf", "oneOf":
            let schemas = try list(value, at)
            if schemas.isEmpty { throw error(at, "must hold at least one schema") }
            sameValue[index, default: []] += schemas
            return member.name == "allOf" ? .all(schemas, keyword: "allOf") : member.name == "anyOf" ? .any(schemas) : .one(schemas)
        case "not":
            let inner = try self.schema(value, at)
            sameValue[index, default: []].append(inner)
            return .not(inner)
        case "if":
            let condition = try self.schema(value, at)
            let then = try schema["then"].map { value throws(JSONSchemaError) in try self.schema(value, parent + ["then"]) }
            let otherwise = try schema["else"].map { value throws(JSONSchemaError) in try self.schema(value, parent + ["else"]) }
            sameValue[index, default: []] += [condition, then, otherwise].compactMap(\.self)
            return .condition(condition, then: then, otherwise: otherwise)
        case "$ref":
            let target = try target(of: string(value, at), at)
            sameValue[index, default: []].append(target)
            return .all([target], keyword: "$ref")
        default:
            try checkUnused(member, in: schema, parent)
            return nil
        }
    }

    /// Keywords that check nothing by themselves: still well formed, and no slip of the hand.
    private mutating func checkUnused(_ member: JSONMember, in schema: JSONValue, _ parent: [String]) throws(JSONSchemaError) {
        let at = parent + [member.name]
        switch member.name {
        case "$defs": _ = try schemas(member.value, at)
        case "then", "else": _ = try self.schema(member.value, at)
        case "minContains", "maxContains": _ = try count(member.value, at)
        case "$schema":
            let draft = "https://json-schema.org/draft/2020-12/schema"
            let named = try string(member.value, at)
            guard named == draft || named == draft + "#" else {
                throw error(at, "must be '\(draft)'")
            }
        case "$id" where !parent.isEmpty: throw error(at, "only the whole document may have an '$id'")
        case let name where Self.annotations.contains(name) || Self.companions.contains(name) || name == "items" || name.hasPrefix("x-"):
            return
        case "definitions": throw error(at, "'definitions' is called '$defs' in draft 2020-12")
        case let name:
            throw error(
                at, "unknown keyword '\(name)'" + (NearestName.of(name, among: Self.keywords).map { "; did you mean '\($0)'?" } ?? ""))
        }
    }

    private mutating func items(_ schema: JSONValue, _ parent: [String]) throws(JSONSchemaError) -> JSONSchemaCheck {
        let prefix = try schema["prefixItems"].map { value throws(JSONSchemaError) in try list(value, parent + ["prefixItems"]) } ?? []
        let rest = try schema["items"].map { value throws(JSONSchemaError) in try self.schema(value, parent + ["items"]) }
        return .items(prefix: prefix, rest: rest)
    }

    private mutating func members(_ schema: JSONValue, _ parent: [String]) throws(JSONSchemaError) -> JSONSchemaCheck {
        var named: [String: Int] = [:]
        var matching: [(Pattern, Int)] = []
        if let value = schema["properties"] {
            for (name, index) in try schemas(value, parent + ["properties"]) { named[name] = index }
        }
        if let value = schema["patternProperties"] {
            for (source, index) in try schemas(value, parent + ["patternProperties"]) {
                matching.append((try pattern(source, parent + ["patternProperties", source]), index))
            }
        }
        let rest = try schema["additionalProperties"].map { value throws(JSONSchemaError) in
            try self.schema(value, parent + ["additionalProperties"])
        }
        return .members(named: named, matching: matching, rest: rest)
    }

    private mutating func schemas(_ value: JSONValue, _ at: [String]) throws(JSONSchemaError) -> [(name: String, schema: Int)] {
        var result: [(name: String, schema: Int)] = []
        for member in try object(value, at) { result.append((member.name, try schema(member.value, at + [member.name]))) }
        return result
    }

    private mutating func list(_ value: JSONValue, _ at: [String]) throws(JSONSchemaError) -> [Int] {
        var result: [Int] = []
        for (index, item) in try array(value, at).enumerated() { result.append(try schema(item, at + [String(index)])) }
        return result
    }

    /// The schema that a reference leads to.
    private mutating func target(of reference: String, _ at: [String]) throws(JSONSchemaError) -> Int {
        guard reference == "#" || reference.hasPrefix("#/"), let path = JSONPointer.names(inFragment: reference.dropFirst()) else {
            throw error(at, "'\(reference)' leads outside of this document or to an anchor: only '#' and '#/…' are followed")
        }
        var value = document
        for token in path {
            let next: JSONValue? =
                switch value {
                case .object: value[token]
                case .array(let items): Int(token).flatMap { items.indices.contains($0) && String($0) == token ? items[$0] : nil }
                default: nil
                }
            guard let next else { throw error(at, "'\(reference)' leads nowhere") }
            value = next
        }
        return try schema(value, path)
    }

    /// A schema that applies itself to the very same value would never end.
    private func refuseCircles() throws(JSONSchemaError) {
        var states = Array(repeating: 0, count: nodes.count)
        for start in nodes.indices where states[start] == 0 {
            var path: [(node: Int, next: Int)] = [(start, 0)]
            states[start] = 1
            while let last = path.last {
                let targets = sameValue[last.node] ?? []
                guard last.next < targets.count else {
                    states[last.node] = 2
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let target = targets[last.next]
                if states[target] == 1 { throw error(pointers[target], "the schema refers to itself for the same value") }
                if states[target] == 0 {
                    states[target] = 1
                    path.append((target, 0))
                }
            }
        }
    }

    private func object(_ value: JSONValue, _ at: [String]) throws(JSONSchemaError) -> [JSONMember] {
        guard case .object(let members) = value else { throw error(at, "must be an object, not \(value.kind)") }
        return members
    }

    private func array(_ value: JSONValue, _ at: [String]) throws(JSONSchemaError) -> [JSONValue] {
        guard let items = value.array else { throw error(at, "must be an array, not \(value.kind)") }
        return items
    }

    private func string(_ value: JSONValue, _ at: [String]) throws(JSONSchemaError) -> String {
        guard let text = value.string else { throw error(at, "must be a string, not \(value.kind)") }
        return text
    }

    private func strings(_ value: JSONValue, _ at: [String]) throws(JSONSchemaError) -> [String] {
        let items = try array(value, at)
        let names = items.compactMap(\.string)
        guard names.count == items.count, Set(names).count == names.count else { throw error(at, "must be an array of different strings") }
        return names
    }

    private func number(_ value: JSONValue, _ at: [String]) throws(JSONSchemaError) -> JSONNumber {
        guard let number = JSONNumber(value) else { throw error(at, "must be a number, not \(value.kind)") }
        return number
    }

    private func count(_ value: JSONValue, _ at: [String]) throws(JSONSchemaError) -> Int {
        guard let count = try number(value, at).count else { throw error(at, "must be a whole number from 0 to 999999999") }
        return count
    }

    private func pattern(_ source: String, _ at: [String]) throws(JSONSchemaError) -> Pattern {
        do throws(PatternError) { return try Pattern(source) } catch { throw self.error(at, "no pattern: \(error)") }
    }

    private func types(_ value: JSONValue, _ at: [String]) throws(JSONSchemaError) -> Set<JSONType> {
        let names: [String]
        if let name = value.string { names = [name] } else { names = try strings(value, at) }
        var types: Set<JSONType> = []
        for name in names {
            guard let type = JSONType(rawValue: name) else {
                throw error(at, "no type '\(name)'; there are \(JSONType.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            types.insert(type)
        }
        if types.isEmpty { throw error(at, "must name at least one type") }
        return types
    }
}
