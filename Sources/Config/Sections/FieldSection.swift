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

    private static let fieldType = Form<FieldDeclaration.Kind>.choice(later: [
        "html", "decimal", "phone", "flags", "json", "object", "list", "geo", "medias", "counter", "sequence", "token",
    ]).located

    static let field = Section<FieldDeclaration>(
        keys: [
            Key("type", fieldType, \.type, isRequired: true, "what it holds"),
            Key(
                "to", single("collection name", "references to several collections"), \.to,
                "`ref`, `refs`: the collection that it points to"),
            Key("values", .list(state), \.values, initial: "[]", "`enum`, `state`: what it may be; a state begins at the first"),
            Key("from", name("field name"), \.from, "`slug`: the field that it is made of when the client sends none"),
            Key("kind", single("kind of media", "several kinds"), \.kind, "`media`: the kind of file"),
            Key("required", .bool, \.required, initial: "false", "never null"),
            Key("unique", .bool, \.unique, initial: "false", "no two records share it"),
            Key("index", .bool, \.index, initial: "false", "finding and sorting by it is quick"),
            Key("immutable", .bool, \.immutable, initial: "false", "sent at creation only"),
            Key("readonly", .bool, \.readonly, initial: "false", "only transitions and jobs write it"),
            Key("private", .bool, \.isPrivate, initial: "false", "never leaves the server"),
            Key("filter", .bool, \.filter, initial: "false", "filters by equality and range: `?price_gte=10`"),
            Key("min", Form.number.located, \.minimum, "least number, or fewest characters or members"),
            Key("max", Form.number.located, \.maximum, "greatest number, or most characters (255 for a string) or members"),
            Key("default", Form.literal.located, \.default, "the value when the client sends none"),
            Key("stamp", .expression, \.stamp, "set by the server at creation; the client may not send it"),
            Key("compute", .expression, \.compute, "derived, stored, kept true by the server"),
            Key("read", .expression, \.read, "who may see it, among those who may read the record"),
            Key("write", .expression, \.write, "who may set it, among those who may write the record"),
            Key("on_delete", .choice(), \.onDelete, initial: "\"refuse\"", "`ref`: what the deletion of its target does to the record"),
            Key("as", name("name"), \.backReference, "`ref`: how the target calls these records; their collection's name unless said"),
            Key("was", name("field name"), \.was, "its former name: the column is renamed"),
            Key("label", Form.prose.map { Optional($0) }, \.label, "how people call it"),
            Key("help", Form.prose.map { Optional($0) }, \.help, "what people should know about it"),
        ],
        later: [
            "search", "pattern", "async", "schemes", "schema", "fields", "of", "with", "precision", "scale", "flush", "format", "bytes",
            "reveal",
        ],
        check: FieldCheck.check)

    /// A name where a later version also takes a list.
    private static func single(_ what: String, _ list: String) -> Form<Located<String>> {
        let form = name(what)
        return Form(shape: form.shape) { node, reading in
            guard node.array == nil else {
                reading.report("\(list) are not available in this version", node, suggestion: "write one name")
                return nil
            }
            return form.read(node, reading)
        }
    }
}
