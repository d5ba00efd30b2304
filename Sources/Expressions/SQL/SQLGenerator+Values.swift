/// Values as SQL.
extension SQLGenerator {
    /// A value. Safe as an operand of any operator.
    func value(_ node: Node) -> SQLFragment {
        switch node {
        case .constant(.null): return "NULL"
        case .constant(.bool(let value)): return truth(value)
        case .constant(let value): return parameter(.value(value.scalar), value.type)
        case .parameter(let parameter, let type): return self.parameter(parameter, type)
        case .field(let access):
            if case (.this, .memory) = (access.place, home) { return parameter(.outer(access.index), access.type) }
            return stored(access.storage, access.type, alias(of: access.place))
        case .follow(let base, let hop):
            let alias = prefix + "_f"
            return
                "(SELECT \(stored(hop.storage, hop.type, alias)) FROM \(name: hop.target.table) AS \(name: alias) WHERE \(name: alias).\"id\" = \(value(base))\(live(hop.target, alias)))"
        case .and, .or, .not, .isNull, .compare, .between, .contains: return "(\(condition(node, .definite)))"
        case .arithmetic(let operation, let left, let right, let type):
            return arithmetic(operation, value(left), value(right), isReal: type == .float, isSafe: node.magnitude != nil)
        case .negative(let part, let type):
            if dialect == .sqlite, type != .float, node.magnitude == nil { return "atlas_subtract(0, \(value(part)))" }
            return "(- \(value(part)))"
        case .quotient(let left, let right, let quotient):
            return
                "atlas_divide(\(value(left)), \(value(right)), \(number: quotient.left), \(number: quotient.right), \(number: quotient.scale))"
        case .rescale(let part, let rescale): return self.rescale(value(part), rescale)
        case .widened(let part, let digits):
            let part: SQLFragment = dialect == .sqlite ? value(part) : "\(value(part))::numeric"
            return "(\(part) * \(power(digits)))"
        case .real(let part): return "CAST(\(value(part)) AS \(dialect == .sqlite ? "REAL" : "double precision"))"
        case .midnight(let part, let zone): return "atlas_midnight(\(value(part)), \(text(zone.name)))"
        case .calendar(let function, let part, let zone):
            return "atlas_calendar(\(value(part)), \(text(function.rawValue)), \(text(zone.name)))"
        case .written(let part, let scale): return "atlas_decimal(\(value(part)), \(number: scale))"
        case .part(let part, let collection): return self.part(part, collection)
        case .whole(let part, let collection): return "(\(text(collection + ":")) || \(value(part)))"
        case .call(let function, let arguments): return call(function, arguments)
        case .overlap(let left, let right):
            return "(SELECT count(DISTINCT \"x\") FROM (\(column(left))) AS \"l\" WHERE \"x\" IN (\(column(right))))"
        case .list(let items):
            return dialect == .sqlite
                ? "(SELECT json_group_array(\"x\") FROM (\(column(.values(items)))) WHERE \"x\" IS NOT NULL)"
                : "(SELECT coalesce(jsonb_agg(\"x\"), '[]') FROM (\(column(.values(items)))) AS \"l\" WHERE \"x\" IS NOT NULL)"
        case .aggregate(let aggregate): return self.aggregate(aggregate)
        case .question: return "NULL"
        }
    }

    func text(_ text: String) -> SQLFragment { parameter(.value(.text(text)), .text) }

    /// PostgreSQL must be told the type of a parameter, and that texts are compared by their bytes.
    private func parameter(_ parameter: SQLParameter, _ type: ValueType) -> SQLFragment {
        if dialect == .sqlite { return "\(parameter)" }
        return type.isText ? "(\(parameter)::text COLLATE \"C\")" : "\(parameter)::\(SQLFragment(text: type.postgresql))"
    }

    func alias(of place: RowPlace) -> String {
        switch (place, home) {
        case (.this, .table(let name)): name
        case (.this, .memory): prefix
        case (.inner(let level), _): alias(level)
        }
    }

    /// What a row of that alias stores.
    func stored(_ storage: FieldModel.Storage, _ type: ValueType, _ alias: String) -> SQLFragment {
        switch storage {
        case .column(let column):
            return type == .json && dialect == .postgresql ? "\(name: alias).\(name: column)::text" : "\(name: alias).\(name: column)"
        case .list(let column): return "\(name: alias).\(name: column)"
        case .pair(let collection, let id): return "(\(name: alias).\(name: collection) || ':' || \(name: alias).\(name: id))"
        case .member(let column, let path):
            if dialect == .sqlite {
                let keys = path.map { ".\"\($0)\"" }.joined()
                return "json_extract(\(name: alias).\(name: column), '$\(SQLFragment(text: keys.quotedOnce))')"
            }
            let keys = SQLFragment(text: path.joined(separator: ",").quotedOnce)
            if case .list = type { return "(\(name: alias).\(name: column) #> '{\(keys)}')" }
            let part: SQLFragment = "(\(name: alias).\(name: column) #>> '{\(keys)}')"
            return type.isText ? "(\(part) COLLATE \"C\")" : "\(part)::\(SQLFragment(text: type.postgresql))"
        case .members(let table):
            let link = prefix + "_m"
            if dialect == .sqlite {
                return
                    "(SELECT json_group_array(\"target\") FROM (SELECT \(name: link).\"target\" FROM \(name: table) AS \(name: link) WHERE \(name: link).\"record\" = \(name: alias).\"id\" ORDER BY \(name: link).\"position\"))"
            }
            return
                "(SELECT coalesce(jsonb_agg(\(name: link).\"target\" ORDER BY \(name: link).\"position\"), '[]') FROM \(name: table) AS \(name: link) WHERE \(name: link).\"record\" = \(name: alias).\"id\")"
        }
    }

    // MARK: Numbers

    private func arithmetic(
        _ operation: ArithmeticOperator, _ left: SQLFragment, _ right: SQLFragment, isReal: Bool, isSafe: Bool
    ) -> SQLFragment {
        if dialect == .postgresql {
            let divides = operation == .divide || operation == .remainder
            return "(\(left) \(SQLFragment(text: operation.rawValue)) \(divides ? "NULLIF(\(right), 0)" : right))"
        }
        let function: StoreFunction
        switch operation {
        case .remainder: return "(\(left) % \(right))"
        case _ where isSafe: return "(\(left) \(SQLFragment(text: operation.rawValue)) \(right))"
        case .add: function = isReal ? .addReal : .add
        case .subtract: function = isReal ? .subtractReal : .subtract
        case .multiply: function = isReal ? .multiplyReal : .multiply
        case .divide: function = .divideReal
        }
        return "\(SQLFragment(text: function.name))(\(left), \(right))"
    }

    private func power(_ digits: Int) -> SQLFragment { SQLFragment(text: "\(Decimal.power(digits))") }

    private func rescale(_ value: SQLFragment, _ rescale: Rescale) -> SQLFragment {
        if rescale.from == rescale.to { return value }
        if rescale.from < rescale.to {
            return arithmetic(.multiply, value, power(rescale.to - rescale.from), isReal: false, isSafe: false)
        }
        return "atlas_rescale(\(value), \(number: rescale.from), \(number: rescale.to), \(text(rescale.mode.rawValue)))"
    }

    private func part(_ node: Node, _ collection: String) -> SQLFragment {
        if case .field = node, let (kind, id) = pair(node) { return "(CASE WHEN \(kind) = \(text(collection)) THEN \(id) END)" }
        let length = collection.unicodeScalars.count + 1
        return
            "(SELECT CASE WHEN substr(\"x\", 1, \(number: length)) = \(text(collection + ":")) THEN substr(\"x\", \(number: length + 1)) END FROM (SELECT \(value(node)) AS \"x\") AS \"l\")"
    }

    // MARK: Functions

    private func call(_ function: Function, _ arguments: [Node]) -> SQLFragment {
        switch function {
        case .if:
            return "(CASE WHEN \(condition(arguments[0], .loose)) THEN \(value(arguments[1])) ELSE \(value(arguments[2])) END)"
        case .coalesce:
            if arguments.count == 1 { return value(arguments[0]) }
            return "coalesce(\(arguments.map { value($0) }.joined(", ")))"
        case .concat: return "(\(arguments.map { "coalesce(\(value($0)), '')" }.joined(" || ")))"
        // In the collation "C" letters other than A to Z have no case.
        case .lower, .upper:
            let collation: SQLFragment = dialect == .sqlite ? "" : " COLLATE \"C\""
            return "\(SQLFragment(text: function.rawValue))(\(value(arguments[0]))\(collation))"
        case .len: return "CAST(length(\(value(arguments[0]))) AS bigint)"
        case .words: return "atlas_words(\(value(arguments[0])))"
        case .wordsOfMarkup: return "atlas_words_of_markup(\(value(arguments[0])))"
        case .round where arguments.count == 2: return "atlas_round_real(\(value(arguments[0])), \(value(arguments[1])))"
        case .round, .ceil, .floor: return "atlas_int(\(value(arguments[0])), \(text(function.rawValue)))"
        case .abs: return "abs(\(value(arguments[0])))"
        case .search:
            let position: SQLFragment = dialect == .sqlite ? "instr" : "strpos"
            return "(\(position)(atlas_fold(\(value(arguments[0]))), atlas_fold(\(value(arguments[1])))) > 0)"
        // Nothing that asks a database holds these.
        case .random, .date, .time, .money, .day, .month, .year, .weekday: return "NULL"
        }
    }
}

extension Value {
    /// For a parameter that stands for it.
    fileprivate var type: ValueType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .float: .float
        case .decimal(let value): .decimal(scale: value.scale)
        case .text: .text
        case .moment: .moment
        case .date: .date
        case .duration: .duration
        case .list(let items): .list(items.first?.type ?? .text)
        }
    }
}

extension ValueType {
    var isText: Bool {
        switch self {
        case .text, .reference, .union, .json, .null: true
        default: false
        }
    }

    /// The type of a column that holds it.
    package var postgresql: String {
        switch self {
        case .bool: "boolean"
        case .int, .moment, .date, .duration, .decimal: "bigint"
        case .float: "double precision"
        case .text, .reference, .union, .null: "text"
        case .json: "text"
        case .list: "jsonb"
        }
    }
}

extension String {
    /// For a place between single quotes in SQL.
    fileprivate var quotedOnce: String { split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") }
}
