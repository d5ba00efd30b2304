internal import Crypto
internal import JSON
package import Ports
internal import Records

/// What an access token says.
package struct TokenClaims: Sendable, Equatable {
    package var user: String
    package var session: String
    /// Milliseconds since 1970.
    package var expiresAt: Int64
}

package enum TokenFault: Error, Sendable, Equatable {
    /// Not one of ours, or tampered with.
    case invalid
    case expired
}

/// Access tokens: JWTs (RFC 7519) signed with Ed25519 (RFC 8037).
///
/// Only tokens that this site made are ever verified, so the header must be, byte for byte, the one that it writes: no algorithm, key or
/// extension is taken from the token, and `none`, HS256, `kid`, `jku`, `jwk`, `x5u` and `crit` have nothing to act upon.
package struct AccessTokens: Sendable {
    /// RFC 9068 section 2.1 names the type.
    private static let header = Base64.url(Array(#"{"alg":"EdDSA","typ":"at+jwt"}"#.utf8))
    private static let sizeLimit = 2_048

    private let key: Curve25519.Signing.PrivateKey
    private let publicKey: Curve25519.Signing.PublicKey
    private let issuer: String
    private let clock: any Clock

    package init(masterKey: MasterKey, issuer: String, clock: any Clock) throws {
        let seed = masterKey.derived(for: .tokenSigning).withUnsafeBytes { Array($0) }
        key = try Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        publicKey = key.publicKey
        self.issuer = issuer
        self.clock = clock
    }

    /// `lifetime` in milliseconds.
    package func issue(user: String, session: String, lifetime: Int64) throws -> String {
        let now = clock.now() / 1_000
        let claims: JSONValue = [
            "iss": .string(issuer), "sub": .string(user), "sid": .string(session), "iat": .integer(now),
            "exp": .integer(now + max(1, lifetime / 1_000)),
        ]
        let signed = Self.header + "." + Base64.url(Array(claims.text.utf8))
        let signature = try key.signature(for: Array(signed.utf8))
        return signed + "." + Base64.url(Array(signature))
    }

    package func verify(_ token: String) -> Result<TokenClaims, TokenFault> {
        guard token.utf8.count <= Self.sizeLimit else { return .failure(.invalid) }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Self.header, let payload = Base64.decodeURL(parts[1]),
            let signature = Base64.decodeURL(parts[2]),
            publicKey.isValidSignature(signature, for: Array(token.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))),
            let claims = try? JSONParser.parse(payload), claims["iss"]?.string == issuer, let user = claims["sub"]?.string,
            let session = claims["sid"]?.string, let expiry = claims["exp"]?.integer, expiry < Int64.max / 1_000
        else { return .failure(.invalid) }
        guard expiry * 1_000 > clock.now() else { return .failure(.expired) }
        return .success(TokenClaims(user: user, session: session, expiresAt: expiry * 1_000))
    }
}
