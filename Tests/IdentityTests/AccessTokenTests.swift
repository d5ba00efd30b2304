import Conformance
import Crypto
import Ports
import Records
import Testing

@testable import Identity

@Suite struct AccessTokenTests {
    private let clock = ManualClock()
    private let key = MasterKey(bytes: Array(repeating: 7, count: 32))

    private func tokens(_ issuer: String = "https://a.example") throws -> AccessTokens {
        try AccessTokens(masterKey: key, issuer: issuer, clock: clock)
    }

    private func signing() throws -> Curve25519.Signing.PrivateKey {
        try Curve25519.Signing.PrivateKey(rawRepresentation: key.derived(for: .tokenSigning).withUnsafeBytes { Array($0) })
    }

    private let claims = #"{"iss":"https://a.example","sub":"u","sid":"s","iat":1800000000,"exp":1900000000}"#

    /// Signed with the right key, so that only the header or the claims stand against it.
    private func forge(_ header: String, _ claims: String) throws -> String {
        let signed = Base64.url(Array(header.utf8)) + "." + Base64.url(Array(claims.utf8))
        return signed + "." + Base64.url(Array(try signing().signature(for: Array(signed.utf8))))
    }

    @Test func whatIsIssuedIsVerified() throws {
        let token = try tokens().issue(user: "u", session: "s", lifetime: 60_000)
        #expect(try tokens().verify(token) == .success(TokenClaims(user: "u", session: "s", expiresAt: 1_800_000_060_000)))
        clock.advance(by: 60_000)
        #expect(try tokens().verify(token) == .failure(.expired))
    }

    @Test(arguments: [
        #"{"alg":"none","typ":"at+jwt"}"#, #"{"alg":"None","typ":"at+jwt"}"#, #"{"alg":"HS256","typ":"at+jwt"}"#,
        #"{"alg":"ES256","typ":"at+jwt"}"#,
        #"{"alg":"EdDSA"}"#, #"{"alg":"EdDSA","typ":"JWT"}"#, #"{"typ":"at+jwt","alg":"EdDSA"}"#,
        #"{"alg":"EdDSA","typ":"at+jwt","kid":"x"}"#,
        #"{"alg":"EdDSA","typ":"at+jwt","jku":"https://evil"}"#, #"{"alg":"EdDSA","typ":"at+jwt","jwk":{}}"#,
        #"{"alg":"EdDSA","typ":"at+jwt","x5u":"https://evil"}"#, #"{"alg":"EdDSA","typ":"at+jwt","crit":["exp"]}"#, "{}", "",
    ])
    func anyOtherHeaderIsRefused(_ header: String) throws {
        #expect(try tokens().verify(forge(header, claims)) == .failure(.invalid))
    }

    @Test(arguments: [
        #"{"iss":"https://b.example","sub":"u","sid":"s","exp":1900000000}"#, #"{"sub":"u","sid":"s","exp":1900000000}"#,
        #"{"iss":"https://a.example","sid":"s","exp":1900000000}"#, #"{"iss":"https://a.example","sub":"u","exp":1900000000}"#,
        #"{"iss":"https://a.example","sub":"u","sid":"s"}"#, #"{"iss":"https://a.example","sub":"u","sid":"s","exp":"1900000000"}"#,
        #"{"iss":"https://a.example","sub":"u","sid":"s","exp":9223372036854775807}"#, "[]", "",
    ])
    func otherClaimsAreRefused(_ claims: String) throws {
        #expect(try tokens().verify(forge(#"{"alg":"EdDSA","typ":"at+jwt"}"#, claims)) == .failure(.invalid))
    }

    @Test func tamperedTokensAreRefused() throws {
        let token = try tokens().issue(user: "u", session: "s", lifetime: 60_000)
        let parts = token.split(separator: ".").map(String.init)
        var attacks = [
            "", ".", "..", token + ".", "." + token, token + "=", parts[0] + "." + parts[1] + ".", parts[0] + "." + parts[1],
            String(token.dropLast()), token + "A", parts[0] + ".." + parts[2], String(repeating: "a", count: 3_000), token + " ",
            " " + token,
        ]
        for index in token.indices where token[index] != "." {
            var copy = token
            copy.replaceSubrange(index...index, with: token[index] == "A" ? "B" : "A")
            attacks.append(copy)
        }
        for attack in attacks { #expect(try tokens().verify(attack) == .failure(.invalid)) }
        let foreign = try AccessTokens(
            masterKey: MasterKey(bytes: Array(repeating: 8, count: 32)), issuer: "https://a.example", clock: clock)
        #expect(foreign.verify(token) == .failure(.invalid))
    }

    @Test func base64HasOneSpelling() {
        for length in 0..<50 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 37) }
            #expect(Base64.decodeURL(Base64.url(bytes)) == bytes)
        }
        #expect(Base64.decodeURL("QQ") == [0x41] && Base64.decodeURL("QR") == nil && Base64.decodeURL("Q") == nil)
        #expect(Base64.decodeURL("QQ==") == nil && Base64.decodeURL("Q+/") == nil)
    }

    @Test func theKeyIsNeverPrinted() {
        #expect("\(key) \(String(reflecting: key))".contains("7") == false)
    }
}
