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
        guard let type = Self.common(left.type, right.type), type.isScalar else {
            throw incomparable(left, right, range)
        }
        if type == .moment {
            left = Self.convert(left, to: type) ?? left
            right = Self.convert(right, to: type) ?? right
        }
        try checkAllowed(left, against: right.field)
        try checkAllowed(right, against: left.field)
    }

    private func incomparable(_ left: Typed, _ right: Typed, _ range: Range<Int>) -> ExpressionFault {
        if case .list = right.type {
            return ExpressionFault(message: "\(right.description) cannot be compared", range: range, suggestion: "in")
        }
        return ExpressionFault(message: "\(left.description) cannot be compared with \(right.description)", range: range)
    }

    private func requireOrder(_ typed: Typed) throws(ExpressionFault) {
        switch typed.type {
        case .bool, .reference: throw ExpressionFault(message: "\(typed.description) has no order", range: typed.range)
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
        let (members, type, field) = try members(right)
        if element.isOpen { element = try close(element, as: type) }
        guard let common = Self.common(element.type, type), common.isScalar, common == .float || element.type == common || type == .null
        else {
            throw ExpressionFault(
                message: "\(element.description) cannot be in a list of \(ValueType.list(type).elementDescription)", range: element.range)
        }
        try checkAllowed(element, against: field)
        if case .list(let items) = right.form, case .values(let nodes) = members {
            for (item, node) in zip(items, nodes) {
                try checkAllowed(Typed(node: node, type: .text, range: item.range), against: element.field)
            }
        }
        return Typed(node: Node.contains(element.node, members).negated(negated), type: .bool, range: range)
    }

    /// The right side of `in`, or a side of `overlap`: what it holds, of which type.
    mutating func members(_ syntax: Syntax) throws(ExpressionFault) -> (Members, ValueType, FieldModel?) {
        let subject = try resolve(syntax)
        if case .many(let many) = subject {
            if let list = many.list { return (.list(list.node), many.value.type, nil) }
            return (.rows(many.rows, value: many.value.node), many.value.type, many.value.field)
        }
        let typed = try scalar(subject, syntax.range)
        guard case .list(let type) = typed.type else {
            throw ExpressionFault(message: "expected a list after 'in', found \(typed.description)", range: syntax.range)
        }
        if case .list(let items) = typed.node { return (.values(items), type, nil) }
        return (.list(typed.node), type, nil)
    }

    // MARK: Arithmetic

    mutating func negative(_ operand: Syntax, _ range: Range<Int>) throws(ExpressionFault) -> Typed {
        let typed = try value(operand)
        switch (typed.type, typed.node) {
        case (.int, .constant(.int(let value))): return Typed(node: .constant(.int(-value)), type: .int, range: range)
        case (.float, .constant(.float(let value))): return Typed(node: .constant(.float(-value)), type: .float, range: range)
        case (.duration, .constant(.duration(let value))):
            return Typed(node: .constant(.duration(-value)), type: .duration, range: range)
        case (.int, _), (.duration, _):
            return Typed(node: Node.negative(typed.node.inexact, typed.type).checked, type: typed.type, range: range)
        case (.float, _): return Typed(node: .negative(typed.node, .float), type: .float, range: range)
        default: throw ExpressionFault(message: "\(typed.description) has no negative", range: range)
        }
    }

    mutating func arithmetic(
        _ operation: ArithmeticOperator, _ left: Syntax, _ right: Syntax, _ range: Range<Int>
    ) throws(ExpressionFault) -> Typed {
        var left = try value(left)
        var right = try value(right)
        let isTime = { (type: ValueType) in type == .date || type == .moment }
        if isTime(left.type), isTime(right.type) || right.type == .duration { left = Self.convert(left, to: .moment) ?? left }
        if isTime(right.type), isTime(left.type) || left.type == .duration { right = Self.convert(right, to: .moment) ?? right }
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
        default:
            throw ExpressionFault(
                message: "'\(operation.rawValue)' cannot take \(left.description) and \(right.description)", range: range)
        }
        if type == .float {
            return Typed(node: .arithmetic(operation, left.node, right.node, type), type: type, range: range)
        }
        let node = Node.arithmetic(operation, left.node.inexact, right.node.inexact, type)
        return Typed(node: node.checked, type: type, range: range)
    }
}

extension Node {
    /// Without the check of its range, because it is made further up.
    fileprivate var inexact: Node {
        if case .exact(let inner) = self { inner } else { self }
    }

    /// With the check of its range, unless it cannot leave it.
    fileprivate var checked: Node {
        if let magnitude, magnitude < 0x1p63 { self } else { .exact(self) }
    }

    /// A bound of the absolute value of a whole number, if one is known.
    private var magnitude: Double? {
        switch self {
        case .constant(.int(let value)), .constant(.duration(let value)): return value.magnitude < 1 << 62 ? Double(value.magnitude) : nil
        // Clocks and counts stay below 2⁵³.
        case .parameter(.now): return 0x1p53
        case .aggregate(let aggregate) where aggregate.kind == .count: return 0x1p53
        case .call(let function, _):
            return [.len, .words, .day, .month, .year, .weekday].contains(function) ? 0x1p53 : nil
        case .negative(let part, _): return part.magnitude
        case .arithmetic(let operation, let left, let right, _):
            guard let left = left.magnitude, let right = right.magnitude else { return nil }
            return operation == .multiply ? left * right : left + right
        default: return nil
        }
    }
}

extension ValueType {
    fileprivate var isScalar: Bool {
        if case .list = self { false } else { true }
    }

    fileprivate var elementDescription: String {
        let text = description
        return text.hasPrefix("a list of ") ? String(text.dropFirst("a list of ".count)) : "nothing"
    }
}
