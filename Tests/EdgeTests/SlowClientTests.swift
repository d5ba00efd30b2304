import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import Edge

/// A connection in virtual time.
final class VirtualConnection {
    let loop = EmbeddedEventLoop()
    let channel: EmbeddedChannel
    let shared: LoopContext
    let reads = ReadCounter()

    /// Counts how often the connection asks for more bytes.
    final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = IOData
        var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }

    init(_ options: EdgeOptions = EdgeOptions(), responder: TestResponder = .echo) throws {
        shared = LoopContext(
            loop: loop, options: options, clock: FixedClock(), logger: Logger(label: "edge", factory: { _ in SwiftLogNoOpLogHandler() }),
            readiness: Readiness(notReady: nil), files: .singleton, accessLog: nil, responder: responder)
        channel = EmbeddedChannel(loop: loop)
        try channel.pipeline.syncOperations.addHandler(reads)
        try HTTP1Connection.install(on: channel, shared)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// As one read from a socket.
    func send(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
    }

    func received() throws -> String {
        var text = ""
        while let data = try channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let bytes) = data { text += String(buffer: bytes) }
        }
        return text
    }

    func pass(_ time: TimeAmount) { loop.advanceTime(by: time) }
    var isOpen: Bool { channel.isActive }

    func end() { _ = try? channel.finish(acceptAlreadyClosed: true) }
}

/// Deadlines are met with the precision of the loop's tick, so each is asked a second before and a second after.
@Suite struct SlowClientTests {
    static let head = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func aSilentConnectionIsClosedWithoutAWord() throws {
        let client = try VirtualConnection()
        defer { client.end() }
        client.pass(.seconds(9))
        #expect(client.isOpen)
        client.pass(.seconds(2))
        #expect(!client.isOpen)
        #expect(try client.received() == "")
    }

    @Test func aTricklingHeadIsRefused() throws {
        let client = try VirtualConnection()
        defer { client.end() }
        try client.send("GET /x HTTP/1.1\r\nHost: a\r\nX: ")
        for _ in 0..<9 {
            client.pass(.seconds(1))
            try client.send("y")
            #expect(try client.received() == "")
        }
        client.pass(.seconds(2))
        #expect(try client.received().hasPrefix("HTTP/1.1 408"))
        client.pass(.seconds(6))
        #expect(!client.isOpen)
    }

    @Test func theHeadOfALaterRequestHasTenSecondsFromItsFirstByte() throws {
        let client = try VirtualConnection()
        defer { client.end() }
        try client.send(Self.head)
        #expect(try client.received().hasPrefix("HTTP/1.1 200"))
        client.pass(.seconds(60))
        try client.send("GET ")
        client.pass(.seconds(9))
        #expect(try client.received() == "")
        client.pass(.seconds(2))
        #expect(try client.received().hasPrefix("HTTP/1.1 408"))
    }

    @Test func anIdleConnectionIsClosedAfterSeventyFiveSeconds() throws {
        let client = try VirtualConnection()
        defer { client.end() }
        try client.send(Self.head)
        _ = try client.received()
        client.pass(.seconds(74))
        #expect(client.isOpen)
        client.pass(.seconds(2))
        #expect(!client.isOpen)
        #expect(try client.received() == "")
    }

    @Test func aConnectionLivesAnHour() throws {
        let client = try VirtualConnection()
        defer { client.end() }
        try client.send(Self.head)
        _ = try client.received()
        for _ in 0..<59 {
            client.pass(.seconds(60))
            if client.isOpen { try client.send(Self.head) }
            #expect(try !client.received().contains("connection: close"))
        }
        client.pass(.seconds(61))
        try client.send(Self.head)
        #expect(try client.received().contains("connection: close"))
        #expect(!client.isOpen)
    }

    @Test func aBodyBelowTheMinimumRateIsRefused() throws {
        let client = try VirtualConnection()
        defer { client.end() }
        try client.send("POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        for _ in 0..<29 {  // 500 bytes a second
            client.pass(.seconds(1))
            try client.send(String(repeating: "x", count: 500))
            #expect(try client.received() == "")
        }
        client.pass(.seconds(2))
        #expect(try client.received().hasPrefix("HTTP/1.1 408"))
    }

    @Test func aBodyAboveTheMinimumRateMayTakeItsTime() throws {
        let client = try VirtualConnection()
        defer { client.end() }
        try client.send("POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n")
        for _ in 0..<200 {  // 2,000 bytes a second
            client.pass(.seconds(1))
            try client.send(String(repeating: "x", count: 2000))
        }
        #expect(try client.received().hasPrefix("HTTP/1.1 200"))
    }

    @Test func theRestOfAnUnwantedBodyHasFiveSeconds() throws {
        let client = try VirtualConnection()
        defer { client.end() }
        try client.send("GET /e HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        #expect(try client.received().hasPrefix("HTTP/1.1 200"))
        client.pass(.seconds(4))
        #expect(client.isOpen)
        client.pass(.seconds(2))
        #expect(!client.isOpen)
    }

    final class Later: Sendable {
        let value = Mutex<EventLoopPromise<Response>?>(nil)
    }

    private func held() throws -> (VirtualConnection, Later) {
        let later = Later()
        let client = try VirtualConnection(
            responder: TestResponder { request in
                let promise = request.eventLoop.makePromise(of: Response.self)
                later.value.withLock { $0 = promise }
                return .respond(promise.futureResult)
            })
        return (client, later)
    }

    @Test func workOfTheServerHasNoDeadlineHere() throws {
        let (client, later) = try held()
        defer { client.end() }
        try client.send(Self.head)
        client.pass(.seconds(600))
        #expect(client.isOpen)
        later.value.withLock { $0 }?.succeed(Response(status: .ok))
        #expect(try client.received().hasPrefix("HTTP/1.1 200"))
    }

    @Test func aClientThatDoesNotReadIsServedNoFurtherAndCutOff() throws {
        let (client, later) = try held()
        defer { client.end() }
        try client.send(Self.head)
        client.channel.isWritable = false
        later.value.withLock { $0 }?.succeed(Response(status: .ok))
        _ = try client.received()
        later.value.withLock { $0 = nil }
        try client.send(Self.head)
        #expect(later.value.withLock { $0 } == nil)
        client.pass(.seconds(29))
        #expect(client.isOpen)
        client.pass(.seconds(2))
        #expect(!client.isOpen)
    }
}

@Suite struct StreamingTests {
    /// Takes pieces one by one, each when told to.
    final class SlowSink: BodySink {
        struct State {
            var pieces: [ByteBuffer] = []
            var waiting: EventLoopPromise<Void>?
            var isAbandoned = false
            var finished: (any Error)??
        }
        let state = Mutex(State())
        let loop: any EventLoop

        init(_ loop: any EventLoop) { self.loop = loop }

        func receive(_ piece: ByteBuffer) -> EventLoopFuture<Void> {
            let promise = loop.makePromise(of: Void.self)
            state.withLock {
                $0.pieces.append(piece)
                $0.waiting = promise
            }
            return promise.futureResult
        }

        func finish(_ failure: (any Error)?) -> EventLoopFuture<Response> {
            let total = state.withLock { state in
                state.finished = .some(failure)
                return state.pieces.reduce(0) { $0 + $1.readableBytes }
            }
            return loop.makeSucceededFuture(
                Response(status: failure == nil ? .ok : .unprocessableEntity, body: .bytes(ByteBuffer(string: "\(total)"))))
        }

        func abandon() { state.withLock { $0.isAbandoned = true } }

        func take(_ result: Result<Void, any Error> = .success(())) {
            let promise = state.withLock { state in
                defer { state.waiting = nil }
                return state.waiting
            }
            promise?.completeWith(result)
        }
        var count: Int { state.withLock { $0.pieces.count } }
    }

    struct Full: Error {}

    static func streaming() throws -> (VirtualConnection, () -> SlowSink?) {
        let holder = Holder()
        let client = try VirtualConnection(
            responder: TestResponder { request in
                guard request.method == .PUT else { return TestResponder.echo.receive(request) }
                let sink = SlowSink(request.eventLoop)
                holder.sink.withLock { $0 = sink }
                return .stream(sink)
            })
        return (client, { holder.sink.withLock { $0 } })
    }

    final class Holder: Sendable {
        let sink = Mutex<SlowSink?>(nil)
    }

    @Test func nothingIsReadWhileTheSinkIsBusy() throws {
        let (client, sink) = try Self.streaming()
        defer { client.end() }
        try client.send("PUT /s HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n0123456789")
        let reads = client.reads.count
        #expect(sink()?.count == 1)
        try client.send("0123456789")
        #expect(sink()?.count == 1)
        client.pass(.seconds(300))  // the sink's time is not the client's
        #expect(client.isOpen)
        #expect(client.reads.count == reads)
        sink()?.take()
        #expect(sink()?.count == 2)
        sink()?.take()
        #expect(client.reads.count > reads)
        try client.send("0123456789" + SlowClientTests.head)
        #expect(try client.received() == "")
        sink()?.take()
        let answers = try client.received()
        #expect(answers.contains("\r\n\r\n30HTTP/1.1 200"))
        #expect(answers.hasSuffix("GET /x?"))
    }

    @Test func aSinkThatFailsAnswersAndIsLeftAlone() throws {
        let (client, sink) = try Self.streaming()
        defer { client.end() }
        try client.send("PUT /s HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n0123456789")
        sink()?.take(.failure(Full()))
        #expect(try client.received().hasPrefix("HTTP/1.1 422"))
        try client.send("0123456789" + SlowClientTests.head)
        #expect(sink()?.count == 1)
        #expect(sink()?.state.withLock { $0.isAbandoned } == false)
        #expect(try client.received().hasSuffix("GET /x?"))
    }

    @Test func aClientThatGoesAwayAbandonsTheSink() throws {
        let (client, sink) = try Self.streaming()
        try client.send("PUT /s HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n0123456789")
        client.end()
        #expect(sink()?.state.withLock { $0.isAbandoned } == true)
        sink()?.take()
        #expect(sink()?.state.withLock { $0.finished == nil } == true)
    }

    @Test func aBrokenChunkAbandonsTheSinkAndIsRefused() throws {
        let (client, sink) = try Self.streaming()
        defer { client.end() }
        try client.send("PUT /s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        sink()?.take()
        try client.send("zz\r\n")
        #expect(sink()?.state.withLock { $0.isAbandoned } == true)
        #expect(try client.received().hasPrefix("HTTP/1.1 400"))
    }
}
