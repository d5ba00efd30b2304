/// What a value may look like: the part of the language that is told to editors and readers.
package indirect enum Shape: Sendable {
    /// A string: what it is ("duration"), an example, and a pattern (ECMA-262) where it has one.
    case text(String, example: String? = nil, pattern: String? = nil)
    case choice([String])
    case integer(ClosedRange<Int64>)
    case number
    case bool
    /// Any plain value or list.
    case literal
    /// `least`: the items that it must have.
    case list(Shape, least: Int = 0)
    case either([Shape])
    case table([KeyDescription])
    /// A table whose keys are names that the operator chooses: what a name stands for, the value, and the names' pattern.
    case named(String, Shape, pattern: String = Name.pattern)
    /// Both: keys of the language, and names that the operator chooses besides.
    case open([KeyDescription], String, Shape)
    /// Anything that JSON can hold.
    case any

    /// The same where a list may not be empty.
    var filled: Shape {
        switch self {
        case .list(let item, _): .list(item, least: 1)
        case .either(let shapes): .either(shapes.map(\.filled))
        default: self
        }
    }

    /// In words, for the reference: "duration", "list of field name".
    package var words: String {
        switch self {
        case .text(let what, _, _): what
        case .choice(let values): values.map { "`\"\($0)\"`" }.joined(separator: ", ")
        case .integer: "whole number"
        case .number: "number"
        case .bool: "`true`, `false`"
        case .literal: "value"
        case .list(let item, _): "list of \(item.words)"
        case .either(let shapes): shapes.map(\.words).joined(separator: " or ")
        case .table: "table"
        case .named(let what, _, _), .open(_, let what, _): "table by \(what)"
        case .any: "any value"
        }
    }

    /// A value as it may be written, in TOML; nil where only a whole table would do.
    package var example: String? {
        switch self {
        case .text(_, let example, _): example
        case .choice(let values): values.first.map { "\"\($0)\"" }
        case .integer(let range): "\(max(range.lowerBound, min(range.upperBound, 10)))"
        case .number: "0.5"
        case .bool: "true"
        case .literal: "\"…\""
        case .list(let item, _): item.example.map { "[\($0)]" }
        case .either(let shapes): shapes.compactMap(\.example).first
        case .table(let keys):
            keys.first { $0.isRequired }.flatMap { key in key.shape.example.map { "{ \(key.name) = \($0) }" } }
        case .named(_, let item, _): item.example.map { "{ name = \($0) }" }
        case .open, .any: nil
        }
    }
}

/// A key of a table, as the reference and the schema tell it.
package struct KeyDescription: Sendable {
    package var name: String
    package var shape: Shape
    /// As TOML; nil: nothing unless written.
    package var initial: String?
    /// One line.
    package var doc: String
    package var isRequired = false
    /// False: it is read and checked, and nothing acts on it in this version.
    package var isInForce = true

    /// Whether it is a table with that key.
    func has(_ name: String) -> Bool {
        func has(_ shape: Shape) -> Bool {
            switch shape {
            case .table(let keys): keys.contains { $0.name == name }
            case .either(let shapes): shapes.contains(where: has)
            default: false
            }
        }
        return has(shape)
    }
}
