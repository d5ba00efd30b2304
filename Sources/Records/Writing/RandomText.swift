import Ports

/// What `random(n)` of a stamp draws: 5 bits a character, without letters that are taken for digits (Crockford's base 32, in lower case).
enum RandomText {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".unicodeScalars)

    static func make(_ count: Int, _ random: any Random) -> String {
        var text = String.UnicodeScalarView()
        for byte in random.bytes(count) { text.append(alphabet[Int(byte) & 31]) }
        return String(text)
    }
}
