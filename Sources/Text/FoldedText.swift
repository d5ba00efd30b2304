// The standard library normalises for comparing strings; its normaliser saves the 40 MB of ICU that Foundation would bring.
@_spi(_Unicode) internal import Swift

/// Text without what writers of one word differ in: the one folding that slugs, search indexes and queries share.
package enum FoldedText {
    /// Case, diacritics of Latin and Greek letters, Arabic vowel points, tatweel, Arabic or Persian forms of yeh and kaf, and the script of digits
    /// are gone; letters that a language tells apart (й, آ, أ, ئ) stay. Zero-width non-joiners stay too, since they part what may be two words; other
    /// invisible characters vanish, and so do marks without a letter. NFC; folding twice changes nothing.
    package static func fold(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.lowercased() }
        var folded = String.UnicodeScalarView()
        for scalar in text._nfc {
            guard isMark(scalar) else {
                fold(scalar, into: &folded)
                continue
            }
            // A mark that stands on nothing would be read with whatever comes to stand before it.
            guard let letter = folded.last, isWord(letter), !isOptional(scalar) else { continue }
            switch Script(letter) {
            case .european: continue
            case .heh where scalar == "\u{0654}": continue
            default: folded.append(scalar)
            }
        }
        // What stood between a letter and its mark may have gone.
        var composed = String.UnicodeScalarView()
        for scalar in String(folded)._nfc { composed.append(scalar) }
        return String(composed)
    }

    /// Whether a scalar belongs to a word: letters of any script, their marks, digits and other numbers.
    package static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .lowercaseLetter, .uppercaseLetter, .titlecaseLetter, .otherLetter, .modifierLetter, .decimalNumber, .letterNumber,
            .otherNumber:
            true
        default: isMark(scalar)
        }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark: true
        default: false
        }
    }

    /// What marks after a letter mean depends on it.
    private enum Script {
        case european, heh, other

        init(_ scalar: Unicode.Scalar) {
            switch scalar.value {
            // Latin and Greek, with their extensions
            case 0x41...0x3FF, 0x1E00...0x1FFF: self = .european
            case 0x0647, 0x06C0, 0x06D5: self = .heh
            default: self = .other
            }
        }
    }

    /// Points of Arabic and Hebrew, which most writers leave out, and marks that no reader sees.
    private static func isOptional(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0591...0x05BD, 0x05BF, 0x05C1...0x05C2, 0x05C4...0x05C5, 0x05C7: true
        case 0x0610...0x061A, 0x064B...0x0652, 0x0656...0x065F, 0x0670, 0x06D6...0x06DC, 0x06DF...0x06E4, 0x06E7...0x06E8, 0x06EA...0x06ED:
            true
        // what chooses the look of an emoji or ideograph
        case 0xFE00...0xFE0F, 0xE0100...0xE01EF: true
        default: false
        }
    }

    private static func fold(_ scalar: Unicode.Scalar, into folded: inout String.UnicodeScalarView) {
        switch scalar {
        case "A"..."Z": folded.append(Unicode.Scalar(UInt8(scalar.value) | 0x20))
        case "\0"..."\u{7F}", "\u{200C}": folded.append(scalar)
        case "\u{064A}", "\u{0649}": folded.append("\u{06CC}")
        case "\u{0643}", "\u{06AA}": folded.append("\u{06A9}")
        // heh with the ezafe's hamza, and its form that does not join
        case "\u{06C0}", "\u{06D5}": folded.append("\u{0647}")
        case "\u{0640}": return
        case "ø", "Ø": folded.append("o")
        case "đ", "Đ", "ð", "Ð": folded.append("d")
        case "ł", "Ł": folded.append("l")
        case "æ", "Æ": folded.append(contentsOf: "ae".unicodeScalars)
        case "œ", "Œ": folded.append(contentsOf: "oe".unicodeScalars)
        case "þ", "Þ": folded.append(contentsOf: "th".unicodeScalars)
        // Its capital form is its own upper case.
        case "ß", "ẞ": folded.append(contentsOf: "ss".unicodeScalars)
        // forms of ASCII as wide as Chinese characters
        case "\u{FF01}"..."\u{FF5E}": fold(Unicode.Scalar(UInt8(scalar.value - 0xFEE0)), into: &folded)
        default: foldByProperties(scalar, into: &folded)
        }
    }

    private static func foldByProperties(_ scalar: Unicode.Scalar, into folded: inout String.UnicodeScalarView) {
        switch scalar.properties.generalCategory {
        case .decimalNumber, .otherNumber: folded.append(digit(scalar) ?? scalar)
        case .format: return
        case .lowercaseLetter, .uppercaseLetter, .titlecaseLetter, .letterNumber, .modifierLetter, .otherSymbol:
            foldCase(scalar, into: &folded)
        // the fillers of Hangul, which nobody sees
        default: if !scalar.properties.isDefaultIgnorableCodePoint { folded.append(scalar) }
        }
    }

    /// The ASCII digit for a digit of any script, raised or not.
    private static func digit(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar.properties.numericType {
        case .decimal, .digit: scalar.properties.numericValue.flatMap { UInt8(exactly: $0) }.map { Unicode.Scalar(UInt8(ascii: "0") + $0) }
        default: nil
        }
    }

    /// The letter below its marks comes first, since it may be one with a folding of its own (Ǿ, ǣ). Then upper case: it takes apart what lower case
    /// leaves whole (ﬁ) and joins what it keeps apart (ς, ı).
    private static func foldCase(_ scalar: Unicode.Scalar, into folded: inout String.UnicodeScalarView) {
        let isEuropean = Script(scalar) == .european
        if isEuropean {
            let decomposed = Array(String(Character(scalar))._nfd)
            let letters = decomposed.filter { $0.properties.generalCategory != .nonspacingMark }
            if decomposed != [scalar], !letters.isEmpty {
                for letter in letters { fold(letter, into: &folded) }
                return
            }
        } else if !scalar.properties.changesWhenCaseMapped {
            folded.append(scalar)
            return
        }
        for part in scalar.properties.uppercaseMapping.unicodeScalars {
            folded.append(contentsOf: part.properties.lowercaseMapping.unicodeScalars)
        }
    }
}
