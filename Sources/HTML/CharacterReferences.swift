/// Character references of WHATWG HTML, sections 13.2.5.72 to 13.2.5.80: what `&…` stands for.
struct CharacterReferences: Sendable {
    /// One or two scalars that a reference stands for, and the number of bytes that it took, `&` included.
    struct Match {
        var first: Unicode.Scalar
        var second: Unicode.Scalar?
        var length: Int
    }

    static let standard = CharacterReferences()

    private let names: NameTable
    private let values: [(Unicode.Scalar, Unicode.Scalar?)]
    /// Bytes of the longest name that is known without a semicolon, and of the longest of all.
    private let longestBare: Int
    private let longest: Int

    private init() {
        var names: [String] = []
        var values: [(Unicode.Scalar, Unicode.Scalar?)] = []
        var longest = 0
        var longestBare = 0
        let text = CharacterReferenceTable.text.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
        for entry in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            let parts = entry.split(separator: "=")
            guard parts.count == 2 else { continue }
            let scalars = parts[1].split(separator: "+").compactMap { UInt32($0, radix: 16).flatMap { Unicode.Scalar($0) } }
            guard let first = scalars.first else { continue }
            let value = (first, scalars.count > 1 ? scalars[1] : nil)
            let isBare = parts[0].hasPrefix(";")
            let name = String(isBare ? parts[0].dropFirst() : parts[0])
            names.append(name + ";")
            values.append(value)
            longest = max(longest, name.utf8.count + 1)
            if isBare {
                names.append(name)
                values.append(value)
                longestBare = max(longestBare, name.utf8.count)
            }
        }
        self.names = NameTable(names, foldsCase: false)
        self.values = values
        self.longest = longest
        self.longestBare = longestBare
    }

    /// The reference that begins at `start`, where an `&` stands; nil when it is a mere ampersand.
    /// - Parameter inAttribute: a name without semicolon before `=` or an alphanumeric is none there.
    func match(at start: Int, before end: Int, of bytes: [UInt8], inAttribute: Bool) -> Match? {
        let next = start + 1
        guard next < end else { return nil }
        if bytes[next] == UInt8(ascii: "#") { return numeric(at: start, before: end, of: bytes) }
        // Names are alphanumeric and perhaps a semicolon: the longest match ends with the semicolon or is one of the short bare names.
        var stop = next
        while stop < end, stop - next < longest, bytes[stop].isLetter || bytes[stop].isDigit { stop += 1 }
        if stop < end, bytes[stop] == UInt8(ascii: ";"), let index = names.index(of: next..<stop + 1, in: bytes) {
            return Match(first: values[index].0, second: values[index].1, length: stop + 1 - start)
        }
        var length = min(stop - next, longestBare)
        while length >= 2 {
            if let index = names.index(of: next..<next + length, in: bytes) {
                let after = next + length
                if inAttribute, after < end, bytes[after] == UInt8(ascii: "=") || bytes[after].isLetter || bytes[after].isDigit {
                    return nil
                }
                return Match(first: values[index].0, second: values[index].1, length: length + 1)
            }
            length -= 1
        }
        return nil
    }

    private func numeric(at start: Int, before end: Int, of bytes: [UInt8]) -> Match? {
        var position = start + 2
        var radix: UInt32 = 10
        if position < end, bytes[position].lowercased == UInt8(ascii: "x") {
            radix = 16
            position += 1
        }
        let digits = position
        var code: UInt32 = 0
        while position < end {
            let byte = bytes[position]
            let digit: UInt32
            if byte.isDigit {
                digit = UInt32(byte - 0x30)
            } else if radix == 16, 0x61...0x66 ~= byte.lowercased {
                digit = UInt32(byte.lowercased - 0x61 + 10)
            } else {
                break
            }
            // Anything beyond Unicode stays beyond it.
            code = min(code * radix + digit, 0x11_0000)
            position += 1
        }
        guard position > digits else { return nil }
        if position < end, bytes[position] == UInt8(ascii: ";") { position += 1 }
        return Match(first: Self.scalar(code), second: nil, length: position - start)
    }

    /// What 0x80 to 0x9F meant in windows-1252; 0 where the code stands for itself (13.2.5.80).
    private static let windows1252: [UInt16] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
        0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
    ]

    private static func scalar(_ code: UInt32) -> Unicode.Scalar {
        if 0x80...0x9F ~= code, windows1252[Int(code - 0x80)] != 0 {
            return Unicode.Scalar(windows1252[Int(code - 0x80)]) ?? "\u{FFFD}"
        }
        return code == 0 ? "\u{FFFD}" : Unicode.Scalar(code) ?? "\u{FFFD}"
    }
}
