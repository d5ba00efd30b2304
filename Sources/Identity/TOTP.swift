internal import Crypto

/// Codes of authenticators: RFC 6238 with HMAC-SHA-1, 30 seconds and six digits, which is what all of them know.
package enum TOTP {
    /// Milliseconds.
    static let period: Int64 = 30_000
    static let digits = 6

    /// The code of that secret in that step.
    package static func code(_ secret: [UInt8], step: Int64) -> String {
        let message = withUnsafeBytes(of: step.bigEndian) { Array($0) }
        let digest = Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: SymmetricKey(data: secret)))
        // RFC 4226 section 5.3: four bytes from where the last one says, without their sign.
        let offset = Int(digest[digest.count - 1] & 0x0F)
        let number = digest[offset..<(offset + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let text = "\(number % 1_000_000)"
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }

    /// The steps around that moment whose code this is, the present one first: clocks differ.
    static func steps(of code: String, _ secret: [UInt8], at now: Int64) -> [Int64] {
        let step = now / period
        return [step, step - 1, step + 1].filter { isEqual(self.code(secret, step: $0), code) }
    }

    /// In a time that does not tell how far they agree.
    private static func isEqual(_ one: String, _ other: String) -> Bool {
        let (one, other) = (Array(one.utf8), Array(other.utf8))
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// What authenticators read from a QR code.
    static func link(secret: String, issuer: String, account: String) -> String {
        let (issuer, account) = (URLEscaping.escaped(issuer), URLEscaping.escaped(account))
        return
            "otpauth://totp/\(issuer):\(account)?secret=\(secret)&issuer=\(issuer)&algorithm=SHA1&digits=\(digits)&period=\(period / 1_000)"
    }
}

/// RFC 4648 section 6, without padding.
package enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".unicodeScalars)

    package static func text(_ bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        var (buffer, bits) = (0, 0)
        for byte in bytes {
            buffer = (buffer << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[buffer >> bits & 31])
            }
        }
        if bits > 0 { text.append(alphabet[buffer << (5 - bits) & 31]) }
        return String(text)
    }
}
