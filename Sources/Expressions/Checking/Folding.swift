extension Node {
    /// The same meaning with what is known computed: `true or x` is true, `x == null-valued` is false.
    var folded: Node {
        let node = map(\.folded)
        switch node {
        case .and(let parts): return Node.flattened(parts, absorbing: false)
        case .or(let parts): return Node.flattened(parts, absorbing: true)
        case .not(.not(let part)) where part.isTwoValued: return part
        case .not(.constant(let value)): return .constant(.bool(value != .bool(true)))
        case .isNull(.constant(let value)): return .constant(.bool(value.isNull))
        case .isNull(let part) where part.isTwoValued: return .constant(.bool(false))
        case .compare(_, .constant(.null), _), .compare(_, _, .constant(.null)), .between(.constant(.null), _, _),
            .between(_, .constant(.null), _), .between(_, _, .constant(.null)), .contains(.constant(.null), _):
            return .constant(.bool(false))
        case .follow(.constant(.null), _), .arithmetic(_, .constant(.null), _, _), .arithmetic(_, _, .constant(.null), _):
            return .constant(.null)
        case .part(.whole(let part, let collection), let wanted): return collection == wanted ? part : .constant(.null)
        case .call(.if, let arguments):
            if case .constant(let value) = arguments[0] { return value == .bool(true) ? arguments[1] : arguments[2] }
            return arguments[1] == arguments[2] ? arguments[1] : node
        // What is left without a type would be a text to PostgreSQL.
        case .call(.coalesce, let arguments) where arguments.contains(.constant(.null)):
            let rest = arguments.filter { $0 != .constant(.null) }
            return rest.isEmpty ? .constant(.null) : rest.count == 1 ? rest[0] : .call(.coalesce, rest)
        case .overlap(let left, let right) where left.isEmpty || right.isEmpty: return .constant(.int(0))
        case .contains(_, let members) where members.isEmpty: return .constant(.bool(false))
        case .aggregate(let aggregate) where aggregate.rows.isEmpty: return .constant(aggregate.ofNothing)
        default: return node.isConstantBelow ? node.computed : node
        }
    }

    private static func flattened(_ parts: [Node], absorbing: Bool) -> Node {
        var result: [Node] = []
        for part in parts {
            switch part {
            case .constant(let value):
                if (value == .bool(true)) == absorbing { return .constant(.bool(absorbing)) }
            case .and(let inner) where !absorbing: for part in inner where !result.contains(part) { result.append(part) }
            case .or(let inner) where absorbing: for part in inner where !result.contains(part) { result.append(part) }
            default: if !result.contains(part) { result.append(part) }
            }
        }
        switch result.count {
        case 0: return .constant(.bool(!absorbing))
        // Alone, a null would no longer count as false.
        case 1 where result[0].isTwoValued: return result[0]
        default: return absorbing ? .or(result) : .and(result)
        }
    }

    /// Whether it is true or false, never null.
    var isTwoValued: Bool {
        switch self {
        case .and, .or, .not, .isNull, .compare, .between, .contains: true
        case .constant(.bool): true
        case .aggregate(let aggregate): aggregate.kind == .exists
        default: false
        }
    }

    private var isConstantBelow: Bool {
        switch self {
        case .constant, .parameter, .field, .follow, .aggregate, .question, .call(.random, _), .widened: return false
        case .call(let function, _) where function.isOfTexts: return false
        case .contains(_, .rows), .overlap(.rows, _), .overlap(_, .rows): return false
        default:
            var isConstant = true
            _ = map { child in
                if case .constant = child {} else { isConstant = false }
                return child
            }
            return isConstant
        }
    }

    private var computed: Node {
        let evaluator = Evaluator(environment: Environment(), row: nil, rows: nil)
        // What has no value (an overflow) is left to fail when it is asked.
        guard let value = try? evaluator.value(self) else { return self }
        return .constant(value)
    }

    /// The same for an anonymous caller.
    var anonymous: Node {
        switch self {
        case .parameter(.me, _), .parameter(.member, _): .constant(.null)
        default: map(\.anonymous)
        }
    }

    /// With each aggregate and each membership among stored rows as a question to the store; for a record in memory.
    var prepared: Node {
        switch self {
        case .aggregate(let aggregate): return question(aggregate.type)
        case .contains(_, .rows): return question(.bool)
        case .overlap(.rows, _), .overlap(_, .rows): return question(.int)
        default: return map(\.prepared)
        }
    }

    private func question(_ type: ValueType) -> Node {
        func fragment(_ dialect: SQLDialect) -> SQLFragment {
            "SELECT \(SQLGenerator(home: .memory, dialect: dialect).value(self))"
        }
        return .question(Question(sqlite: fragment(.sqlite), postgresql: fragment(.postgresql).numbered, type: type))
    }
}

extension Members {
    /// Whether it is sure to hold nothing.
    fileprivate var isEmpty: Bool {
        switch self {
        case .values(let items): items.allSatisfy { $0 == .constant(.null) }
        case .list(let node): node == .constant(.null)
        case .rows(let rows, _): rows.isEmpty
        }
    }
}

extension RowSet {
    /// Whether it is sure to hold nothing.
    fileprivate var isEmpty: Bool {
        if condition == .constant(.bool(false)) || condition == .constant(.null) { return true }
        return switch origin {
        case .children(.constant(.null), _, _), .members(.constant(.null), _), .list(.constant(.null)): true
        default: false
        }
    }
}

extension Aggregate {
    /// 11-precisions 7.
    fileprivate var ofNothing: Value {
        switch kind {
        case .exists: .bool(false)
        case .count: .int(0)
        case .sum:
            switch type {
            case .float: .float(0)
            case .duration: .duration(0)
            case .decimal(let scale): .decimal(Decimal(units: 0, scale: scale))
            default: .int(0)
            }
        case .avg, .min, .max, .first: .null
        }
    }
}
