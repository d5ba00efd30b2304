package import JSON
import NIOCore
package import NIOHTTP1
import NIOPosix
import Synchronization
package import Testing

/// An event of `GET /events`, as a client reads it.
package struct StreamEvent: Sendable {
    package var name: String
    package var id: String
    /// The data where it is JSON.
    package var data: JSONValue

    /// `orders.created <id>`
    package var title: String { "\(name) \(data["id"]?.string ?? "")" }
    package var record: JSONValue { data["record"] ?? .null }
}

/// A stream of events as a browser would hold it: read to its end, with all that came.
package final class EventSource: Sendable {
    private struct State {
        var status = 0
        var headers: HTTPHeaders = [:]
        var text = ""
        var isOver = false
        /// Raised with everything that comes.
        var arrivals = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let channel: any Channel

    /// Connects and asks; what comes is gathered from then on. Without `reads` nothing is ever read.
    package init(_ api: API, _ path: String, as caller: Caller?, headers: HTTPHeaders = [:], reads: Bool = true) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(10))
            .channelOption(.autoRead, value: reads)
            .connect(host: "127.0.0.1", port: api.port).get()
        self.channel = channel
        try await channel.eventLoop.submit { [self] in
            try channel.pipeline.syncOperations.addHandlers(
                HTTPRequestEncoder(), ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)), Collector(self))
        }.get()
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/api/v1" + path, headers: headers)
        head.headers.replaceOrAdd(name: "host", value: "127.0.0.1:\(api.port)")
        if let caller { head.headers.replaceOrAdd(name: "authorization", value: "Bearer \(caller.token)") }
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    deinit { channel.close(promise: nil) }

    /// Begins to read what has come so far, and all that comes.
    package func read() { _ = channel.setOption(.autoRead, value: true) }

    /// The client goes away.
    package func close() { channel.close(promise: nil) }

    package var status: Int { state.withLock { $0.status } }
    package var headers: HTTPHeaders { state.withLock { $0.headers } }
    package var text: String { state.withLock { $0.text } }
    package var isOver: Bool { state.withLock { $0.isOver } }

    /// All whole events so far.
    package var events: [StreamEvent] {
        let blocks = state.withLock { $0.text }.split(separator: "\n\n", omittingEmptySubsequences: true)
        let whole = state.withLock { $0.text.hasSuffix("\n\n") } ? blocks[...] : blocks.dropLast()
        return whole.compactMap { block in
            var event = StreamEvent(name: "message", id: "", data: .null)
            var data: Substring?
            for line in block.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                let value = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
                switch parts[0] {
                case "event": event.name = String(value)
                case "id": event.id = String(value)
                case "data": data = value
                default: break
                }
            }
            guard let data else { return nil }
            event.data = (try? JSONParser.parse(String(data))) ?? .null
            return event
        }
    }

    /// Those that tell of something: neither `ready` nor `reset`.
    package var told: [StreamEvent] { events.filter { $0.name.contains(".") } }

    /// The last id that was given, as a browser keeps it.
    package var lastID: String { events.last { !$0.id.isEmpty }?.id ?? "" }

    /// Waits until the condition holds, for at most `limit`.
    package func wait(
        within limit: Duration = .seconds(60), _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
        until condition: @Sendable (EventSource) -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        let timer = channel.eventLoop.scheduleTask(in: .nanoseconds(limit.inNanoseconds)) { [weak self] in self?.wake() }
        defer { timer.cancel() }
        while true {
            let seen = state.withLock { $0.arrivals }
            if condition(self) { return }
            guard !isOver, ContinuousClock.now < deadline else {
                Issue.record("\(what) did not come (over: \(isOver)): \(text.suffix(2_000))", sourceLocation: sourceLocation)
                throw NoAnswer()
            }
            await withCheckedContinuation { continuation in
                let isLate = state.withLock { state in
                    if state.arrivals != seen { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if isLate { continuation.resume() }
            }
        }
    }

    /// Waits until the server has begun to tell.
    package func opened(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await wait("the stream", sourceLocation: sourceLocation) { !$0.text.isEmpty }
    }

    /// Waits until the server has ended the stream.
    package func ended(within limit: Duration = .seconds(30), sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await wait(within: limit, "the end", sourceLocation: sourceLocation) { $0.isOver }
    }

    /// Something has come, or the time is over.
    private func wake() {
        let waiting = state.withLock { state in
            state.arrivals += 1
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart
        private weak var source: EventSource?

        init(_ source: EventSource) {
            self.source = source
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard let source else { return }
            switch unwrapInboundIn(data) {
            case .head(let head):
                source.state.withLock { state in
                    state.status = Int(head.status.code)
                    state.headers = head.headers
                }
            case .body(let bytes):
                source.state.withLock { $0.text += String(buffer: bytes) }
            case .end:
                source.state.withLock { $0.isOver = true }
                context.close(promise: nil)
            }
            source.wake()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            source?.state.withLock { $0.isOver = true }
            source?.wake()
        }
    }
}

extension Duration {
    fileprivate var inNanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}

extension Client {
    /// Opens a stream and waits until it tells where it stands.
    package func listen(
        _ query: String = "", after id: String? = nil, reads: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> EventSource {
        var headers = headers
        if let id { headers.replaceOrAdd(name: "last-event-id", value: id) }
        let source = try await EventSource(api, "/events\(query)", as: caller, headers: headers, reads: reads)
        if reads { try await source.opened(sourceLocation: sourceLocation) }
        return source
    }
}
