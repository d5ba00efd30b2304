package import Config
package import Testing

/// One edit of an example site, as a tired hand makes it, and what is to be told of it.
package struct Mistake: Sendable, CustomTestStringConvertible {
    /// The file that is edited.
    package var file: String
    package var find: String
    var replace: String
    /// Part of the first error, or of the first warning where the file stays sound.
    var message: String
    /// Part of its suggestion.
    package var suggestion: String?
    /// Lines between the edit and the place that is told.
    package var offset: Int

    package var testDescription: String { "\(file): \(message)" }

    package init(_ file: String, _ find: String, _ replace: String, _ message: String, _ suggestion: String? = nil, offset: Int = 0) {
        self.file = file
        self.find = find
        self.replace = replace
        self.message = message
        self.suggestion = suggestion
        self.offset = offset
    }

    /// The site that the file belongs to, by the name of its main file.
    package var site: String { String(file.prefix { $0 != "." }) }

    /// Makes the edit, has `faults` find what is wrong with the text, and holds that to the mistake: told first, in its line, and nothing besides.
    /// Gives what was found.
    @discardableResult
    package func check(
        _ severity: Fault.Severity = .error, isAlone: Bool = true, sourceLocation: SourceLocation = #_sourceLocation,
        _ faults: (String) throws -> Faults
    ) throws -> Faults {
        var text = try ExampleFile.text(file)
        let range = try #require(text.firstRange(of: find), "the example has changed: \(find)", sourceLocation: sourceLocation)
        let line = text[..<range.lowerBound].count { $0 == "\n" } + 1 + offset
        text.replaceSubrange(range, with: replace)
        let found = try faults(text)
        let told = found.rendered()
        let errors = found.all.filter { $0.severity == severity }
        let first = try #require(errors.first, "nothing was found", sourceLocation: sourceLocation)
        #expect(first.message.contains(message), "\(told)", sourceLocation: sourceLocation)
        #expect(first.at.file.hasSuffix("/\(file).toml"), "\(told)", sourceLocation: sourceLocation)
        #expect(first.at.line == line, "\(told)", sourceLocation: sourceLocation)
        if let suggestion {
            #expect(first.suggestion?.contains(suggestion) == true, "\(told)", sourceLocation: sourceLocation)
        }
        if isAlone { #expect(errors.count == 1, "\(told)", sourceLocation: sourceLocation) }
        return found
    }
}
