@testable import HTML

/// Looks at sanitised text for anything that must not be in it. Its lists are its own, so that a slip in the sanitiser's does not pass.
enum Audit {
    private static let elements: Set<String> = [
        "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "col", "colgroup",
        "dd", "del",
        "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
        "i", "img",
        "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strong", "sub",
        "summary",
        "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "var", "wbr",
    ]
    private static let attributes: Set<String> = [
        "alt", "cite", "class", "colspan", "datetime", "dir", "height", "href", "hreflang", "lang", "loading", "open", "rel", "reversed",
        "rowspan",
        "scope", "span", "src", "start", "target", "title", "type", "value", "width",
    ]
    private static let void: Set<String> = ["br", "col", "hr", "img", "wbr"]

    /// What is wrong with `text`, empty for what the sanitiser promises: allowed names only, properly nested, at most 100 deep, safe
    /// addresses.
    static func faults(_ text: String) -> [String] {
        var faults: [String] = []
        var open: [String] = []
        var tokenizer = Tokenizer(text)
        loop: while true {
            let token = tokenizer.next()
            let name = String(decoding: tokenizer.bytes[tokenizer.name], as: UTF8.self)
            switch token {
            case .end: break loop
            case .text: break
            case .comment, .doctype: faults.append("a comment or document type")
            case .endTag:
                if open.popLast() != name { faults.append("</\(name)> ends something else") }
            case .startTag:
                if !elements.contains(name) { faults.append("<\(name)>") }
                if !void.contains(name) { open.append(name) }
                if open.count > 100 { faults.append("deeper than 100") }
                var seen: Set<String> = []
                for attribute in tokenizer.attributes {
                    let key = String(decoding: tokenizer.bytes[attribute.name], as: UTF8.self)
                    if !attributes.contains(key) || !seen.insert(key).inserted { faults.append("\(key) of <\(name)>") }
                    let value = String(decoding: CharacterData.decode(attribute.value, of: tokenizer.bytes, .attribute), as: UTF8.self)
                    if ["href", "src", "cite"].contains(key), !isSafe(value) { faults.append("\(key)=\(value)") }
                    let raw = tokenizer.bytes[attribute.value]
                    if tokenizer.bytes[attribute.value.lowerBound - 1] != UInt8(ascii: "\"")
                        || raw.contains(where: { "<>\"".utf8.contains($0) })
                    {
                        faults.append("\(key) is not quoted or not escaped")
                    }
                }
            }
        }
        if !open.isEmpty { faults.append("\(open) remain open") }
        let controls = text.unicodeScalars.filter { ($0.value < 0x20 && $0 != "\t" && $0 != "\n") || (0x7F...0x9F).contains($0.value) }
        if !controls.isEmpty { faults.append("control characters") }
        return faults
    }

    private static func isSafe(_ address: String) -> Bool {
        guard let colon = address.firstIndex(of: ":"), !address[..<colon].contains(where: { "/?#".contains($0) }) else { return true }
        return ["http", "https", "mailto", "tel"].contains(address[..<colon].lowercased())
    }
}
