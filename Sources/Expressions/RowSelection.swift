/// The rows that an effect works on (11-precisions 30): a path that leads to records, `all.x`, or `first(…)`, each with an optional `where`.
///
/// Compiled once at load; asked of the store, which sees live rows and all changes of its transaction.
package struct RowSelection: Sendable {
    package let source: String
    let sets: [RowSet]
    private let questions: [(collection: String, question: Question)]

    init(source: String, sets: [RowSet]) {
        self.source = source
        self.sets = sets.map { $0.map(\.folded) }
        questions = self.sets.map { rows in
            func fragment(_ dialect: SQLDialect) -> SQLFragment {
                SQLGenerator(home: .memory, dialect: dialect).ids(rows, limit: Self.most + 1)
            }
            return (
                rows.target.collection,
                Question(sqlite: fragment(.sqlite), postgresql: fragment(.postgresql).numbered, type: .list(.text))
            )
        }
    }

    /// What one effect changes at most: all of it is one transaction.
    package static let most = 10_000

    /// The collections that the rows may be of.
    package var collections: [String] { sets.map(\.target.collection) }

    /// In the order of their ids, which is that of their creation. There are more than `most` when that many and one are given.
    package func references(in environment: Environment, rows: any RowSource) throws -> [(collection: String, id: String)] {
        let evaluator = Evaluator(environment: environment, row: nil, rows: rows)
        var found: [(collection: String, id: String)] = []
        for (collection, question) in questions {
            guard case .list(let ids) = try evaluator.value(.question(question)) else { continue }
            found += ids.compactMap { if case .text(let id) = $0 { (collection, id) } else { nil } }
        }
        return Array(found.sorted { $0.id < $1.id }.prefix(Self.most + 1))
    }
}

extension ExpressionCompiler {
    /// Rows as `update` and `each` name them.
    package func rows(_ source: String, in scope: Scope) throws(ExpressionFault) -> RowSelection {
        let (path, condition) = try Parser.parseRows(source)
        var checker = Checker(model: model, scope: scope, allowsRandom: false)
        var sets = try checker.rows(path)
        if let condition { sets = try checker.narrow(sets, by: condition) }
        return RowSelection(source: source, sets: sets)
    }

    /// The same rows as far as the condition holds, in which a bare name is a field of the row.
    package func narrow(_ rows: RowSelection, by condition: String, in scope: Scope) throws(ExpressionFault) -> RowSelection {
        var checker = Checker(model: model, scope: scope, allowsRandom: false)
        return RowSelection(source: rows.source, sets: try checker.narrow(rows.sets, by: try Parser.parse(condition)))
    }
}

extension Checker {
    /// One set for each collection that the path may lead to.
    fileprivate mutating func rows(_ syntax: Syntax) throws(ExpressionFault) -> [RowSet] {
        let subject = try resolve(syntax)
        guard let alternatives = subject.alternatives else {
            let value = try scalar(subject, syntax.range)
            return try sets(value.type, syntax.range) { .values([$0(value.node)]) }
        }
        var found: [RowSet] = []
        for many in alternatives {
            guard many.hasTail else {
                found.append(many.rows)
                continue
            }
            found += try sets(many.value.type, syntax.range) { .rows(many.rows, value: $0(many.value.node)) }
        }
        return found
    }

    /// `members` makes the ids of one collection from what makes them of a reference.
    private func sets(
        _ type: ValueType, _ range: Range<Int>, members: ((Node) -> Node) -> Members
    ) throws(ExpressionFault) -> [RowSet] {
        switch type {
        case .reference(let name):
            guard let collection = model.collections[name] else { break }
            return [RowSet(target: Target(collection), origin: .among(members { $0 }), level: 0)]
        case .union(let names):
            return names.compactMap { model.collections[$0] }.map { collection in
                RowSet(target: Target(collection), origin: .among(members { .part($0, of: collection.name) }), level: 0)
            }
        default: break
        }
        throw ExpressionFault(message: "this leads to no records", range: range, suggestion: nil)
    }

    fileprivate mutating func narrow(_ sets: [RowSet], by condition: Syntax) throws(ExpressionFault) -> [RowSet] {
        var narrowed: [RowSet] = []
        for var rows in sets {
            guard let collection = model.collections[rows.target.collection] else { continue }
            levels.append(collection)
            defer { levels.removeLast() }
            let node = try self.condition(condition).node
            rows.condition = rows.condition.map { .and([$0, node]) } ?? node
            narrowed.append(rows)
        }
        return narrowed
    }
}
