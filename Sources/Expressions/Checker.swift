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

    /// The same value as that type, if nothing is lost.
    func convert(_ typed: Typed, to wanted: ValueType) -> Typed? {
        var result = typed
        switch (typed.type, wanted) {
        case (let type, wanted) where type == wanted: return result
        case (.null, _): break
        case (.int, .float): result.node = typed.node.asReal
        case (.int, .decimal(let scale)): result.node = Self.rescaled(typed.node, from: 0, to: scale)
        case (.decimal(let own), .decimal(let scale)) where own < scale: result.node = Self.rescaled(typed.node, from: own, to: scale)
        case (.float, .decimal(let scale)):
            guard let literal = typed.literal, literal.scale <= scale, let exact = literal.rescaled(to: scale) else { return nil }
            result.node = .constant(.decimal(exact))
        case (.date, .moment):
            guard let zone else { return nil }
            result.node = .midnight(typed.node, zone)
        case (.reference(let collection), .union(let collections)) where collections.contains(collection):
            result.node = .whole(typed.node, in: collection)
        case (.union(let own), .union(let collections)) where own.allSatisfy(collections.contains): break
        case (.list(.null), .list): break
        case (.json, _):
            guard case .parameter(.out(let path, _), _) = typed.node, wanted.isPartOfJSON else { return nil }
            result.node = .parameter(.out(path, wanted), wanted)
        default: return nil
        }
        result.type = wanted
        return result
    }

    /// The zone of the calendar; nil where the system does not know it.
    var zone: Zone? { Zone.named(model.timezone) }

    private static func rescaled(_ node: Node, from: Int, to: Int) -> Node {
        if case .constant(let value) = node, let units = value.whole, let exact = Decimal(units: units, scale: from).rescaled(to: to) {
            return .constant(.decimal(exact))
        }
        return .rescale(node, Rescale(from: from, to: to))
    }

    /// For a comparison: as a decimal with that many more digits, without ever leaving the range.
    static func widened(_ node: Node, from: Int, to: Int) -> Node {
        if case .constant(let value) = node, let units = value.whole, let exact = Decimal(units: units, scale: from).rescaled(to: to) {
            return .constant(.decimal(exact))
        }
        return from == to ? node : .widened(node, by: to - from)
    }

    /// A float that is written out, as the decimal that it is.
    static func exact(_ typed: Typed) -> Typed {
        guard let literal = typed.literal else { return typed }
        var result = typed
        result.node = .constant(.decimal(literal))
        result.type = .decimal(scale: literal.scale)
        return result
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

    /// Brings values to one type: of int and float, float; of int and decimal, decimal; of date and moment, moment.
    mutating func unify(_ parts: [Typed], in place: String) throws(ExpressionFault) -> ([Typed], ValueType) {
        var parts = parts
        if parts.contains(where: { $0.type.isDecimal }) { parts = parts.map(Self.exact) }
        var type = ValueType.null
        for part in parts where !part.isOpen {
            if type == .null {
                type = part.type
            } else if let common = Self.common(type, part.type) {
                type = common
            } else {
                throw ExpressionFault(message: "\(place) cannot hold \(type.description) and \(part.description)", range: part.range)
            }
        }
        var result: [Typed] = []
        for part in parts {
            let closed = try close(part, as: type)
            result.append(convert(closed, to: type) ?? closed)
        }
        return (result, type)
    }

    static func common(_ a: ValueType, _ b: ValueType) -> ValueType? {
        switch (a, b) {
        case _ where a == b: a
        case (.null, _): b
        case (_, .null): a
        case (.int, .float), (.float, .int): .float
        case (.int, .decimal), (.decimal(scale: 0), .decimal): b
        case (.decimal, .int): a
        case (.decimal(let left), .decimal(let right)): .decimal(scale: max(left, right))
        case (.date, .moment), (.moment, .date): .moment
        case (.reference(let one), .union(let several)) where several.contains(one): b
        case (.union(let several), .reference(let one)) where several.contains(one): a
        case (.union(let left), .union(let right)) where left.contains(where: right.contains):
            .union(left + right.filter { !left.contains($0) })
        default: nil
        }
    }

    func unknown(_ name: String, _ range: Range<Int>, _ message: String, among candidates: [String] = []) -> ExpressionFault {
        ExpressionFault(message: message, range: range, suggestion: Suggestion.nearest(to: name, among: candidates))
    }
}

extension Node {
    var asReal: Node {
        if case .constant(.int(let value)) = self { .constant(.float(Double(value))) } else { .real(self) }
    }

    func negated(_ isNegated: Bool) -> Node { isNegated ? .not(self) : self }
}

extension Typed {
    /// For people: the name of the field, if it is one, and its type.
    var description: String {
        if isOpen { return "'$'" }
        return field.map { "'\($0.name)' (\(type.description))" } ?? type.description
    }
}

extension ValueType {
    var isDecimal: Bool { if case .decimal = self { true } else { false } }

    fileprivate var isPartOfJSON: Bool {
        switch self {
        case .bool, .int, .float, .decimal, .text, .json: true
        default: false
        }
    }

    /// With its article, for people.
    var description: String {
        switch self {
        case .null: "null"
        case .bool: "a bool"
        case .int: "an int"
        case .float: "a float"
        case .decimal: "a decimal"
        case .json: "JSON"
        case .text: "a text"
        case .moment: "a moment"
        case .date: "a date"
        case .duration: "a duration"
        case .reference(let collection): "a reference to \(collection)"
        case .union(let collections): "a reference to \(collections.joined(separator: " or "))"
        case .list(let element):
            switch element {
            case .null: "a list"
            case .reference(let collection): "a list of references to \(collection)"
            default: "a list of \(element.plural)"
            }
        }
    }

    private var plural: String {
        String(description.drop { $0 != " " }.dropFirst()) + "s"
    }
}
