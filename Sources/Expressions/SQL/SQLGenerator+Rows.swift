/// Sets of rows, lists and aggregates as SQL.
extension SQLGenerator {
    /// The owner's id and the table, if a list stands in a table and not in memory.
    func storedList(_ node: Node) -> (owner: SQLFragment, table: String)? {
        guard case .field(let access) = node, case .members(let table) = access.storage, !isBound(node) else { return nil }
        return ("\(name: alias(of: access.place)).\"id\"", table)
    }

    /// The members of a list-valued node as a table of one column, `x`.
    func items(of node: Node) -> SQLFragment {
        if case .list(let items) = node { return column(.values(items)) }
        if let (owner, table) = storedList(node) {
            let alias = prefix + "_m"
            return
                "SELECT \(name: alias).\"target\" AS \"x\" FROM \(name: table) AS \(name: alias) WHERE \(name: alias).\"record\" = \(owner)"
        }
        if dialect == .sqlite { return "SELECT \"value\" AS \"x\" FROM json_each(\(value(node)))" }
        let type = node.elementType
        let item: SQLFragment = type.isText ? "\"e\".\"v\" COLLATE \"C\"" : "\"e\".\"v\"::\(SQLFragment(text: type.postgresql))"
        return "SELECT \(item) AS \"x\" FROM jsonb_array_elements_text(\(value(node))) AS \"e\"(\"v\")"
    }

    /// Members as a table of one column, `x`.
    func column(_ members: Members) -> SQLFragment {
        switch members {
        case .values(let items):
            let items = items.filter { $0 != .constant(.null) }
            if items.isEmpty { return "SELECT NULL AS \"x\" WHERE \(truth(false))" }
            return items.map { "SELECT \(value($0)) AS \"x\"" }.joined(" UNION ALL ")
        case .list(let node): return items(of: node)
        case .rows(let rows, let item): return "SELECT \(value(item)) AS \"x\" FROM \(from(rows))"
        }
    }

    func aggregate(_ aggregate: Aggregate) -> SQLFragment {
        let item = aggregate.value.map { value($0) } ?? "*"
        let result: SQLFragment
        switch aggregate.kind {
        case .exists: return "(\(condition(.aggregate(aggregate), .definite)))"
        case .count: result = "count(\(item))"
        case .sum: result = sum(item, aggregate.itemType)
        case .avg: result = average(item, aggregate)
        case .min, .max: result = "\(SQLFragment(text: aggregate.kind.rawValue))(\(item))"
        case .first:
            let alias = alias(aggregate.rows.level)
            return "(SELECT \(item) FROM \(from(aggregate.rows)) ORDER BY \(name: alias).\"n\" LIMIT 1)"
        }
        return "(SELECT \(result) FROM \(from(aggregate.rows)))"
    }

    /// Nothing to add is 0 (11-precisions 7).
    private func sum(_ item: SQLFragment, _ type: ValueType) -> SQLFragment {
        switch dialect {
        case .sqlite: type == .float ? "atlas_sum_real(\(item))" : "atlas_sum(\(item))"
        case .postgresql: type == .float ? "coalesce(sum(\(item)), 0)" : "coalesce(sum(\(item)), 0)::bigint"
        }
    }

    private func average(_ item: SQLFragment, _ aggregate: Aggregate) -> SQLFragment {
        if case .decimal(let scale) = aggregate.itemType {
            let digits = aggregate.type.scale ?? Quotient.digits
            return dialect == .sqlite
                ? "atlas_average(\(item), \(number: scale), \(number: digits))"
                : "atlas_divide(sum(\(item)), count(\(item)), \(number: scale), 0, \(number: digits))"
        }
        return dialect == .sqlite
            ? "atlas_average_real(\(item))" : "sum(CAST(\(item) AS double precision)) / NULLIF(count(\(item)), 0)"
    }

    /// A whole statement: the ids of the rows, rising, as one list.
    func ids(_ rows: RowSet, limit: Int) -> SQLFragment {
        let id: SQLFragment = "\(name: alias(rows.level)).\"id\""
        let list: SQLFragment = dialect == .sqlite ? "json_group_array(\"x\")" : "coalesce(jsonb_agg(\"x\"), '[]')"
        return "SELECT \(list) FROM (SELECT \(id) AS \"x\" FROM \(from(rows)) ORDER BY 1 LIMIT \(number: limit)) AS \"rows\""
    }

    func exists(_ rows: RowSet, and test: SQLFragment?) -> SQLFragment {
        "EXISTS (SELECT 1 FROM \(from(rows, and: test)))"
    }

    /// What follows FROM: the tables and their conditions.
    func from(_ rows: RowSet, and test: SQLFragment? = nil) -> SQLFragment {
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
        case .among(let members): conditions.append("\(name: alias).\"id\" IN (\(column(members)))")
        case .children(let owner, .pair(let kind, let id), let collection):
            conditions.append("\(name: alias).\(name: kind) = \(text(collection)) AND \(name: alias).\(name: id) = \(value(owner))")
        case .children(let owner, let storage, let collection):
            conditions.append("\(stored(storage, .reference(to: collection), alias)) = \(value(owner))")
        case .members(let owner, let table): join(table, value(owner))
        case .list(let node):
            if let (owner, table) = storedList(node) {
                join(table, owner)
            } else {
                conditions.append("\(name: alias).\"id\" IN (\(items(of: node)))")
            }
        }
        if rows.target.softDelete { conditions.append("\(name: alias).\"deleted_at\" IS NULL") }
        if let condition = rows.condition { conditions.append(self.condition(condition, .loose)) }
        if let test { conditions.append(test) }
        return conditions.isEmpty ? tables : "\(tables) WHERE \(conditions.joined(" AND "))"
    }
}

extension Node {
    /// Of a list-valued node.
    fileprivate var elementType: ValueType {
        let type: ValueType? =
            switch self {
            case .parameter(_, let type): type
            case .field(let access): access.type
            case .follow(_, let hop): hop.type
            default: nil
            }
        if case .list(let element) = type { return element }
        return .text
    }
}
