/// What `search` takes for the same: upper and lower case, letters with and without diacritics, the Arabic and the Persian forms of a
/// letter, digits of either script; marks and joiners that are not seen fall away.
enum TextFolding {
    /// What becomes of a scalar that does not stay: another, or nothing.
    static let table: [Unicode.Scalar: Unicode.Scalar?] = {
        var table: [Unicode.Scalar: Unicode.Scalar?] = [:]
        for range in [0x0300...0x036F, 0x064B...0x065F, 0x200B...0x200F] { for scalar in scalars(range) { table[scalar] = .some(nil) } }
        for scalar: Unicode.Scalar in ["\u{AD}", "\u{640}", "\u{670}", "\u{FEFF}"] { table[scalar] = .some(nil) }
        for (number, digit) in scalars(0x30...0x39).enumerated() {
            for zero: UInt32 in [0x0660, 0x06F0] { table[Unicode.Scalar(zero + UInt32(number)) ?? digit] = digit }
        }
        let arabic: [Unicode.Scalar: Unicode.Scalar] = [
            "\u{64A}": "\u{6CC}", "\u{649}": "\u{6CC}", "\u{626}": "\u{6CC}", "\u{643}": "\u{6A9}", "\u{629}": "\u{647}",
            "\u{6C0}": "\u{647}", "\u{622}": "\u{627}", "\u{623}": "\u{627}", "\u{625}": "\u{627}", "\u{671}": "\u{627}",
            "\u{624}": "\u{648}",
        ]
        for (scalar, plain) in arabic { table[scalar] = plain }
        let plain = plainLetters
        for range in [0x41...0x5A, 0xC0...0x24F, 0x370...0x52F, 0x1E00...0x1FFF] {
            for scalar in scalars(range) {
                let lower = scalar.properties.lowercaseMapping.unicodeScalars
                let folded = lower.count == 1 ? lower[lower.startIndex] : scalar
                let letter = plain[String(Character(folded))] ?? folded
                if letter != scalar { table[scalar] = letter }
            }
        }
        return table
    }()

    /// The letter below one or two marks, of each letter that is one scalar with them. `String` compares by canonical equivalence, so that
    /// "e" with U+0301 finds "é".
    private static var plainLetters: [String: Unicode.Scalar] {
        let marks: [Unicode.Scalar] = [
            "\u{300}", "\u{301}", "\u{302}", "\u{303}", "\u{304}", "\u{306}", "\u{307}", "\u{308}", "\u{309}", "\u{30A}", "\u{30B}",
            "\u{30C}", "\u{30F}", "\u{311}", "\u{313}", "\u{314}", "\u{31B}", "\u{323}", "\u{324}", "\u{325}", "\u{326}", "\u{327}",
            "\u{328}", "\u{32D}", "\u{32E}", "\u{330}", "\u{331}", "\u{342}", "\u{345}",
        ]
        let composed = [0xC0...0x24F, 0x370...0x3FF, 0x1E00...0x1FFF].flatMap { scalars($0) }.map { String(Character($0)) }
        var letters: [String: Unicode.Scalar] = [:]
        var bases: [(text: String, letter: Unicode.Scalar)] = (scalars(0x61...0x7A) + scalars(0x3B1...0x3C9)).map {
            (String(Character($0)), $0)
        }
        for _ in 0..<3 {
            var found: [String: Unicode.Scalar] = [:]
            for base in bases { for mark in marks { found[base.text + String(Character(mark))] = base.letter } }
            bases = composed.compactMap { text in letters[text] == nil ? found[text].map { (text, $0) } : nil }
            for base in bases { letters[base.text] = base.letter }
        }
        return letters
    }

    private static func scalars(_ range: ClosedRange<Int>) -> [Unicode.Scalar] { range.compactMap { Unicode.Scalar(UInt32($0)) } }

    static func folded(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch table[scalar] {
            case .none: result.append(scalar)
            case .some(.some(let other)): result.append(other)
            case .some(.none): break
            }
        }
        return String(result)
    }

    /// Whether the text contains the other once both are folded.
    static func contains(_ text: String, _ other: String) -> Bool {
        let (text, other) = (Array(folded(text).utf8), Array(folded(other).utf8))
        if other.isEmpty { return true }
        if other.count > text.count { return false }
        return (0...text.count - other.count).contains { text[$0] == other[0] && text[$0..<$0 + other.count].elementsEqual(other) }
    }
}
