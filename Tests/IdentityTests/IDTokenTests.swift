import Crypto
import CryptoExtras
import JSON
import Records
import Testing

@testable import Identity

/// What another service signs is believed only when all of it is right (OpenID Connect Core section 3.1.3.7).
@Suite struct IDTokenTests {
    private static let now: Int64 = 1_800_000_000_000
    private let key = P256.Signing.PrivateKey()
    private let strange = P256.Signing.PrivateKey()

    private static let claims: [(String, JSONValue)] = [
        ("iss", "https://id.example"), ("aud", "atlas"), ("sub", "s1"), ("exp", .integer(now / 1_000 + 60)), ("iat", .integer(now / 1_000)),
        ("nonce", "n"), ("email", "Ada@Example.com"), ("email_verified", true),
    ]

    private func jwks(_ key: P256.Signing.PrivateKey, id: String = "k1") -> JSONValue {
        let point = Array(key.publicKey.x963Representation)
        return [
            "kty": "EC", "crv": "P-256", "kid": .string(id), "x": .string(Base64.url(Array(point[1...32]))),
            "y": .string(Base64.url(Array(point[33...64]))),
        ]
    }

    private func part(_ members: [(String, JSONValue)]) -> String {
        Base64.url(Array(JSONValue.object(members.map { JSONMember(name: $0.0, value: $0.1) }).text.utf8))
    }

    private func token(
        _ changes: [(String, JSONValue?)] = [], header: [(String, JSONValue)] = [("alg", "ES256"), ("kid", "k1")],
        key: P256.Signing.PrivateKey? = nil
    ) throws -> String {
        var claims = Self.claims.filter { claim in !changes.contains { $0.0 == claim.0 } }
        claims += changes.compactMap { name, value in value.map { (name, $0) } }
        let signed = part(header) + "." + part(claims)
        let signature = try (key ?? self.key).signature(for: SHA256.hash(data: Array(signed.utf8)))
        return signed + "." + Base64.url(Array(signature.rawRepresentation))
    }

    private func verify(_ token: String, keys: JSONValue? = nil) throws(IDToken.Fault) -> IDToken {
        try IDToken.verify(
            token, keys: JSONWebKeys(["keys": .array([keys ?? jwks(key)])]), issuer: "https://id.example", client: "atlas", nonce: "n",
            now: Self.now)
    }

    @Test func aRightTokenIsBelieved() throws {
        let right = IDToken(subject: "s1", email: "ada@example.com", isEmailVerified: true)
        #expect(try verify(token()) == right)
        #expect(try verify(token(header: [("alg", "ES256")])) == right)
        #expect(try verify(token([("aud", ["atlas", "other"]), ("azp", "atlas")])) == right)
        #expect(try verify(token([("email_verified", "true")])).isEmailVerified == false)
        #expect(try verify(token([("email_verified", nil), ("email", nil)])).email == nil)
    }

    @Test func everythingElseIsRefused() throws {
        let seconds = Self.now / 1_000
        let wrong: [(String, String)] = [
            ("another issuer", try token([("iss", "https://evil.example")])), ("another audience", try token([("aud", "other")])),
            ("many audiences", try token([("aud", ["atlas", "other"])])), ("another party", try token([("azp", "other")])),
            ("expired", try token([("exp", .integer(seconds - 61))])), ("no expiry", try token([("exp", nil)])),
            ("from the future", try token([("iat", .integer(seconds + 61))])), ("another nonce", try token([("nonce", "m")])),
            ("no nonce", try token([("nonce", nil)])), ("no subject", try token([("sub", nil)])),
            ("an empty subject", try token([("sub", "")])),
            ("crit", try token(header: [("alg", "ES256"), ("kid", "k1"), ("crit", ["x"])])),
            ("none", part([("alg", "none")]) + "." + part(Self.claims) + "."),
            ("another's signature", try token(key: strange)), ("HS256", try token(header: [("alg", "HS256"), ("kid", "k1")])),
            ("RS256 over an EC key", try token(header: [("alg", "RS256"), ("kid", "k1")])), ("no header", "." + part(Self.claims) + ".x"),
            ("two parts", "a.b"), ("too long", String(repeating: "a", count: 20_000)),
        ]
        for (name, token) in wrong {
            #expect(throws: IDToken.Fault.invalid, "\(name)") { try verify(token) }
        }
        #expect(throws: IDToken.Fault.unknownKey) { try verify(try token(header: [("alg", "ES256"), ("kid", "k2")])) }
        #expect(throws: IDToken.Fault.invalid) { try verify(token(header: [("alg", "ES256")]), keys: ["kty": "oct", "k": "AAAA"]) }
    }

    /// The confusion of algorithms: a public key as the shared secret of HS256.
    @Test func rsaKeysVerifyTheirOwnAlgorithmAlone() throws {
        let rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let parts = try rsa.publicKey.getKeyPrimitives()
        let keys: JSONValue = [
            "kty": "RSA", "kid": "k1", "use": "sig", "n": .string(Base64.url(Array(parts.modulus))),
            "e": .string(Base64.url(Array(parts.publicExponent))),
        ]
        func signed(_ algorithm: String) -> String { part([("alg", .string(algorithm)), ("kid", "k1")]) + "." + part(Self.claims) }
        let message = signed("RS256")
        let signature = try rsa.signature(for: SHA256.hash(data: Array(message.utf8)), padding: .insecurePKCS1v1_5)
        #expect(try verify(message + "." + Base64.url(Array(signature.rawRepresentation)), keys: keys).subject == "s1")
        let hmac = HMAC<SHA256>.authenticationCode(for: Array(signed("HS256").utf8), using: SymmetricKey(data: Array(parts.modulus)))
        #expect(throws: IDToken.Fault.invalid) { try verify(signed("HS256") + "." + Base64.url(Array(hmac)), keys: keys) }
        #expect(throws: IDToken.Fault.invalid) { try verify(token(), keys: keys) }
        #expect(throws: IDToken.Fault.invalid) { try verify(message + ".AAAA", keys: keys) }
    }
}
