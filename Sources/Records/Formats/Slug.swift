internal import Ports
internal import Text

/// A readable name in a URL: folded letters and digits of any script with single hyphens between.
///
/// One name has one slug however it was typed: `FoldedText` decides, so digits are ASCII ("سالن ۱۲" → "سالن-12") and accents go ("Café Über!" →
/// "cafe-uber"). A zero-width non-joiner vanishes without parting the word.
package enum Slug {
    /// "Hello, World!" → "hello-world". At most `limit` scalars, cut without a hyphen at the end. Empty when the text has neither letter nor digit: then
    /// only its writer can name it. May have the form of an id, which `isValid` refuses.
    package static func make(from text: String, limit: Int) -> String {
        var slug = String.UnicodeScalarView()
        var count = 0
        var needsHyphen = false
        for scalar in FoldedText.fold(text).unicodeScalars where scalar != "\u{200C}" {
            guard FoldedText.isWord(scalar) else {
                needsHyphen = count > 0
                continue
            }
            guard count + (needsHyphen ? 2 : 1) <= limit else { break }
            if needsHyphen {
                slug.append("-")
                count += 1
                needsHyphen = false
            }
            slug.append(scalar)
            count += 1
        }
        return String(slug)
    }

    /// The slug with `-number` after it, cut before that so that the whole has at most `max` scalars.
    package static func withSuffix(_ slug: String, number: Int, max: Int) -> String {
        let suffix = "-\(number)"
        var base = slug.unicodeScalars.prefix(Swift.max(1, max - suffix.unicodeScalars.count))
        while base.last == "-" { base.removeLast() }
        return String(String.UnicodeScalarView(base)) + suffix
    }

    /// Whether a client's own slug is well formed: it is what it would be made into, and no id, since a lookup by it would be read as one.
    package static func isValid(_ text: String, limit: Int) -> Bool {
        // The folding of a long text would be wasted.
        guard !text.isEmpty, text.utf8.count <= limit * 4, !UUIDv7.isUUID(text) else { return false }
        return make(from: text, limit: limit).unicodeScalars.elementsEqual(text.unicodeScalars)
    }
}
