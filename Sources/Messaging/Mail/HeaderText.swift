internal import Records

/// Text in headers of mail (RFC 5322, RFC 2047). No input can end its line.
enum HeaderText {
    /// Unstructured text: as it is where it is printable ASCII on a line that is not too long, else in encoded words.
    static func unstructured(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20..<0x7F).contains($0) } && !text.contains("=?") && text.utf8.count <= 200
        return isPlain ? text : words(text)
    }

    /// `"Name" <address>`
    static func mailbox(_ mailbox: Mailbox) -> String {
        let address = "<\(clean(mailbox.address))>"
        if mailbox.name.isEmpty { return address }
        guard mailbox.name.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }), !mailbox.name.contains("=?") else {
            return "\(words(mailbox.name)) \(address)"
        }
        let quoted = mailbox.name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(quoted)\" \(address)"
    }

    /// Without what could end a line or an address.
    static func clean(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value > 0x20 && $0.value != 0x7F && $0 != "<" && $0 != ">" }))
    }

    /// Encoded words of at most 75 characters, one on each line; none splits a scalar.
    private static func words(_ text: String) -> String {
        // 75 less `=?UTF-8?B?` and `?=` are 63 characters of base64, that is 45 bytes.
        var chunks: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if chunks[chunks.count - 1].count + bytes.count > 45 { chunks.append([]) }
            chunks[chunks.count - 1] += bytes
        }
        return chunks.map { "=?UTF-8?B?\(Base64.standard($0))?=" }.joined(separator: "\r\n ")
    }
}
