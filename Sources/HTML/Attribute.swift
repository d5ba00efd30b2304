/// The attributes that sanitised text may have, and what their values may be.
enum Attribute {
    /// A set of attributes, or one of them.
    struct Names: OptionSet, Sendable {
        let rawValue: UInt32

        static let lang = Names(rawValue: 1 << 0)
        static let dir = Names(rawValue: 1 << 1)
        static let title = Names(rawValue: 1 << 2)
        static let href = Names(rawValue: 1 << 3)
        static let target = Names(rawValue: 1 << 4)
        static let rel = Names(rawValue: 1 << 5)
        static let hreflang = Names(rawValue: 1 << 6)
        static let src = Names(rawValue: 1 << 7)
        static let alt = Names(rawValue: 1 << 8)
        static let width = Names(rawValue: 1 << 9)
        static let height = Names(rawValue: 1 << 10)
        static let loading = Names(rawValue: 1 << 11)
        static let start = Names(rawValue: 1 << 12)
        static let reversed = Names(rawValue: 1 << 13)
        static let type = Names(rawValue: 1 << 14)
        static let value = Names(rawValue: 1 << 15)
        static let colspan = Names(rawValue: 1 << 16)
        static let rowspan = Names(rawValue: 1 << 17)
        static let scope = Names(rawValue: 1 << 18)
        static let span = Names(rawValue: 1 << 19)
        static let cite = Names(rawValue: 1 << 20)
        static let datetime = Names(rawValue: 1 << 21)
        static let open = Names(rawValue: 1 << 22)
        static let `class` = Names(rawValue: 1 << 23)

        /// What every element may have.
        static let global: Names = [.lang, .dir, .title]
    }

    /// In the order of the bits of `Names`.
    static let names = [
        "lang", "dir", "title", "href", "target", "rel", "hreflang", "src", "alt", "width", "height", "loading", "start", "reversed",
        "type",
        "value", "colspan", "rowspan", "scope", "span", "cite", "datetime", "open", "class",
    ]
    private static let table = NameTable(names, foldsCase: true)

    /// The attribute whose name stands in `range` of `bytes`, and that name in lower case.
    static func named(_ range: Range<Int>, in bytes: [UInt8]) -> (name: Names, text: String)? {
        table.index(of: range, in: bytes).map { (Names(rawValue: 1 << UInt32($0)), names[$0]) }
    }

    /// The value as it may stand in the output, not yet escaped; nil when there is none to keep. `rel` is the link's to decide.
    static func admitted(_ name: Names, _ value: [UInt8]) -> [UInt8]? {
        switch name {
        case .title, .alt: value
        case .href: Link.admitted(value, schemes: Link.forText)
        case .src, .cite: Link.admitted(value, schemes: Link.forSources)
        case .dir: word(value, among: ["ltr", "rtl", "auto"])
        case .target: word(value, among: ["_blank"])
        case .loading: word(value, among: ["lazy", "eager"])
        case .scope: word(value, among: ["row", "col", "rowgroup", "colgroup"])
        // The one attribute whose words differ by case: `a` and `A` number differently.
        case .type: matching(value, limit: 1) { "1aAiI".utf8.contains($0) }
        case .reversed, .open: []
        case .lang, .hreflang: matching(value, limit: 35) { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") }
        case .width, .height: length(value)
        case .colspan, .rowspan, .span: number(value, isSigned: false, limit: 3)
        case .start, .value: number(value, isSigned: true, limit: 9)
        case .datetime: matching(value, limit: 64) { $0.isLetter || $0.isDigit || "+-:., ".utf8.contains($0) }
        case .class: language(value)
        default: nil
        }
    }

    private static func trimmed(_ value: [UInt8]) -> [UInt8] {
        guard let first = value.firstIndex(where: { !$0.isSpace }), let last = value.lastIndex(where: { !$0.isSpace }) else { return [] }
        return Array(value[first...last])
    }

    private static func word(_ value: [UInt8], among words: [String]) -> [UInt8]? {
        let lower = trimmed(value).map(\.lowercased)
        return words.contains { lower.elementsEqual($0.utf8) } ? lower : nil
    }

    private static func matching(_ value: [UInt8], limit: Int, _ isAllowed: (UInt8) -> Bool) -> [UInt8]? {
        let value = trimmed(value)
        return (1...limit).contains(value.count) && value.allSatisfy(isAllowed) ? value : nil
    }

    /// A whole number of at most `limit` digits.
    private static func number(_ value: [UInt8], isSigned: Bool, limit: Int) -> [UInt8]? {
        let value = trimmed(value)
        let digits = isSigned && value.first == UInt8(ascii: "-") ? value.dropFirst() : value[...]
        return (1...limit).contains(digits.count) && digits.allSatisfy(\.isDigit) ? value : nil
    }

    /// Pixels, up to five digits, or percent.
    private static func length(_ value: [UInt8]) -> [UInt8]? {
        let value = trimmed(value)
        let isPercent = value.last == UInt8(ascii: "%")
        return number(isPercent ? Array(value.dropLast()) : value, isSigned: false, limit: isPercent ? 3 : 5) == nil ? nil : value
    }

    /// The convention of WHATWG HTML, 4.5.15: `language-swift` says what a listing is written in.
    private static func language(_ value: [UInt8]) -> [UInt8]? {
        guard let value = matching(value, limit: 40, { $0.isLetter || $0.isDigit || "+-#_".utf8.contains($0) }) else { return nil }
        return value.starts(with: "language-".utf8) ? value : nil
    }
}
