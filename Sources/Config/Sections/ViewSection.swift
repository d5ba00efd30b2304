import Text

/// `[views]`, `[search]`, `[realtime]`
extension Language {
    static let views = Form<[ViewDeclaration]>.byName("view", shape: view.shape) { member, reading in
        var view = ViewDeclaration(name: member.name, at: member.at)
        // Which of the two it is must be known before its keys are read into it.
        if member.node.table?["figures"] == nil {
            view.content = .rows(ViewDeclaration.Rows(of: Located("", at: member.at)))
        }
        let start = view
        return Form.table(Language.view) { _ in start }.read(member.node, reading)
    }

    static let view = Section<ViewDeclaration>(
        keys: [
            Key("path", viewPath, \.path, isRequired: true, "URL below /api/v1; `{placeholders}` are in `input`"),
            Key("allow", .expression, \.allow, "who may ask; answers hold what he may read; without it nobody"),
            Key("input", parts, \.input, "query parameters, `input.<name>` in expressions"),
            Key("checks", .list(check), \.checks, initial: "[]", "conditions that the input must fulfil"),
            Key("cache", .duration(atLeast: 0), \.cache, initial: "\"0s\"", "how long an answer is kept").notInForce,
            Key("of", .collection, \.rows.of, "the collection whose records are given"),
            Key("given", .expression, \.rows.given, "a record that the rest may speak of; 404 where it is null"),
            Key("where", .expression, \.rows.where, "which records"),
            Key("order", .oneOrList(.orderedExpression), \.rows.order, "expressions, `-` before one for descending"),
            Key("limit", .integer(1...1_000), \.rows.limit, "at most so many; pages unless said"),
            Key("expand", .list(Form.fieldPath.located), \.rows.expand, initial: "[]", "references that answers hold"),
            Key("figures", figures, \.figures, "numbers in place of records"),
        ]
    ) { view, table, reading in
        guard let kind = only(["of", "figures"], of: table, at: view.at, length: view.name.count, reading) else { return }
        guard kind.name == "figures" else { return }
        for name in ["given", "where", "order", "limit", "expand"] {
            guard let member = table[name] else { continue }
            reading.report("'\(name)' belongs to 'of'", key: member, suggestion: "a figure has its own")
        }
    }

    static let figures = Form<[FigureDeclaration]>.byName("figure", shape: figure.shape) { member, reading in
        Form.table(figure) { _ in FigureDeclaration(name: member.name, at: member.at) }.read(member.node, reading)
    }

    static let figure = Section<FigureDeclaration>(
        keys: [
            Key("of", figureSubject, \.of, isRequired: true, "a collection, which is counted, or a field of it: `orders.total`"),
            Key("agg", .choice(), \.aggregate, initial: "\"count\"", "what is made of the field"),
            Key("by", .oneOrList(.expression), \.by, "one number for each value of this: `status`, `month(created_at)`"),
            Key("where", .expression, \.where, "which records"),
            Key("order", figureOrder, \.order, "of the groups: `key` or `value`, `-` before it for descending"),
            Key("limit", .integer(1...10_000), \.limit, "at most so many groups"),
            Key("growth", .duration(), \.growth, "compare with the time before, of this length"),
        ]
    ) { figure, table, reading in
        guard let of = table["of"], !figure.of.value.isEmpty else { return }
        let isField = figure.of.value.contains(".")
        if isField, table["agg"] == nil {
            reading.report("a field needs 'agg'", of.node, suggestion: "sum, avg, min or max")
        } else if !isField, let agg = table["agg"], figure.aggregate != .count {
            reading.report("'\(figure.aggregate.rawValue)' needs a field", agg.node, suggestion: "write of = \"\(figure.of.value).field\"")
        }
        for name in ["order", "limit"] where table["by"] == nil {
            if let member = table[name] {
                reading.report("'\(name)' needs 'by'", key: member, suggestion: "without it there is one number")
            }
        }
    }

    /// `orders` or `orders.total`.
    private static let figureSubject = Form<Located<String>>(shape: Form<String>.fieldPath.shape) { node, reading in
        guard let subject = Form<String>.fieldPath.located.read(node, reading) else { return nil }
        let parts = subject.value.split(separator: ".").map(String.init)
        guard let collection = parts.first else { return nil }
        if !reading.names.collections.contains(collection) {
            reading.report(
                "unknown collection '\(collection)'", node,
                suggestion: Form<Located<String>>.unknown(collection, among: reading.names.collections, section: "collections"))
        } else if parts.count == 2, !Name.systemFields.contains(parts[1]) {
            var place = subject.at
            place.column += collection.count + 1
            check(Located(parts[1], at: place), isFieldOf: collection, reading)
        }
        return subject
    }

    private static let figureOrder = Form<FigureDeclaration.Order?>.word("order", example: "\"-value\"", pattern: "-?(key|value)") { text in
        let word = text.hasPrefix("-") ? String(text.dropFirst()) : text
        guard let subject = FigureDeclaration.Order.Subject(rawValue: word) else {
            let known = FigureDeclaration.Order.Subject.allCases.map(\.rawValue)
            return .failure(
                Problem(
                    message: "groups are ordered by key or value",
                    suggestion: NearestName.phrase(for: word, among: known) ?? "write \"key\", \"-key\", \"value\" or \"-value\""))
        }
        return .success(FigureDeclaration.Order(subject: subject, descending: text.hasPrefix("-")))
    }

    /// URL segments, of which some are `{names}`.
    private static let viewPath = Form<String>.word(
        "path", example: "\"posts/{slug}/related\"", pattern: "[a-z0-9{][a-z0-9_{}-]*(/[a-z0-9{][a-z0-9_{}-]*)*"
    ) { text in
        var names: Set<String> = []
        for segment in text.split(separator: "/", omittingEmptySubsequences: false) {
            if segment.hasPrefix("{"), segment.hasSuffix("}") {
                let name = String(segment.dropFirst().dropLast())
                guard Name.isWellFormed(name) else { return .failure(Problem(message: "'{\(name)}' is no placeholder")) }
                guard names.insert(name).inserted else { return .failure(Problem(message: "'{\(name)}' stands in the path twice")) }
            } else if Form<String>.isSegment(segment) == false {
                return .failure(
                    Problem(
                        message: "a path is made of a-z, 0-9, _ and -, and of {names}, in segments between slashes",
                        suggestion: "without a leading slash"))
            }
        }
        return text.hasPrefix("{") ? .failure(Problem(message: "a path begins with a word")) : .success(text)
    }.located

    static let search = Section<SearchSettings>(keys: [
        Key("collections", .list(.collection), \.collections, initial: "[]", "what `GET /search` looks through, by each one's list rule"),
        Key("fold", .list(.choice()), \.fold, initial: "[]", "differences of writing that do not matter"),
        Key("cache", .duration(atLeast: 0), \.cache, initial: "\"0s\"", "how long an anonymous answer is kept").notInForce,
    ])

    static let realtime = Section<RealtimeSettings>(keys: [
        Key("collections", .list(.collection), \.collections, initial: "[]", "what `GET /events` tells of, by each one's read rule")
    ])
}

extension ViewDeclaration {
    /// Where the keys of a view over records are kept; of one over figures they are refused, and go nowhere.
    fileprivate var rows: Rows {
        get { if case .rows(let rows) = content { rows } else { Rows(of: Located("", at: at)) } }
        set { if case .rows = content { content = .rows(newValue) } }
    }

    fileprivate var figures: [FigureDeclaration] {
        get { if case .figures(let figures) = content { figures } else { [] } }
        set { content = .figures(newValue) }
    }
}
