package import NIOCore
package import NIOHTTP1
import NIOPosix

/// One HTTP/1.1 exchange on a connection of its own: a request that can be sent in pieces, and its answer.
package final class Exchange: Sendable {
    private let channel: any Channel
    private let continued: EventLoopFuture<Void>
    private let answer: EventLoopFuture<RawAnswer>

    private init(channel: any Channel, continued: EventLoopFuture<Void>, answer: EventLoopFuture<RawAnswer>) {
        self.channel = channel
        self.continued = continued
        self.answer = answer
    }

    /// Connects and sends the head. The body follows by `send`, as many bytes as the head's `content-length` says.
    package static func open(_ head: HTTPRequestHead, port: Int) async throws -> Exchange {
        let group = MultiThreadedEventLoopGroup.singleton
        let promise = group.next().makePromise(of: RawAnswer.self)
        let continued = group.next().makePromise(of: Void.self)
        do {
            let channel = try await ClientBootstrap(group: group)
                .connectTimeout(.seconds(10))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let decoder = HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .forward)
                        try channel.pipeline.syncOperations.addHandlers(
                            HTTPRequestEncoder(), ByteToMessageHandler(decoder), AnswerCollector(promise, continued))
                    }
                }
                .connect(host: "127.0.0.1", port: port).get()
            channel.writeAndFlush(HTTPClientRequestPart.head(head), promise: nil)
            return Exchange(channel: channel, continued: continued.futureResult, answer: promise.futureResult)
        } catch {
            promise.fail(error)
            continued.fail(error)
            throw error
        }
    }

    /// Returns when the server asks for the body (RFC 9110, 10.1.1): the head had `expect: 100-continue`, and is accepted.
    package func waitForContinue() async throws {
        try await continued.get()
    }

    /// Sends a piece of the body. A server may answer and close before the body is whole: then the piece is lost, and its answer counts.
    package func send(_ bytes: ByteBuffer) async {
        try? await channel.writeAndFlush(HTTPClientRequestPart.body(.byteBuffer(bytes))).get()
    }

    /// Ends the request and waits for the whole answer. Fails after five minutes without one: fifty passwords at once take their time on a small
    /// machine that has other things to do.
    package func finish() async throws -> RawAnswer {
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        return try await answered()
    }

    /// The answer to a request whose body is never completed.
    package func answered() async throws -> RawAnswer {
        let timer = channel.eventLoop.scheduleTask(in: .minutes(5)) { [channel] in channel.close(promise: nil) }
        defer { timer.cancel() }
        let raw = try await answer.get()
        channel.close(promise: nil)
        return raw
    }
}

/// Status, headers and body as they came over the wire.
package struct RawAnswer: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: ByteBuffer
}

/// The server closed before an answer was whole.
package struct NoAnswer: Error {}

private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private var promise: EventLoopPromise<RawAnswer>?
    private let continued: EventLoopPromise<Void>
    private var answer = RawAnswer(status: 0, headers: [:], body: ByteBuffer())

    init(_ promise: EventLoopPromise<RawAnswer>, _ continued: EventLoopPromise<Void>) {
        self.promise = promise
        self.continued = continued
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            answer.status = Int(head.status.code)
            answer.headers = head.headers
            if answer.status == 100 { continued.succeed() }
        case .body(var bytes): answer.body.writeBuffer(&bytes)
        // 100 Continue and its like announce the answer, they are none.
        case .end where answer.status >= 200: settle(.success(answer))
        case .end: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        settle(.failure(error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        settle(.failure(NoAnswer()))
    }

    private func settle(_ result: Result<RawAnswer, any Error>) {
        promise?.completeWith(result)
        promise = nil
        continued.fail(NoAnswer())
    }
}
