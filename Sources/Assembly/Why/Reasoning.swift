internal import Config
internal import Expressions
internal import JSON
internal import Schema

/// One rule asked of one caller and one record: whether it holds, and which of its parts do, with the values that decided.
struct Reasoning {
    let schema: Schema
    let configuration: Configuration
    let collection: Collection
    let environment: Environment
    let row: Row?
    let rows: any RowSource

    /// What a rule says, where it stands, and what became of it. A rule that is not written refuses.
    func asked(_ what: String, _ rule: Rule?, written: Located<String>?, input: [Field] = []) -> (holds: Bool, answer: JSONValue) {
        guard let rule else {
            return (false, ["asks": .string(what), "rule": .null, "holds": false, "parts": []])
        }
        let holds = (try? rule.expression.isTrue(in: environment, row: row, rows: rows)) ?? false
        var parts: [JSONValue] = []
        let source = rule.expression.source
        if let part = ConditionPart(source, rules: rules) { explain(part, depth: 0, input, &parts) }
        var members = [
            JSONMember(name: "asks", value: .string(what)), JSONMember(name: "rule", value: .string(source)),
            JSONMember(name: "holds", value: .bool(holds)), JSONMember(name: "parts", value: .array(parts)),
        ]
        if let at = written?.at { members.insert(JSONMember(name: "at", value: .string("\(at.file):\(at.line):\(at.column)")), at: 2) }
        return (holds, .object(members))
    }

    /// What a refused write answers with, and a refused read (11-precisions 12).
    var refusedStatus: Int { environment.me == nil ? 401 : 403 }
    func hiddenStatus(_ rule: Rule?) -> Int { environment.me == nil && rule?.isNeverForAnonymous ?? true ? 401 : 404 }

    private var rules: [String: String] {
        Dictionary(configuration.rules.map { ($0.name, $0.condition.value) }) { first, _ in first }
    }

    /// Each sub-condition below the whole, the deeper after what it is part of.
    private func explain(_ part: ConditionPart, depth: Int, _ input: [Field], _ lines: inout [JSONValue]) {
        var line = [
            JSONMember(name: "depth", value: .integer(Int64(depth))), JSONMember(name: "text", value: .string(part.source)),
            JSONMember(name: "holds", value: truth(of: part.source, input).map { .bool($0) } ?? .null),
        ]
        if part.form == .comparison {
            let values = part.parts.filter { !$0.isLiteral }.map { side in
                JSONMember(name: side.source, value: .string(value(of: side.source, input) ?? "not known here"))
            }
            line.append(JSONMember(name: "values", value: .object(values)))
        }
        if case .rule(let name) = part.form, let rule = configuration.rules.first(where: { $0.name == name }) {
            let at = rule.condition.at
            line.append(JSONMember(name: "at", value: .string("\(at.file):\(at.line):\(at.column)")))
        }
        lines.append(.object(line))
        guard part.form != .comparison else { return }
        for inner in part.parts { explain(inner, depth: depth + 1, input, &lines) }
    }

    private func compiled(_ source: String, _ input: [Field], as expectation: Expectation) -> Expression? {
        let types = Dictionary(input.map { ($0.name, $0.model.type) }) { first, _ in first }
        let scope = Scope(collection: collection.name, input: types, macros: rules)
        return try? ExpressionCompiler(model: schema.model).compile(source, in: scope, as: expectation)
    }

    private func truth(of source: String, _ input: [Field]) -> Bool? {
        guard let expression = compiled(source, input, as: .condition) else { return nil }
        return try? expression.isTrue(in: environment, row: row, rows: rows)
    }

    /// Nil for what has no value by itself, such as a path through many records.
    private func value(of source: String, _ input: [Field]) -> String? {
        guard let expression = compiled(source, input, as: .anything) else { return nil }
        return (try? expression.evaluate(in: environment, row: row, rows: rows))?.text
    }
}
