/// A request to a server elsewhere.
package struct OutboundRequest: Sendable {
    package var method: String
    /// `http` or `https`; nothing else is dialled.
    package var url: String
    package var headers: [(name: String, value: String)]
    /// Sent one after the other; none: no body.
    package var body: [OutboundBody]
    /// Which addresses may be dialled; nil: any, for addresses that stand in the configuration itself.
    package var addresses: AddressGuard?
    /// Milliseconds, for the connection and for all of it.
    package var connectTimeout: Int64 = 5_000
    package var timeout: Int64 = 15_000
    /// Bytes of the answer's body; more is a failure.
    package var maximumAnswer = 1 << 20
    /// `host:port:address,…` in place of what a name resolves to, for tests.
    var resolutions: [String] = []

    package init(
        _ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [OutboundBody] = [],
        addresses: AddressGuard? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.addresses = addresses
    }
}

/// A piece of what is sent.
package enum OutboundBody: Sendable {
    case bytes([UInt8])
    /// The first so many bytes of that file, read while they are sent.
    case file(path: String, size: Int64)

    var size: Int64 {
        switch self {
        case .bytes(let bytes): Int64(bytes.count)
        case .file(_, let size): size
        }
    }
}

package struct OutboundAnswer: Sendable {
    /// Of HTTP, or of the last reply of SMTP.
    package var status: Int
    /// Names in lower case, in the order in which they came.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, in lower case.
    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Why there is no answer. None of them holds what was sent.
package enum OutboundError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Nothing was sent: refused, not found, no TLS, too slow to connect.
    case unreachable(String)
    /// The address is one that may not be dialled. Nothing was sent.
    case blocked(String)
    /// The request itself is none: its URL, a line break in a header. Nothing was sent.
    case malformed(String)
    /// Sent, at least in part, and what became of it is not known.
    case unknown(String)
    /// The other side has said no: SMTP's code, 4xx for a while and 5xx for good.
    case refused(Int, String)

    /// Whether it is sure that nothing was taken.
    package var isDefinite: Bool { if case .unknown = self { false } else { true } }

    package var description: String {
        switch self {
        case .unreachable(let why): "cannot reach it: \(why)"
        case .blocked(let address): "\(address) is a private address (server.allow_private)"
        case .malformed(let why): "the request is malformed: \(why)"
        case .unknown(let why): "no answer, what became of it is not known: \(why)"
        case .refused(let code, let why): "refused with \(code)\(why.isEmpty ? "" : ": \(why)")"
        }
    }
}
