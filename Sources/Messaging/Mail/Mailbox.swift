/// A sender: `Name <address>` or the address alone.
package struct Mailbox: Sendable, Equatable {
    package var name: String
    package var address: String

    package init(_ text: String) {
        if text.hasSuffix(">"), let open = text.lastIndex(of: "<") {
            var name = text[..<open]
            while name.last == " " { name.removeLast() }
            if name.count >= 2, name.hasPrefix("\""), name.hasSuffix("\"") { name = name.dropFirst().dropLast() }
            self.name = String(name)
            address = String(text[text.index(after: open)...].dropLast())
        } else {
            name = ""
            address = text
        }
    }

    /// Behind the `@`.
    package var domain: String { address.split(separator: "@").last.map(String.init) ?? "localhost" }
}
