import Expressions
import Ports
import Schema

/// Which rows: the FROM, WHERE and ORDER BY that all reads share. The table always bears the alias `t`.
enum Selection {
    static let alias = "t"

    static func column(_ name: String) -> String { "\"t\".\(SQLText.quoted(name))" }

    /// `FROM … WHERE …` for the rows of `access`; never less than the access rule and the state of life.
    static func rows(_ access: Access, isSearched: Bool = false) -> SQLText {
        let table = "\(SQLText.quoted(access.collection.model.table)) AS \"t\""
        var sql = SQLText(" FROM ")
        if isSearched {
            // The index of words decides first: it knows the few rows in question.
            let words = SQLText.quoted(SearchTable.name(access.collection))
            sql.append("\(words) CROSS JOIN \(table) ON \"t\".\"n\" = \(words).rowid WHERE \(words) MATCH ")
            sql.append(.search)
            sql.append(" AND ")
        } else {
            sql.append("\(table) WHERE ")
        }
        if access.isOfTenant, let field = access.collection.shape.tenant, let tenant = access.collection.fields[field].column {
            sql.append("\(column(tenant)) = ")
            sql.append(.tenant)
            sql.append(" AND ")
        }
        if access.isWalled, let field = access.collection.shape.origin, let tenant = access.collection.fields[field].column {
            // Two searches by tenant would have to be sorted: the index of the list's order, or of a filter, goes before (unary plus).
            sql.append("(+\(column(tenant)) IS NULL OR +\(column(tenant)) = ")
            sql.append(.tenant)
            sql.append(") AND ")
        }
        switch access.life {
        // In a collection without soft deletion no row has `deleted_at`; the index of keys alone decides.
        case .live: sql.append(access.collection.isSoftDeleted ? "\(column("deleted_at")) IS NULL" : "1")
        case .deleted: sql.append("\(column("deleted_at")) IS NOT NULL")
        case .any: sql.append("1")
        }
        for condition in access.conditions {
            sql.append(" AND (")
            sql.append(condition.expression.sql(.sqlite, alias: alias))
            sql.append(")")
        }
        return sql
    }

    static func restrict(_ sql: inout SQLText, to key: RecordKey, in collection: Collection) {
        for name in key.columns(in: collection) {
            sql.append(" AND \(column(name)) = ")
            sql.append(.key)
        }
    }

    // MARK: Filters

    static func restrict(_ sql: inout SQLText, to filters: [RecordList.Filter]) {
        for (number, filter) in filters.enumerated() {
            sql.append(" AND (")
            switch filter {
            case .declared(let condition, let values):
                let fragment = condition.expression.sql(.sqlite, alias: alias)
                let count = paddedCount(values.count)
                if count == 0 { sql.append("0") }
                for index in 0..<count {
                    sql.append(index > 0 ? " OR (" : "(")
                    sql.append(fragment) { .declared(filter: number, index, $0) }
                    sql.append(")")
                }
            case .kinds(let field, let names):
                guard case .pair(let kind, _) = field.model.storage else { sql.append("0)"); continue }
                sql.append("\(column(kind)) ")
                anyOf(&sql, filter: number, count: paddedCount(names.count))
            case .field(let field, let comparison, let values):
                let hasNull = values.contains(.null)
                let count = paddedCount(values.count - (hasNull ? values.count { $0 == .null } : 0))
                switch field.model.storage {
                // A field that holds references inside its values equals what it names.
                case .column where field.holdsPartReferences && comparison == .equal && count > 0:
                    sql.append("\(column("id")) IN (\(Mentions.records(field))")
                    anyOf(&sql, filter: number, count: count)
                    sql.append(")")
                // Ids are unique among all records, so the id alone finds a reference to several collections.
                case .pair(_, let id): compare(&sql, column(id), comparison, filter: number, count: count, hasNull: hasNull)
                case .column, .member, .list:
                    compare(&sql, value(of: field.model.storage), comparison, filter: number, count: count, hasNull: hasNull)
                case .members(let table):
                    contain(&sql, table, comparison, filter: number, count: count, hasNull: hasNull)
                }
            }
            sql.append(")")
        }
    }

    /// A field of the record as one value; NULL where its values stand in a table of their own.
    static func value(of storage: FieldModel.Storage) -> String {
        switch storage {
        case .column(let name), .list(let name): column(name)
        case .pair(let collection, let id): "(\(column(collection)) || ':' || \(column(id)))"
        case .member(let name, let path):
            "json_extract(\(column(name)), '$\(path.map { ".\"\($0)\"" }.joined())')"
        case .members: "NULL"
        }
    }

    /// Any-of lists are padded to a power of two by repeating the last value, so that few statements serve all lengths.
    static func paddedCount(_ count: Int) -> Int {
        var padded = count == 0 ? 0 : 1
        while padded < count { padded *= 2 }
        return padded
    }

    /// Two-valued: `!=` is exactly the opposite of `=`, and order comparisons are false on null (03-expressions).
    private static func compare(
        _ sql: inout SQLText, _ column: String, _ comparison: RecordList.Comparison, filter: Int, count: Int, hasNull: Bool
    ) {
        switch comparison {
        case .equal:
            if count == 0 { return sql.append(hasNull ? "\(column) IS NULL" : "0") }
            if hasNull { sql.append("\(column) IS NULL OR ") }
            sql.append("\(column) ")
            anyOf(&sql, filter: filter, count: count)
        case .notEqual:
            if count == 0 { return sql.append(hasNull ? "\(column) IS NOT NULL" : "1") }
            sql.append(hasNull ? "\(column) IS NOT NULL AND NOT (\(column) " : "\(column) IS NULL OR NOT (\(column) ")
            anyOf(&sql, filter: filter, count: count)
            sql.append(")")
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            if count == 0 || hasNull { return sql.append("0") }
            let sign =
                switch comparison {
                case .less: "<"
                case .lessOrEqual: "<="
                case .greater: ">"
                default: ">="
                }
            for index in 0..<count {
                sql.append("\(index > 0 ? " AND " : "")\(column) \(sign) ")
                sql.append(.value(filter: filter, index))
            }
        }
    }

    /// A to-many field equals a value when it holds it, and null when it is empty; it knows no order.
    private static func contain(
        _ sql: inout SQLText, _ table: String, _ comparison: RecordList.Comparison, filter: Int, count: Int, hasNull: Bool
    ) {
        guard comparison == .equal || comparison == .notEqual else { return sql.append("0") }
        let members = "EXISTS (SELECT 1 FROM \(SQLText.quoted(table)) AS \"m\" WHERE \"m\".\"record\" = \(column("id"))"
        if comparison == .notEqual { sql.append("NOT (") }
        if hasNull { sql.append("NOT \(members))") }
        if count > 0 {
            sql.append("\(hasNull ? " OR " : "")\(members) AND \"m\".\"target\" ")
            anyOf(&sql, filter: filter, count: count)
            sql.append(")")
        } else if !hasNull {
            sql.append("0")
        }
        if comparison == .notEqual { sql.append(")") }
    }

    private static func anyOf(_ sql: inout SQLText, filter: Int, count: Int) {
        sql.append(count == 1 ? "= " : "IN (")
        for index in 0..<count {
            if index > 0 { sql.append(", ") }
            sql.append(.value(filter: filter, index))
        }
        if count > 1 { sql.append(")") }
    }

    // MARK: Order

    /// A term of an order, as a column or computed.
    private struct Term {
        var sql: SQLText
        var field: Field?
        var descending: Bool
    }

    /// Without an order a search gives the best first. Ties follow the direction of the last term, so that one index on (term, id) serves both.
    static func order(_ sql: inout SQLText, of list: RecordList) {
        if list.order.isEmpty, list.search != nil {
            sql.append(" ORDER BY \(SearchTable.relevance(list.access.collection)), \(column("id")) DESC")
        } else {
            order(&sql, by: list.order)
        }
    }

    static func order(_ sql: inout SQLText, by order: [RecordList.Order]) {
        sql.append(" ORDER BY ")
        for (number, term) in terms(of: order).enumerated() {
            if number > 0 { sql.append(", ") }
            sql.append(term.sql)
            if term.descending { sql.append(" DESC") }
        }
    }

    /// The terms that decide, ending with the id.
    private static func terms(of order: [RecordList.Order]) -> [Term] {
        var terms: [Term] = []
        for term in order {
            switch term.subject {
            case .field(let field):
                guard let name = field.column else { continue }
                terms.append(Term(sql: SQLText(column(name)), field: field, descending: term.descending))
                if field.index == Row.System.id { return terms }
            case .value(let value):
                var sql = SQLText()
                sql.append(value.expression.sql(.sqlite, alias: alias))
                terms.append(Term(sql: sql, field: nil, descending: term.descending))
            }
        }
        return terms + [Term(sql: SQLText(column("id")), field: nil, descending: order.last?.descending == true)]
    }

    // MARK: Positions

    /// The fields whose values make up a position in a list of that order; the id follows them.
    static func positionFields(of order: [RecordList.Order]) -> [Field] {
        terms(of: order).compactMap(\.field).filter { $0.index != Row.System.id }
    }

    /// Only rows that come after `position`. Null comes first, as in `ORDER BY`.
    static func restrict(_ sql: inout SQLText, to position: RecordList.Position, in order: [RecordList.Order]) {
        let terms = terms(of: order)
        var closing = ""
        for (index, term) in terms.enumerated() {
            sql.append(index == 0 ? " AND " : "")
            let name = term.sql.text
            let sign = term.descending ? "<" : ">"
            guard index < terms.count - 1 else {
                sql.append("\(name) \(sign) ")
                sql.append(.position(nil))
                break
            }
            if position.values.indices.contains(index), position.values[index] != .null {
                // What is nowhere null can be bounded first, and then an index finds the place.
                let isNullable = term.field.map { !$0.required && $0.index >= Row.System.count } ?? true
                if index == 0, !term.descending || !isNullable {
                    sql.append("\(name) \(sign)= ")
                    sql.append(.position(index))
                    sql.append(" AND ")
                }
                sql.append("(\(name) \(sign) ")
                sql.append(.position(index))
                if term.descending, isNullable { sql.append(" OR \(name) IS NULL") }
                sql.append(" OR (\(name) = ")
                sql.append(.position(index))
            } else {
                sql.append(term.descending ? "(0 OR (\(name) IS NULL" : "(\(name) IS NOT NULL OR (\(name) IS NULL")
            }
            sql.append(" AND ")
            closing += "))"
        }
        sql.append(closing)
    }
}

extension RecordKey {
    /// The columns that it compares, one parameter each.
    func columns(in collection: Collection) -> [String] {
        switch self {
        case .id: ["id"]
        case .field(let index, _): [collection.fields[index].column ?? "id"]
        case .fields(let indexes, _): indexes.flatMap { collection.fields[$0].columns }
        }
    }

    /// What is bound to them; a reference to several collections is two values.
    func values(in collection: Collection) -> [Value] {
        switch self {
        case .id(let id): return [.text(id)]
        case .field(_, let value): return [value]
        case .fields(let indexes, let values):
            return zip(indexes, values).flatMap { index, value -> [Value] in
                guard collection.fields[index].columns.count == 2 else { return [value] }
                let reference = UnionReference(value)
                return [reference.map { .text($0.collection) } ?? .null, reference.map { .text($0.id) } ?? .null]
            }
        }
    }
}
