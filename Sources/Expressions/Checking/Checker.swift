import Text

/// A checked part of an expression.
struct Typed {
    var node: Node
    var type: ValueType
    var range: Range<Int>
    /// References followed to get here.
    var hops = 0
    /// The field it is, and the only values that it can hold.
    var field: FieldModel?
    /// The exact value of a float that is written out: beside decimals it is one.
    var literal: Decimal?
    /// `$` before its type is known.
    var isOpen = false

    var isNullLiteral: Bool { node == .constant(.null) && type == .null }
}

/// Resolves the names of one expression and gives types to its parts. Whatever it lets through, both back ends can do.
struct Checker {
    let model: Model
    let scope: Scope
    /// Whether the value may be drawn at random: not where it must be the same twice.
    let allowsRandom: Bool
    /// What `$` has been compared with so far.
    var filterValueType: ValueType?
    /// The collections of the aggregates around, the outermost first.
    var levels: [CollectionModel] = []
    /// The named rules being expanded.
    var expanding: [String] = []
    private var nodes = 0
    private var depth = 0

    init(model: Model, scope: Scope, allowsRandom: Bool) {
        self.model = model
        self.scope = scope
        self.allowsRandom = allowsRandom
    }

    // MARK: Whole expressions

    mutating func root(_ syntax: Syntax, as expectation: Expectation) throws(ExpressionFault) -> Typed {
        let result: Typed
        switch expectation {
        case .condition: result = try condition(syntax)
        case .anything: result = try value(syntax)
        case .value(let wanted): result = try value(syntax, fitting: wanted)
        }
        if result.isOpen {
            throw ExpressionFault(message: "the type of '$' shows in nothing it is compared with", range: result.range)
        }
        return result
    }

    mutating func condition(_ syntax: Syntax) throws(ExpressionFault) -> Typed {
        let typed = try value(syntax)
        switch typed.type {
        case .bool: return typed
        case .reference, .union:
            throw ExpressionFault(
                message: "a reference is no condition", range: typed.range, suggestion: isName(syntax) ? "\(name(syntax)) != null" : nil)
        default:
            throw ExpressionFault(message: "expected a condition, found \(typed.description)", range: typed.range)
        }
    }

    private func isName(_ syntax: Syntax) -> Bool { !name(syntax).isEmpty }

    private func name(_ syntax: Syntax) -> String {
        switch syntax.form {
        case .name(let name): name
        case .member(let base, let name, _): isName(base) ? "\(self.name(base)).\(name)" : ""
        default: ""
        }
    }

    /// A value for a field of that type.
    private mutating func value(_ syntax: Syntax, fitting wanted: ValueType) throws(ExpressionFault) -> Typed {
        var typed = try value(syntax)
        typed = try close(typed, as: wanted)
        if let fitting = convert(typed, to: wanted) { return fitting }
        if case .decimal(let digits) = wanted, case .decimal = typed.type {
            throw ExpressionFault(
                message: "the field has \(digits) digits behind the point, this value may have more", range: typed.range,
                suggestion: "round(…, \(digits))")
        }
        throw ExpressionFault(message: "expected \(wanted.description), found \(typed.description)", range: typed.range)
    }

    /// Gives `$` the type of what it meets.
    mutating func close(_ typed: Typed, as type: ValueType) throws(ExpressionFault) -> Typed {
        guard typed.isOpen else { return typed }
        if let known = filterValueType, known != type {
            throw ExpressionFault(
                message: "'$' is \(known.description) elsewhere and cannot be \(type.description) here", range: typed.range)
        }
        if type == .null { throw ExpressionFault(message: "'$' cannot be compared with null", range: typed.range) }
        filterValueType = type
        var result = typed
        result.isOpen = false
        result.node = .parameter(.filterValue, type)
        result.type = type
        return result
    }

    // MARK: Values

    mutating func value(_ syntax: Syntax) throws(ExpressionFault) -> Typed {
        nodes += 1
        depth += 1
        defer { depth -= 1 }
        if nodes > SyntaxLimit.nodes || depth > SyntaxLimit.depth {
            throw ExpressionFault(message: "the expression is too large", range: syntax.range)
        }
        switch syntax.form {
        case .null: return Typed(node: .constant(.null), type: .null, range: syntax.range)
        case .bool(let value): return Typed(node: .constant(.bool(value)), type: .bool, range: syntax.range)
        case .int(let value): return Typed(node: .constant(.int(value)), type: .int, range: syntax.range)
        case .float(let value, let exact):
            return Typed(node: .constant(.float(value)), type: .float, range: syntax.range, literal: exact)
        case .text(let value): return Typed(node: .constant(.text(value)), type: .text, range: syntax.range)
        case .duration(let value): return Typed(node: .constant(.duration(value)), type: .duration, range: syntax.range)
        case .filterValue:
            guard scope.hasFilterValue else { throw unknown("$", syntax.range, "'$' is known in filters only") }
            return Typed(node: .parameter(.filterValue, .null), type: .null, range: syntax.range, isOpen: true)
        case .list(let items): return try list(items, syntax.range)
        case .name, .member: return try scalar(try resolve(syntax), syntax.range)
        case .call(let name, let arguments, let condition, let nameRange):
            return try call(name, arguments, condition, nameRange, syntax.range)
        case .negative(let operand): return try negative(operand, syntax.range)
        case .arithmetic(let operation, let left, let right):
            return try arithmetic(operation, left, right, syntax.range)
        case .comparison(let comparison, let left, let right):
            return try compare(comparison, left, right, syntax.range)
        case .membership(let left, let right, let negated):
            return try membership(left, right, negated, syntax.range)
        case .between(let left, let lower, let upper, let negated):
            return try between(left, lower, upper, negated, syntax.range)
        case .not(let operand):
            return Typed(node: .not(try condition(operand).node), type: .bool, range: syntax.range)
        case .and(let parts): return Typed(node: .and(try conditions(parts)), type: .bool, range: syntax.range)
        case .or(let parts): return Typed(node: .or(try conditions(parts)), type: .bool, range: syntax.range)
        }
    }

    private mutating func conditions(_ parts: [Syntax]) throws(ExpressionFault) -> [Node] {
        var result: [Node] = []
        for part in parts { result.append(try condition(part).node) }
        return result
    }

    private mutating func list(_ items: [Syntax], _ range: Range<Int>) throws(ExpressionFault) -> Typed {
        var parts: [Typed] = []
        for item in items { parts.append(try value(item)) }
        let (unified, type) = try unify(parts, in: "a list")
        if case .list = type { throw ExpressionFault(message: "a list cannot hold lists", range: range) }
        return Typed(node: .list(unified.map(\.node)), type: .list(type), range: range)
    }

    func unknown(_ name: String, _ range: Range<Int>, _ message: String, among candidates: [String] = []) -> ExpressionFault {
        ExpressionFault(message: message, range: range, suggestion: NearestName.of(name, among: candidates))
    }
}

extension Node {
    var asReal: Node {
        if case .constant(.int(let value)) = self { .constant(.float(Double(value))) } else { .real(self) }
    }

    func negated(_ isNegated: Bool) -> Node { isNegated ? .not(self) : self }
}
