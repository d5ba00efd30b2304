/// A value of an expression, a field or a query parameter.
package enum Value: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    case float(Double)
    /// Exact; in a column of a table its units, with the scale of the field.
    case decimal(Decimal)
    /// NFC, without U+0000. A reference is its id, one to several collections `collection:id`; JSON is its text.
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
    case decimal(scale: Int)
    /// Any JSON, whose parts have no types here.
    case json
    /// A record of that collection; its value is the id as `.text`.
    case reference(to: String)
    /// A record of one of these collections; its value is `collection:id` as `.text`.
    case union([String])
    case list(ValueType)
}

extension ValueType {
    /// The collections that a reference, or a list of them, may lead to.
    package var collections: [String] {
        switch self {
        case .reference(let name): [name]
        case .union(let names): names
        case .list(let item): item.collections
        default: []
        }
    }
}
