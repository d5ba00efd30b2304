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
}

extension ValueType {
    fileprivate var isScalar: Bool {
        switch self {
        case .list, .json: false
        default: true
        }
    }

    fileprivate var elementDescription: String {
        let text = description
        return text.hasPrefix("a list of ") ? String(text.dropFirst("a list of ".count)) : "nothing"
    }
}
