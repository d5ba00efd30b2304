/// Words as the search index keeps them and as queries ask for them: the same function makes both, so that they meet.
///
/// A full-text table of SQLite holds `indexed(_:)` and is made with `tokenize = 'ascii'`, which leaves these words as they are. A word with a soft
/// break (zero-width non-joiner, hyphen, apostrophe) is indexed by its parts and joined, and asked for as either: `کاشت‌ناخن` and `کاشت ناخن` find each
/// other, and `email` finds `e-mail`. Scripts that do not part their words are found from the beginning of a run alone.
package enum SearchText {
    /// A longer word is cut, in the index and in queries alike.
    package static let longestToken = 64
    /// What is beyond is overlooked in a query: it only narrows.
    package static let longestQuery = 256
    package static let mostTerms = 16

    /// The words to index, in the order of the text; parts of a word stand before the word.
    package static func tokens(of text: String) -> [String] {
        words(of: text).flatMap { word in word.joined.map { word.parts + [$0] } ?? word.parts }
    }

    /// What the index holds of a text.
    package static func indexed(_ text: String) -> String { tokens(of: text).joined(separator: " ") }

    /// A query for FTS5 that asks for rows with every word of the text, each as the beginning of one of theirs; nil when the text holds no word. Whatever
    /// the text says, it is no operator: words are quoted and hold letters and digits alone.
    package static func ftsQuery(for text: String) -> String? {
        let words = asked(text)
        if words.isEmpty { return nil }
        return words.map { word in
            let parts = word.parts.map { "\"\($0)\" *" }.joined(separator: " AND ")
            return word.joined.map { "((\(parts)) OR \"\($0)\" *)" } ?? parts
        }.joined(separator: " AND ")
    }

    /// Whether such a query would find the text; a query without a word finds nothing.
    package static func matches(_ query: String, in text: String) -> Bool {
        let words = asked(query)
        if words.isEmpty { return false }
        let tokens = tokens(of: text)
        func holds(_ term: String) -> Bool { tokens.contains { $0.utf8.starts(with: term.utf8) } }
        return words.allSatisfy { $0.parts.allSatisfy(holds) || $0.joined.map(holds) ?? false }
    }

    /// A word, and the same without its soft breaks if it has some.
    private struct Word {
        var parts: [String]
        var joined: String?
    }

    private static func asked(_ query: String) -> [Word] {
        var terms = 0
        return words(of: String(query.unicodeScalars.prefix(longestQuery))).prefix { word in
            terms += word.parts.count
            return terms <= mostTerms
        }
    }

    private static func words(of text: String) -> [Word] {
        var words: [Word] = []
        var parts: [String] = []
        var part = String.UnicodeScalarView()
        func endPart() {
            if part.isEmpty { return }
            parts.append(String(part.prefix(longestToken)))
            part.removeAll(keepingCapacity: true)
        }
        func endWord() {
            endPart()
            if parts.isEmpty { return }
            words.append(Word(parts: parts, joined: parts.count > 1 ? joined(parts) : nil))
            parts = []
        }
        for scalar in FoldedText.fold(text).unicodeScalars {
            if FoldedText.isWord(scalar) {
                if let letter = letter(scalar) { part.append(letter) }
            } else if isSoftBreak(scalar) {
                endPart()
                // A chain this long is no word: its parts are found by themselves.
                if parts.count == 8 { endWord() }
            } else {
                endWord()
            }
        }
        endWord()
        return words
    }

    private static func joined(_ parts: [String]) -> String {
        String(String.UnicodeScalarView(parts.joined().unicodeScalars.prefix(longestToken)))
    }

    private static func isSoftBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\u{200C}", "-", "\u{2010}", "\u{2011}", "'", "\u{2019}": true
        default: false
        }
    }

    /// Search alone also overlooks hamza, madda and the two forms of teh, which slugs keep.
    static func letter(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar {
        case "\u{0622}", "\u{0623}", "\u{0625}", "\u{0671}": "\u{0627}"
        case "\u{0624}": "\u{0648}"
        case "\u{0626}": "\u{06CC}"
        case "\u{0629}": "\u{0647}"
        case "\u{0653}"..."\u{0655}": nil
        default: scalar
        }
    }
}
