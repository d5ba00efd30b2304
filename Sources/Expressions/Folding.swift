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
            .between(_, .constant(.null), _), .between(_, _, .constant(.null)), .contains(.constant(.null), _),
            .contains(_, .list(.constant(.null))), .contains(_, .values([])):
            return .constant(.bool(false))
        case .follow(.constant(.null), _), .arithmetic(_, .constant(.null), _, _), .arithmetic(_, _, .constant(.null), _):
            return .constant(.null)
        case .exact(.constant(let value)):
            if case .float = value { return node }
            return .constant(value)
        case .call(.if, let arguments):
            if case .constant(let value) = arguments[0] { return value == .bool(true) ? arguments[1] : arguments[2] }
            return node
        case .contains(_, .rows(let rows, _)) where rows.isEmpty: return .constant(.bool(false))
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
        case .constant, .parameter, .field, .follow, .aggregate, .question, .call(.random, _): return false
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
        let evaluator = Evaluator(environment: Environment(), row: nil, old: nil, rows: nil)
        // What has no value (an overflow) is left to fail when it is asked.
        guard let value = try? evaluator.value(self) else { return self }
        return .constant(value)
    }

    /// The same for an anonymous caller.
    var anonymous: Node {
        if case .parameter(.me) = self { return .constant(.null) }
        return map(\.anonymous)
    }

    /// With each aggregate and each membership among stored rows as a question to the store; for a record in memory.
    var prepared: Node {
        switch self {
        case .aggregate(let aggregate): return .question(SQLGenerator(home: .memory).query(self), aggregate.type)
        case .contains(_, .rows): return .question(SQLGenerator(home: .memory).query(self), .bool)
        case .overlap(.rows, _), .overlap(_, .rows): return .question(SQLGenerator(home: .memory).query(self), .int)
        default: return map(\.prepared)
        }
    }
}

extension RowSet {
    /// Whether it is sure to hold nothing.
    fileprivate var isEmpty: Bool {
        if condition == .constant(.bool(false)) || condition == .constant(.null) { return true }
        return switch origin {
        case .children(.constant(.null), _), .members(.constant(.null), _), .list(.constant(.null)): true
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
        case .sum: type == .float ? .float(0) : type == .duration ? .duration(0) : .int(0)
        case .avg, .min, .max, .first: .null
        }
    }
}

extension SQLGenerator {
    func query(_ node: Node) -> SQLFragment { "SELECT \(value(node))" }
}
