package import JSON

extension Fault {
    /// For a person: place, message, the line and a caret below it.
    ///
    ///     atlas.toml:12:28: error: unknown key 'requierd'
    ///       12 | title = { type = "string", requierd = true }
    ///          |                            ^^^^^^^^ did you mean 'required'?
    ///
    /// - Parameter source: the text of the file; without it, or where it has no such line, the line is left out.
    package func rendered(source: String? = nil, color: Bool = false) -> String {
        let paint = Paint(isOn: color)
        let word = severity == .error ? paint.red("error") : paint.yellow("warning")
        var text = "\(paint.bold("\(clean(at.file)):\(at.line):\(at.column):")) \(word)\(paint.bold(": \(clean(message))"))\n"
        guard let line = source.flatMap({ Self.line(at.line, of: $0) }) else {
            if let suggestion { text += "  \(clean(suggestion))\n" }
            return text
        }
        let number = String(at.line)
        let scalars = Array(line.unicodeScalars)
        let before = scalars.prefix(max(0, at.column - 1))
        // Tabs stay tabs, so that the caret stands below its place whatever their width.
        let indent = String(String.UnicodeScalarView(before.map { $0 == "\t" ? "\t" : " " }))
        let room = max(1, scalars.count - before.count)
        let carets = String(repeating: "^", count: min(max(1, length), room))
        text += "  \(paint.dim("\(number) |")) \(clean(line))\n"
        text += "  \(paint.dim("\(String(repeating: " ", count: number.count)) |")) \(indent)\(paint.red(carets))"
        if let suggestion { text += " \(clean(suggestion))" }
        return text + "\n"
    }

    /// For a program: `{"severity","file","line","column","message","suggestion"}`.
    package var json: JSONValue {
        .object([
            "severity": .string(severity == .error ? "error" : "warning"), "file": .string(at.file),
            "line": .integer(Int64(at.line)), "column": .integer(Int64(at.column)), "message": .string(message),
            "suggestion": suggestion.map { .string($0) } ?? .null,
        ])
    }

    /// A line counted from 1; LF, CR LF and CR end one. Walked by byte: a Swift character would swallow CR LF.
    private static func line(_ number: Int, of source: String) -> String? {
        var current = 1
        var start = source.utf8.startIndex
        var index = start
        while index < source.utf8.endIndex {
            if source.utf8[index] == UInt8(ascii: "\n") {
                if current == number { break }
                current += 1
                start = source.utf8.index(after: index)
            }
            index = source.utf8.index(after: index)
        }
        guard current == number, number >= 1 else { return nil }
        var bytes = source.utf8[start..<index]
        if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A file may hold escape sequences; a terminal must not obey them.
    private func clean(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    (scalar.value < 0x20 && scalar != "\t") || (0x7F..<0xA0).contains(scalar.value) ? "\u{FFFD}" : scalar
                }))
    }
}

extension Faults {
    /// All faults for a person, each with its line, and a closing count.
    package func rendered(sources: [String: String]? = nil, color: Bool = false) -> String {
        let sources = sources ?? self.sources
        let lines = all.map { $0.rendered(source: sources[$0.at.file], color: color) }
        let errors = all.count { $0.severity == .error }
        guard errors > 1 else { return lines.joined() }
        return lines.joined() + "\(errors) errors\n"
    }
}

/// ANSI colours, or none.
private struct Paint {
    var isOn: Bool

    func red(_ text: String) -> String { paint(text, "1;31") }
    func yellow(_ text: String) -> String { paint(text, "1;33") }
    func bold(_ text: String) -> String { paint(text, "1") }
    func dim(_ text: String) -> String { paint(text, "2") }

    private func paint(_ text: String, _ code: String) -> String {
        isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
