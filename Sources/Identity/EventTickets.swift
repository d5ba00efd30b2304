internal import Crypto
internal import JSON
internal import Records

/// Tickets for clients that can send no headers (04-api, Further): they stand in a URL, so that they are worth little to whoever finds them there.
///
/// A ticket opens a stream for a minute. Every event of such a stream bears a proof that only its reader knows; with it the same ticket opens
/// again for as long as its session lives (11-precisions 47). Nothing of it is stored.
package struct EventTickets: Sendable {
    /// Milliseconds until it must have been used.
    package static let lifetime: Int64 = 60_000
    private static let longest = 1_024

    private let sealing: Sealing
    private let proving: SymmetricKey

    package init(_ masterKey: MasterKey) {
        sealing = Sealing(masterKey, for: .eventTickets)
        proving = masterKey.derived(for: .eventProofs)
    }

    package struct Ticket: Sendable, Equatable {
        package var session: String
        /// The id of the tenant that it was asked for in.
        package var tenant: String?
        /// Milliseconds since 1970.
        package var issuedAt: Int64
        /// What its streams tell their reader.
        package var proof: String

        /// Whether it opens a stream for one who knows that proof, or none.
        package func opens(at now: Int64, proof given: String?) -> Bool {
            given.map(isProof) ?? false || issuedAt <= now && now < issuedAt + EventTickets.lifetime
        }

        /// In a time that tells nothing.
        private func isProof(_ given: String) -> Bool {
            given.utf8.count == proof.utf8.count && zip(given.utf8, proof.utf8).reduce(0) { $0 | $1.0 ^ $1.1 } == 0
        }
    }

    package func issue(session: String, tenant: String?, at now: Int64) -> String {
        let content: JSONValue = ["session": .string(session), "tenant": tenant.map { .string($0) } ?? .null, "at": .integer(now)]
        return Base64.url(sealing.seal(Array(content.text.utf8)))
    }

    /// Nil for what was not issued here.
    package func open(_ text: String) -> Ticket? {
        guard text.utf8.count <= Self.longest, let sealed = Base64.decodeURL(text), let bytes = sealing.open(sealed),
            let content = try? JSONParser.parse(String(decoding: bytes, as: UTF8.self)), let session = content["session"]?.string,
            let issuedAt = content["at"]?.integer
        else { return nil }
        let code = HMAC<SHA256>.authenticationCode(for: sealed, using: proving)
        return Ticket(
            session: session, tenant: content["tenant"]?.string, issuedAt: issuedAt, proof: Base64.url(Array(Array(code).prefix(12))))
    }
}
