extension Checker {
    mutating func compare(
        _ comparison: ComparisonOperator, _ left: Syntax, _ right: Syntax, _ range: Range<Int>
    ) throws(ExpressionFault) -> Typed {
        var left = try value(left)
        var right = try value(right)
        let isEquality = comparison == .equal || comparison == .notEqual
        if left.isNullLiteral || right.isNullLiteral {
            guard isEquality else {
                throw ExpressionFault(message: "null has no order; it can be compared with == and != only", range: range)
            }
            let other = right.isNullLiteral ? left : right
            if case .list = other.type {
                throw ExpressionFault(
                    message: "a list is never null", range: other.range, suggestion: "\(comparison == .equal ? "not " : "")exists(…)")
            }
            if other.isOpen { throw ExpressionFault(message: "'$' is never null", range: other.range) }
            return Typed(node: Node.isNull(other.node).negated(comparison == .notEqual), type: .bool, range: range)
        }
        left = try close(left, as: right.type)
        right = try close(right, as: left.type)
        try align(&left, &right, range)
        if !isEquality { try requireOrder(left) }
        let operation: ComparisonOperator = comparison == .notEqual ? .equal : comparison
        let node = Node.compare(operation, left.node, right.node).negated(comparison == .notEqual)
        return Typed(node: node, type: .bool, range: range)
    }

    /// Brings two values that are compared to one kind, or says why they cannot be compared.
    private func align(_ left: inout Typed, _ right: inout Typed, _ range: Range<Int>) throws(ExpressionFault) {
        if left.type == .json, let typed = convert(left, to: right.type) { left = typed }
        if right.type == .json, let typed = convert(right, to: left.type) { right = typed }
        if left.type.isDecimal || right.type.isDecimal { (left, right) = (Self.exact(left), Self.exact(right)) }
        guard let type = Self.common(left.type, right.type), type.isScalar else {
            throw incomparable(left, right, range)
        }
        switch type {
        case .moment, .float, .union:
            left = convert(left, to: type) ?? left
            right = convert(right, to: type) ?? right
        case .decimal(let scale):
            left = widened(left, to: scale)
            right = widened(right, to: scale)
        default: break
        }
        try checkAllowed(left, against: right.field)
        try checkAllowed(right, against: left.field)
    }

    private func widened(_ typed: Typed, to scale: Int) -> Typed {
        var result = typed
        switch typed.type {
        case .decimal(let own): result.node = Self.widened(typed.node, from: own, to: scale)
        case .int: result.node = Self.widened(typed.node, from: 0, to: scale)
        default: return typed
        }
        result.type = .decimal(scale: scale)
        return result
    }

    private func incomparable(_ left: Typed, _ right: Typed, _ range: Range<Int>) -> ExpressionFault {
        if case .list = right.type {
            return ExpressionFault(message: "\(right.description) cannot be compared", range: range, suggestion: "in")
        }
        return ExpressionFault(message: "\(left.description) cannot be compared with \(right.description)", range: range)
    }

    private func requireOrder(_ typed: Typed) throws(ExpressionFault) {
        switch typed.type {
        case .bool, .reference, .union: throw ExpressionFault(message: "\(typed.description) has no order", range: typed.range)
        default: break
        }
    }

    /// A literal beside a field with a closed list of values must be one of them.
    private func checkAllowed(_ literal: Typed, against field: FieldModel?) throws(ExpressionFault) {
        guard case .constant(.text(let text)) = literal.node, let field, let allowed = field.allowed, !allowed.contains(text) else {
            return
        }
        throw unknown(
            text, literal.range, "'\(field.name)' is never '\(text)'; it is one of \(allowed.joined(separator: ", "))", among: allowed)
    }

    mutating func between(
        _ operand: Syntax, _ lower: Syntax, _ upper: Syntax, _ negated: Bool, _ range: Range<Int>
    ) throws(ExpressionFault) -> Typed {
        var operand = try value(operand)
        var bounds = [try value(lower), try value(upper)]
        for index in bounds.indices {
            if bounds[index].isNullLiteral { throw ExpressionFault(message: "a range cannot end in null", range: bounds[index].range) }
            operand = try close(operand, as: bounds[index].type)
            bounds[index] = try close(bounds[index], as: operand.type)
            try align(&operand, &bounds[index], range)
        }
        // A moment as the upper bound turns a date into a moment after the lower bound has been aligned.
        try align(&operand, &bounds[0], range)
        try requireOrder(operand)
        let node = Node.between(operand.node, bounds[0].node, bounds[1].node).negated(negated)
        return Typed(node: node, type: .bool, range: range)
    }

    // MARK: Membership

    mutating func membership(
        _ left: Syntax, _ right: Syntax, _ negated: Bool, _ range: Range<Int>
    ) throws(ExpressionFault) -> Typed {
        var element = try value(left)
        if element.isNullLiteral { throw ExpressionFault(message: "null is in no list", range: element.range, suggestion: "== null") }
        if case .list(let items) = right.form { return try membership(&element, among: items, negated, range) }
        var tests: [Node] = []
        for var (members, item) in try members(right) {
            if element.isOpen { element = try close(element, as: item.type) }
            var element = element
            switch members {
            case .rows(let rows, _):
                guard element.type.isScalar, (try? align(&element, &item, range)) != nil else { throw misplaced(element, item) }
                members = .rows(rows, value: item.node)
            default:
                guard element.type.isScalar, item.type == .null || convert(element, to: item.type) != nil else {
                    throw misplaced(element, item)
                }
                element = convert(element, to: item.type) ?? element
            }
            try checkAllowed(element, against: item.field)
            tests.append(.contains(element.node, members))
        }
        let test = tests.count == 1 ? tests[0] : Node.or(tests)
        return Typed(node: test.negated(negated), type: .bool, range: range)
    }

    /// `x in [a, b]`
    private mutating func membership(
        _ element: inout Typed, among items: [Syntax], _ negated: Bool, _ range: Range<Int>
    ) throws(ExpressionFault) -> Typed {
        var parts: [Typed] = []
        for item in items {
            let part = try value(item)
            if case .list = part.type { throw ExpressionFault(message: "a list cannot hold lists", range: part.range) }
            parts.append(part)
        }
        for part in parts where !part.isOpen && element.isOpen { element = try close(element, as: part.type) }
        if element.isOpen { throw ExpressionFault(message: "'$' cannot be in this list", range: element.range) }
        guard element.type.isScalar else { throw ExpressionFault(message: "\(element.description) is in no list", range: element.range) }
        // Twice, for the last may have made the element a moment, or a decimal of more digits.
        for _ in 0..<2 {
            for index in parts.indices where !parts[index].isNullLiteral {
                parts[index] = try close(parts[index], as: element.type)
                do throws(ExpressionFault) { try align(&element, &parts[index], range) } catch {
                    if Self.common(element.type, parts[index].type) == nil { throw misplaced(element, parts[index]) }
                    throw error
                }
            }
        }
        return Typed(node: Node.contains(element.node, .values(parts.map(\.node))).negated(negated), type: .bool, range: range)
    }

    private func misplaced(_ element: Typed, _ item: Typed) -> ExpressionFault {
        ExpressionFault(
            message: "\(element.description) cannot be in a list of \(ValueType.list(item.type).elementDescription)", range: element.range)
    }

    /// The right side of `in`, or a side of `overlap`: what it holds, and the type of each. Several where a path goes through a reference
    /// to several collections, of which all but one are empty.
    mutating func members(_ syntax: Syntax) throws(ExpressionFault) -> [(Members, Typed)] {
        let subject = try resolve(syntax)
        if let alternatives = subject.alternatives {
            return alternatives.map { many in (many.list.map { .list($0.node) } ?? .rows(many.rows, value: many.value.node), many.value) }
        }
        let typed = try scalar(subject, syntax.range)
        guard case .list(let type) = typed.type else {
            throw ExpressionFault(message: "expected a list after 'in', found \(typed.description)", range: syntax.range)
        }
        let item = Typed(node: .constant(.null), type: type, range: syntax.range, field: typed.field)
        if case .list(let items) = typed.node { return [(.values(items), item)] }
        return [(.list(typed.node), item)]
    }

    // MARK: Arithmetic

    mutating func negative(_ operand: Syntax, _ range: Range<Int>) throws(ExpressionFault) -> Typed {
        let typed = try value(operand)
        switch (typed.type, typed.node) {
        case (.int, .constant(.int(let value))): return Typed(node: .constant(.int(-value)), type: .int, range: range)
        case (.float, .constant(.float(let value))):
            let literal = typed.literal.map { Decimal(units: -$0.units, scale: $0.scale) }
            return Typed(node: .constant(.float(-value)), type: .float, range: range, literal: literal)
        case (.duration, .constant(.duration(let value))):
            return Typed(node: .constant(.duration(-value)), type: .duration, range: range)
        case (.int, _), (.duration, _), (.float, _), (.decimal, _):
            return Typed(node: .negative(typed.node, typed.type), type: typed.type, range: range)
        default: throw ExpressionFault(message: "\(typed.description) has no negative", range: range)
        }
    }

    mutating func arithmetic(
        _ operation: ArithmeticOperator, _ left: Syntax, _ right: Syntax, _ range: Range<Int>
    ) throws(ExpressionFault) -> Typed {
        var left = try value(left)
        var right = try value(right)
        if left.type.isDecimal || right.type.isDecimal { return try decimals(operation, Self.exact(left), Self.exact(right), range) }
        let isTime = { (type: ValueType) in type == .date || type == .moment }
        if isTime(left.type), isTime(right.type) || right.type == .duration { left = convert(left, to: .moment) ?? left }
        if isTime(right.type), isTime(left.type) || left.type == .duration { right = convert(right, to: .moment) ?? right }
        let type: ValueType
        switch (left.type, operation, right.type) {
        case (.int, .divide, .int): type = .float
        case (.int, _, .int): type = .int
        case (.float, let operation, .int) where operation != .remainder: type = .float
        case (.int, let operation, .float) where operation != .remainder: type = .float
        case (.float, let operation, .float) where operation != .remainder: type = .float
        case (.moment, .add, .duration), (.moment, .subtract, .duration), (.duration, .add, .moment): type = .moment
        case (.moment, .subtract, .moment): type = .duration
        case (.duration, .add, .duration), (.duration, .subtract, .duration): type = .duration
        case (.duration, .multiply, .int), (.int, .multiply, .duration): type = .duration
        case (.text, .add, .text):
            throw ExpressionFault(message: "'+' does not join texts", range: range, suggestion: "concat(…)")
        default: throw inapplicable(operation, left, right, range)
        }
        if type == .float {
            let node = Node.arithmetic(operation, left.node.asReal(left.type), right.node.asReal(right.type), type)
            return Typed(node: node, type: type, range: range, literal: Self.literal(operation, left, right))
        }
        return Typed(node: .arithmetic(operation, left.node, right.node, type), type: type, range: range)
    }

    private func inapplicable(_ operation: ArithmeticOperator, _ left: Typed, _ right: Typed, _ range: Range<Int>) -> ExpressionFault {
        ExpressionFault(message: "'\(operation.rawValue)' cannot take \(left.description) and \(right.description)", range: range)
    }

    /// What is computed from numbers that are written out stays exact, for a decimal beside it.
    private static func literal(_ operation: ArithmeticOperator, _ left: Typed, _ right: Typed) -> Decimal? {
        guard let left = left.exactNumber, let right = right.exactNumber else { return nil }
        let scale = operation == .multiply ? left.scale + right.scale : max(left.scale, right.scale)
        guard scale <= Decimal.scales.upperBound else { return nil }
        if operation == .multiply {
            return (try? Arithmetic.whole(.multiply, left.units, right.units)).flatMap { $0 }.map { Decimal(units: $0, scale: scale) }
        }
        guard operation == .add || operation == .subtract, let a = left.rescaled(to: scale), let b = right.rescaled(to: scale) else {
            return nil
        }
        return (try? Arithmetic.whole(operation, a.units, b.units)).flatMap { $0 }.map { Decimal(units: $0, scale: scale) }
    }

    /// `+ -` keep the larger scale, `*` adds the scales, `/` has twelve digits (03, "exact decimals").
    private func decimals(
        _ operation: ArithmeticOperator, _ left: Typed, _ right: Typed, _ range: Range<Int>
    ) throws(ExpressionFault) -> Typed {
        guard let a = left.type.scale, let b = right.type.scale else {
            let isFloat = left.type == .float || right.type == .float
            throw isFloat
                ? ExpressionFault(message: "a decimal is exact and a float is not; they cannot be mixed", range: range)
                : inapplicable(operation, left, right, range)
        }
        let type: ValueType
        let node: Node
        switch operation {
        case .add, .subtract:
            type = .decimal(scale: max(a, b))
            node = .arithmetic(operation, (convert(left, to: type) ?? left).node, (convert(right, to: type) ?? right).node, type)
        case .multiply:
            guard a + b <= Decimal.scales.upperBound else {
                throw ExpressionFault(
                    message: "the product would have \(a + b) digits behind the point; \(Decimal.scales.upperBound) are possible",
                    range: range,
                    suggestion: "round(…, \(min(a, 4)))")
            }
            type = .decimal(scale: a + b)
            node = .arithmetic(.multiply, left.node, right.node, type)
        case .divide:
            type = .decimal(scale: Quotient.digits)
            node = .quotient(left.node, right.node, Quotient(left: a, right: b, scale: Quotient.digits))
        case .remainder: throw inapplicable(operation, left, right, range)
        }
        return Typed(node: node, type: type, range: range)
    }
}

extension Typed {
    /// A number that is written out.
    fileprivate var exactNumber: Decimal? {
        if case .constant(.int(let value)) = node { Decimal(units: value, scale: 0) } else { literal }
    }
}

extension Node {
    /// As a float, if it is an int.
    fileprivate func asReal(_ type: ValueType) -> Node { type == .int ? asReal : self }

    /// A bound of the absolute value of a whole number, if one is known: what cannot leave its range needs no check.
    var magnitude: Double? {
        switch self {
        case .constant(let value): return value.whole.flatMap { $0.magnitude < 1 << 62 ? Double($0.magnitude) : nil }
        // Clocks and counts stay below 2⁵³.
        case .parameter(.now, _), .overlap, .calendar, .midnight: return 0x1p53
        case .aggregate(let aggregate) where aggregate.kind == .count: return 0x1p53
        case .call(let function, _): return [.len, .words].contains(function) ? 0x1p53 : nil
        case .negative(let part, _): return part.magnitude
        case .arithmetic(let operation, let left, let right, let type):
            guard type != .float, let left = left.magnitude, let right = right.magnitude else { return nil }
            let bound = operation == .multiply ? left * right : left + right
            return bound < 0x1p62 ? bound : nil
        default: return nil
        }
    }
}

extension ValueType {
    fileprivate var isScalar: Bool {
        switch self {
        case .list, .json: false
        default: true
        }
    }

    /// Digits behind the point of an exact number.
    var scale: Int? {
        switch self {
        case .int: 0
        case .decimal(let scale): scale
        default: nil
        }
    }

    fileprivate var elementDescription: String {
        let text = description
        return text.hasPrefix("a list of ") ? String(text.dropFirst("a list of ".count)) : "nothing"
    }
}
