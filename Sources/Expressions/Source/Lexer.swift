/// A word of the language and where it stands.
struct Token: Equatable {
    enum Kind: Equatable {
        case text(String)
        case int(Int64)
        /// With its exact value, if that has at most 18 digits.
        case float(Double, Decimal?)
        /// Milliseconds.
        case duration(Int64)
        case name(String)
        case symbol(String)
        case end
    }

    var kind: Kind
    var range: Range<Int>
}

/// Cuts a source into tokens; positions count Unicode scalars.
struct Lexer {
    private let scalars: [Unicode.Scalar]
    private var position = 0

    init(_ source: String) throws(ExpressionFault) {
        scalars = Array(source.unicodeScalars)
        if scalars.count > SyntaxLimit.length {
            throw ExpressionFault(
                message: "an expression may have at most \(SyntaxLimit.length) characters", range: SyntaxLimit.length..<scalars.count)
        }
    }

    static func tokens(of source: String) throws(ExpressionFault) -> [Token] {
        var lexer = try Lexer(source)
        var tokens: [Token] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
        let index = position + offset
        return index < scalars.count ? scalars[index] : nil
    }

    private mutating func next() throws(ExpressionFault) -> Token {
        while let scalar = peek(), Self.isSpace(scalar) { position += 1 }
        let start = position
        guard let scalar = peek() else { return Token(kind: .end, range: start..<start) }
        if scalar == "'" { return try text() }
        if Self.isDigit(scalar) { return try number() }
        if Self.isNameStart(scalar) {
            while let scalar = peek(), Self.isNameStart(scalar) || Self.isDigit(scalar) { position += 1 }
            return Token(kind: .name(string(start..<position)), range: start..<position)
        }
        let pair = peek(1).map { String(scalar) + String($0) } ?? ""
        if ["==", "!=", "<=", ">=", ".."].contains(pair) {
            position += 2
            return Token(kind: .symbol(pair), range: start..<position)
        }
        if let advice = Self.foreign[pair] {
            throw ExpressionFault(message: "'\(pair)' is not an operator here", range: start..<start + 2, suggestion: advice)
        }
        let single = String(scalar)
        if "<>+-*/%()[],.$".unicodeScalars.contains(scalar) {
            position += 1
            return Token(kind: .symbol(single), range: start..<position)
        }
        throw ExpressionFault(
            message: scalar == "\"" ? "a text is written in single quotes" : "unexpected character '\(single)'",
            range: start..<start + 1, suggestion: Self.foreign[single])
    }

    /// Operators of other languages, and what is written here instead.
    private static let foreign = ["&&": "and", "||": "or", "<>": "!=", "=": "==", "!": "not", "&": "and", "|": "or"]

    private mutating func text() throws(ExpressionFault) -> Token {
        let start = position
        var content = String.UnicodeScalarView()
        position += 1
        while let scalar = peek() {
            position += 1
            if scalar == "'" {
                guard peek() == "'" else { return Token(kind: .text(String(content)), range: start..<position) }
                position += 1
            }
            if scalar.value == 0 {
                throw ExpressionFault(message: "a text cannot hold the character U+0000", range: position - 1..<position)
            }
            content.append(scalar)
        }
        throw ExpressionFault(message: "this text has no closing quote", range: start..<position)
    }

    /// Milliseconds of each unit of a duration.
    private static let units: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]

    private mutating func number() throws(ExpressionFault) -> Token {
        let start = position
        while let scalar = peek(), Self.isDigit(scalar) { position += 1 }
        if peek() == ".", let following = peek(1), Self.isDigit(following) {
            position += 1
            while let scalar = peek(), Self.isDigit(scalar) { position += 1 }
            if let scalar = peek(), Self.isNameStart(scalar) {
                throw ExpressionFault(message: "a number and a name must be kept apart", range: start..<position + 1)
            }
            let text = string(start..<position)
            guard let value = Double(text), value.isFinite else {
                throw ExpressionFault(message: "this number is too large", range: start..<position)
            }
            return Token(kind: .float(value, Decimal(text)), range: start..<position)
        }
        guard let value = Int64(string(start..<position)) else {
            throw ExpressionFault(message: "this number is too large", range: start..<position)
        }
        let unitStart = position
        while let scalar = peek(), Self.isNameStart(scalar) || Self.isDigit(scalar) { position += 1 }
        if unitStart == position { return Token(kind: .int(value), range: start..<position) }
        guard let unit = Self.units[string(unitStart..<position)] else {
            throw ExpressionFault(
                message: "'\(string(unitStart..<position))' is no unit of time (ms, s, m, h, d)", range: unitStart..<position)
        }
        let (milliseconds, overflow) = value.multipliedReportingOverflow(by: unit)
        if overflow { throw ExpressionFault(message: "this duration is too long", range: start..<position) }
        return Token(kind: .duration(milliseconds), range: start..<position)
    }

    private func string(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[range])
        return String(view)
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar >= "0" && scalar <= "9" }

    private static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
        (scalar >= "a" && scalar <= "z") || (scalar >= "A" && scalar <= "Z") || scalar == "_"
    }
}
