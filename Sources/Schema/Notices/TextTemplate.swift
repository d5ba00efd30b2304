internal import Config
package import Expressions

/// A text with holes: what stands between `{{` and `}}` is an expression.
package struct TextTemplate: Sendable {
    package enum Part: Sendable {
        case literal(String)
        case value(Expression)
    }

    /// How values are written where they stand.
    package enum Escaping: Sendable {
        case none
        /// `& < > " '` as character references: safe in text and in quoted attributes.
        case html
    }

    package var parts: [Part]
    package var escaping: Escaping

    package init(parts: [Part], escaping: Escaping = .none) {
        self.parts = parts
        self.escaping = escaping
    }

    /// The expressions of the holes, in their order.
    package var holes: [Expression] {
        parts.compactMap { if case .value(let expression) = $0 { expression } else { nil } }
    }

    /// The text with what `write` makes of each hole.
    package func rendered(_ write: (Expression) throws -> String) rethrows -> String {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .value(let expression): text += escaping == .html ? Self.escaped(try write(expression)) : try write(expression)
            }
        }
        return text
    }

    static func escaped(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// One piece of a template's source.
    enum Piece: Equatable {
        case literal(String)
        /// The expression, with the offset of its first character in Unicode scalars.
        case hole(String, at: Int)
        /// A `{{` that nothing closes, or with nothing in it.
        case fault(String, at: Int)
    }

    /// Total and linear: any text has pieces.
    static func pieces(of text: String) -> [Piece] {
        let scalars = Array(text.unicodeScalars)
        func slice(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }
        func next(_ scalar: Unicode.Scalar, from start: Int) -> Int? {
            var index = start
            while index + 1 < scalars.count {
                if scalars[index] == scalar, scalars[index + 1] == scalar { return index }
                index += 1
            }
            return nil
        }
        var pieces: [Piece] = []
        var start = 0
        while start < scalars.count {
            guard let open = next("{", from: start) else { break }
            if open > start { pieces.append(.literal(slice(start..<open))) }
            guard let close = next("}", from: open + 2) else {
                pieces.append(.fault("'{{' is never closed", at: open))
                return pieces
            }
            var (lower, upper) = (open + 2, close)
            while lower < upper, scalars[lower].properties.isWhitespace { lower += 1 }
            while upper > lower, scalars[upper - 1].properties.isWhitespace { upper -= 1 }
            pieces.append(
                lower == upper ? .fault("there is nothing between '{{' and '}}'", at: open) : .hole(slice(lower..<upper), at: lower))
            start = close + 2
        }
        if start < scalars.count { pieces.append(.literal(slice(start..<scalars.count))) }
        return pieces
    }
}
