/// Writes a checked expression as SQL: here its conditions.
///
/// A condition is written plainly where NULL may count as false, so that indexes serve it, and guarded where it may not (03, "Use the
/// index"). Negation is pushed down to the comparisons, so that a guard stands only there.
struct SQLGenerator {
    enum Home {
        /// The outermost record is a row of a table with that alias.
        case table(String)
        /// It is in memory; its values are parameters.
        case memory
    }

    let home: Home
    let dialect: SQLDialect

    /// How a condition may come out.
    enum Position {
        /// True, or else false or NULL.
        case loose
        /// True or false.
        case definite
    }

    var prefix: String {
        if case .table(let alias) = home { alias } else { "r" }
    }

    func alias(_ level: Int) -> String { "\(prefix)_\(level + 1)" }

    func truth(_ value: Bool) -> SQLFragment {
        dialect == .sqlite ? (value ? "1" : "0") : value ? "TRUE" : "FALSE"
    }

    /// A condition, or its opposite. Safe as an operand of `AND`, `OR` and `NOT`.
    func condition(_ node: Node, _ position: Position, negated: Bool = false) -> SQLFragment {
        switch node {
        case .and(let parts): return chain(parts, negated ? "OR" : "AND", position, negated)
        case .or(let parts): return chain(parts, negated ? "AND" : "OR", position, negated)
        case .not(let part): return condition(part, position, negated: !negated)
        case .constant(.bool(let value)): return truth(value != negated)
        case .isNull(let part): return negated ? "\(presence(part)) IS NOT NULL" : "\(presence(part)) IS NULL"
        case .compare(.equal, let left, let right):
            if position == .loose, !negated { return equality(left, right) }
            // One side is never null: `IS` never is either.
            if left.isNeverNull || right.isNeverNull {
                let isSame: SQLFragment = dialect == .sqlite ? "IS" : "IS NOT DISTINCT FROM"
                let differs: SQLFragment = dialect == .sqlite ? "IS NOT" : "IS DISTINCT FROM"
                return "\(value(left)) \(negated ? differs : isSame) \(value(right))"
            }
            return guarded("\(value(left)) = \(value(right))", position, negated)
        case .compare(let comparison, let left, let right):
            return guarded("\(value(left)) \(SQLFragment(text: comparison.rawValue)) \(value(right))", position, negated)
        case .between(let operand, let lower, let upper):
            return guarded("\(value(operand)) BETWEEN \(value(lower)) AND \(value(upper))", position, negated)
        case .contains(let element, let members):
            return contains(element, members, position, negated)
        case .aggregate(let aggregate) where aggregate.kind == .exists:
            let rows = exists(aggregate.rows, and: aggregate.value.map { "\(presence($0)) IS NOT NULL" })
            return negated ? "NOT \(rows)" : rows
        case .field(let access) where access.type == .bool && position == .loose && !negated && dialect == .sqlite:
            return "\(value(node)) = 1"
        default: return guarded(value(node), position, negated)
        }
    }

    private func chain(_ parts: [Node], _ word: String, _ position: Position, _ negated: Bool) -> SQLFragment {
        if parts.isEmpty { return truth(word == "AND") }
        return "(\(parts.map { condition($0, position, negated: negated) }.joined(" \(word) ")))"
    }

    private func guarded(_ test: SQLFragment, _ position: Position, _ negated: Bool) -> SQLFragment {
        if negated { return "(\(test)) IS NOT TRUE" }
        return position == .loose ? test : "(\(test)) IS TRUE"
    }

    /// What is NULL where the value is: of a reference to several collections the id alone.
    private func presence(_ node: Node) -> SQLFragment {
        if case .field(let access) = node, case .pair = access.storage, let (_, id) = pair(node) { return id }
        return value(node)
    }

    /// `path == value` where the value asks no row goes from the value to the rows: both steps have indexes. Only for references and
    /// filters, whose matches are few; for a field like `active` the rows at hand are fewer than the matches.
    private func equality(_ left: Node, _ right: Node) -> SQLFragment {
        for (path, other) in [(left, right), (right, left)] {
            guard case .follow(let base, let hop) = path, isBound(other), !isBound(base),
                hop.type.isReference || other.contains(where: { $0.isFilterValue })
            else { continue }
            return semiJoin(base, hop, "= \(value(other))")
        }
        if left.isPair || right.isPair, let one = pair(left), let other = pair(right) {
            return "(\(one.collection) = \(other.collection) AND \(one.id) = \(other.id))"
        }
        return "\(value(left)) = \(value(right))"
    }

    /// Collection and id of a reference to several collections, where they are at hand: two columns that an index may hold.
    func pair(_ node: Node) -> (collection: SQLFragment, id: SQLFragment)? {
        switch node {
        case .field(let access):
            guard case .pair(let collection, let id) = access.storage, !isBound(node) else {
                return access.type.isUnion && isBound(node) ? split(value(node)) : nil
            }
            let alias = alias(of: access.place)
            return ("\(name: alias).\(name: collection)", "\(name: alias).\(name: id)")
        case .whole(let part, let collection): return (text(collection), value(part))
        case .parameter: return split(value(node))
        default: return nil
        }
    }

    private func split(_ value: SQLFragment) -> (collection: SQLFragment, id: SQLFragment) {
        dialect == .sqlite
            ? ("substr(\(value), 1, instr(\(value), ':') - 1)", "substr(\(value), instr(\(value), ':') + 1)")
            : ("split_part(\(value), ':', 1)", "substr(\(value), strpos(\(value), ':') + 1)")
    }

    private func semiJoin(_ base: Node, _ hop: Hop, _ test: SQLFragment) -> SQLFragment {
        let alias = prefix + "_f"
        let matches: SQLFragment =
            "IN (SELECT \(name: alias).\"id\" FROM \(name: hop.target.table) AS \(name: alias) WHERE \(stored(hop.storage, hop.type, alias)) \(test)\(live(hop.target, alias)))"
        if case .follow(let earlier, let earlierHop) = base { return semiJoin(earlier, earlierHop, matches) }
        return "\(value(base)) \(matches)"
    }

    private func contains(_ element: Node, _ members: Members, _ position: Position, _ negated: Bool) -> SQLFragment {
        switch members {
        case .values(let items):
            if items.isEmpty { return truth(negated) }
            return guarded("\(value(element)) IN (\(items.map { value($0) }.joined(", ")))", position, negated)
        case .list(let node):
            guard let (owner, table) = storedList(node) else {
                return guarded("\(value(element)) IN (\(items(of: node)))", position, negated)
            }
            let alias = prefix + "_m"
            if position == .loose, !negated, isBound(element) {
                return
                    "\(owner) IN (SELECT \(name: alias).\"record\" FROM \(name: table) AS \(name: alias) WHERE \(name: alias).\"target\" = \(value(element)))"
            }
            let test: SQLFragment =
                "EXISTS (SELECT 1 FROM \(name: table) AS \(name: alias) WHERE \(name: alias).\"record\" = \(owner) AND \(name: alias).\"target\" = \(value(element)))"
            return negated ? "NOT \(test)" : test
        case .rows(let rows, let item):
            if position == .loose, !negated, isBound(element), let test = owners(of: rows, whose: equality(item, element)) {
                return test
            }
            let test = exists(rows, and: equality(item, element))
            return negated ? "NOT \(test)" : test
        }
    }

    /// From a value to the records whose to-many path holds it, where the record is a row of a table.
    private func owners(of rows: RowSet, whose test: SQLFragment) -> SQLFragment? {
        let alias = alias(rows.level)
        switch rows.origin {
        case .list(let node):
            guard let (owner, table) = storedList(node) else { return nil }
            let link = prefix + "_m"
            return
                "\(owner) IN (SELECT \(name: link).\"record\" FROM \(name: table) AS \(name: link) JOIN \(name: rows.target.table) AS \(name: alias) ON \(name: alias).\"id\" = \(name: link).\"target\" WHERE \(test)\(live(rows.target, alias)))"
        case .children(.field(let owner), .column(let column), _) where !isBound(.field(owner)):
            return
                "\(value(.field(owner))) IN (SELECT \(name: alias).\(name: column) FROM \(name: rows.target.table) AS \(name: alias) WHERE \(test)\(live(rows.target, alias)))"
        case .children(.field(let owner), .pair(let kind, let id), let collection) where !isBound(.field(owner)):
            return
                "\(value(.field(owner))) IN (SELECT \(name: alias).\(name: id) FROM \(name: rows.target.table) AS \(name: alias) WHERE \(name: alias).\(name: kind) = \(text(collection)) AND \(test)\(live(rows.target, alias)))"
        default: return nil
        }
    }

    /// Whether a value asks no row of a table, so that it is the same for all of them.
    func isBound(_ node: Node) -> Bool {
        !node.contains { node in
            switch node {
            case .field(let access):
                if case (.this, .memory) = (access.place, home) { false } else { true }
            case .aggregate, .overlap: true
            default: false
            }
        }
    }

    func live(_ target: Target, _ alias: String) -> SQLFragment {
        target.softDelete ? " AND \(name: alias).\"deleted_at\" IS NULL" : ""
    }
}

extension Node {
    /// Whether it is sure to have a value: what a comparison with it needs no guard for.
    fileprivate var isNeverNull: Bool {
        switch self {
        case .constant(let value): !value.isNull
        case .parameter(.now, _), .parameter(.requestIP, _), .parameter(.requestMethod, _), .parameter(.requestUserAgent, _): true
        case .and, .or, .not, .isNull, .compare, .between, .contains, .overlap: true
        case .call(.concat, _): true
        default: false
        }
    }

    fileprivate var isFilterValue: Bool { if case .parameter(.filterValue, _) = self { true } else { false } }

    fileprivate var isPair: Bool {
        if case .field(let access) = self, case .pair = access.storage { true } else { false }
    }
}

extension ValueType {
    fileprivate var isReference: Bool { if case .reference = self { true } else { false } }

    fileprivate var isUnion: Bool { if case .union = self { true } else { false } }
}
