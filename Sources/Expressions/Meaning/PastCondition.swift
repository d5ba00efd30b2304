/// A condition over a row that is gone: what held before it went, as far as that can still be told.
///
/// The row itself is known as it was. Of other rows only those are known that are still there: some may have gone with it, so that finding none
/// proves nothing. What rests on that is unknown, and the negation of something unknown is unknown too.
struct PastCondition {
    let environment: Environment
    let row: Row
    let rows: any RowSource

    /// Whether it held; nil where nobody can tell.
    func holds(_ node: Node) throws -> Bool? {
        switch node {
        case .and(let parts):
            var isKnown = true
            for part in parts {
                guard let held = try holds(part) else {
                    isKnown = false
                    continue
                }
                if !held { return false }
            }
            return isKnown ? true : nil
        case .or(let parts):
            var isKnown = true
            for part in parts {
                guard let held = try holds(part) else {
                    isKnown = false
                    continue
                }
                if held { return true }
            }
            return isKnown ? false : nil
        case .not(let part): return try holds(part).map { !$0 }
        default: return try leaf(node)
        }
    }

    private func leaf(_ node: Node) throws -> Bool? {
        do {
            guard node.asksStore else { return try Evaluator(environment: environment, row: row, rows: Remaining(rows)).isTrue(node) }
            guard node.growsWithRows else { return nil }
            return try Evaluator(environment: environment, row: row, rows: rows).isTrue(node.prepared) ? true : nil
        } catch is Remaining.Gone {
            return nil
        } catch is EvaluationError {
            return nil
        }
    }

    /// The rows that are still there. Following a reference to another one fails.
    private struct Remaining: RowSource {
        struct Gone: Error {}

        private let rows: any RowSource

        init(_ rows: any RowSource) {
            self.rows = rows
        }

        var dialect: SQLDialect { rows.dialect }

        func row(in collection: String, id: String) throws -> Row? {
            guard let row = try rows.row(in: collection, id: id) else { throw Gone() }
            return row
        }

        func value(of query: SQLQuery) throws -> Value { throw Gone() }
    }
}

extension Node {
    /// Whether rows must be searched for it, or a path leads over a reference that may have been emptied when its target went.
    fileprivate var asksStore: Bool {
        contains { node in
            switch node {
            case .aggregate, .question, .contains(_, .rows), .overlap(.rows, _), .overlap(_, .rows), .follow(.follow, _): true
            default: false
            }
        }
    }

    /// Whether it can only become true by rows that are there, never by rows that are not: nothing in it is negated, counted or replaced where
    /// it is missing. A comparison with null is false.
    fileprivate var growsWithRows: Bool {
        !contains { node in
            switch node {
            case .constant, .parameter, .field, .follow, .and, .or, .compare, .between, .contains, .widened, .real, .midnight, .part,
                .whole:
                false
            case .aggregate(let aggregate): aggregate.kind != .exists
            default: true
            }
        }
    }
}
