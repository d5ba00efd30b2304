/// The check and normal form of `email` fields.
package enum EmailAddress {
    /// RFC 5321: at most 254 bytes in all, 64 before the `@`.
    package static let limit = 254

    /// Case-folded and NFC; nil when the text cannot be an address that mail could reach. Deliberately stricter than RFC 5322: no quoted
    /// local parts, comments or address literals. Nor has it other forms of letters, such as full-width ones: mail would map them (UTS 46) and
    /// reach a mailbox that has an account already.
    package static func normalized(_ text: String) -> String? {
        let address = NormalizedText.nfc(text.lowercased())
        guard address.utf8.count <= limit else { return nil }
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, isLocal(parts[0]), isDomain(parts[1]) else { return nil }
        return address
    }

    private static func isLocal(_ local: Substring) -> Bool {
        guard !local.isEmpty, local.utf8.count <= 64, !local.hasPrefix("."), !local.hasSuffix("."), !local.contains("..") else {
            return false
        }
        return local.unicodeScalars.allSatisfy { scalar in
            scalar.value > 0x7F
                ? isLetterOrDigit(scalar) : isLetterOrDigit(scalar) || "!#$%&'*+-/=?^_`{|}~.".unicodeScalars.contains(scalar)
        }
    }

    private static func isDomain(_ domain: Substring) -> Bool {
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, let last = labels.last, last.contains(where: { !$0.isNumber }) else { return false }
        return labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.unicodeScalars.allSatisfy { isLetterOrDigit($0) || $0 == "-" }
        }
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal else { return false }
        // RFC 5892 section 2.2 disallows what folding changes, and section 2.6 excepts these two.
        return !scalar.properties.changesWhenNFKCCaseFolded || scalar == "ß" || scalar == "ς"
    }
}
