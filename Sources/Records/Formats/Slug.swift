/// A readable name in a URL: letters and digits of any script in lower case, with single hyphens between.
package enum Slug {
    /// "Hello, World!" → "hello-world", "سالن الهه" → "سالن-الهه". Empty when the text has neither letter nor digit. At most `limit` scalars.
    package static func make(from text: String, limit: Int) -> String {
        var slug = String.UnicodeScalarView()
        var needsHyphen = false
        for scalar in text.lowercased().unicodeScalars {
            guard let kept = fold(scalar) else {
                needsHyphen = !slug.isEmpty
                continue
            }
            // Marks belong to the letter before them; a joiner vanishes without parting the word.
            if scalar.properties.isJoinControl { continue }
            if needsHyphen {
                guard slug.count + 2 <= limit else { break }
                slug.append("-")
                needsHyphen = false
            }
            guard slug.count < limit else { break }
            slug.append(kept)
        }
        return String(slug)
    }

    /// Whether a client's own slug has that form.
    package static func isValid(_ text: String, limit: Int) -> Bool {
        !text.isEmpty && make(from: text, limit: limit) == text
    }

    private static func fold(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar {
        // Arabic letters that Persian writes with other code points: yeh and kaf.
        case "\u{064A}", "\u{0649}": return "\u{06CC}"
        case "\u{0643}": return "\u{06A9}"
        default: break
        }
        switch scalar.properties.generalCategory {
        case .lowercaseLetter, .uppercaseLetter, .titlecaseLetter, .otherLetter, .modifierLetter, .decimalNumber, .nonspacingMark,
            .spacingMark:
            return scalar
        default:
            return scalar.properties.isJoinControl ? scalar : nil
        }
    }
}
