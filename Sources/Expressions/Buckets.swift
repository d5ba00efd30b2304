/// Between which moments a condition keeps a value; either end may be open.
package struct ValueBounds: Sendable {
    package var lower: Expression?
    package var upper: Expression?

    package init() {}
}

/// Expressions that bring moments together by day, month or year: `day(created_at)`.
extension Expression {
    /// What the condition says of the moments that `key` brings together: of `created_at >= now - 7d` for `day(created_at)` the lower end.
    package func bounds(ofMomentsIn key: Expression) -> ValueBounds {
        var bounds = ValueBounds()
        guard case .calendar(_, let moment, _) = key.node else { return bounds }
        let parts: [Node] = if case .and(let parts) = node { parts } else { [node] }
        for part in parts {
            switch part {
            case .between(moment, let lower, let upper):
                bounds.lower = end(lower)
                bounds.upper = end(upper)
            case .compare(.greater, moment, let value), .compare(.greaterOrEqual, moment, let value),
                .compare(.less, let value, moment), .compare(.lessOrEqual, let value, moment):
                bounds.lower = end(value)
            case .compare(.less, moment, let value), .compare(.lessOrEqual, moment, let value),
                .compare(.greater, let value, moment), .compare(.greaterOrEqual, let value, moment):
                bounds.upper = end(value)
            default: continue
            }
        }
        return bounds
    }

    /// Only what asks no row has one value for all of them.
    private func end(_ node: Node) -> Expression? {
        let asksRow = node.contains { node in
            switch node {
            case .field, .follow, .aggregate, .question, .contains(_, .rows), .overlap: true
            default: false
            }
        }
        return asksRow ? nil : Expression(source: source, type: .moment, node: node, isCondition: false)
    }

    /// The beginning of the bucket that the moment falls into; nil where the expression makes none.
    package func bucket(of moment: Int64) -> Int64? {
        guard case .calendar(let function, _, let zone) = node, function != .weekday,
            case .moment(let start) = Calendar.value(function, of: moment, in: zone)
        else { return nil }
        return start
    }

    /// The beginning of the bucket after the one that begins there.
    package func bucket(after start: Int64) -> Int64? {
        guard case .calendar(let function, _, _) = node else { return nil }
        // Far enough to be in the next one, whatever clocks do, and not beyond it.
        let day: Int64 = 86_400_000
        switch function {
        case .day: return bucket(of: start + day + day / 2)
        case .month: return bucket(of: start + 40 * day)
        case .year: return bucket(of: start + 370 * day)
        default: return nil
        }
    }
}
