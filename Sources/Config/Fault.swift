package import JSON

/// A place in a file: counted from 1, columns in Unicode scalars.
package struct Location: Sendable, Hashable {
    package var file: String
    package var line: Int
    package var column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }
}

/// A value and where it stands.
package struct Located<Value> {
    package var value: Value
    package var at: Location

    package init(_ value: Value, at: Location) {
        self.value = value
        self.at = at
    }
}

extension Located: Sendable where Value: Sendable {}
extension Located: Equatable where Value: Equatable {}

/// One thing wrong with the configuration (or worth a warning), told with its place and how to mend it.
package struct Fault: Error, Sendable, Equatable {
    package enum Severity: Sendable { case error, warning }

    package var severity: Severity
    package var message: String
    package var at: Location
    /// How many columns the caret underlines; at least 1.
    package var length: Int
    /// What to do about it: "did you mean 'unique'?".
    package var suggestion: String?

    package init(_ message: String, at: Location, length: Int = 1, suggestion: String? = nil, severity: Severity = .error) {
        self.severity = severity
        self.message = message
        self.at = at
        self.length = length
        self.suggestion = suggestion
    }
}

/// All that is wrong, in the order of the files and lines.
package struct Faults: Error, Sendable {
    package var all: [Fault]
    /// The texts of the files, by name; empty where they are not known.
    package var sources: [String: String]

    package init(_ all: [Fault], sources: [String: String] = [:]) {
        self.all = all
        self.sources = sources
    }

    /// For people: each fault with its line and a caret below it.
    package var rendered: String {
        all.map { $0.rendered(source: sources[$0.at.file]) }.joined(separator: "\n")
    }
}

extension Fault {
    package func rendered(source: String?) -> String {
        let kind = severity == .error ? "error" : "warning"
        var text = "\(at.file):\(at.line):\(at.column): \(kind): \(message)"
        guard let source, let line = Self.line(at.line, of: source) else {
            return text + (suggestion.map { "\n    \($0)" } ?? "")
        }
        let number = "  \(at.line) | "
        let shown = line.unicodeScalars.map { $0 == "\t" ? " " : String($0) }.joined()
        let indent = String(repeating: " ", count: number.count + max(0, at.column - 1))
        let room = max(1, line.unicodeScalars.count - at.column + 1)
        text += "\n\(number)\(shown)\n\(indent)\(String(repeating: "^", count: min(max(1, length), room)))"
        return text + (suggestion.map { " \($0)" } ?? "")
    }

    private static func line(_ number: Int, of source: String) -> Substring? {
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.indices.contains(number - 1) ? lines[number - 1] : nil
    }

    /// For programs.
    package var json: JSONValue {
        [
            "severity": .string(severity == .error ? "error" : "warning"), "file": .string(at.file),
            "line": .integer(Int64(at.line)), "column": .integer(Int64(at.column)), "message": .string(message),
            "suggestion": suggestion.map { .string($0) } ?? .null,
        ]
    }
}
