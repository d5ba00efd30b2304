/// Reads tokens as a tree, by precedence climbing:
/// `or` < `and` < `not` < comparisons, `in` < `+ -` < `* / %` < unary `-` < `.`
struct Parser {
    private let tokens: [Token]
    private var position = 0
    /// Levels of brackets and prefixes that are open.
    private var nesting = 0

    static func parse(_ source: String) throws(ExpressionFault) -> Syntax {
        var parser = Parser(tokens: try Lexer.tokens(of: source))
        if parser.current.kind == .end {
            throw ExpressionFault(message: "the expression is empty", range: parser.current.range)
        }
        let syntax = try parser.expression(.or)
        if parser.current.kind != .end { throw parser.unexpected("an operator or the end") }
        return syntax
    }

    /// `path`, or `path where condition`.
    static func parseRows(_ source: String) throws(ExpressionFault) -> (path: Syntax, condition: Syntax?) {
        var parser = Parser(tokens: try Lexer.tokens(of: source))
        if parser.current.kind == .end {
            throw ExpressionFault(message: "the expression is empty", range: parser.current.range)
        }
        let path = try parser.expression(.or)
        guard parser.isName("where") else {
            if parser.current.kind != .end { throw parser.unexpected("'where' or the end") }
            return (path, nil)
        }
        parser.advance()
        let condition = try parser.expression(.or)
        if parser.current.kind != .end { throw parser.unexpected("an operator or the end") }
        return (path, condition)
    }

    private init(tokens: [Token]) {
        self.tokens = tokens
    }

    private enum Precedence: Int {
        case or, and, not, comparison, sum, product, unary
    }

    // `Lexer.tokens` always ends with `.end`, which `advance` never passes.
    private var current: Token { tokens[position] }

    private mutating func advance() {
        if position + 1 < tokens.count { position += 1 }
    }

    private func isName(_ word: String, ahead: Int = 0) -> Bool {
        position + ahead < tokens.count && tokens[position + ahead].kind == .name(word)
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard current.kind == .symbol(symbol) else { return false }
        advance()
        return true
    }

    private mutating func expect(_ symbol: String) throws(ExpressionFault) {
        if !take(symbol) { throw unexpected("'\(symbol)'") }
    }

    private func unexpected(_ wanted: String) -> ExpressionFault {
        let found: String =
            switch current.kind {
            case .end: "the end"
            case .name(let name): "'\(name)'"
            case .symbol(let symbol): "'\(symbol)'"
            case .text: "a text"
            case .int, .float: "a number"
            case .duration: "a duration"
            }
        return ExpressionFault(message: "expected \(wanted), found \(found)", range: current.range)
    }

    /// A node, unless it would make the tree too deep.
    private func node(_ form: Syntax.Form, _ range: Range<Int>, over parts: [Syntax] = []) throws(ExpressionFault) -> Syntax {
        let depth = (parts.map(\.depth).max() ?? 0) + 1
        if depth > SyntaxLimit.depth { throw tooDeep(range) }
        return Syntax(form: form, range: range, depth: depth)
    }

    private func tooDeep(_ range: Range<Int>) -> ExpressionFault {
        ExpressionFault(message: "the expression is nested more than \(SyntaxLimit.depth) levels deep", range: range)
    }

    private mutating func expression(_ minimum: Precedence) throws(ExpressionFault) -> Syntax {
        nesting += 1
        defer { nesting -= 1 }
        if nesting > SyntaxLimit.depth { throw tooDeep(current.range) }
        var left = try prefix(minimum)
        while true {
            switch current.kind {
            case .name("or") where minimum == .or: left = try chain(left, "or", .and)
            case .name("and") where minimum.rawValue <= Precedence.and.rawValue: left = try chain(left, "and", .not)
            case .name("in") where minimum.rawValue <= Precedence.comparison.rawValue: left = try membership(left, negated: false)
            case .name("not") where minimum.rawValue <= Precedence.comparison.rawValue && isName("in", ahead: 1):
                advance()
                left = try membership(left, negated: true)
            case .symbol(let symbol):
                if let comparison = ComparisonOperator(rawValue: symbol), minimum.rawValue <= Precedence.comparison.rawValue {
                    advance()
                    let right = try expression(.sum)
                    left = try node(.comparison(comparison, left, right), left.range.joined(right.range), over: [left, right])
                    try refuseChain()
                } else if let (arithmetic, precedence) = Self.arithmetic(symbol), minimum.rawValue <= precedence.rawValue {
                    advance()
                    let right = try expression(precedence == .sum ? .product : .unary)
                    left = try node(.arithmetic(arithmetic, left, right), left.range.joined(right.range), over: [left, right])
                } else {
                    return left
                }
            default: return left
            }
        }
    }

    private static func arithmetic(_ symbol: String) -> (ArithmeticOperator, Precedence)? {
        ArithmeticOperator(rawValue: symbol).map { ($0, $0 == .add || $0 == .subtract ? .sum : .product) }
    }

    /// `a and b and c` is one node, so that long conditions stay flat.
    private mutating func chain(_ first: Syntax, _ word: String, _ operand: Precedence) throws(ExpressionFault) -> Syntax {
        var parts = [first]
        while isName(word) {
            advance()
            parts.append(try expression(operand))
        }
        let range = first.range.joined(parts[parts.count - 1].range)
        return try node(word == "or" ? .or(parts) : .and(parts), range, over: parts)
    }

    private mutating func membership(_ left: Syntax, negated: Bool) throws(ExpressionFault) -> Syntax {
        advance()
        let right = try expression(.sum)
        var result: Syntax
        if take("..") {
            let upper = try expression(.sum)
            result = try node(
                .between(left, right, upper, negated: negated), left.range.joined(upper.range), over: [left, right, upper])
        } else {
            result = try node(.membership(left, right, negated: negated), left.range.joined(right.range), over: [left, right])
        }
        try refuseChain()
        return result
    }

    private func refuseChain() throws(ExpressionFault) {
        var isComparison = isName("in") || (isName("not") && isName("in", ahead: 1))
        if case .symbol(let symbol) = current.kind { isComparison = ComparisonOperator(rawValue: symbol) != nil }
        if isComparison {
            throw ExpressionFault(message: "comparisons cannot be chained; join them with 'and'", range: current.range)
        }
    }

    private mutating func prefix(_ minimum: Precedence) throws(ExpressionFault) -> Syntax {
        let start = current.range
        if isName("not"), minimum.rawValue <= Precedence.not.rawValue {
            advance()
            let operand = try expression(.not)
            return try node(.not(operand), start.joined(operand.range), over: [operand])
        }
        if take("-") {
            let operand = try expression(.unary)
            return try node(.negative(operand), start.joined(operand.range), over: [operand])
        }
        return try postfix()
    }

    private mutating func postfix() throws(ExpressionFault) -> Syntax {
        var result = try primary()
        while take(".") {
            guard case .name(let name) = current.kind else { throw unexpected("a name after '.'") }
            let range = current.range
            advance()
            result = try node(.member(result, name, nameRange: range), result.range.joined(range), over: [result])
        }
        return result
    }

    private static let reserved: Set<String> = ["and", "or", "not", "in", "where"]

    private mutating func primary() throws(ExpressionFault) -> Syntax {
        let token = current
        switch token.kind {
        case .text(let text): return try literal(.text(text))
        case .int(let value): return try literal(.int(value))
        case .float(let value, let exact): return try literal(.float(value, exact))
        case .duration(let value): return try literal(.duration(value))
        case .name("true"): return try literal(.bool(true))
        case .name("false"): return try literal(.bool(false))
        case .name("null"): return try literal(.null)
        case .symbol("$"): return try literal(.filterValue)
        case .name(let name) where !Self.reserved.contains(name):
            advance()
            if current.kind == .symbol("(") { return try call(name, token.range) }
            return try node(.name(name), token.range)
        case .symbol("("):
            advance()
            var inner = try expression(.or)
            inner.range = token.range.joined(current.range)
            try expect(")")
            return inner
        case .symbol("["):
            advance()
            let items = try arguments(until: "]").items
            return try node(.list(items), token.range.joined(tokens[position - 1].range), over: items)
        default: throw unexpected("a value")
        }
    }

    private mutating func literal(_ form: Syntax.Form) throws(ExpressionFault) -> Syntax {
        let range = current.range
        advance()
        return try node(form, range)
    }

    private mutating func call(_ name: String, _ nameRange: Range<Int>) throws(ExpressionFault) -> Syntax {
        advance()
        let (items, condition) = try arguments(until: ")", allowsWhere: true)
        let range = nameRange.joined(tokens[position - 1].range)
        let parts = condition.map { items + [$0] } ?? items
        return try node(.call(name, items, condition: condition, nameRange: nameRange), range, over: parts)
    }

    private mutating func arguments(
        until closing: String, allowsWhere: Bool = false
    ) throws(ExpressionFault) -> (items: [Syntax], condition: Syntax?) {
        var items: [Syntax] = []
        if take(closing) { return (items, nil) }
        while true {
            items.append(try expression(.or))
            if allowsWhere, isName("where") {
                advance()
                let condition = try expression(.or)
                try expect(closing)
                return (items, condition)
            }
            if take(closing) { return (items, nil) }
            if !take(",") { throw unexpected("',' or '\(closing)'") }
        }
    }
}

extension Range<Int> {
    /// From the start of this to the end of the other.
    func joined(_ other: Range<Int>) -> Range<Int> {
        Swift.min(lowerBound, other.lowerBound)..<Swift.max(upperBound, other.upperBound)
    }
}
