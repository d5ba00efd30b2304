/// The check of `url` fields: an absolute http or https address that a browser could open.
package enum WebAddress {
    package static func isValid(_ text: String) -> Bool {
        let lower = text.lowercased()
        let rest: Substring
        if lower.hasPrefix("https://") {
            rest = text.dropFirst(8)
        } else if lower.hasPrefix("http://") {
            rest = text.dropFirst(7)
        } else {
            return false
        }
        guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0 != "\u{7F}" && !"\"<>\\^`{|}".unicodeScalars.contains($0) })
        else { return false }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // No user information: it serves to deceive people about the host.
        guard !authority.isEmpty, !authority.contains("@") else { return false }
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" }.dropFirst() : authority.prefix { $0 != ":" }
        return !host.isEmpty
    }
}
