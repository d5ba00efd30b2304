/// `FoldedText` letter by letter, as the index of words has it (`SearchText`): for questions whether one text stands within another, and for
/// databases that can put letters in the place of others and no more.
///
/// Here no letter looks at its neighbours: marks go whatever they stand on, and so does the joiner that parts words. Only of writing systems whose
/// spellings users mix; every other letter stays as it is.
package enum LetterFolding {
    /// What becomes of each scalar that does not stay: another, several, or nothing.
    package static let table: [Unicode.Scalar: [Unicode.Scalar]] = {
        // Latin, marks, Greek, Cyrillic; Arabic; further Latin and Greek; what is not seen
        let ranges: [ClosedRange<UInt32>] = [0...0x24F, 0x300...0x52F, 0x600...0x6FF, 0x1E00...0x1FFF, 0x200B...0x200F, 0xFEFF...0xFEFF]
        var table: [Unicode.Scalar: [Unicode.Scalar]] = ["\u{200C}": []]
        for scalar in ranges.joined().compactMap(Unicode.Scalar.init) where table[scalar] == nil {
            let folded = FoldedText.fold(String(Character(scalar))).unicodeScalars.compactMap { SearchText.letter($0) }
            if folded != [scalar] { table[scalar] = folded }
        }
        return table
    }()

    package static func fold(_ text: String) -> String {
        var folded = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let others = table[scalar] { folded.append(contentsOf: others) } else { folded.append(scalar) }
        }
        return String(folded)
    }

    /// Whether the text contains the other once both are folded.
    package static func contains(_ text: String, _ other: String) -> Bool {
        let (text, other) = (Array(fold(text).utf8), Array(fold(other).utf8))
        if other.isEmpty { return true }
        if other.count > text.count { return false }
        return (0...text.count - other.count).contains { text[$0] == other[0] && text[$0..<$0 + other.count].elementsEqual(other) }
    }
}
