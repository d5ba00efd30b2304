import Text

/// `[collections.<name>.fields] <field> = "type"` or `{ type = … }`
extension Language {
    static let fields = Form<[FieldDeclaration]>.byName(
        "field", isWord: true, shape: .either([.choice(FieldDeclaration.Kind.allCases.map(\.rawValue)), field.shape])
    ) { member, reading in
        if Name.systemFields.contains(member.name) {
            reading.report("every record has '\(member.name)' already", key: member, suggestion: "take it out, or choose another name")
            return nil
        }
        return readField(member, with: field, reading)
    }

    /// A bare string is just the type.
    static func readField(_ member: TOMLMember, with section: Section<FieldDeclaration>, _ reading: Reading) -> FieldDeclaration? {
        if member.node.string != nil {
            guard let type = fieldType.read(member.node, reading) else { return nil }
            var declaration = FieldDeclaration(name: member.name, at: member.at, type: type)
            section.check(
                &declaration, TOMLTable([TOMLMember(name: "type", at: member.at, length: member.length, node: member.node)]), reading)
            return declaration
        }
        guard member.node.table != nil else {
            reading.report(
                "a field is a type or a table, not \(member.node.kind)", member.node,
                suggestion: "write \(member.name) = \"string\" or { type = \"string\", … }")
            return nil
        }
        let form = Form.table(section) { node in
            FieldDeclaration(name: member.name, at: member.at, type: Located(.string, at: node.at))
        }
        return form.read(member.node, reading)
    }

    static let fieldType = Form<FieldDeclaration.Kind>.choice().located

    static let field = Section<FieldDeclaration>(keys: valueKeys + storedKeys, check: FieldCheck.check)

    /// What a field of a record has besides.
    private static let storedKeys: [Key<FieldDeclaration>] = [
        Key("from", name("field name"), \.from, "`slug`: the field that it is made of when the client sends none"),
        Key("fields", parts, \.fields, "`object`, `list`: what it, or each of its items, is made of"),
        Key("of", fieldType, \.of, "`list`: the type of its items, where they are single values"),
        Key("with", parts, \.with, "`refs`: what is kept with each member"),
        Key("format", sequenceFormat, \.format, "`sequence`: its text, `{:06}` being the number in six digits"),
        Key("flush", .duration(), \.flush, "`counter`: how often it is written"),
        Key("bytes", .integer(16...64), \.bytes, "`token`: random bytes in it; 32 unless said"),
        Key("reveal", reveal, \.revealsOnce, "`token`: `\"once\"` shows it in the answer to its creation only"),
        Key("unique", .bool, \.unique, initial: "false", "no two records share it"),
        Key("index", .bool, \.index, initial: "false", "finding and sorting by it is quick"),
        Key("immutable", .bool, \.immutable, initial: "false", "sent at creation only"),
        Key("readonly", .bool, \.readonly, initial: "false", "only transitions and jobs write it"),
        Key("private", .bool, \.isPrivate, initial: "false", "never leaves the server"),
        Key("filter", .bool, \.filter, initial: "false", "filters by equality and range: `?price_gte=10`"),
        Key("search", Form.integer(1...4).located, \.search, "found by `?q=`; 1 is the strongest weight"),
        Key("stamp", .expression, \.stamp, "set by the server at creation; the client may not send it"),
        Key("compute", .expression, \.compute, "derived, stored, kept true by the server"),
        Key("async", .bool, \.isAsync, initial: "false", "a computed value that a job refreshes"),
        Key("read", .expression, \.read, "who may see it, among those who may read the record"),
        Key("write", .expression, \.write, "who may set it, among those who may write the record"),
        Key("on_delete", .choice(), \.onDelete, initial: "\"refuse\"", "`ref`: what the deletion of its target does to the record"),
        Key("as", name("name"), \.backReference, "`ref`: how the target calls these records; their collection's name unless said"),
        Key("was", name("field name"), \.was, "its former name: the column is renamed"),
    ]

    /// What describes a single value, wherever it stands.
    private static let valueKeys: [Key<FieldDeclaration>] = [
        Key("type", fieldType, \.type, isRequired: true, "what it holds"),
        Key("to", .oneOrList(name("collection name")), \.to, "`ref`, `refs`: the collection that it points to; a `ref` may name several"),
        Key(
            "values", .list(state).filled("'values' is empty", "write at least one value"), \.values, initial: "[]",
            "`enum`, `flags`, `state`: what it may be; a state begins at the first"),
        Key(
            "kind", .oneOrList(name("kind of media")).filled("no file would fit", "leave 'kind' out where any does"), \.kinds,
            "`media`, `medias`: the kinds of file; any unless said"),
        Key("precision", Form.integer(1...18).located, \.precision, "`decimal`: all its digits"),
        Key("scale", Form.integer(0...18).located, \.scale, "`decimal`: its digits after the point"),
        Key("schema", jsonSchema, \.schema, "`json`: the file of a JSON Schema that it fulfils"),
        Key(
            "schemes", .list(scheme).filled("no address could be right", "write schemes = [\"https\"]"), \.schemes,
            initial: "[\"http\", \"https\"]", "`url`: what it may begin with"),
        Key("required", .bool, \.required, initial: "false", "never null"),
        Key("min", .bound, \.minimum, "least number, or fewest characters or members"),
        Key("max", .bound, \.maximum, "greatest number, or most characters (255 for a string) or members"),
        Key("pattern", pattern, \.pattern, "a regular expression that the whole text matches"),
        Key("default", Form.literal.located, \.default, "the value when the client sends none"),
        Key("label", Form.prose.map { Optional($0) }, \.label, "how people call it"),
        Key("help", Form.prose.map { Optional($0) }, \.help, "what people should know about it"),
    ]

    /// Fields inside a value, with a member or in a body: they hold single values.
    static let parts = Form<[FieldDeclaration]>.byName(
        "field", isWord: true, shape: .either([.choice(partKinds.map(\.rawValue).sorted()), part.shape])
    ) { member, reading in
        guard let field = readField(member, with: part, reading) else { return nil }
        guard partKinds.contains(field.type.value) else {
            reading.report(
                Fault(
                    "a field of type '\(field.type.value.rawValue)' cannot stand here", at: field.type.at,
                    length: field.type.value.rawValue.count + 2,
                    suggestion: "it holds a single value: text, number, truth, date, enum, reference"))
            return nil
        }
        return field
    }

    static let partKinds: Set<FieldDeclaration.Kind> = [
        .string, .text, .int, .float, .decimal, .bool, .date, .datetime, .duration, .email, .phone, .url, .enum, .flags, .json, .geo, .ref,
        .media,
    ]

    private static let part = Section<FieldDeclaration>(
        keys: valueKeys, check: FieldCheck.check)

    private static let scheme = Form.word("URL scheme", example: "\"https\"", pattern: "[a-z][a-z0-9+.-]*") { text in
        text.utf8.first.map(Ascii.isLower) == true
            && text.utf8.allSatisfy { Ascii.isLower($0) || Ascii.isDigit($0) || "+.-".utf8.contains($0) }
            ? .success(text) : .failure(Problem(message: "it is no URL scheme", suggestion: "write it without ://"))
    }

    /// `ORD-{:06}`: one place for the number, with leading zeros if a width is said.
    private static let sequenceFormat = Form.word("format", example: "\"ORD-{:06}\"", pattern: "[^{}]*\\{(:0?[0-9]{1,2})?\\}[^{}]*") {
        text in
        let opening = text.split(separator: "{", omittingEmptySubsequences: false)
        let closing = opening.last?.split(separator: "}", omittingEmptySubsequences: false) ?? []
        let width = closing.first ?? ""
        let isWidth =
            width.isEmpty || width.first == ":" && (2...3).contains(width.utf8.count) && width.dropFirst().utf8.allSatisfy(Ascii.isDigit)
        guard opening.count == 2, closing.count == 2, isWidth else {
            return .failure(Problem(message: "it has one place for the number", suggestion: "write \"ORD-{:06}\""))
        }
        return .success(text)
    }.located

    private static let reveal = Form<Bool>(shape: .choice(["once"])) { node, reading in
        if node.string == "once" { return true }
        reading.report("'reveal' can be \"once\"", node)
        return nil
    }
}

extension Language {
    /// The file of a JSON Schema; a relative path begins at the file that names it.
    private static let jsonSchema = Form<Located<String>>(shape: Form.path.shape) { node, reading in
        Form.path.read(node, reading).map { Located(reading.absolute($0, in: node.at.file), at: node.at) }
    }

    /// A regular expression for a whole text.
    private static let pattern = Form<Pattern>(shape: .text("regular expression", example: "\"[A-Z]{2}-[0-9]+\"")) { node, reading in
        guard let text = node.string else {
            reading.report("a regular expression is a string, not \(node.kind)", node)
            return nil
        }
        do throws(PatternError) {
            return try Pattern(text, whole: true)
        } catch {
            var place = node.inside
            place.column += error.offset
            reading.report(Fault("this pattern cannot be used: \(error.reason)", at: place))
            return nil
        }
    }
}

extension Form where Value == Located<Bound> {
    /// A number, or its text where a decimal is to stay exact.
    static let bound = Form(shape: .either([.number, .text("decimal", example: "\"0.01\"", pattern: "^-?[0-9]+(\\.[0-9]+)?$")])) {
        node, reading in
        switch node.value {
        case .integer(let number): return Located(Bound(number), at: node.at)
        case .float(let number) where number.isFinite: return Located(Bound(number: number, text: "\(number)"), at: node.at)
        case .string(let text):
            let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
            let halves = digits.split(separator: ".", omittingEmptySubsequences: false)
            let isDecimal = (1...2).contains(halves.count) && halves.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(Ascii.isDigit) }
            guard isDecimal, let number = Double(text) else { fallthrough }
            return Located(Bound(number: number, text: text), at: node.at)
        default:
            reading.report("a number is expected here, not \(node.kind)", node, suggestion: "write a number without quotes")
            return nil
        }
    }
}
