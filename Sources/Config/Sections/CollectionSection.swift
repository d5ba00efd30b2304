/// `[collections.<name>]`
extension Language {
    static let collections = Form<[CollectionDeclaration]>.byName("collection", isWord: true, shape: collection.shape) { member, reading in
        let form = Form.table(collection) { _ in CollectionDeclaration(name: member.name, at: member.at) }
        guard let declaration = form.read(member.node, reading) else { return nil }
        checkPath(of: declaration, member, reading)
        checkPassword(of: declaration, member, reading)
        return declaration
    }

    static let collection = Section<CollectionDeclaration>(
        keys: [
            Key("path", Form.routePath.located, \.path, "URL below /api/v1; the collection's name unless said"),
            Key("page", pagePath, \.page, "its public page: `\"/blog/{slug}\"`"),
            Key("lookup", name("field name"), \.lookup, "a unique field by which records are found besides their id"),
            Key("label", Form.prose.located, \.label, "how a record is called, with fields in braces: `\"{title}\"`"),
            Key("soft_delete", softDelete, \.softDelete, initial: "false", "deleted records are hidden and can be restored"),
            Key("unique", .list(uniqueKey), \.unique, initial: "[]", "keys over several fields: `[[\"author\", \"slug\"]]`"),
            Key(
                "indexes", .list(.list(Form.orderedName.located)), \.indexes, initial: "[]",
                "indexes over several fields: `[[\"category\", \"-published_at\"]]`"),
            Key(
                "sort", .list(name("field name")), \.sort, initial: "[]",
                "what `?sort=` may name besides created_at, updated_at and id"),
            Key("order", .oneOrList(Form.orderedName.located), \.order, "order of lists, `-created_at` unless said; ties by id"),
            Key("expand", .list(Form.fieldPath.located), \.expand, initial: "[]", "references that answers hold without being asked"),
            Key(
                "card", .list(name("field name")), \.card, initial: "[]",
                "what somebody sees of a record that he may not read, through a reference"),
            Key("filters", filters, \.filters, "query parameters: conditions in which `$` is the value"),
            Key("checks", .list(check), \.checks, initial: "[]", "conditions that every record must fulfil"),
            Key("allow", allow, \.allow, "who may do what; what is not written is refused"),
            Key("transitions", transitions, \.transitions, "how the `state` field changes"),
            Key("actions", actions, \.actions, "named operations on a record"),
            Key("tenant", .bool, \.isTenant, initial: "false", "each record belongs to one tenant"),
            Key("single", .bool, \.isSingle, initial: "false", "a settings row: there is exactly one record"),
            Key("key", .list(name("field name")), \.key, initial: "[]", "an edge: the fields by which `PUT` and `DELETE` find it"),
            Key("tree", name("field name"), \.tree, "the reference to the parent in the same collection"),
            Key("ordered", .bool, \.isOrdered, initial: "false", "records have a position and can be reordered"),
            Key("nested", .list(name("children")), \.nested, initial: "[]", "children that are written inside the record"),
            Key("revisions", Form.table(revisions) { _ in RevisionsDeclaration() }, \.revisions, "what is kept of former versions"),
            Key("audit", .bool, \.isAudited, initial: "false", "who changed what is written down"),
            Key("cache", Form.table(cache) { _ in CacheDeclaration() }, \.cache, "how long anonymous answers are kept"),
            Key("sitemap", Form.table(sitemap) { _ in SitemapDeclaration() }, \.sitemap, "the pages that `/sitemap.xml` names"),
            Key("seo", seo, \.seo, initial: "false", "records have title, description, … for search engines"),
            Key("limits", limits, \.limits, "how often one may do what: `{ create = \"5/m per user\" }`"),
            Key("fields", fields, \.fields, "the fields, in the order of answers"),
        ])

    private static let revisions = Section<RevisionsDeclaration>(keys: [
        Key("fields", .list(name("field name")).filled("nothing would be kept"), \.fields, isRequired: true, "the fields that are kept"),
        Key("keep", .integer(1...10_000), \.keep, initial: "50", "the newest revisions of each record"),
    ])

    private static let cache = Section<CacheDeclaration>(keys: [
        Key("list", .duration(), \.list, "lists"),
        Key("item", .duration(), \.item, "single records"),
        Key("stale", .duration(), \.stale, "how long an old answer may serve while a new one is made"),
    ])

    private static let sitemap = Section<SitemapDeclaration>(keys: [
        Key("when", .expression, \.when, "only records that fulfil this"),
        Key("priority", priority, \.priority, "0 to 1, or an expression after `= `"),
    ])

    private static let priority = Form<Assignment.Source>(shape: .either([.number, .text("expression", example: "\"= …\"")])) {
        node, reading in
        switch node.value {
        case .integer, .float:
            guard let number = Form.number.read(node, reading) else { return nil }
            guard (0...1).contains(number) else {
                reading.report("a priority is 0 to 1", node)
                return nil
            }
            return .literal(.float(number))
        default:
            guard case .string(let text) = node.value, let expression = source(of: text, at: node) else {
                reading.report("a priority is a number or an expression", node, suggestion: "write 0.5 or \"= …\"")
                return nil
            }
            return .expression(expression)
        }
    }

    private static let seo = Form<SEODeclaration?>(shape: .either([.bool, seoTable.shape])) { node, reading in
        if case .bool(let truth) = node.value { return .some(truth ? SEODeclaration() : nil) }
        guard node.table != nil else {
            reading.report("true or a table is expected here, not \(node.kind)", node, suggestion: "write true or { write = \"…\" }")
            return nil
        }
        return Form.table(seoTable) { _ in SEODeclaration() }.read(node, reading).map { Optional($0) }
    }

    private static let seoTable = Section<SEODeclaration>(keys: [
        Key("write", .expression, \.write, "who may write it, among those who may write the record")
    ])

    private static let limits = Form<[LimitDeclaration]>.byName("operation", shape: Form<Rate>.rate.shape) { member, reading in
        Form<Rate>.rate.read(member.node, reading).map { LimitDeclaration(name: Located(member.name, at: member.at), rate: $0) }
    }

    /// `/blog/{slug}`: segments, each of letters or with fields in braces.
    private static let pagePath = Form.word("page path", example: "\"/blog/{slug}\"", pattern: "/[^?#]*") { text in
        let braces = text.filter { $0 == "{" || $0 == "}" }
        let isPaired = braces.count.isMultiple(of: 2) && braces.enumerated().allSatisfy { $0.isMultiple(of: 2) == ($1 == "{") }
        guard text.hasPrefix("/"), isPaired, !braces.isEmpty, !text.utf8.contains(where: { "?# \"<>".utf8.contains($0) }) else {
            return .failure(Problem(message: "a page is a path with fields in braces", suggestion: "write \"/blog/{slug}\""))
        }
        return .success(text)
    }.located

    static func name(_ what: String) -> Form<Located<String>> { Form.name(what).located }

    /// Segments that the API itself uses (04-api); `media` is the built-in collection.
    private static let takenSegments: Set<String> = [
        "auth", "me", "media", "search", "exports", "jobs", "events", "batch", "admin", "audit", "seo",
    ]
    private static let builtIn: Set<String> = ["media", "jobs"]

    private static func checkPath(of declaration: CollectionDeclaration, _ member: TOMLMember, _ reading: Reading) {
        let path = declaration.path?.value ?? declaration.name
        guard let first = path.split(separator: "/").first, takenSegments.contains(String(first)) else { return }
        if declaration.path == nil, builtIn.contains(declaration.name) { return }
        let suggestion = "choose a path that begins otherwise"
        let message = "the API itself uses /\(first)"
        if let written = member.node.table?["path"] {
            reading.report(message, written.node, suggestion: suggestion)
        } else {
            reading.report(message, key: member, suggestion: suggestion)
        }
    }

    /// A body that makes an account has the password beside the fields: one of that name would be stored as it was typed.
    private static func checkPassword(of declaration: CollectionDeclaration, _ member: TOMLMember, _ reading: Reading) {
        guard declaration.name == "users", let field = member.node.table?["fields"]?.node.table?["password"] else { return }
        reading.report(
            "every user has a password already, which no field holds", key: field,
            suggestion: "take it out: [auth.password] says what a password must be")
    }

    private static let softDelete = Form<SoftDelete?>(shape: .either([.bool, softDeleteTable.shape])) { node, reading in
        if case .bool(let truth) = node.value { return .some(truth ? SoftDelete() : nil) }
        guard node.table != nil else {
            reading.report("true or a table is expected here, not \(node.kind)", node, suggestion: "write true or { retain = \"30d\" }")
            return nil
        }
        return Form.table(softDeleteTable) { _ in SoftDelete() }.read(node, reading).map { Optional($0) }
    }

    private static let softDeleteTable = Section<SoftDelete>(keys: [
        Key("set", assignments, \.set, "what a deletion changes; a restore puts it back"),
        Key("retain", .duration(), \.retain, "after which a deleted record goes for good; without it never"),
    ])

    private static let uniqueKey = Form<UniqueDeclaration>(
        shape: .either([.list(Form<String>.name("field name").shape), uniqueTable.shape])
    ) { node, reading in
        if node.table != nil { return Form.table(uniqueTable) { _ in UniqueDeclaration(fields: []) }.read(node, reading) }
        return fieldNames.read(node, reading).map { UniqueDeclaration(fields: $0) }
    }

    private static let uniqueTable = Section<UniqueDeclaration>(keys: [
        Key("fields", fieldNames, \.fields, isRequired: true, "the fields that no two records share"),
        Key("when", .expression, \.when, "only among records that fulfil this"),
    ])

    private static let fieldNames = Form.list(name("field name")).filled("a key has at least one field")

    private static let filters = Form<[NamedExpression]>.byName(
        "filter", shape: Form<Located<String>>.expression.shape
    ) { member, reading in
        Form<Located<String>>.expression.read(member.node, reading).map {
            NamedExpression(name: member.name, at: member.at, expression: $0)
        }
    }

    private static let allow = Section<AllowDeclaration>(keys: [
        Key("read", .expression, \.read, "whose records they are to see"),
        Key(
            "list", .expression, \.list,
            "which of those stand in lists, expanded children, search, sitemaps and streams; always with `read`"),
        Key("create", .expression, \.create, "asked of the record as it would be"),
        Key("update", .expression, \.update, "asked before and after"),
        Key("delete", .expression, \.delete, "who may delete"),
        Key("restore", .expression, \.restore, "who may see and restore what was deleted"),
    ])

    static let check = Form.table(checkSection) { node in CheckDeclaration(rule: Located("", at: node.at), message: "") }

    static let checkSection = Section<CheckDeclaration>(keys: [
        Key("rule", .expression, \.rule, isRequired: true, "the condition"),
        Key("message", .prose, \.message, isRequired: true, "what the client is told"),
        Key(
            "on", .oneOrList(.choice()).filled("it would never be asked"), \.on, initial: "[\"create\", \"update\"]",
            "when it is asked; transitions are updates"),
        Key("status", checkStatus, \.status, initial: "400", "of the answer: 400, 402 or 409"),
    ])

    private static let checkStatus = Form<Int>(shape: .integer(400...409)) { node, reading in
        guard let status = Form<Int>.integer(400...409).read(node, reading) else { return nil }
        guard [400, 402, 409].contains(status) else {
            reading.report("a check answers with 400, 402 or 409", node)
            return nil
        }
        return status
    }

    /// `set = { status = "archived", published_at = "= now" }`
    static let assignments = Form<[Assignment]>.byName("field", shape: .literal) { member, reading in
        guard let literal = Form<Literal>.literal.read(member.node, reading) else { return nil }
        let field = Located(member.name, at: member.at)
        guard case .string(let text) = literal, text.hasPrefix("= ") else {
            if case .string(let text) = literal, text.hasPrefix("=") {
                reading.warn(
                    "this is the literal text '\(text)'", member.node, suggestion: "an expression begins with \"= \", a space after it")
            }
            return Assignment(field: field, source: .literal(literal), at: member.node.at)
        }
        guard let expression = source(of: text, at: member.node) else {
            reading.report("the expression is empty", member.node)
            return nil
        }
        return Assignment(field: field, source: .expression(expression), at: member.node.at)
    }

    /// What stands after `= `; nil when nothing does, or the text is a literal.
    static func source(of text: String, at node: TOMLNode) -> Located<String>? {
        guard text.hasPrefix("= ") else { return nil }
        var place = node.inside
        let spaces = text.unicodeScalars.dropFirst().prefix { $0 == " " }.count
        place.column += 1 + spaces
        let expression = String(text.unicodeScalars.dropFirst(1 + spaces))
        return expression.isEmpty ? nil : Located(expression, at: place)
    }
}
