/// Replaces literal secrets in texts that faults will show. Columns stay.
enum Masking {
    static func masked(_ sources: [String: String], ranges: [Range<Reading.Mark>], faults: [Fault]) -> [String: String] {
        sources.reduce(into: [:]) { masked, source in
            let mine = ranges.filter { $0.lowerBound.place.file == source.key }
            var text = mine.isEmpty ? source.value : mask(source.value, mine)
            // Nothing is known of a text that could not be parsed: hide whatever stands after the name of a secret.
            let isBroken = faults.contains { $0.at.file == source.key }
            if isBroken { text = maskSecretLines(text) }
            masked[source.key] = text
        }
    }

    /// Whether a key of that name may hold a secret.
    static func soundsSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["key", "secret", "pass", "token", "credential"].contains { name.contains($0) }
    }

    private static func mask(_ text: String, _ ranges: [Range<Reading.Mark>]) -> String {
        var place = Location(file: "", line: 1, column: 1)
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "\n" || scalar == "\r" {
                result.append(scalar)
                if scalar == "\n" {
                    place.line += 1
                    place.column = 1
                }
                continue
            }
            let isHidden = ranges.contains { $0.contains(Reading.Mark(place: place)) }
            result.append(isHidden ? "•" : scalar)
            place.column += 1
        }
        return String(result)
    }

    private static func maskSecretLines(_ text: String) -> String {
        var result = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if !result.isEmpty || line.startIndex != text.startIndex { result += "\n" }
            if let sign = line.firstIndex(of: "="), soundsSecret(String(line)) {
                result += line[...sign]
                result += String(repeating: "•", count: line[sign...].unicodeScalars.count - 1)
            } else {
                result += line
            }
        }
        return result
    }
}
