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
/// Only tokens that this site made are ever verified, so the header must be, byte for byte, one that it writes: it names the key, and no
/// algorithm or extension is taken from the token; `none`, HS256, `jku`, `jwk`, `x5u` and `crit` have nothing to act upon.
package struct AccessTokens: Sendable {
    private static let sizeLimit = 2_048

    private let keys: SigningKeys
    private let issuer: String
    private let clock: any Clock

    package init(keys: SigningKeys, issuer: String, clock: any Clock) {
        self.keys = keys
        self.issuer = issuer
        self.clock = clock
    }

    private struct NoKey: Error {}

    /// `lifetime` in milliseconds.
    package func issue(user: String, session: String, lifetime: Int64) throws -> String {
        guard let key = keys.current else { throw NoKey() }
        let now = clock.now() / 1_000
        let claims: JSONValue = [
            "iss": .string(issuer), "aud": .string(issuer), "sub": .string(user), "sid": .string(session), "iat": .integer(now),
            "exp": .integer(now + max(1, lifetime / 1_000)),
        ]
        let signed = key.header + "." + Base64.url(Array(claims.text.utf8))
        let signature = try key.key.signature(for: Array(signed.utf8))
        return signed + "." + Base64.url(Array(signature))
    }

    package func verify(_ token: String) -> Result<TokenClaims, TokenFault> {
        guard token.utf8.count <= Self.sizeLimit else { return .failure(.invalid) }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let key = keys.key(header: parts[0]), let payload = Base64.decodeURL(parts[1]),
            let signature = Base64.decodeURL(parts[2]),
            key.publicKey.isValidSignature(signature, for: Array(token.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))),
            let claims = try? JSONParser.parse(payload), claims["iss"]?.string == issuer, claims["aud"]?.string == issuer,
            let user = claims["sub"]?.string, let session = claims["sid"]?.string, let expiry = claims["exp"]?.integer,
            expiry < Int64.max / 1_000
        else { return .failure(.invalid) }
        guard expiry * 1_000 > clock.now() else { return .failure(.expired) }
        return .success(TokenClaims(user: user, session: session, expiresAt: expiry * 1_000))
    }
}
