/// Writes a checked expression as SQL for SQLite.
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

    /// How a condition may come out.
    enum Position {
        /// True, or else false or NULL.
        case loose
        /// True or false.
        case definite
    }

    private var prefix: String {
        if case .table(let alias) = home { alias } else { "r" }
    }

    private func alias(_ level: Int) -> String { "\(prefix)_\(level + 1)" }

    // MARK: Conditions

    /// A condition, or its opposite. Safe as an operand of `AND`, `OR` and `NOT`.
    func condition(_ node: Node, _ position: Position, negated: Bool = false) -> SQLFragment {
        switch node {
        case .and(let parts): return chain(parts, negated ? "OR" : "AND", position, negated)
        case .or(let parts): return chain(parts, negated ? "AND" : "OR", position, negated)
        case .not(let part): return condition(part, position, negated: !negated)
        case .constant(.bool(let value)): return value != negated ? "1" : "0"
        case .isNull(let part): return negated ? "\(value(part)) IS NOT NULL" : "\(value(part)) IS NULL"
        case .compare(.equal, let left, let right):
            if position == .loose, !negated { return equality(left, right) }
            // One side is never null: `IS` never is either.
            if left.isNeverNull || right.isNeverNull {
                return negated ? "\(value(left)) IS NOT \(value(right))" : "\(value(left)) IS \(value(right))"
            }
            return guarded("\(value(left)) = \(value(right))", position, negated)
        case .compare(let comparison, let left, let right):
            return guarded("\(value(left)) \(SQLFragment(text: comparison.rawValue)) \(value(right))", position, negated)
        case .between(let operand, let lower, let upper):
            return guarded("\(value(operand)) BETWEEN \(value(lower)) AND \(value(upper))", position, negated)
        case .contains(let element, let members):
            return contains(element, members, position, negated)
        case .aggregate(let aggregate) where aggregate.kind == .exists:
            let rows = exists(aggregate.rows, and: aggregate.value.map { "\(value($0)) IS NOT NULL" })
            return negated ? "NOT \(rows)" : rows
        case .field(let access) where access.isBool && position == .loose && !negated:
            return "\(value(node)) = 1"
        default: return guarded(value(node), position, negated)
        }
    }

    private func chain(_ parts: [Node], _ word: String, _ position: Position, _ negated: Bool) -> SQLFragment {
        if parts.isEmpty { return word == "AND" ? "1" : "0" }
        return "(\(parts.map { condition($0, position, negated: negated) }.joined(" \(word) ")))"
    }

    private func guarded(_ test: SQLFragment, _ position: Position, _ negated: Bool) -> SQLFragment {
        if negated { return "(\(test)) IS NOT TRUE" }
        return position == .loose ? test : "(\(test)) IS TRUE"
    }

    /// `path == value` where the value asks no row goes from the value to the rows: both steps have indexes. Only for references and
    /// filters, whose matches are few; for a field like `active` the rows at hand are fewer than the matches.
    private func equality(_ left: Node, _ right: Node) -> SQLFragment {
        for (path, other) in [(left, right), (right, left)] {
            guard case .follow(let base, let hop) = path, isBound(other), !isBound(base),
                hop.isReference || other.contains(where: { $0 == .parameter(.filterValue) })
            else { continue }
            return semiJoin(base, hop, "= \(value(other))")
        }
        return "\(value(left)) = \(value(right))"
    }

    private func semiJoin(_ base: Node, _ hop: Hop, _ test: SQLFragment) -> SQLFragment {
        let alias = prefix + "_f"
        let matches: SQLFragment =
            "IN (SELECT \(name: alias).\"id\" FROM \(name: hop.target.table) AS \(name: alias) WHERE \(name: alias).\(name: hop.column) \(test)\(live(hop.target, alias)))"
        if case .follow(let earlier, let earlierHop) = base { return semiJoin(earlier, earlierHop, matches) }
        return "\(value(base)) \(matches)"
    }

    private func contains(_ element: Node, _ members: Members, _ position: Position, _ negated: Bool) -> SQLFragment {
        switch members {
        case .values(let items):
            if items.isEmpty { return negated ? "1" : "0" }
            return guarded("\(value(element)) IN (\(items.map { value($0) }.joined(", ")))", position, negated)
        case .list(let node):
            guard let (owner, table) = storedList(node) else {
                return guarded("\(value(element)) IN (SELECT \"value\" FROM json_each(\(value(node))))", position, negated)
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
            if position == .loose, !negated, isBound(element), let test = owners(of: rows, whose: "\(value(item)) = \(value(element))") {
                return test
            }
            let test = exists(rows, and: "\(value(item)) = \(value(element))")
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
        case .children(.field(let owner), let column) where !isBound(.field(owner)):
            return
                "\(value(.field(owner))) IN (SELECT \(name: alias).\(name: column) FROM \(name: rows.target.table) AS \(name: alias) WHERE \(test)\(live(rows.target, alias)))"
        default: return nil
        }
    }

    /// Whether a value asks no row of a table, so that it is the same for all of them.
    private func isBound(_ node: Node) -> Bool {
        !node.contains { node in
            switch node {
            case .field(let access):
                switch (access.place, home) {
                case (.old, _), (.this, .memory): false
                default: true
                }
            case .aggregate, .overlap: true
            default: false
            }
        }
    }

    private func live(_ target: Target, _ alias: String) -> SQLFragment {
        target.softDelete ? " AND \(name: alias).\"deleted_at\" IS NULL" : ""
    }

    // MARK: Values

    /// A value. Safe as an operand of any operator.
    func value(_ node: Node) -> SQLFragment {
        switch node {
        case .constant(.null): return "NULL"
        case .constant(.bool(let value)): return value ? "1" : "0"
        case .constant(let value): return "\(SQLParameter.value(value.scalar))"
        case .parameter(let parameter): return "\(parameter)"
        case .field(let access): return field(access)
        case .follow(let base, let hop):
            let alias = prefix + "_f"
            return
                "(SELECT \(name: alias).\(name: hop.column) FROM \(name: hop.target.table) AS \(name: alias) WHERE \(name: alias).\"id\" = \(value(base))\(live(hop.target, alias)))"
        case .and, .or, .not, .isNull, .compare, .between, .contains: return "(\(condition(node, .definite)))"
        case .arithmetic(.divide, let left, let right, _): return "(CAST(\(value(left)) AS REAL) / \(value(right)))"
        case .arithmetic(let operation, let left, let right, _):
            return "(\(value(left)) \(SQLFragment(text: operation.rawValue)) \(value(right)))"
        case .negative(let part, _): return "(- \(value(part)))"
        // `abs` of the smallest integer fails with "integer overflow" (sqlite.org/lang_corefunc.html).
        case .exact(let part):
            return once(part, "CASE typeof(\"x\") WHEN 'real' THEN abs(-9223372036854775807 - 1) ELSE \"x\" END")
        case .real(let part): return "CAST(\(value(part)) AS REAL)"
        case .midnight(let part): return "(\(value(part)) * 86400000)"
        case .call(let function, let arguments): return call(function, arguments)
        case .overlap(let left, let right):
            return "(SELECT count(DISTINCT \"x\") FROM (\(column(left))) WHERE \"x\" IN (\(column(right))))"
        case .list(let items):
            return "(SELECT json_group_array(\"x\") FROM (\(column(.values(items)))) WHERE \"x\" IS NOT NULL)"
        case .aggregate(let aggregate): return self.aggregate(aggregate)
        case .question: return "NULL"
        }
    }

    /// A value that is used several times but computed once: a subquery without FROM is never flattened
    /// (sqlite.org/optoverview.html, "Subquery flattening"; select.c, restriction 7).
    private func once(_ node: Node, _ text: String) -> SQLFragment {
        "(SELECT \(SQLFragment(text: text)) FROM (SELECT \(value(node)) AS \"x\"))"
    }

    private func field(_ access: FieldAccess) -> SQLFragment {
        let alias: String
        switch (access.place, home) {
        case (.old, _): return "\(SQLParameter.old(access.index))"
        case (.this, .memory): return "\(SQLParameter.outer(access.index))"
        case (.this, .table(let name)): alias = name
        case (.inner(let level), _): alias = self.alias(level)
        }
        switch access.storage {
        case .column(let column), .list(let column): return "\(name: alias).\(name: column)"
        case .pair(let collection, let id): return "(\(name: alias).\(name: collection) || ':' || \(name: alias).\(name: id))"
        case .member(let column, let path):
            let keys = path.map { ".\"\($0)\"" }.joined()
            return "json_extract(\(name: alias).\(name: column), \(SQLParameter.value(.text("$" + keys))))"
        case .members(let table):
            let link = prefix + "_m"
            return
                "(SELECT json_group_array(\"target\") FROM (SELECT \(name: link).\"target\" FROM \(name: table) AS \(name: link) WHERE \(name: link).\"record\" = \(name: alias).\"id\" ORDER BY \(name: link).\"position\"))"
        }
    }

    /// The owner's id and the table, if a list stands in a table and not in memory.
    private func storedList(_ node: Node) -> (owner: SQLFragment, table: String)? {
        guard case .field(let access) = node, case .members(let table) = access.storage, !isBound(node) else { return nil }
        let id = FieldAccess(place: access.place, index: Row.System.id, storage: .column("id"), isBool: false)
        return (field(id), table)
    }

    private func call(_ function: Function, _ arguments: [Node]) -> SQLFragment {
        switch function {
        case .if:
            return "(CASE WHEN \(condition(arguments[0], .loose)) THEN \(value(arguments[1])) ELSE \(value(arguments[2])) END)"
        case .coalesce:
            if arguments.count == 1 { return value(arguments[0]) }
            return "coalesce(\(arguments.map { value($0) }.joined(", ")))"
        case .concat: return "(\(arguments.map { "coalesce(\(value($0)), '')" }.joined(" || ")))"
        case .lower, .upper: return "\(SQLFragment(text: function.rawValue))(\(value(arguments[0])))"
        case .len: return "length(\(value(arguments[0])))"
        case .words: return words(arguments[0])
        case .round, .ceil, .floor: return "CAST(\(SQLFragment(text: function.rawValue))(\(value(arguments[0]))) AS INTEGER)"
        case .abs: return "abs(\(value(arguments[0])))"
        // No condition holds it, and nothing else is asked of a database.
        case .random: return "NULL"
        case .day, .month, .year, .weekday: return calendar(function, arguments[0])
        }
    }

    /// Runs of spaces become one: each is written U+0001 U+0002, neighbours U+0002 U+0001 fall away. Both characters, should they occur,
    /// have become letters before.
    private func words(_ text: Node) -> SQLFragment {
        var plain = "replace(replace(\"x\", char(1), 'x'), char(2), 'x')"
        for space in 9...13 { plain = "replace(\(plain), char(\(space)), ' ')" }
        let paired = "replace(trim(\(plain)), ' ', char(1) || char(2))"
        let single = "replace(replace(\(paired), char(2) || char(1), ''), char(1) || char(2), ' ')"
        let count = "CASE \"x\" WHEN '' THEN 0 ELSE length(\"x\") - length(replace(\"x\", ' ', '')) + 1 END"
        return "(SELECT \(SQLFragment(text: count)) FROM (SELECT \(once(text, single)) AS \"x\"))"
    }

    private func calendar(_ function: Function, _ moment: Node) -> SQLFragment {
        let day = "(\"x\" - (\"x\" % 86400000 + 86400000) % 86400000)"
        let second = "((\"x\" - (\"x\" % 1000 + 1000) % 1000) / 1000)"
        let result =
            switch function {
            case .day: day
            case .weekday: "(\(day) / 86400000 % 7 + 10) % 7 + 1"
            case .month: "unixepoch(\(second), 'unixepoch', 'start of month') * 1000"
            default: "unixepoch(\(second), 'unixepoch', 'start of year') * 1000"
            }
        let range = "\"x\" BETWEEN \(Calendar.range.lowerBound) AND \(Calendar.range.upperBound)"
        return once(moment, "CASE WHEN \(range) THEN \(result) END")
    }

    // MARK: Rows

    private func aggregate(_ aggregate: Aggregate) -> SQLFragment {
        let item = aggregate.value.map { value($0) } ?? "*"
        let result: SQLFragment
        switch aggregate.kind {
        case .exists: return "(\(condition(.aggregate(aggregate), .definite)))"
        case .count: result = "count(\(item))"
        // Nothing to add is 0 (11-precisions 7); `total` does so for floats.
        case .sum: result = aggregate.type == .float ? "total(\(item))" : "coalesce(sum(\(item)), 0)"
        case .avg, .min, .max: result = "\(SQLFragment(text: aggregate.kind.rawValue))(\(item))"
        case .first:
            let alias = alias(aggregate.rows.level)
            return "(SELECT \(item) FROM \(from(aggregate.rows)) ORDER BY \(name: alias).\"n\" LIMIT 1)"
        }
        return "(SELECT \(result) FROM \(from(aggregate.rows)))"
    }

    private func exists(_ rows: RowSet, and test: SQLFragment?) -> SQLFragment {
        "EXISTS (SELECT 1 FROM \(from(rows, and: test)))"
    }

    /// Members as a table of one column, `x`.
    private func column(_ members: Members) -> SQLFragment {
        switch members {
        case .values(let items):
            if items.isEmpty { return "SELECT NULL AS \"x\" WHERE 0" }
            return items.map { "SELECT \(value($0)) AS \"x\"" }.joined(" UNION ALL ")
        case .list(let node):
            guard let (owner, table) = storedList(node) else { return "SELECT \"value\" AS \"x\" FROM json_each(\(value(node)))" }
            let alias = prefix + "_m"
            return
                "SELECT \(name: alias).\"target\" AS \"x\" FROM \(name: table) AS \(name: alias) WHERE \(name: alias).\"record\" = \(owner)"
        case .rows(let rows, let item): return "SELECT \(value(item)) AS \"x\" FROM \(from(rows))"
        }
    }

    /// What follows FROM: the tables and their conditions.
    private func from(_ rows: RowSet, and test: SQLFragment? = nil) -> SQLFragment {
        let alias = alias(rows.level)
        let link = prefix + "_m"
        var tables: SQLFragment = "\(name: rows.target.table) AS \(name: alias)"
        var conditions: [SQLFragment] = []
        func join(_ table: String, _ owner: SQLFragment) {
            tables =
                "\(name: table) AS \(name: link) JOIN \(name: rows.target.table) AS \(name: alias) ON \(name: alias).\"id\" = \(name: link).\"target\""
            conditions.append("\(name: link).\"record\" = \(owner)")
        }
        switch rows.origin {
        case .all: break
        case .children(let owner, let column): conditions.append("\(name: alias).\(name: column) = \(value(owner))")
        case .members(let owner, let table): join(table, value(owner))
        case .list(let node):
            if let (owner, table) = storedList(node) {
                join(table, owner)
            } else {
                conditions.append("\(name: alias).\"id\" IN (SELECT \"value\" FROM json_each(\(value(node))))")
            }
        }
        if rows.target.softDelete { conditions.append("\(name: alias).\"deleted_at\" IS NULL") }
        if let condition = rows.condition { conditions.append(self.condition(condition, .loose)) }
        if let test { conditions.append(test) }
        return conditions.isEmpty ? tables : "\(tables) WHERE \(conditions.joined(" AND "))"
    }
}

extension Node {
    /// Whether it is sure to have a value: what a comparison with it needs no guard for.
    fileprivate var isNeverNull: Bool {
        switch self {
        case .constant(let value): !value.isNull
        case .parameter(.now), .parameter(.requestIP), .parameter(.requestMethod), .parameter(.requestUserAgent): true
        case .and, .or, .not, .isNull, .compare, .between, .contains, .overlap: true
        case .call(.concat, _): true
        default: false
        }
    }
}
