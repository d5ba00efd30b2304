import Testing

@testable import Identity

@Suite struct TOTPTests {
    /// RFC 6238 appendix B, of whose eight digits these are the last six.
    @Test(
        arguments: [
            (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"), (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] as [(Int64, String)])
    func codes(_ second: Int64, _ code: String) {
        let secret = Array("12345678901234567890".utf8)
        #expect(TOTP.code(secret, step: second / 30) == code)
        #expect(TOTP.steps(of: code, secret, at: second * 1_000) == [second / 30])
        #expect(TOTP.steps(of: code, secret, at: second * 1_000 + 30_000) == [second / 30])
        #expect(TOTP.steps(of: code, secret, at: second * 1_000 - 30_000) == [second / 30])
        #expect(TOTP.steps(of: code, secret, at: second * 1_000 + 60_000).isEmpty)
        #expect(TOTP.steps(of: String(code.dropLast()), secret, at: second * 1_000).isEmpty)
    }

    /// Whoever has the first step may not go on guessing: in a year he gets to some four hundred codes of a million.
    @Test func guessingSlowsDown() {
        #expect(SecondFactors.pause(misses: 9, last: 0, now: 0) == nil)
        for (misses, seconds) in [(10, 60), (11, 120), (15, 1_920), (20, 61_440), (21, 86_400), (1_000, 86_400)] as [(Int, Int64)] {
            #expect(SecondFactors.pause(misses: misses, last: 1_000, now: 1_000) == seconds)
            #expect(SecondFactors.pause(misses: misses, last: 1_000, now: 1_000 + seconds * 1_000 - 1) == 1)
            #expect(SecondFactors.pause(misses: misses, last: 1_000, now: 1_000 + seconds * 1_000) == nil)
        }
        var (now, misses) = (Int64(0), 0)
        while now < 365 * 86_400_000 {
            misses += 1
            now += 1_000 * (SecondFactors.pause(misses: misses, last: now, now: now) ?? 0)
        }
        #expect(misses < 400)
    }

    /// RFC 4648 section 10.
    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI"),
    ])
    func base32(_ text: String, _ encoded: String) {
        #expect(Base32.text(Array(text.utf8)) == encoded)
    }

    @Test func linksAreEscaped() {
        #expect(
            TOTP.link(secret: "MY", issuer: "Ä & Co", account: "a@b.c")
                == "otpauth://totp/%C3%84%20%26%20Co:a%40b.c?secret=MY&issuer=%C3%84%20%26%20Co&algorithm=SHA1&digits=6&period=30")
    }

    @Test(
        arguments: [
            ("123456", "123456"), ("۱۲۳۴۵۶", "123456"), ("١٢٣٤٥٦", "123456"), (" 123 456", "123456"), ("123-456", "123456"),
            ("\u{200F}12", "12"), ("12a", nil), ("", nil), ("1\n2", nil), ("½", nil), (String(repeating: "1", count: 65), nil),
        ] as [(String, String?)])
    func typedCodes(_ text: String, _ digits: String?) {
        #expect(TypedCode.digits(text) == digits)
    }
}
