/// A code as people type it.
package enum TypedCode {
    /// Its digits, of any script, as ASCII; spaces and hyphens between them do not count. Nil when it holds anything else.
    package static func digits(_ text: String) -> String? {
        var digits = ""
        for (index, scalar) in text.unicodeScalars.enumerated() {
            guard index < 64 else { return nil }
            if scalar.properties.numericType == .decimal, let digit = scalar.properties.numericValue {
                digits += "\(Int(digit))"
                continue
            }
            // Marks of direction come along when a code is copied out of a right-to-left text.
            let category = scalar.properties.generalCategory
            guard category == .spaceSeparator || category == .format || category == .dashPunctuation else { return nil }
        }
        return digits.isEmpty ? nil : digits
    }
}
