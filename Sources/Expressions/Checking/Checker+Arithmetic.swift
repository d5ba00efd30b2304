extension Checker {
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
        case .call(let function, _): return [.len, .words, .wordsOfMarkup].contains(function) ? 0x1p53 : nil
        case .negative(let part, _): return part.magnitude
        case .arithmetic(let operation, let left, let right, let type):
            guard type != .float, let left = left.magnitude, let right = right.magnitude else { return nil }
            let bound = operation == .multiply ? left * right : left + right
            return bound < 0x1p62 ? bound : nil
        default: return nil
        }
    }
}
