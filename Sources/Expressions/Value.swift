/// A value of an expression, a field or a query parameter.
package enum Value: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    case float(Double)
    /// NFC, without U+0000. References are the text of their id.
    case text(String)
    /// Milliseconds since 1970-01-01T00:00:00Z.
    case moment(Int64)
    /// Days since 1970-01-01.
    case date(Int64)
    /// Milliseconds.
    case duration(Int64)
    case list([Value])

    package var isNull: Bool { self == .null }
}

/// What kind of value an expression or a field has.
package indirect enum ValueType: Sendable, Hashable {
    /// The type of the literal `null`: fits everywhere.
    case null
    case bool, int, float, text, moment, date, duration
    /// A record of that collection; its value is the id as `.text`.
    case reference(to: String)
    case list(ValueType)
}
