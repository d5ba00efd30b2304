import Text

/// How a value is written, and how it is read. The two stand together so that they cannot part.
struct Form<Value>: Sendable {
    var shape: Shape
    /// The value, or nil when it is faulty, which is then reported.
    var read: @Sendable (TOMLNode, Reading) -> Value?
}

/// Why a text is not what it should be: without the text itself, which may come from outside the file.
struct Problem: Error {
    var message: String
    var suggestion: String?
}

extension Form {
    /// The same form with the value changed on the way.
    func map<Other>(_ change: @escaping @Sendable (Value) -> Other) -> Form<Other> {
        let read = read
        return Form<Other>(shape: shape) { node, reading in read(node, reading).map(change) }
    }

    /// The value with its place.
    var located: Form<Located<Value>> {
        let read = read
        return Form<Located<Value>>(shape: shape) { node, reading in
            read(node, reading).map { Located($0, at: node.at) }
        }
    }

    /// A setting: a string that may be `env:NAME`, `file:/path` or `credential:NAME`, which is read here and now.
    static func setting(
        _ what: String, example: String, pattern: String? = nil,
        parse: @escaping @Sendable (String) -> Result<Value, Problem>
    ) -> Form {
        let references = "(env|file|credential):.+"
        return Form(shape: .text(what, example: example, pattern: pattern.map { "^(\(references)|\($0))$" })) { node, reading in
            guard let text = node.string else {
                reading.report("\(article(what)) is expected here, not \(node.kind)", node, suggestion: "write \(example)")
                return nil
            }
            let source = Reference(text)
            if let source, !reading.isInUse {
                source.check(at: node, reading)
                return nil
            }
            guard let content = source == nil ? text : source?.text(at: node, reading) else { return nil }
            switch parse(content) {
            case .success(let value): return value
            case .failure(let problem):
                reading.report(
                    source == nil ? problem.message : "what '\(text)' holds: \(problem.message)", node,
                    suggestion: problem.suggestion ?? "write \(example)")
                return nil
            }
        }
    }

    /// A string of the language itself (names, expressions), which is never taken from outside.
    static func word(
        _ what: String, example: String, pattern: String? = nil, parse: @escaping @Sendable (String) -> Result<Value, Problem>
    ) -> Form {
        Form(shape: .text(what, example: example, pattern: pattern.map { "^\($0)$" })) { node, reading in
            guard let text = node.string else {
                reading.report("\(article(what)) is expected here, not \(node.kind)", node, suggestion: "write \(example)")
                return nil
            }
            switch parse(text) {
            case .success(let value): return value
            case .failure(let problem):
                reading.report(problem.message, node, suggestion: problem.suggestion ?? "write \(example)")
                return nil
            }
        }
    }

    private static func article(_ noun: String) -> String {
        "aeiou".contains(noun.first ?? "x") ? "an \(noun)" : "a \(noun)"
    }
}

extension Form {
    static func list<Item>(_ item: Form<Item>) -> Form where Value == [Item] {
        Form(shape: .list(item.shape)) { node, reading in
            guard let nodes = node.array else {
                reading.report("a list is expected here, not \(node.kind)", node, suggestion: "write it in brackets: [\"…\"]")
                return nil
            }
            // Every item is read, so that every fault is told.
            let items = nodes.map { item.read($0, reading) }
            return items.contains { $0 == nil } ? nil : items.compactMap { $0 }
        }
    }

    /// One value where a list of one is meant.
    static func oneOrList<Item>(_ item: Form<Item>) -> Form where Value == [Item] {
        let list = Form<[Item]>.list(item)
        return Form(shape: .either([item.shape, list.shape])) { node, reading in
            node.array == nil ? item.read(node, reading).map { [$0] } : list.read(node, reading)
        }
    }
}

extension Form {
    /// The same list, which is never empty.
    /// - Parameters:
    ///   - consequence: what an empty one would mean.
    ///   - next: what to write.
    func filled<Item>(_ consequence: String, _ next: String? = nil) -> Form where Value == [Item] {
        let read = read
        return Form(shape: shape.filled) { node, reading in
            let items = read(node, reading)
            if items?.isEmpty == true { reading.report(consequence, node, suggestion: next) }
            return items
        }
    }
}

extension Form where Value == Bool {
    static let bool = Form(shape: .bool) { node, reading in
        if case .bool(let truth) = node.value { return truth }
        reading.report("true or false is expected here, not \(node.kind)", node, suggestion: "write true or false, without quotes")
        return nil
    }
}

extension Form where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> Form {
        Form(shape: .integer(Int64(range.lowerBound)...Int64(range.upperBound))) { node, reading in
            guard case .integer(let number) = node.value else {
                reading.report("a whole number is expected here, not \(node.kind)", node, suggestion: "write a number without quotes")
                return nil
            }
            guard let value = Int(exactly: number), range.contains(value) else {
                let bounds =
                    range.upperBound >= Int(Int32.max)
                    ? "it must be at least \(range.lowerBound)" : "it must be \(range.lowerBound) to \(range.upperBound)"
                reading.report("\(number) is out of range", node, suggestion: bounds)
                return nil
            }
            return value
        }
    }
}

extension Form where Value == Double {
    static let number = Form(shape: .number) { node, reading in
        switch node.value {
        case .integer(let number): return Double(number)
        case .float(let number) where number.isFinite: return number
        default:
            reading.report("a number is expected here, not \(node.kind)", node, suggestion: "write a number without quotes")
            return nil
        }
    }
}

extension Form where Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String {
    /// One of the words of an enumeration; `notInForce` are those that are read and not acted on.
    static func choice(notInForce: Set<String> = []) -> Form {
        let words = Value.allCases.map(\.rawValue)
        return Form(shape: .choice(words)) { node, reading in
            guard let text = node.string else {
                reading.report("one of \(quoted(words)) is expected here, not \(node.kind)", node)
                return nil
            }
            guard let value = Value(rawValue: text) else {
                reading.report(
                    "'\(text)' is not one of \(quoted(words))", node, suggestion: NearestName.phrase(for: text, among: words))
                return nil
            }
            if notInForce.contains(text) { reading.leaveOut(text, at: node.at, length: node.length) }
            return value
        }
    }

    private static func quoted(_ words: [String]) -> String {
        words.map { "'\($0)'" }.joined(separator: ", ")
    }
}

extension Form where Value == Literal {
    /// Any plain value: what a field may hold.
    static let literal: Form<Literal> = Form(shape: .literal) { node, reading in
        switch node.value {
        case .bool(let truth): return .bool(truth)
        case .integer(let number): return .int(number)
        case .float(let number) where number.isFinite: return .float(number)
        case .string(let text): return .string(text)
        case .moment(let text): return .string(text)
        case .array(let items):
            let literals = items.map { Form<Literal>.literal.read($0, reading) }
            return literals.contains { $0 == nil } ? nil : .list(literals.compactMap { $0 })
        case .table, .float:
            reading.report("a plain value is expected here, not \(node.kind)", node)
            return nil
        }
    }
}
