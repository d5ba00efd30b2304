/// The text that is written: everything from the input passes here and leaves escaped, without control characters.
struct Output {
    private(set) var bytes: [UInt8] = []
    /// Where the content of the last `pre` begins.
    private var listing = -1

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    var count: Int { bytes.count }

    mutating func endTag(_ element: Element) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(UInt8(ascii: "/"))
        bytes.append(contentsOf: element.rawValue.utf8)
        bytes.append(UInt8(ascii: ">"))
    }

    /// A start tag: its name, then `attribute` for each attribute, then `closeTag`.
    mutating func openTag(_ element: Element) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(contentsOf: element.rawValue.utf8)
    }

    mutating func attribute(_ name: String, _ value: [UInt8]) {
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: "="))
        bytes.append(UInt8(ascii: "\""))
        escape(value, value.indices, quoted: true)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func closeTag(_ element: Element) {
        bytes.append(UInt8(ascii: ">"))
        if element == .pre { listing = bytes.count }
    }

    /// Characters of the input between tags.
    mutating func text(_ range: Range<Int>, of input: [UInt8]) {
        let start = bytes.count
        var data = CharacterData(range, .data)
        while let piece = data.next(input) {
            switch piece {
            case .run(let run): escape(input, run, quoted: false)
            case .scalar(let scalar): escape(scalar)
            }
        }
        // A parser drops a line feed right after `<pre>`: the one that is meant is a second one.
        if start == listing, start < bytes.count, bytes[start] == 0x0A { bytes.insert(0x0A, at: start) }
    }

    /// Characters that are escaped already.
    mutating func append(_ escaped: Output) {
        bytes.append(contentsOf: escaped.bytes)
    }

    /// An attribute's value without control characters but tabs and line feeds. A form feed becomes a space.
    static func clean(_ value: [UInt8]) -> [UInt8] {
        guard value.contains(where: { isSpecial[Int($0)] }) else { return value }
        var cleaned: [UInt8] = []
        cleaned.reserveCapacity(value.count)
        var index = 0
        while index < value.count {
            let byte = value[index]
            if byte == 0xC2, index + 1 < value.count, value[index + 1] < 0xA0 {
                index += 2
                continue
            }
            if byte == 0x0C {
                cleaned.append(0x20)
            } else if byte >= 0x20 ? byte != 0x7F : byte == 0x09 || byte == 0x0A {
                cleaned.append(byte)
            }
            index += 1
        }
        return cleaned
    }

    /// Bytes that do not simply pass: markup, control characters, and 0xC2, which begins U+0080 to U+009F.
    private static let isSpecial: [Bool] = (UInt8.min...UInt8.max).map { byte in
        switch byte {
        case 0x09, 0x0A: false
        case 0..<0x20, 0x7F, 0xC2, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), UInt8(ascii: "\""): true
        default: false
        }
    }

    private mutating func escape(_ input: [UInt8], _ range: Range<Int>, quoted: Bool) {
        let isSpecial = Self.isSpecial
        var start = range.lowerBound
        var index = start
        while index < range.upperBound {
            let byte = input[index]
            guard isSpecial[Int(byte)] else {
                index += 1
                continue
            }
            var length = 1
            let replacement: StaticString
            switch byte {
            case UInt8(ascii: "<"): replacement = "&lt;"
            case UInt8(ascii: ">"): replacement = "&gt;"
            case UInt8(ascii: "&"): replacement = "&amp;"
            case UInt8(ascii: "\"") where quoted: replacement = "&quot;"
            case UInt8(ascii: "\""):
                index += 1
                continue
            case 0xC2:
                guard index + 1 < range.upperBound, input[index + 1] < 0xA0 else {
                    index += 1
                    continue
                }
                length = 2
                replacement = ""
            case 0x0C: replacement = " "
            default: replacement = ""
            }
            bytes.append(contentsOf: input[start..<index])
            replacement.withUTF8Buffer { bytes.append(contentsOf: $0) }
            index += length
            start = index
        }
        bytes.append(contentsOf: input[start..<range.upperBound])
    }

    private mutating func escape(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "<": bytes.append(contentsOf: "&lt;".utf8)
        case ">": bytes.append(contentsOf: "&gt;".utf8)
        case "&": bytes.append(contentsOf: "&amp;".utf8)
        case "\t", "\n": bytes.append(UInt8(truncatingIfNeeded: scalar.value))
        case "\r": bytes.append(0x0A)
        case "\u{0C}": bytes.append(0x20)
        case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}": break
        default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }
}
