internal import Records
internal import Schema

/// A mail as it goes over the wire: headers, and its text alone or beside HTML (RFC 5322, RFC 2045, RFC 2046).
package struct MailMessage: Sendable {
    /// What stands in `Message-ID`, without brackets.
    package var id: String
    package var from: Mailbox
    package var to: String
    package var subject: String
    package var text: String
    package var html: String?
    /// Milliseconds since 1970.
    package var at: Int64

    package init(id: String, from: Mailbox, to: String, subject: String, text: String, html: String?, at: Int64) {
        self.id = id
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.html = html
        self.at = at
    }

    /// Lines end in CR LF, none has more than 998 bytes.
    package var bytes: [UInt8] {
        var lines = [
            "From: \(HeaderText.mailbox(from))", "To: <\(HeaderText.clean(to))>", "Subject: \(HeaderText.unstructured(subject))",
            "Date: \(Self.date(at))", "Message-ID: <\(HeaderText.clean(id))>", "MIME-Version: 1.0",
            // Nobody's holiday answers it (RFC 3834).
            "Auto-Submitted: auto-generated",
        ]
        guard let html else {
            lines += Self.part(text, "plain")
            return Self.joined(lines)
        }
        // In base64 no line begins with a hyphen, and in plain text none with this one: `=_` never stands in what is sent as it is.
        let boundary = "=_\(HeaderText.clean(id).filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(40))"
        lines.append("Content-Type: multipart/alternative; boundary=\"\(boundary)\"")
        lines.append("")
        for (content, subtype) in [(text, "plain"), (html, "html")] {
            lines.append("--\(boundary)")
            lines += Self.part(content, subtype)
        }
        lines.append("--\(boundary)--")
        return Self.joined(lines)
    }

    /// Headers, an empty line, and the content: as it is where it is short lines of ASCII, else in base64.
    private static func part(_ text: String, _ subtype: String) -> [String] {
        let type = "Content-Type: text/\(subtype); charset=utf-8"
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }.map(String.init)
        let isPlain =
            !text.contains("=_")
            && lines.allSatisfy { line in line.utf8.count <= 990 && line.utf8.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x09 } }
        if isPlain { return [type, "Content-Transfer-Encoding: 7bit", ""] + lines }
        let encoded = Array(Base64.standard(Array(lines.joined(separator: "\r\n").utf8)))
        let rows = stride(from: 0, to: encoded.count, by: 76).map { String(encoded[$0..<min($0 + 76, encoded.count)]) }
        return [type, "Content-Transfer-Encoding: base64", ""] + rows
    }

    private static func joined(_ lines: [String]) -> [UInt8] {
        Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
    }

    /// `Sat, 21 Nov 2026 10:00:00 +0000`
    static func date(_ moment: Int64) -> String {
        let text = Array(Timestamp.text(moment))
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        // 1970-01-01 was a Thursday.
        let day = Int((Double(moment) / 86_400_000).rounded(.down))
        let month = Int(String(text[5..<7])).map { months[max(0, min(11, $0 - 1))] } ?? "Jan"
        return "\(days[(day % 7 + 7) % 7]), \(String(text[8..<10])) \(month) \(String(text[0..<4])) \(String(text[11..<19])) +0000"
    }
}
