/// Addresses in sanitised text, by the URL standard of WHATWG: which are allowed, and which lead to another site.
enum Link {
    static let forText = ["http", "https", "mailto", "tel"]
    /// What a browser fetches by itself, or what names a source.
    static let forSources = ["http", "https"]

    /// The address without white space around it; nil unless its scheme is one of `schemes` or it is relative.
    ///
    /// Control characters are gone already (`Output.clean`); a browser ignores tabs and line feeds, so they go too. Whatever stands
    /// before the first colon counts as a scheme even where a browser would not take it for one: only what is known is let through.
    static func admitted(_ value: [UInt8], schemes: [String]) -> [UInt8]? {
        var address = value.filter { $0 != 0x09 && $0 != 0x0A }
        while address.last == 0x20 { address.removeLast() }
        if let first = address.firstIndex(where: { $0 != 0x20 }) { address.removeFirst(first) }
        guard !address.isEmpty else { return nil }
        guard let end = address.firstIndex(where: { ":/?#".utf8.contains($0) }), address[end] == UInt8(ascii: ":") else { return address }
        let scheme = address[..<end].map(\.lowercased)
        return schemes.contains { scheme.elementsEqual($0.utf8) } ? address : nil
    }

    /// Whether the address names a host of its own. A browser reads `\` as `/`.
    static func isExternal(_ address: [UInt8]) -> Bool {
        let start = address.prefix(2)
        if start.count == 2, start.allSatisfy({ $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }) { return true }
        guard let end = address.firstIndex(where: { ":/?#".utf8.contains($0) }), address[end] == UInt8(ascii: ":") else { return false }
        return address[..<end].map(\.lowercased).starts(with: "http".utf8)
    }

    /// What `rel` may say, in the order in which it is written.
    private static let relations = ["noopener", "noreferrer", "nofollow", "ugc", "sponsored", "external", "author", "license", "tag"]

    /// The value of `rel`: the allowed words of the given one, and `noopener` for what leaves the page or the site. Empty when there is
    /// nothing to say.
    static func relation(_ given: [UInt8], leaves: Bool) -> [UInt8] {
        let words = given.split(whereSeparator: \.isSpace).prefix(16).map { $0.map(\.lowercased) }
        let said = relations.filter { relation in
            leaves && relation == "noopener" || words.contains { $0.elementsEqual(relation.utf8) }
        }
        return Array(said.joined(separator: " ").utf8)
    }
}
