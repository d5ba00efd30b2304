import Conformance
import Crypto
import Ports
import Records
import Testing

@testable import Identity

@Suite struct AccessTokenTests {
    private let clock = ManualClock()
    private let key = MasterKey(bytes: Array(repeating: 7, count: 32))

    private let signing = Curve25519.Signing.PrivateKey()

    /// Keys of those names, the first in use; all are the one of `signing`.
    private func keys(_ names: String...) -> SigningKeys {
        let keys = SigningKeys(masterKey: key, random: SystemRandom(), clock: clock)
        keys.hold(names.map { stored($0, signing) })
        return keys
    }

    private func stored(_ name: String, _ signing: Curve25519.Signing.PrivateKey) -> StoredSigningKey {
        StoredSigningKey(id: name, sealed: Sealing(key, for: .signingKeys).seal(Array(signing.rawRepresentation)), createdAt: 0)
    }

    private func tokens(_ issuer: String = "https://a.example") -> AccessTokens {
        AccessTokens(keys: keys("k"), issuer: issuer, clock: clock)
    }

    private static let header = #"{"alg":"EdDSA","kid":"k","typ":"at+jwt"}"#
    private let claims = #"{"iss":"https://a.example","aud":"https://a.example","sub":"u","sid":"s","iat":1800000000,"exp":1900000000}"#

    /// Signed with the right key, so that only the header or the claims stand against it.
    private func forge(_ header: String, _ claims: String) throws -> String {
        let signed = Base64.url(Array(header.utf8)) + "." + Base64.url(Array(claims.utf8))
        return signed + "." + Base64.url(Array(try signing.signature(for: Array(signed.utf8))))
    }

    @Test func whatIsIssuedIsVerified() throws {
        let token = try tokens().issue(user: "u", session: "s", lifetime: 60_000)
        #expect(tokens().verify(token) == .success(TokenClaims(user: "u", session: "s", expiresAt: 1_800_000_060_000)))
        clock.advance(by: 60_000)
        #expect(tokens().verify(token) == .failure(.expired))
    }

    @Test(arguments: [
        #"{"alg":"none","kid":"k","typ":"at+jwt"}"#, #"{"alg":"None","kid":"k","typ":"at+jwt"}"#,
        #"{"alg":"HS256","kid":"k","typ":"at+jwt"}"#, #"{"alg":"ES256","kid":"k","typ":"at+jwt"}"#,
        #"{"alg":"EdDSA","kid":"k"}"#, #"{"alg":"EdDSA","kid":"k","typ":"JWT"}"#, #"{"typ":"at+jwt","kid":"k","alg":"EdDSA"}"#,
        #"{"alg":"EdDSA","typ":"at+jwt"}"#, #"{"alg":"EdDSA","kid":"x","typ":"at+jwt"}"#, #"{"alg":"EdDSA","kid":"","typ":"at+jwt"}"#,
        #"{"alg":"EdDSA","kid":"../k","typ":"at+jwt"}"#, #"{"alg":"EdDSA","kid":["k"],"typ":"at+jwt"}"#,
        #"{"alg":"EdDSA","kid":"k","typ":"at+jwt","jku":"https://evil"}"#, #"{"alg":"EdDSA","kid":"k","typ":"at+jwt","jwk":{}}"#,
        #"{"alg":"EdDSA","kid":"k","typ":"at+jwt","x5u":"https://evil"}"#,
        #"{"alg":"EdDSA","kid":"k","typ":"at+jwt","crit":["exp"]}"#, "{}", "",
    ])
    func anyOtherHeaderIsRefused(_ header: String) throws {
        #expect(try tokens().verify(forge(header, claims)) == .failure(.invalid))
    }

    @Test(arguments: [
        #""iss":"https://b.example","aud":"https://a.example","sub":"u","sid":"s","exp":1900000000"#,
        #""aud":"https://a.example","sub":"u","sid":"s","exp":1900000000"#,
        #""iss":"https://a.example","sub":"u","sid":"s","exp":1900000000"#,
        #""iss":"https://a.example","aud":"https://b.example","sub":"u","sid":"s","exp":1900000000"#,
        #""iss":"https://a.example","aud":["https://a.example"],"sub":"u","sid":"s","exp":1900000000"#,
        #""iss":"https://a.example","aud":"https://a.example","sid":"s","exp":1900000000"#,
        #""iss":"https://a.example","aud":"https://a.example","sub":"u","exp":1900000000"#,
        #""iss":"https://a.example","aud":"https://a.example","sub":"u","sid":"s""#,
        #""iss":"https://a.example","aud":"https://a.example","sub":"u","sid":"s","exp":"1900000000""#,
        #""iss":"https://a.example","aud":"https://a.example","sub":"u","sid":"s","exp":9223372036854775807"#, "",
    ])
    func otherClaimsAreRefused(_ claims: String) throws {
        #expect(try tokens().verify(forge(Self.header, "{\(claims)}")) == .failure(.invalid))
    }

    /// The forgeries above are refused for what they say: with the right header and claims the same signature is good.
    @Test func aRightTokenByHandIsVerified() throws {
        let verified = try tokens().verify(forge(Self.header, claims))
        #expect(verified == .success(TokenClaims(user: "u", session: "s", expiresAt: 1_900_000_000_000)))
    }

    @Test func anOlderKeyHoldsOnAndAForgottenOneDoesNot() throws {
        let ring = keys("k")
        let tokens = AccessTokens(keys: ring, issuer: "https://a.example", clock: clock)
        let old = try tokens.issue(user: "u", session: "s", lifetime: 60_000)
        ring.hold([stored("l", Curve25519.Signing.PrivateKey()), stored("k", signing)])
        #expect(ring.listed.map(\.isCurrent) == [true, false] && ring.published.map(\.id) == ["l", "k"])
        let new = try tokens.issue(user: "u", session: "s", lifetime: 60_000)
        #expect(new.split(separator: ".").first != old.split(separator: ".").first)
        for token in [old, new] { #expect(throws: Never.self) { try tokens.verify(token).get() } }
        ring.hold([stored("l", Curve25519.Signing.PrivateKey())])
        for token in [old, new] { #expect(tokens.verify(token) == .failure(.invalid)) }
    }

    @Test func aKeyUnderAnotherMasterKeyIsNone() throws {
        let ring = SigningKeys(masterKey: MasterKey(bytes: Array(repeating: 8, count: 32)), random: SystemRandom(), clock: clock)
        ring.hold([stored("k", signing)])
        #expect(ring.listed.isEmpty)
        let tokens = AccessTokens(keys: ring, issuer: "https://a.example", clock: clock)
        #expect(throws: (any Error).self) { try tokens.issue(user: "u", session: "s", lifetime: 1) }
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
        for attack in attacks { #expect(tokens().verify(attack) == .failure(.invalid)) }
        let others = SigningKeys(masterKey: key, random: SystemRandom(), clock: clock)
        others.hold([stored("k", Curve25519.Signing.PrivateKey())])
        let foreign = AccessTokens(keys: others, issuer: "https://a.example", clock: clock)
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
