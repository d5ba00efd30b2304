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
package struct Fault: Error, Sendable, Hashable {
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
package struct Faults: Error, Sendable, Equatable {
    package var all: [Fault]
    /// The texts that the places point into, by file name, with every literal secret masked.
    package var sources: [String: String]

    package init(_ all: [Fault], sources: [String: String] = [:]) {
        self.all = all
        self.sources = sources
    }
}

extension Located where Value == String {
    /// The place of a Unicode scalar of the text. Exact for strings without escapes, close by for others.
    package func location(ofScalar offset: Int) -> Location {
        var place = at
        for scalar in value.unicodeScalars.prefix(max(0, offset)) {
            if scalar == "\n" {
                place.line += 1
                place.column = 1
            } else {
                place.column += 1
            }
        }
        return place
    }
}
