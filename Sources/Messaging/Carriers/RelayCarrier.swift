internal import Outbound
internal import Records

/// Hands mail to a relay by SMTP. TLS from the first byte on port 465, else STARTTLS; in the clear to this machine alone.
struct RelayCarrier: Carrier {
    let client: OutboundClient
    let host: String
    let port: Int
    let user: String?
    let password: String?
    let from: Mailbox
    /// Milliseconds.
    var timeout: Int64 = 15_000

    var name: String { "smtp" }

    func carry(_ parcel: Parcel) async throws {
        let mail = MailMessage(
            id: "\(parcel.id)@\(from.domain)", from: from, to: parcel.route.to, subject: parcel.route.subject, text: parcel.route.text,
            html: parcel.route.html, at: parcel.at)
        var outbound = OutboundMail(
            host: host, port: port, security: security, user: user, password: password, from: from.address, to: parcel.route.to,
            message: mail.bytes, greeting: from.domain)
        outbound.timeout = timeout
        do {
            try await client.send(outbound)
        } catch let error as OutboundError {
            // 5xx of a relay is for good (RFC 5321 4.2.1), but for sign-in, which an operator can mend.
            if case .refused(let code, _) = error, code >= 500, ![530, 534, 535, 538].contains(code) {
                throw CarrierFailure(.refusedForGood, error.description)
            }
            throw CarrierFailure(error.isDefinite ? .refused : .unknown, error.description)
        }
    }

    private var security: OutboundMail.Security {
        if port == 465 { return .tls }
        let isHere = host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
        return isHere ? .opportunistic : .startTLS
    }
}
