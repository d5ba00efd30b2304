internal import JSON
internal import Records

/// What another service says of who signs in (OpenID Connect Core section 3.1.3.7).
package struct IDToken: Sendable, Equatable {
    package var subject: String
    package var email: String?
    package var isEmailVerified: Bool

    private static let sizeLimit = 16_384
    /// Seconds by which clocks may differ.
    private static let leeway: Int64 = 60

    /// Whether the key that signed it is one of these; `nil` asks for newer ones.
    package enum Fault: Error, Sendable, Equatable {
        case unknownKey
        case invalid
    }

    /// Reads and verifies. Nothing is taken from the token before its signature is good but which key is meant. `now` in milliseconds.
    package static func verify(
        _ token: String, keys: JSONWebKeys, issuer: String, client: String, nonce: String, now: Int64
    ) throws(Fault) -> IDToken {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard token.utf8.count <= sizeLimit, parts.count == 3, let header = object(parts[0]), header["crit"] == nil,
            let algorithm = header["alg"]?.string.flatMap({ JSONWebKeys.Algorithm(rawValue: $0) }),
            let signature = Base64.decodeURL(parts[2])
        else { throw .invalid }
        let id = header["kid"]?.string
        if let id, !keys.has(id) { throw .unknownKey }
        let message = Array(token.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
        guard keys.verify(signature, of: message, by: algorithm, id: id), let claims = object(parts[1]) else { throw .invalid }

        let seconds = now / 1_000
        let audience = claims["aud"]?.string.map { [$0] } ?? claims["aud"]?.array?.compactMap(\.string) ?? []
        let party = claims["azp"]?.string
        guard claims["iss"]?.string == issuer, audience.contains(client), party == nil || party == client,
            audience.count == 1 || party == client, let expiry = claims["exp"]?.integer, expiry > seconds - leeway,
            let issued = claims["iat"]?.integer, issued < seconds + leeway, claims["nonce"]?.string == nonce,
            let subject = claims["sub"]?.string, (1...255).contains(subject.utf8.count)
        else { throw .invalid }
        return IDToken(
            subject: subject, email: claims["email"]?.string.flatMap { EmailAddress.normalized($0) },
            isEmailVerified: claims["email_verified"] == true)
    }

    private static func object(_ part: Substring) -> JSONValue? {
        guard let bytes = Base64.decodeURL(part), let value = try? JSONParser.parse(bytes), case .object = value else { return nil }
        return value
    }
}
