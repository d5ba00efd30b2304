package enum SQLDialect: Sendable, Hashable {
    case sqlite
}

/// What stands behind a `?` of generated SQL; resolved for each execution, in order.
package enum SQLParameter: Sendable, Hashable {
    case value(Value)
    /// A value of the caller's row; null when anonymous.
    case me(Int)
    case now
    case requestIP, requestMethod, requestUserAgent
    case input(String)
    case filterValue
    /// A value of the row in memory that a sub-query is asked about (`SQLQuery` only).
    case outer(Int)
    /// A value of that row as it was before (`old`).
    case old(Int)
}

/// A part of a statement. `text` holds one `?` for each parameter, in order.
package struct SQLFragment: Sendable, Hashable {
    package var text: String
    package var parameters: [SQLParameter]

    package init(text: String, parameters: [SQLParameter] = []) {
        self.text = text
        self.parameters = parameters
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
    /// The value to bind for a parameter that asks no row in memory; `.outer` and `.old` are null here. Lists are JSON texts.
    package func value(of parameter: SQLParameter) -> Value {
        plainValue(of: parameter).scalar
    }

    /// The value as the evaluator takes it: lists as they are.
    func plainValue(of parameter: SQLParameter) -> Value {
        switch parameter {
        case .value(let value): value
        case .me(let index): me?.value(at: index) ?? .null
        case .now: .moment(now)
        case .requestIP: .text(request.ip)
        case .requestMethod: .text(request.method)
        case .requestUserAgent: .text(request.userAgent)
        case .input(let name): input[name] ?? .null
        case .filterValue: filterValue
        case .outer, .old: .null
        }
    }
}
