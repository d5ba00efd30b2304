/// Reads a pattern into its tree, or says where it leaves the language.
struct PatternParser {
    private static let maximumDepth = 64
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    init(_ source: String) {
        scalars = Array(source.unicodeScalars)
    }

    mutating func parse() throws(PatternError) -> PatternTree {
        let tree = try alternatives()
        if position < scalars.count { throw error("')' without '('; a literal one is '\\)'") }
        return tree
    }

    private func error(_ reason: String, at offset: Int? = nil) -> PatternError {
        PatternError(reason: reason, offset: offset ?? position)
    }

    private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    /// Goes over a scalar if it comes next.
    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        position += 1
        return true
    }

    private mutating func alternatives() throws(PatternError) -> PatternTree {
        var parts = [try sequence()]
        while take("|") { parts.append(try sequence()) }
        return parts.count == 1 ? parts[0] : .alternatives(parts)
    }

    private mutating func sequence() throws(PatternError) -> PatternTree {
        var parts: [PatternTree] = []
        while let scalar = peek, scalar != "|", scalar != ")" { parts.append(try term(scalar)) }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func term(_ scalar: Unicode.Scalar) throws(PatternError) -> PatternTree {
        let start = position
        position += 1
        let atom: PatternTree
        switch scalar {
        case "^": return .assertion(.start)
        case "$": return .assertion(.end)
        case "(": atom = try group(start)
        case "[": atom = .set(try scalarClass(start))
        case ".": atom = .set(ScalarSet.lineEnd.negated)
        case "\\":
            if take("b") { return .assertion(.wordBoundary) }
            if take("B") { return .assertion(.noWordBoundary) }
            atom =
                switch try escape(start) {
                case .scalar(let scalar): .scalar(scalar)
                case .set(let set): .set(set)
                }
        case "*", "+", "?": throw error("nothing to repeat before '\(scalar)'; a literal one is '\\\(scalar)'", at: start)
        case "{", "}", "]": throw error("a literal '\(scalar)' is written '\\\(scalar)'", at: start)
        default: atom = .scalar(scalar)
        }
        return try repeated(atom)
    }

    private mutating func repeated(_ atom: PatternTree) throws(PatternError) -> PatternTree {
        let bounds: (least: Int, most: Int?)
        switch peek {
        case "*": bounds = (0, nil)
        case "+": bounds = (1, nil)
        case "?": bounds = (0, 1)
        case "{":
            let start = position
            position += 1
            guard let least = try count() else { throw error("expected '{n}', '{n,}' or '{n,m}'; a literal '{' is '\\{'", at: start) }
            let most = take(",") ? try count() : least
            guard peek == "}" else { throw error("expected '{n}', '{n,}' or '{n,m}'; a literal '{' is '\\{'", at: start) }
            if let most, most < least { throw error("the bounds of the repetition are in the wrong order", at: start) }
            bounds = (least, most)
        default: return atom
        }
        position += 1
        // Whether it takes as few or as many as it can makes no difference to whether there is a match.
        _ = take("?")
        return .repetition(atom, least: bounds.least, most: bounds.most)
    }

    private mutating func count() throws(PatternError) -> Int? {
        let start = position
        var number = 0
        while let scalar = peek, ("0"..."9").contains(scalar) {
            number = number * 10 + Int(scalar.value - 0x30)
            if number > Pattern.maximumCount { throw error("repeats more than \(Pattern.maximumCount) times", at: start) }
            position += 1
        }
        return position > start ? number : nil
    }

    private mutating func group(_ start: Int) throws(PatternError) -> PatternTree {
        depth += 1
        guard depth <= Self.maximumDepth else { throw error("groups nest deeper than \(Self.maximumDepth) levels", at: start) }
        if take("?") {
            switch peek {
            case ":": position += 1
            case "=", "!": throw error("lookahead cannot be matched in linear time", at: start)
            case "<":
                position += 1
                if peek == "=" || peek == "!" { throw error("lookbehind cannot be matched in linear time", at: start) }
                let name = position
                while let scalar = peek, ScalarSet.word.contains(scalar) { position += 1 }
                guard position > name, take(">") else { throw error("expected the group's name and '>'") }
            default: throw error("expected '(?:' or '(?<name>'; flags are not supported", at: start)
            }
        }
        let tree = try alternatives()
        guard take(")") else { throw error("'(' without ')'; a literal one is '\\('", at: start) }
        depth -= 1
        return tree
    }

    /// What stands for one scalar: that scalar or a set.
    private enum Member {
        case scalar(Unicode.Scalar)
        case set(ScalarSet)
    }

    private mutating func scalarClass(_ start: Int) throws(PatternError) -> ScalarSet {
        let isNegated = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        var categories: Set<Unicode.GeneralCategory> = []
        if peek == "]" { throw error("an empty class; a literal ']' is '\\]'", at: start) }
        while !take("]") {
            let place = position
            let first = try classMember(start)
            let isRange = peek == "-" && position + 1 < scalars.count && scalars[position + 1] != "]"
            if isRange { position += 1 }
            let last = isRange ? try classMember(start) : first
            switch (first, last) {
            case (.scalar(let lower), .scalar(let upper)):
                guard lower <= upper else { throw error("the range's ends are in the wrong order", at: place) }
                ranges.append(lower.value...upper.value)
            case (.set(let set), _) where !isRange:
                ranges += set.listed.ranges
                categories.formUnion(set.listed.categories)
            default: throw error("a class cannot be the end of a range; a literal '-' is '\\-'", at: place)
            }
        }
        let set = ScalarSet(ranges, categories: categories)
        return isNegated ? set.negated : set
    }

    private mutating func classMember(_ start: Int) throws(PatternError) -> Member {
        guard let scalar = peek else { throw error("'[' without ']'; a literal one is '\\['", at: start) }
        let place = position
        position += 1
        guard scalar == "\\" else { return .scalar(scalar) }
        return take("b") ? .scalar("\u{8}") : try escape(place)
    }

    /// What follows a backslash that stands at `start`.
    private mutating func escape(_ start: Int) throws(PatternError) -> Member {
        guard let scalar = peek else { throw error("'\\' at the end; a literal one is '\\\\'", at: start) }
        position += 1
        switch scalar {
        case "d": return .set(.digit)
        case "D": return .set(ScalarSet.digit.negated)
        case "w": return .set(.word)
        case "W": return .set(ScalarSet.word.negated)
        case "s": return .set(.space)
        case "S": return .set(ScalarSet.space.negated)
        case "p", "P": return .set(try property(start, isNegated: scalar == "P"))
        case "t": return .scalar("\t")
        case "n": return .scalar("\n")
        case "v": return .scalar("\u{B}")
        case "f": return .scalar("\u{C}")
        case "r": return .scalar("\r")
        case "x": return .scalar(try hexadecimal(2, start))
        case "u": return .scalar(try unicode(start))
        case "0" where peek.map { !("0"..."9").contains($0) } ?? true: return .scalar("\0")
        case "1"..."9", "k": throw error("references to groups cannot be matched in linear time", at: start)
        default:
            let isPunctuation = scalar.isASCII && scalar.value > 0x20 && !ScalarSet.word.contains(scalar) || scalar == "_" || scalar == " "
            guard isPunctuation else { throw error("unknown escape '\\\(scalar)'", at: start) }
            return .scalar(scalar)
        }
    }

    private mutating func property(_ start: Int, isNegated: Bool) throws(PatternError) -> ScalarSet {
        var name = ""
        if take("{") {
            while let scalar = peek, scalar != "}" {
                name.unicodeScalars.append(scalar)
                position += 1
            }
        }
        guard take("}"), let set = ScalarSet.category(name) else {
            throw error("expected a general category of Unicode, such as '\\p{L}' for letters or '\\p{Nd}' for digits", at: start)
        }
        return isNegated ? set.negated : set
    }

    private mutating func hexadecimal(_ digits: Int, _ start: Int) throws(PatternError) -> Unicode.Scalar {
        guard let scalar = Unicode.Scalar(try code(digits, start)) else { throw error("no character has this code", at: start) }
        return scalar
    }

    private mutating func code(_ digits: Int, _ start: Int) throws(PatternError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = peek.flatMap({ $0.isASCII ? Character($0).hexDigitValue : nil }) else {
                throw error("expected \(digits) hexadecimal digits", at: start)
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    private mutating func unicode(_ start: Int) throws(PatternError) -> Unicode.Scalar {
        if take("{") {
            let first = position
            while let scalar = peek, scalar != "}" { position += scalar.isASCII ? 1 : scalars.count }
            let digits = position - first
            guard position < scalars.count, (1...6).contains(digits) else {
                throw error("expected '\\u{…}' with up to six hexadecimal digits", at: start)
            }
            position = first
            let scalar = try hexadecimal(digits, start)
            position += 1
            return scalar
        }
        let high = try code(4, start)
        guard (0xD800...0xDBFF).contains(high), take("\\"), take("u") else {
            guard let scalar = Unicode.Scalar(high) else { throw error("half of a surrogate pair", at: start) }
            return scalar
        }
        let low = try code(4, start)
        guard (0xDC00...0xDFFF).contains(low), let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) else {
            throw error("half of a surrogate pair", at: start)
        }
        return scalar
    }
}
