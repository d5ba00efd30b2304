// The standard library normalises for comparing strings; its normaliser saves the 40 MB of ICU that Foundation would bring.
@_spi(_Unicode) internal import Swift

/// Text as Atlas keeps it: NFC (UAX 15), so that equality by bytes is equality to a reader.
package enum NormalizedText {
    package static func nfc(_ text: String) -> String {
        // Nothing below U+0300 composes with what precedes it, and in UTF-8 everything from there on begins with 0xCC or more.
        if text.utf8.allSatisfy({ $0 < 0xCC }) { return text }
        var normalized = String.UnicodeScalarView()
        for scalar in text._nfc { normalized.append(scalar) }
        return String(normalized)
    }
}
