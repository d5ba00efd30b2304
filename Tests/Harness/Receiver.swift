package import JSON
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
package import Testing

/// A server on loopback that takes what the program sends to others, and answers as it is told.
package final class Receiver: Sendable {
    /// What came.
    package struct Message: Sendable {
        package var method: String
        package var path: String
        /// Names in lower case.
        package var headers: [String: String]
        package var body: [UInt8]
        package var at: ContinuousClock.Instant

        package var json: JSONValue { (try? JSONParser.parse(body)) ?? .null }
    }

    /// What is answered; `hang`: nothing, until the receiver is closed.
    package enum Reply: Sendable {
        case status(Int, String = "", headers: [(String, String)] = [])
        case hang
    }

    private struct State {
        var messages: [Message] = []
        var connections: [any Channel] = []
        var waiting: [(count: Int, promise: CheckedContinuation<Void, Never>)] = []
    }

    package let port: Int
    private let channel: any Channel
    private let state: Shared

    private final class Shared: Sendable {
        let state = Mutex(State())
        let reply: @Sendable (Int, Message) -> Reply

        init(_ reply: @escaping @Sendable (Int, Message) -> Reply) {
            self.reply = reply
        }

        func take(_ message: Message) -> Reply {
            let (number, ready) = state.withLock { state in
                state.messages.append(message)
                let count = state.messages.count
                let ready = state.waiting.filter { $0.count <= count }
                state.waiting.removeAll { $0.count <= count }
                return (count, ready)
            }
            for waiter in ready { waiter.promise.resume() }
            return reply(number, message)
        }
    }

    /// - Parameter reply: to the n-th message, from 1.
    package init(reply: @escaping @Sendable (Int, Message) -> Reply = { _, _ in .status(204) }) async throws {
        let shared = Shared(reply)
        state = shared
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                shared.state.withLock { $0.connections.append(channel) }
                return channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
                    try channel.pipeline.syncOperations.addHandler(Handler(shared.take))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = try #require(channel.localAddress?.port)
    }

    package func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    package var messages: [Message] { state.state.withLock { $0.messages } }

    /// The first so many messages, as soon as they are there.
    package func messages(_ count: Int) async -> [Message] {
        await withCheckedContinuation { promise in
            let isThere = state.state.withLock { state in
                if state.messages.count >= count { return true }
                state.waiting.append((count, promise))
                return false
            }
            if isThere { promise.resume() }
        }
        return Array(messages.prefix(count))
    }

    /// Whoever still waits for an answer is cut off.
    package func close() async {
        try? await channel.close().get()
        for connection in state.state.withLock({ $0.connections }) { try? await connection.close().get() }
    }

    /// Holds the message to Standard Webhooks by the reference implementation.
    package static func verify(_ message: Message, secret: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let headers = message.headers.map { JSONMember(name: $0.key, value: .string($0.value)) }
        let input: JSONValue = ["headers": .object(headers), "body": .string(String(decoding: message.body, as: UTF8.self))]
        let tool = try await Child(
            try await PythonTools.webhooks(), ["\(Repository.root)/Tests/Harness/receives", secret], input: input.text)
        let status = try await tool.exitStatus()
        #expect(status == 0, "\(tool.output.joined(separator: "\n"))", sourceLocation: sourceLocation)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let take: (Message) -> Reply
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(_ take: @escaping (Message) -> Reply) {
            self.take = take
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = []
            case .body(let buffer): body += buffer.readableBytesView
            case .end:
                guard let head else { return }
                let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
                let message = Message(
                    method: head.method.rawValue, path: head.uri, headers: headers, body: body, at: ContinuousClock.now)
                guard case .status(let status, let text, let extra) = take(message) else { return }
                var answer = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status))
                for (name, value) in extra { answer.headers.add(name: name, value: value) }
                if status != 204 { answer.headers.add(name: "content-length", value: "\(text.utf8.count)") }
                answer.headers.add(name: "connection", value: "close")
                context.write(wrapOutboundOut(.head(answer)), promise: nil)
                if status != 204 { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil) }
                context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
            }
        }
    }
}
