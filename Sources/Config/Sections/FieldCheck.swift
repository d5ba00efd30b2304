import Text

/// What must hold between the options of a field.
enum FieldCheck {
    private typealias Kind = FieldDeclaration.Kind

    private static let numbers: Set<Kind> = [.int, .float, .decimal]
    private static let texts: Set<Kind> = [.string, .text, .html, .email, .url, .slug]
    /// Those with members or items, which bounds count.
    private static let many: Set<Kind> = [.refs, .medias, .list, .flags]
    private static let bounded = numbers.union(texts).union(many)
    /// What the server alone gives a value.
    private static let made: Set<Kind> = [.counter, .sequence, .token]
    private static let all = Set(Kind.allCases)

    /// The types that an option fits; an option that is not here fits all.
    private static let fitting: [String: Set<Kind>] = [
        "to": [.ref, .refs],
        "values": [.enum, .state, .flags],
        "from": [.slug],
        "kind": [.media, .medias],
        "fields": [.object, .list],
        "of": [.list],
        "with": [.refs],
        "precision": [.decimal],
        "scale": [.decimal],
        "schema": [.json],
        "schemes": [.url],
        "format": [.sequence],
        "flush": [.counter],
        "bytes": [.token],
        "reveal": [.token],
        "pattern": [.string, .text, .slug],
        "search": [.string, .text, .html, .email, .phone, .slug, .sequence],
        "min": bounded,
        "max": bounded,
        "on_delete": [.ref, .media],
        "as": [.ref],
        "unique": all.subtracting([.bool, .refs, .medias, .media, .state, .json, .object, .list, .geo, .flags, .html, .counter]),
        "index": all.subtracting([.refs, .medias, .json, .object, .list, .geo, .flags, .html]),
        "filter": all.subtracting([.refs, .medias, .media, .json, .object, .list, .geo, .flags, .html, .token]),
        "default": all.subtracting([.ref, .refs, .media, .medias, .slug, .geo, .object, .json, .html]).subtracting(made),
        "stamp": all.subtracting([.state, .media, .medias, .object, .list, .geo, .html]).subtracting(made),
        "compute": all.subtracting([.state, .refs, .media, .medias, .slug, .object, .list, .geo, .html, .json, .flags]).subtracting(made),
        "async": all,
        "write": all.subtracting([.state]).subtracting(made),
        "readonly": all.subtracting([.state]).subtracting(made),
        "immutable": all.subtracting([.state]).subtracting(made),
        "required": all.subtracting(made),
    ]

    /// An option that a type cannot do without.
    private static let needed: [(option: String, kinds: Set<Kind>, example: String)] = [
        ("to", [.ref, .refs], "to = \"users\""),
        ("values", [.enum, .state, .flags], "values = [\"draft\", \"published\"]"),
        ("fields", [.object], "fields = { city = \"string\" }"),
        ("precision", [.decimal], "precision = 12"),
        ("scale", [.decimal], "scale = 2"),
    ]

    /// Options of which a field has at most one, and why.
    private static let exclusive: [(first: String, second: String, why: String)] = [
        ("default", "stamp", "with 'stamp' the server sets the value, with 'default' the client may"),
        ("default", "compute", "a computed field has no other value"),
        ("stamp", "compute", "a value is set once or kept true, not both"),
        ("compute", "write", "a computed field is never written"),
        ("compute", "required", "a computed field is what its expression gives"),
        ("compute", "immutable", "a computed field changes with what it is derived from"),
        ("immutable", "readonly", "clients never write a readonly field"),
        ("private", "read", "a private field never leaves the server"),
        ("readonly", "write", "clients never write a readonly field"),
    ]

    static func check(_ field: inout FieldDeclaration, _ table: TOMLTable, _ reading: Reading) {
        // Without a known type nothing can be said about what fits it.
        guard let type = table["type"], type.node.string.flatMap(Kind.init(rawValue:)) != nil else { return }
        let kind = field.type.value
        for member in table.members {
            if member.node.value == .bool(false) { continue }
            guard let kinds = fitting[member.name], !kinds.contains(kind) else { continue }
            let home =
                kind == .state && kinds.count > 6
                ? "a state changes by its transitions alone"
                : "it belongs to fields of type \(kinds.map(\.rawValue).sorted().joined(separator: ", "))"
            reading.report("'\(member.name)' does not fit a field of type '\(kind.rawValue)'", key: member, suggestion: home)
        }
        for (option, kinds, example) in needed where kinds.contains(kind) && table[option] == nil {
            reading.report("a field of type '\(kind.rawValue)' needs '\(option)'", type.node, suggestion: "write \(example)")
        }
        for (first, second, why) in exclusive {
            guard let one = table[first], let other = table[second], isOn(one), isOn(other) else { continue }
            // The later of the two is the one too many.
            let member = (one.at.line, one.at.column) > (other.at.line, other.at.column) ? one : other
            reading.report("'\(first)' and '\(second)' exclude each other", key: member, suggestion: why)
        }
        checkKind(field, table, reading)
        checkBounds(field, table, reading)
        checkValues(field, table, reading)
        checkDefault(field, table, reading)
    }

    /// What a type asks beyond single options.
    private static func checkKind(_ field: FieldDeclaration, _ table: TOMLTable, _ reading: Reading) {
        if field.type.value == .refs, field.to.count > 1, let member = table["to"] {
            reading.report("'refs' lead to one collection", member.node, suggestion: "a 'ref' may lead to one of several")
        }
        if field.type.value == .list {
            if field.of == nil, field.fields.isEmpty, let type = table["type"] {
                reading.report("a list says what its items are", type.node, suggestion: "write of = \"string\" or fields = { … }")
            }
            if let of = field.of, !Language.partKinds.contains(of.value), let member = table["of"] {
                reading.report("items of type '\(of.value.rawValue)' are not possible", member.node)
            }
            if field.of != nil, !field.fields.isEmpty, let member = table["of"] {
                reading.report("'of' and 'fields' exclude each other", key: member)
            }
        }
        if let precision = field.precision, let scale = field.scale, scale.value > precision.value, let member = table["scale"] {
            reading.report("'scale' is above 'precision'", member.node, suggestion: "the digits after the point are part of all its digits")
        }
        if field.isAsync, field.compute == nil, let member = table["async"] {
            reading.report(
                "only a computed field is refreshed by a job", key: member, suggestion: "add compute = \"…\" or take out 'async'")
        }
    }

    private static func isOn(_ member: TOMLMember) -> Bool { member.node.value != .bool(false) }

    private static func checkBounds(_ field: FieldDeclaration, _ table: TOMLTable, _ reading: Reading) {
        guard bounded.contains(field.type.value) else { return }
        if field.type.value != .float, field.type.value != .decimal {
            for bound in [table["min"], table["max"]].compactMap({ $0 }) {
                if case .float = bound.node.value { reading.report("a whole number is expected here", bound.node) }
            }
        }
        if !numbers.contains(field.type.value) {
            for (name, bound) in [("min", field.minimum), ("max", field.maximum)] {
                if let bound, bound.value.number < (name == "max" ? 1 : 0), let member = table[name] {
                    reading.report(
                        "it counts \(many.contains(field.type.value) ? "members" : "characters")", member.node,
                        suggestion: name == "max" ? "at least 1" : "at least 0")
                }
            }
        }
        if let least = field.minimum?.value.number, let most = field.maximum?.value.number, least > most, let member = table["min"] {
            reading.report("'min' is above 'max'", member.node)
        }
    }

    private static func checkValues(_ field: FieldDeclaration, _ table: TOMLTable, _ reading: Reading) {
        guard let member = table["values"], let items = member.node.array else { return }
        var seen: Set<String> = []
        for item in items {
            guard let text = item.string else { continue }
            if !seen.insert(text).inserted { reading.report("'\(text)' stands twice in 'values'", item) }
        }
    }

    private static func checkDefault(_ field: FieldDeclaration, _ table: TOMLTable, _ reading: Reading) {
        guard let literal = field.default?.value, let node = table["default"]?.node else { return }
        func refuse(_ message: String, _ suggestion: String? = nil) { reading.report(message, node, suggestion: suggestion) }
        func checkRange(_ number: Double, _ what: String) {
            if let least = field.minimum?.value.number, number < least { refuse("the default \(what) below 'min'") }
            if let most = field.maximum?.value.number, number > most { refuse("the default \(what) above 'max'") }
        }
        switch (field.type.value, literal) {
        case (.bool, .bool): break
        case (.int, .int(let number)): checkRange(Double(number), "is")
        case (.float, .int(let number)): checkRange(Double(number), "is")
        case (.float, .float(let number)): checkRange(number, "is")
        case (.decimal, .int(let number)): checkRange(Double(number), "is")
        case (.decimal, .float(let number)): checkRange(number, "is")
        case (.decimal, .string(let text)):
            if let number = Double(text) { checkRange(number, "is") } else { refuse("the default is no decimal", "write \"0.50\"") }
        case (.flags, .list(let items)):
            let values = field.values.map(\.value)
            for case .string(let text) in items where !values.contains(text) {
                refuse("the default '\(text)' is not among 'values'", NearestName.phrase(for: text, among: values))
            }
        case (.list, .list), (.phone, .string): break
        case (.enum, .string(let text)), (.state, .string(let text)):
            let values = field.values.map(\.value)
            if !values.isEmpty, !values.contains(text) {
                refuse("the default '\(text)' is not among 'values'", NearestName.phrase(for: text, among: values))
            }
        case (.string, .string(let text)), (.text, .string(let text)), (.email, .string(let text)), (.url, .string(let text)):
            checkRange(Double(text.unicodeScalars.count), "has a length")
        case (.date, .string(let text)):
            if !isDate(text) { refuse("the default is no date", "write 2026-11-20") }
        case (.datetime, .string(let text)):
            if !isMoment(text) { refuse("the default is no moment (RFC 3339)", "write 2026-11-20T10:00:00Z") }
        case (.duration, .string(let text)):
            if !text.hasPrefix("P"), case .failure = Units.parse(text, Units.durations) {
                refuse("the default is no duration", "write \"7d\"")
            }
        case (.ref, _), (.refs, _), (.media, _), (.medias, _), (.slug, _), (.json, _), (.object, _), (.geo, _), (.html, _): break
        case (.counter, _), (.sequence, _), (.token, _): break
        default:
            refuse("the default does not fit a field of type '\(field.type.value.rawValue)'", "it is \(node.kind)")
        }
    }

    /// `YYYY-MM-DD`, by its form; whether such a day exists TOML has checked for unquoted ones.
    private static func isDate(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], parts.allSatisfy({ $0.utf8.allSatisfy(Ascii.isDigit) }) else { return false }
        guard let month = Int(parts[1]), let day = Int(parts[2]) else { return false }
        return (1...12).contains(month) && (1...31).contains(day)
    }

    private static func isMoment(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, isDate(text.prefix(10)), "Tt ".utf8.contains(bytes[10]) else { return false }
        let hasZone = bytes.last == UInt8(ascii: "Z") || "+-".utf8.contains(bytes[bytes.count - 6])
        return hasZone && bytes[11..<19].enumerated().allSatisfy { $0 == 2 || $0 == 5 ? $1 == UInt8(ascii: ":") : Ascii.isDigit($1) }
    }
}
