/// The check of `url` fields: an absolute address of one of the schemes that names a host.
package enum WebAddress {
    package static func isValid(_ text: String, schemes: [String] = ["http", "https"]) -> Bool {
        let lower = text.lowercased()
        guard let scheme = schemes.first(where: { lower.hasPrefix("\($0)://") }) else { return false }
        let rest = text.dropFirst(scheme.count + 3)
        guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0 != "\u{7F}" && !"\"<>\\^`{|}".unicodeScalars.contains($0) })
        else { return false }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // No user information: it serves to deceive people about the host.
        guard !authority.isEmpty, !authority.contains("@") else { return false }
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" }.dropFirst() : authority.prefix { $0 != ":" }
        return !host.isEmpty
    }
}
