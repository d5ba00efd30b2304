/// Finds a part of a JSON text, for the answers of jobs. Reads no more of it than it must; what is no JSON has no parts.
struct JSONPart {
    private var bytes: ArraySlice<UInt8>
    /// Objects and lists that are open; more than the limit is refused.
    private var depth = 0
    private static let depthLimit = 128

    /// The part that the keys lead to, if it is of that type: a text for `text`, a number without point for `int`, any number for `float`,
    /// a number or text for `decimal`, anything as its JSON for `json`. Null otherwise.
    static func value(of text: String, at path: [String], as type: ValueType) -> Value {
        var part = JSONPart(bytes: Array(text.utf8)[...])
        for key in path where !part.descend(to: key) { return .null }
        part.skipSpace()
        let start = part.bytes
        guard let first = start.first, part.skipValue() else { return .null }
        let raw = String(decoding: start[start.startIndex..<part.bytes.startIndex], as: UTF8.self)
        let isText = first == UInt8(ascii: "\"")
        let isNumber = first == UInt8(ascii: "-") || isDigit(first)
        switch type {
        case .json: return raw == "null" && !path.isEmpty ? .null : .text(raw)
        case .text where isText: return unquoted(start).map { .text($0) } ?? .null
        case .bool: return raw == "true" ? .bool(true) : raw == "false" ? .bool(false) : .null
        case .int where isNumber: return Int64(raw).map { .int($0) } ?? .null
        case .float where isNumber:
            guard let number = Double(raw), number.isFinite else { return .null }
            return .float(number)
        case .decimal(let scale) where isNumber || isText:
            let text = isText ? unquoted(start) ?? "" : raw
            return Decimal(text).flatMap { $0.rescaled(to: scale) }.map { .decimal($0) } ?? .null
        default: return .null
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private mutating func skipSpace() {
        bytes = bytes.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard bytes.first == UInt8(ascii: character) else { return false }
        bytes.removeFirst()
        return true
    }

    /// Goes to the value of that key of the object that begins here.
    private mutating func descend(to key: String) -> Bool {
        guard take("{"), !take("}") else { return false }
        while true {
            skipSpace()
            let name = Self.unquoted(bytes)
            guard name != nil, skipText(), take(":") else { return false }
            if name == key { return true }
            guard skipValue(), take(",") else { return false }
        }
    }

    private mutating func skipValue() -> Bool {
        skipSpace()
        guard let first = bytes.first else { return false }
        switch first {
        case UInt8(ascii: "\""): return skipText()
        case UInt8(ascii: "{"): return skipItems("}", isObject: true)
        case UInt8(ascii: "["): return skipItems("]", isObject: false)
        default:
            let rest = bytes.drop {
                Self.isDigit($0) || ($0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z")) || [0x2B, 0x2D, 0x2E].contains($0)
            }
            defer { bytes = rest }
            return rest.startIndex > bytes.startIndex
        }
    }

    private mutating func skipItems(_ closing: Unicode.Scalar, isObject: Bool) -> Bool {
        bytes.removeFirst()
        depth += 1
        defer { depth -= 1 }
        if depth > Self.depthLimit { return false }
        if take(closing) { return true }
        while true {
            if isObject {
                skipSpace()
                guard skipText(), take(":") else { return false }
            }
            guard skipValue() else { return false }
            if take(closing) { return true }
            guard take(",") else { return false }
        }
    }

    private mutating func skipText() -> Bool {
        guard bytes.first == UInt8(ascii: "\"") else { return false }
        bytes.removeFirst()
        while let byte = bytes.popFirst() {
            if byte == UInt8(ascii: "\"") { return true }
            if byte == UInt8(ascii: "\\"), bytes.popFirst() == nil { return false }
        }
        return false
    }

    /// The text that begins here, its escapes resolved; nil where it is none, or holds U+0000, which no text may.
    private static func unquoted(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.first == UInt8(ascii: "\"") else { return nil }
        var rest = bytes.dropFirst()
        var result: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return result.contains(0) ? nil : String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escape = rest.popFirst() else { return nil }
                switch escape {
                case UInt8(ascii: "n"): result.append(0x0A)
                case UInt8(ascii: "r"): result.append(0x0D)
                case UInt8(ascii: "t"): result.append(0x09)
                case UInt8(ascii: "b"): result.append(0x08)
                case UInt8(ascii: "f"): result.append(0x0C)
                case UInt8(ascii: "u"):
                    guard let scalar = scalar(&rest) else { return nil }
                    result += Array(String(Character(scalar)).utf8)
                default: result.append(escape)
                }
            default: result.append(byte)
            }
        }
        return nil
    }

    /// What four digits after `\u` stand for, or twice four of a surrogate pair; a lone surrogate is U+FFFD.
    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let high = unit(&rest) else { return nil }
        if let scalar = Unicode.Scalar(high) { return scalar }
        var ahead = rest
        guard high < 0xDC00, ahead.popFirst() == UInt8(ascii: "\\"), ahead.popFirst() == UInt8(ascii: "u"), let low = unit(&ahead),
            (0xDC00...0xDFFF).contains(low)
        else { return "\u{FFFD}" }
        rest = ahead
        return Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    }

    private static func unit(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
        guard rest.count >= 4, let value = UInt32(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16) else { return nil }
        rest = rest.dropFirst(4)
        return value
    }
}
