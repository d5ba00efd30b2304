import NIOCore
import NIOHTTP1

/// One request and its answer on a connection. An object, because it changes while callbacks look at it.
final class Exchange {
    /// What becomes of the body.
    enum Taking {
        /// Thrown away.
        case discard
        case collect(limit: Int64, @Sendable (ByteBuffer) -> EventLoopFuture<Response>)
        case stream(any BodySink)
    }

    var id: String
    var method: HTTPMethod
    var rawPath = ""
    var client: String
    var userAgent: String?
    var started: NIODeadline
    var framing: HeadInspection.Framing = .none
    var expectsContinue = false
    var keepsAlive = false

    var taking = Taking.discard
    /// What has been collected.
    var whole = ByteBuffer()
    /// Bytes of the body that have arrived.
    var received: Int64 = 0
    /// What had arrived when the present span of the minimum rate began.
    var receivedBefore: Int64 = 0
    /// The sink has not yet taken the last piece.
    var isSinkBusy = false
    var isRequestWhole = false
    /// Whether the client knows chunks (HTTP/1.1); otherwise the end of a body of unknown length is that of the connection.
    var takesChunks = true
    /// The body that is being sent piece by piece.
    var outgoing: Outgoing?
    /// The answer has been begun; nothing else may answer.
    var isAnswered = false
    /// The last byte of the answer has been handed over.
    var isAnswerWhole = false
    var closesAfter = false
    var isLogged = false

    init(id: String, method: HTTPMethod, client: String, started: NIODeadline) {
        self.id = id
        self.method = method
        self.client = client
        self.started = started
    }

    var bodyIsExpected: Bool { framing != .none }
}
