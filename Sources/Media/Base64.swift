/// Base64 with padding, RFC 4648 section 4.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for index in 0..<4 {
                text.append(index <= group.count ? alphabet[bits >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether the text could be what `encode` gives for at most `limit` bytes.
    static func isPlausible(_ text: String, limit: Int) -> Bool {
        text.utf8.count <= (limit + 2) / 3 * 4 && text.utf8.count.isMultiple(of: 4)
            && text.utf8.allSatisfy { alphabet.contains($0) || $0 == UInt8(ascii: "=") }
    }
}
