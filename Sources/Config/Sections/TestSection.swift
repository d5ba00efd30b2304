import JSON
import Text

/// `[[test]]`
extension Language {
    static let tests = Form<[TestDeclaration]>.list(Form.table(test) { TestDeclaration(at: $0.at) })

    static let test = Section<TestDeclaration>(keys: [
        Key("name", .text(), \.name, "what is promised"),
        Key(
            "as", caller, \.caller, initial: "\"anonymous\"",
            "who asks: a name of `given`, or a user's fields, with `member = {…}` in a tenant"),
        Key("given", .list(Form.table(row) { TestDeclaration.Row(at: $0.at) }), \.given, initial: "[]", "rows that are there before"),
        Key("do", request, \.request, isRequired: true, "`\"POST /posts\"`, or `{ method, path, body }`"),
        Key("expect", answer, \.answer, isRequired: true, "a status, or `{ status, code, body }`"),
    ]) { test, table, reading in
        var names: Set<String> = []
        for case let name? in test.given.map(\.name) where !names.insert(name.value).inserted {
            reading.report(Fault("two rows are called '\(name.value)'", at: name.at, length: name.value.count))
        }
        guard case .row(let name) = test.caller, !names.contains(name.value) else { return }
        let known = names.sorted()
        reading.report(
            Fault(
                "no row of 'given' is called '\(name.value)'", at: name.at, length: name.value.count,
                suggestion: NearestName.phrase(for: name.value, among: known + ["anonymous"])
                    ?? "write \"anonymous\", a name of 'given' or { field = value }"))
    }

    private static let row = Section<TestDeclaration.Row>(keys: [
        Key("insert", .collection, \.collection, isRequired: true, "its collection"),
        Key("as", name("name"), \.name, "what it is called: `\"= name\"` in later values, `{name}` in paths"),
        Key("set", assignments, \.set, "its values, written as they are, no rule asked"),
    ])

    private static let caller = Form<TestDeclaration.Caller>(
        shape: .either([Form<String>.name("name").shape, .named("field", .any)])
    ) { node, reading in
        guard var table = node.table else {
            return Form<String>.name("name").located.read(node, reading).map { $0.value == "anonymous" ? .anonymous : .row($0) }
        }
        var member: [Assignment] = []
        if let inner = table["member"] {
            guard let fields = assignments.read(inner.node, reading) else { return nil }
            member = fields
            table.members.removeAll { $0.name == "member" }
        }
        return assignments.read(TOMLNode(.table(table), at: node.at, end: node.end), reading).map { .user($0, member: member) }
    }

    private static let request = Form<TestDeclaration.Request>(
        shape: .either([.text("method and path", example: "\"GET /posts\"", pattern: "^[A-Z]+ /.*$"), requestTable.shape])
    ) { node, reading in
        guard node.table == nil else { return Form.table(requestTable) { _ in TestDeclaration.Request() }.read(node, reading) }
        guard let text = Form<String>.prose.read(node, reading) else { return nil }
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            reading.report("a request is a method and a path", node, suggestion: "write \"GET /posts\"")
            return nil
        }
        var request = TestDeclaration.Request()
        var place = node.inside
        guard let method = TestDeclaration.Request.Method(rawValue: parts[0]) else {
            let known = TestDeclaration.Request.Method.allCases.map(\.rawValue)
            reading.report(
                "'\(parts[0])' is no method", node,
                suggestion: NearestName.phrase(for: parts[0].uppercased(), among: known) ?? "one of \(known.joined(separator: ", "))")
            return nil
        }
        request.method = method
        place.column += parts[0].unicodeScalars.count + 1
        guard isPath(parts[1]) else {
            reading.report("a path begins with /", node, suggestion: "it is below /api/v1: \"\(method.rawValue) /posts\"")
            return nil
        }
        request.path = Located(parts[1], at: place)
        return request
    }

    private static func isPath(_ text: String) -> Bool {
        text.hasPrefix("/") && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
    }

    private static let requestTable = Section<TestDeclaration.Request>(keys: [
        Key("method", .choice(), \.method, initial: "\"GET\"", "how"),
        Key("path", requestPath, \.path, isRequired: true, "below /api/v1; `{name}` is the id of a row of `given`"),
        Key("body", .json, \.body, "as JSON"),
    ]) { request, table, reading in
        guard [.GET, .HEAD].contains(request.method), let body = table["body"] else { return }
        reading.report("a \(request.method.rawValue) has no body", key: body, suggestion: "method = \"POST\"?")
    }

    private static let requestPath = Form<String>.word("path", example: "\"/posts\"", pattern: "/.*") { text in
        isPath(text) ? .success(text) : .failure(Problem(message: "a path begins with /", suggestion: "it is below /api/v1"))
    }.located

    private static let answer = Form<TestDeclaration.Answer>(shape: .either([.integer(100...599), answerTable.shape])) { node, reading in
        guard node.table == nil else { return Form.table(answerTable) { _ in TestDeclaration.Answer() }.read(node, reading) }
        return Form<Int>.integer(100...599).read(node, reading).map { status in
            var answer = TestDeclaration.Answer()
            answer.status = status
            return answer
        }
    }

    private static let answerTable = Section<TestDeclaration.Answer>(keys: [
        Key("status", .integer(100...599), \.status, isRequired: true, "of the answer"),
        Key("code", .text(), \.code, "of the error, such as `VALIDATION_ERROR`"),
        Key("body", .json, \.body, "members that `data` must hold, others besides allowed"),
    ])
}

extension Form where Value == JSONValue? {
    /// Any TOML value as JSON.
    static let json = Form(shape: .any) { node, reading in .some(json(node)) }

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
