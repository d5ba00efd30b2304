internal import Text

/// One value held to one schema.
struct JSONSchemaValidation {
    private let schema: JSONSchema
    private let base: String
    private var path: [Step] = []
    private var faults: [JSONSchemaFault] = []
    private var steps = 0
    private var depth = 0
    /// Within `not`, `anyOf` and their like the question is only whether.
    private var isSilent = false
    private var isExhausted = false

    private enum Step {
        case member(String)
        case item(Int)
    }

    init(_ schema: JSONSchema, path: String) {
        self.schema = schema
        base = path
    }

    mutating func faults(in value: JSONValue) -> [JSONSchemaFault] {
        _ = isValid(value, schema.root)
        if isExhausted {
            return [JSONSchemaFault(path: base, code: "limit", message: "takes too long to check: it is too large or nests too deep")]
        }
        return faults
    }

    /// Whether the value fits; tells what is wrong unless that is not asked.
    private mutating func isValid(_ value: JSONValue, _ node: Int) -> Bool {
        guard spend(1), depth < 400 else {
            isExhausted = true
            return false
        }
        depth += 1
        defer { depth -= 1 }
        var isValid = true
        for check in schema.nodes[node] where !passes(value, check) {
            isValid = false
            if isSilent || isExhausted || faults.count >= JSONSchema.mostFaults { return false }
        }
        return isValid
    }

    private mutating func spend(_ count: Int) -> Bool {
        steps += count
        if steps > JSONSchema.mostSteps { isExhausted = true }
        return !isExhausted
    }

    /// The same question without telling.
    private mutating func fits(_ value: JSONValue, _ node: Int) -> Bool {
        let wasSilent = isSilent
        isSilent = true
        defer { isSilent = wasSilent }
        return isValid(value, node)
    }

    private mutating func isValid(_ value: JSONValue, _ node: Int, at step: Step) -> Bool {
        path.append(step)
        defer { path.removeLast() }
        return isValid(value, node)
    }

    /// Says that something is wrong at this place or a step below; always false.
    private mutating func fail(_ code: String, _ message: @autoclosure () -> String, at step: Step? = nil) -> Bool {
        if isSilent || faults.count >= JSONSchema.mostFaults { return false }
        var text = base
        for step in path + (step.map { [$0] } ?? []) {
            switch step {
            case .item(let index): text += "[\(index)]"
            case .member(let name): text += (text.isEmpty ? "" : ".") + Self.shortened(name)
            }
        }
        faults.append(JSONSchemaFault(path: text, code: code, message: message()))
        return false
    }

    private static func shortened(_ text: String) -> String {
        text.utf8.count <= 200 ? text : String(text.unicodeScalars.prefix(50)) + "…"
    }

    private mutating func passes(_ value: JSONValue, _ check: JSONSchemaCheck) -> Bool {
        switch check {
        case .never: return fail("unknown", "is not allowed")
        case .type(let types):
            if types.contains(where: { $0.holds(value) }) { return true }
            let phrases = JSONType.allCases.filter(types.contains).map(\.phrase).joined(separator: " or ")
            return fail("type", "must be \(phrases), not \(value.kind)")
        case .enumeration(let values, let isConst, let text):
            guard spend(value.weight) else { return false }
            return values.contains(JSONIdentity(value)) || fail("enum", "must be \(isConst ? "" : "one of ")\(Self.shortened(text))")
        case .all(let nodes, _):
            var isValid = true
            for node in nodes where !self.isValid(value, node) {
                isValid = false
                if isSilent { return false }
            }
            return isValid
        case .any(let nodes):
            return nodes.contains { fits(value, $0) } || fail("anyOf", "fits none of the \(nodes.count) forms that are allowed")
        case .one(let nodes):
            var count = 0
            for node in nodes where count < 2 && fits(value, node) { count += 1 }
            return count == 1
                || fail("oneOf", "fits \(count == 0 ? "none" : "several") of the \(nodes.count) forms of which it must have exactly one")
        case .not(let node): return !fits(value, node) || fail("not", "has a form that is not allowed")
        case .condition(let node, let then, let otherwise):
            return (fits(value, node) ? then : otherwise).map { isValid(value, $0) } ?? true
        default: break
        }
        switch value {
        case .integer, .number: return JSONNumber(value).map { passes($0, check) } ?? true
        case .string(let text): return passes(text, check)
        case .array(let items): return passes(items, check)
        case .object(let members): return passes(members, of: value, check)
        case .null, .bool: return true
        }
    }

    private mutating func passes(_ number: JSONNumber, _ check: JSONSchemaCheck) -> Bool {
        switch check {
        case .minimum(let bound, let isExclusive, let text):
            return number > bound || !isExclusive && number == bound
                || fail("min", "must be \(isExclusive ? "more than" : "at least") \(text)")
        case .maximum(let bound, let isExclusive, let text):
            return number < bound || !isExclusive && number == bound
                || fail("max", "must be \(isExclusive ? "less than" : "at most") \(text)")
        case .multipleOf(let unit, let text): return number.isMultiple(of: unit) || fail("multipleOf", "must be a multiple of \(text)")
        default: return true
        }
    }

    private mutating func passes(_ text: String, _ check: JSONSchemaCheck) -> Bool {
        switch check {
        case .length(let least, let most):
            guard spend(text.utf8.count / 64) else { return false }
            return has(text.unicodeScalars.count, least, most, "characters")
        case .pattern(let pattern):
            guard spend(text.utf8.count * (1 + pattern.size / 16) / 4) else { return false }
            return pattern.matches(text) || fail("pattern", "must match \(Self.shortened(pattern.source))")
        default: return true
        }
    }

    private mutating func has(_ count: Int, _ least: Int, _ most: Int, _ what: String) -> Bool {
        if count < least { return fail("min", "must have at least \(least) \(what)") }
        if count > most { return fail("max", "must have at most \(most) \(what)") }
        return true
    }

    private mutating func passes(_ items: [JSONValue], _ check: JSONSchemaCheck) -> Bool {
        switch check {
        case .itemCount(let least, let most): return has(items.count, least, most, "items")
        case .items(let prefix, let rest):
            var isValid = true
            for (index, item) in items.enumerated() {
                guard let node = index < prefix.count ? prefix[index] : rest else { break }
                if self.isValid(item, node, at: .item(index)) { continue }
                isValid = false
                if isSilent || isExhausted { return false }
            }
            return isValid
        case .contains(let node, let least, let most):
            var count = 0
            for item in items where fits(item, node) {
                count += 1
                if count > most { break }
            }
            if count < least { return fail("contains", "must hold at least \(least) items of a form that is asked for") }
            return count <= most || fail("contains", "must hold at most \(most) items of a certain form")
        case .uniqueItems:
            var seen: Set<JSONIdentity> = []
            for (index, item) in items.enumerated() {
                guard spend(item.weight) else { return false }
                if !seen.insert(JSONIdentity(item)).inserted { return fail("duplicate", "occurs twice", at: .item(index)) }
            }
            return true
        default: return true
        }
    }

    private mutating func passes(_ members: [JSONMember], of object: JSONValue, _ check: JSONSchemaCheck) -> Bool {
        switch check {
        case .memberCount(let least, let most): return has(members.count, least, most, "members")
        case .members(let named, let matching, let rest): return passes(members, named, matching, rest)
        case .memberNames(let node):
            var isValid = true
            for member in members where !fits(.string(member.name), node) {
                isValid = fail("unknown", "is no name that is allowed", at: .member(member.name))
                if isSilent || isExhausted { return false }
            }
            return isValid
        case .required(let names): return has(names, members, "is required")
        case .dependentRequired(let dependencies):
            var isValid = true
            for dependency in dependencies where object[dependency.name] != nil {
                if !has(dependency.required, members, "is required together with '\(dependency.name)'") { isValid = false }
            }
            return isValid
        case .dependentSchemas(let dependencies):
            var isValid = true
            for dependency in dependencies where object[dependency.name] != nil {
                if !self.isValid(object, dependency.schema) { isValid = false }
            }
            return isValid
        default: return true
        }
    }

    private mutating func has(_ names: [String], _ members: [JSONMember], _ message: String) -> Bool {
        guard spend(members.count / 16) else { return false }
        let present = Set(members.map(\.name))
        var isValid = true
        for name in names where !present.contains(name) { isValid = fail("required", message, at: .member(name)) }
        return isValid
    }

    private mutating func passes(_ members: [JSONMember], _ named: [String: Int], _ matching: [(Pattern, Int)], _ rest: Int?) -> Bool {
        var isValid = true
        for member in members {
            var isKnown = false
            if let node = named[member.name] {
                isKnown = true
                if !self.isValid(member.value, node, at: .member(member.name)) { isValid = false }
            }
            for (pattern, node) in matching {
                guard spend(1 + member.name.utf8.count * (1 + pattern.size / 16) / 4) else { return false }
                guard pattern.matches(member.name) else { continue }
                isKnown = true
                if !self.isValid(member.value, node, at: .member(member.name)) { isValid = false }
            }
            if !isKnown, let rest, !self.isValid(member.value, rest, at: .member(member.name)) { isValid = false }
            if isExhausted || isSilent && !isValid { return false }
        }
        return isValid
    }
}

extension JSONValue {
    /// What comparing it costs, in steps of validation.
    fileprivate var weight: Int {
        switch self {
        case .array(let items): items.reduce(1) { $0 + $1.weight }
        case .object(let members): members.reduce(1) { $0 + 1 + $1.value.weight }
        case .string(let text), .number(let text): 1 + text.utf8.count / 64
        case .null, .bool, .integer: 1
        }
    }
}
