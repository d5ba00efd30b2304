import NIOCore
import NIOHTTP1

/// One request and its answer on a connection.
struct Exchange {
    /// What becomes of the body.
    enum Taking {
        /// Thrown away.
        case discard
        case collect(limit: Int64, ByteBuffer, @Sendable (ByteBuffer) -> EventLoopFuture<Response>)
        case stream(any BodySink)
    }

    var serial: Int
    var id: String
    var method: HTTPMethod
    var rawPath: String
    var client: String
    var userAgent: String?
    var started: NIODeadline
    var framing: HeadInspection.Framing = .none
    var expectsContinue = false
    var keepsAlive: Bool

    var taking = Taking.discard
    /// Bytes of the body that have arrived.
    var received: Int64 = 0
    /// What had arrived when the present span of the minimum rate began.
    var receivedBefore: Int64 = 0
    /// The sink has not yet taken the last piece.
    var isSinkBusy = false
    /// The sink has been asked for the answer: it wants no more pieces and needs no `abandon`.
    var isSinkFinished = false
    var isRequestWhole = false
    /// The answer has been begun; nothing else may answer.
    var isAnswered = false
    /// The last byte of the answer has been handed over.
    var isAnswerWhole = false
    var closesAfter = false
    var isLogged = false

    var bodyIsExpected: Bool { framing != .none }
}
