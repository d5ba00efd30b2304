/// The target of a request (RFC 9112 section 3.2), taken apart and decoded once.
struct RequestTarget: Equatable {
    /// Decoded segments; "/" has none, a trailing slash gives a last empty one.
    var segments: [String]
    /// The path as sent, without query; for logs.
    var rawPath: String
    /// Without "?"; "" if none.
    var query: String
    /// Of an absolute target (`http://host/path`); it must equal `Host`.
    var authority: String?

    /// What is wrong, in words for the client.
    struct Fault: Error, Equatable {
        var reason: String
    }

    init(_ target: String) throws(Fault) {
        var target = target
        authority = nil
        if target.utf8.first != UInt8(ascii: "/") {
            let (authority, rest) = try Self.absolute(target)
            self.authority = authority
            target = rest
        }
        for byte in target.utf8 {
            // Others must be percent-encoded (RFC 3986 section 2); llhttp lets some of them pass
            if byte <= 0x20 || byte >= 0x7F { throw Fault(reason: "The target holds a character that must be percent-encoded.") }
            if byte == UInt8(ascii: "#") { throw Fault(reason: "The target holds a fragment.") }
        }
        if let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) {
            rawPath = String(target[..<mark])
            query = String(target[target.utf8.index(after: mark)...])
        } else {
            rawPath = target
            query = ""
        }
        segments = []
        guard rawPath.utf8.count > 1 else { return }
        segments.reserveCapacity(6)
        for piece in rawPath.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            segments.append(try Self.decode(piece))
        }
    }

    private static func absolute(_ target: String) throws(Fault) -> (authority: String, rest: String) {
        let lower = target.prefix(8).lowercased()
        let skip = lower.hasPrefix("http://") ? 7 : lower.hasPrefix("https://") ? 8 : 0
        guard skip > 0 else { throw Fault(reason: "The target is neither a path nor an absolute URL.") }
        let rest = target.dropFirst(skip)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        let path = String(rest[end...])
        return (String(rest[..<end]), path.utf8.first == UInt8(ascii: "/") ? path : "/" + path)
    }

    private static func decode(_ piece: Substring.UTF8View) throws(Fault) -> String {
        var plain = true
        for byte in piece where byte == UInt8(ascii: "%") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: ".") { plain = false }
        if plain { return String(Substring(piece)) }

        var bytes: [UInt8] = []
        bytes.reserveCapacity(piece.count)
        var position = piece.startIndex
        while position < piece.endIndex {
            var byte = piece[position]
            position = piece.index(after: position)
            if byte == UInt8(ascii: "%") {
                guard position < piece.endIndex, let high = hex(piece[position]) else { throw invalidPercent }
                position = piece.index(after: position)
                guard position < piece.endIndex, let low = hex(piece[position]) else { throw invalidPercent }
                position = piece.index(after: position)
                byte = high << 4 | low
            }
            if byte < 0x20 || byte == 0x7F { throw Fault(reason: "The path holds a control character.") }
            // Proxies, file systems and browsers disagree about these: none of them is ever needed
            if byte == UInt8(ascii: "/") { throw Fault(reason: "The path holds an encoded slash.") }
            if byte == UInt8(ascii: "\\") { throw Fault(reason: "The path holds a backslash.") }
            bytes.append(byte)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Fault(reason: "The path is not valid UTF-8.") }
        if text == "." || text == ".." { throw Fault(reason: "The path holds a dot segment.") }
        return text
    }

    private static var invalidPercent: Fault { Fault(reason: "The path holds an incomplete percent-encoding.") }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
