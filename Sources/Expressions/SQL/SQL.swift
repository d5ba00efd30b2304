package enum SQLDialect: Sendable, Hashable {
    /// With `StoreFunction` and `StoreAggregate` registered on the connection.
    case sqlite
    /// 15 or later, with `PostgreSQLFunctions.installation` in the database. Numbers, moments and the units of decimals are `bigint`,
    /// floats `double precision`, JSON and lists `jsonb`, texts and ids `text COLLATE "C"`.
    case postgresql
}

/// What stands behind a `?` of generated SQL; resolved for each execution, in order.
package enum SQLParameter: Sendable, Hashable {
    case value(Value)
    /// A value of the caller's row; null when anonymous.
    case me(Int)
    /// A value of the other rows that an environment holds.
    case member(Int), tenant(Int), given(Int), to(Int), old(Int), new(Int)
    case now
    case requestIP, requestMethod, requestUserAgent
    case input(String)
    /// A value of `Scope.names`.
    case name(String)
    /// A part of the JSON that a job answered, if it is of that type.
    case out([String], ValueType)
    case filterValue
    /// A value of the row in memory that a sub-query is asked about (`SQLQuery` only).
    case outer(Int)
}

/// A part of a statement. `text` holds one `?` for each parameter, in order, and no other.
package struct SQLFragment: Sendable, Hashable {
    package var text: String
    package var parameters: [SQLParameter]

    package init(text: String, parameters: [SQLParameter] = []) {
        self.text = text
        self.parameters = parameters
    }

    /// For PostgreSQL, once the statement is whole: the placeholders as `$1`, `$2`, ….
    package var numbered: SQLFragment {
        var result = ""
        var number = 0
        for part in text.split(separator: "?", omittingEmptySubsequences: false) {
            if number > 0 { result += "$\(number)" }
            result += part
            number += 1
        }
        return SQLFragment(text: result, parameters: parameters)
    }
}

/// A whole `SELECT` with one column and at most one row, its parameters resolved.
package struct SQLQuery: Sendable, Hashable {
    package var text: String
    package var values: [Value]
    package var type: ValueType

    package init(text: String, values: [Value], type: ValueType) {
        self.text = text
        self.values = values
        self.type = type
    }
}

extension Environment {
    /// The value to bind for a parameter that asks no row in memory; `.outer` is null here. Lists are JSON texts.
    package func value(of parameter: SQLParameter) -> Value {
        plainValue(of: parameter).scalar
    }

    /// The value as the evaluator takes it: lists as they are.
    func plainValue(of parameter: SQLParameter) -> Value {
        switch parameter {
        case .value(let value): value
        case .me(let index): me?.value(at: index) ?? .null
        case .member(let index): member?.value(at: index) ?? .null
        case .tenant(let index): tenant?.value(at: index) ?? .null
        case .given(let index): given?.value(at: index) ?? .null
        case .to(let index): to?.value(at: index) ?? .null
        case .old(let index): old?.value(at: index) ?? .null
        case .new(let index): new?.value(at: index) ?? .null
        case .name(let name): names[name] ?? .null
        case .out(let path, let type): out.map { JSONPart.value(of: $0, at: path, as: type) } ?? .null
        case .now: .moment(now)
        case .requestIP: .text(request.ip)
        case .requestMethod: .text(request.method)
        case .requestUserAgent: .text(request.userAgent)
        case .input(let name): input[name] ?? .null
        case .filterValue: filterValue
        case .outer: .null
        }
    }
}
