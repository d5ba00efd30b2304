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
    case list(Shape)
    case either([Shape])
    case table([KeyDescription])
    /// A table whose keys are names that the operator chooses: what a name stands for, and the value.
    case named(String, Shape)

    /// In words, for the reference: "duration", "list of field name".
    package var words: String {
        switch self {
        case .text(let what, _, _): what
        case .choice(let values): values.map { "`\"\($0)\"`" }.joined(separator: ", ")
        case .integer: "whole number"
        case .number: "number"
        case .bool: "`true`, `false`"
        case .literal: "value"
        case .list(let item): "list of \(item.words)"
        case .either(let shapes): shapes.map(\.words).joined(separator: " or ")
        case .table: "table"
        case .named(let what, _): "table by \(what)"
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
}
