/// JSON pointers (RFC 6901) as the names that they pass.
enum JSONPointer {
    static func text(_ names: [String]) -> String {
        names.map { name in
            "/" + name.map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined()
        }.joined()
    }

    /// The names that a pointer passes in the fragment of a URI (without `#`); nil when it is malformed.
    static func names(inFragment text: Substring) -> [String]? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(code)
            rest.removeFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { return nil }
        var names: [String] = []
        for token in decoded.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            guard let name = unescaped(token) else { return nil }
            names.append(name)
        }
        return names
    }

    private static func unescaped(_ token: Substring) -> String? {
        var name = String.UnicodeScalarView()
        var scalars = token.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            if scalar != "~" {
                name.append(scalar)
                continue
            }
            switch scalars.next() {
            case "0": name.append("~")
            case "1": name.append("/")
            default: return nil
            }
        }
        return String(name)
    }
}
