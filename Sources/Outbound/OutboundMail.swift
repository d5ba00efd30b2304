/// A mail for a relay, as SMTP takes it.
package struct OutboundMail: Sendable {
    package enum Security: Sendable {
        /// TLS from the first byte (port 465).
        case tls
        /// TLS by STARTTLS, or no mail.
        case startTLS
        /// TLS where it is offered: for relays on this machine alone.
        case opportunistic
    }

    /// A name or an address; IPv6 in brackets.
    package var host: String
    package var port: Int
    package var security: Security
    package var user: String?
    package var password: String?
    /// Addresses alone.
    package var from: String
    package var to: String
    /// The message with its headers, lines ending in CR LF.
    package var message: [UInt8]
    /// How this side greets: the domain of the sender.
    package var greeting: String
    package var connectTimeout: Int64 = 5_000
    package var timeout: Int64 = 15_000

    package init(
        host: String, port: Int, security: Security, user: String? = nil, password: String? = nil, from: String, to: String,
        message: [UInt8], greeting: String
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.user = user
        self.password = password
        self.from = from
        self.to = to
        self.message = message
        self.greeting = greeting
    }
}
