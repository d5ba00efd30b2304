package import NIOCore
package import NIOHTTP1

/// A request whose head has arrived and passed the limits of 07-edge: the method is known, `path` is absolute and without dot segments.
package struct Request: Sendable {
    package var method: HTTPMethod
    /// The target as sent, for logs.
    package var target: String
    /// Segments of the path, percent-decoded once. "/" has none; a trailing slash gives a last empty one.
    package var path: [String]
    /// The raw query, without "?"; "" if none.
    package var query: String
    package var headers: HTTPHeaders
    /// The client's address: the rightmost untrusted hop, without port.
    package var clientAddress: String
    /// Equals `x-request-id` of the answer.
    package var id: String
    package var eventLoop: any EventLoop

    package init(
        method: HTTPMethod, target: String, path: [String], query: String, headers: HTTPHeaders, clientAddress: String, id: String,
        eventLoop: any EventLoop
    ) {
        self.method = method
        self.target = target
        self.path = path
        self.query = query
        self.headers = headers
        self.clientAddress = clientAddress
        self.id = id
        self.eventLoop = eventLoop
    }
}

/// An answer. The edge adds `date`, `content-length`, `x-request-id`, `connection` and the security headers.
package struct Response: Sendable {
    package enum Body: Sendable {
        case none
        case bytes(ByteBuffer)
        /// A part of a file, which the edge streams and closes.
        case file(path: String, offset: Int64, length: Int64)
        /// What comes about while it is sent.
        case stream(any BodySource)
    }

    package var status: HTTPResponseStatus
    package var headers: HTTPHeaders
    package var body: Body
    /// For the access log: the template, such as `/api/v1/posts/{id}`.
    package var route: String?

    package init(status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: Body = .none, route: String? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.route = route
    }
}

/// How the body of a request is to be taken; decided from its head, before a byte of the body is read.
package enum Intake: Sendable {
    /// The body is not wanted: drained within a cap, else the connection closes after the answer.
    case respond(EventLoopFuture<Response>)
    /// Collected up to `limit` bytes, beyond which the edge answers with `Responder.refuse(.bodyTooLarge…)`.
    case collect(limit: Int64, @Sendable (ByteBuffer) -> EventLoopFuture<Response>)
    /// Handed on piece by piece as it arrives.
    case stream(any BodySink)
}

/// Takes a body piece by piece, on the request's loop. The edge reads on only when `receive` has succeeded (back pressure).
package protocol BodySink: Sendable {
    func receive(_ piece: ByteBuffer) -> EventLoopFuture<Void>
    /// The body is whole. Also asked early when `receive` failed: gives the answer for that failure.
    func finish(_ failure: (any Error)?) -> EventLoopFuture<Response>
    /// The client went away before the end.
    func abandon()
}

/// What answers requests. Called on the request's event loop; must not block it.
package protocol Responder: Sendable {
    func receive(_ request: Request) -> Intake
    /// The answer for a request that the edge itself refuses (in the API's envelope).
    func refuse(_ refusal: Refusal, requestID: String) -> Response
}

/// Why the edge refuses a request.
package enum Refusal: Sendable, Equatable {
    case badRequest(String)
    case bodyTooLarge(limit: Int64)
    case uriTooLong
    case headersTooLarge
    /// The client was too slow.
    case timeout
    /// The `Host` is missing, doubled or malformed.
    case misdirected
    case draining
    case internalError
    case notImplemented(String)
}
