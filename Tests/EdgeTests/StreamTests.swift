import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization
import Testing

@testable import Edge

/// A body that a test puts together piece by piece.
// Safe: the outlet is touched on its loop alone, by way of `run`.
private final class TestSource: BodySource, @unchecked Sendable {
    let isEndless: Bool
    /// What it does as soon as it may, and whenever the client takes more.
    private let onBegin: @Sendable (any BodyOutlet) -> Void
    private let onResume: @Sendable (any BodyOutlet) -> Void
    private var outlet: (any BodyOutlet)?
    private let calls = Mutex<[String]>([])
    let ended = AsyncStream.makeStream(of: Void.self)

    init(
        isEndless: Bool = true, onResume: @escaping @Sendable (any BodyOutlet) -> Void = { _ in },
        onBegin: @escaping @Sendable (any BodyOutlet) -> Void = { _ in }
    ) {
        self.isEndless = isEndless
        self.onBegin = onBegin
        self.onResume = onResume
    }

    var log: [String] { calls.withLock { $0 } }

    func begin(_ outlet: any BodyOutlet) {
        calls.withLock { $0.append("begin") }
        self.outlet = outlet
        onBegin(outlet)
    }

    func resume() {
        guard let outlet else { return }
        onResume(outlet)
    }

    func drain() {
        calls.withLock { $0.append("drain") }
        if isEndless { outlet?.finish() }
    }

    func end() {
        calls.withLock { $0.append("end") }
        ended.continuation.yield()
    }

    /// On the loop.
    func run(_ body: (any BodyOutlet) -> Void) {
        if let outlet { body(outlet) }
    }

    var responder: TestResponder {
        TestResponder { [self] request in
            let body: Response.Body = request.path == ["stream"] ? .stream(self) : .bytes(ByteBuffer(string: "plain"))
            return .respond(request.eventLoop.makeSucceededFuture(Response(status: .ok, headers: ["x-a": "b"], body: body, route: "/s")))
        }
    }
}

/// A socket whose first write fails: the connection is closed within it.
private final class ClosesAtItsFirstFlush: ChannelOutboundHandler {
    typealias OutboundIn = IOData

    func flush(context: ChannelHandlerContext) {
        context.close(promise: nil)
    }
}

@Suite struct StreamTests {
    private static func request(_ method: String = "GET", _ path: String = "/stream", version: String = "1.1") -> String {
        "\(method) \(path) HTTP/\(version)\r\nHost: a\r\n\r\n"
    }

    private static func opened(_ source: TestSource, _ request: String = request()) throws -> VirtualConnection {
        let client = try VirtualConnection(responder: source.responder)
        try client.send(request)
        return client
    }

    // MARK: Clients that are gone

    @Test func whoIsGoneWithTheHeadBeginsNothing() throws {
        let source = TestSource()
        let client = try VirtualConnection(responder: source.responder)
        try client.channel.pipeline.syncOperations.addHandler(ClosesAtItsFirstFlush(), position: .first)
        try client.send(Self.request())
        #expect(!client.isOpen)
        #expect(source.log.isEmpty, "what begins after its end is told of no other")
    }

    // MARK: Framing

    @Test func piecesLeaveAtOnceAsChunksAndTheConnectionStays() throws {
        let source = TestSource()
        let client = try Self.opened(source)
        defer { client.end() }
        let head = try client.received()
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.contains("\r\ntransfer-encoding: chunked\r\n") && head.contains("x-a: b"))
        #expect(!head.contains("content-length") && !head.contains("connection: close"))
        source.run { $0.write(ByteBuffer(string: "one")) }
        #expect(try client.received() == "3\r\none\r\n")
        source.run { outlet in
            outlet.write(ByteBuffer())
            outlet.write(ByteBuffer(string: String(repeating: "x", count: 300)))
        }
        #expect(try client.received() == "12c\r\n\(String(repeating: "x", count: 300))\r\n", "an empty chunk would be the last")
        // What comes meanwhile waits.
        try client.send(Self.request("GET", "/other"))
        #expect(try client.received() == "")
        source.run { $0.finish() }
        let rest = try client.received()
        #expect(rest.hasPrefix("0\r\n\r\nHTTP/1.1 200 OK\r\n") && rest.hasSuffix("plain"))
        #expect(source.log == ["begin", "end"])
        source.run { outlet in
            outlet.write(ByteBuffer(string: "late"))
            outlet.finish()
            outlet.fail()
        }
        #expect(try client.received() == "" && client.isOpen, "what is over takes nothing more, and harms no other answer")
    }

    @Test func olderClientsReadUntilTheEndOfTheConnection() throws {
        let source = TestSource()
        let client = try Self.opened(source, Self.request(version: "1.0"))
        defer { client.end() }
        let head = try client.received()
        #expect(!head.contains("transfer-encoding") && head.contains("connection: close"))
        source.run { $0.write(ByteBuffer(string: "one")) }
        #expect(try client.received() == "one")
        source.run { $0.finish() }
        #expect(try client.received() == "" && !client.isOpen)
    }

    @Test func whereTheAnswerHasNoBodyNothingBegins() throws {
        let source = TestSource()
        let client = try Self.opened(source, Self.request("HEAD"))
        defer { client.end() }
        let head = try client.received()
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.hasSuffix("\r\n\r\n") && source.log.isEmpty && client.isOpen)
    }

    @Test func aBodyThatCannotBecomeWholeHasNoEnd() throws {
        let source = TestSource()
        let client = try Self.opened(source)
        defer { client.end() }
        source.run { outlet in
            outlet.write(ByteBuffer(string: "half"))
            outlet.fail()
        }
        #expect(try client.received().hasSuffix("4\r\nhalf\r\n") && !client.isOpen && source.log == ["begin", "end"])
    }

    // MARK: Ending

    @Test func timeEndsNoStreamThatIsTaken() throws {
        let source = TestSource()
        let client = try Self.opened(source)
        defer { client.end() }
        for _ in 0..<5 { client.pass(.hours(1)) }
        #expect(client.isOpen && source.log == ["begin"])
    }

    @Test(arguments: [true, false]) func theClientGoes(isEndless: Bool) throws {
        let source = TestSource(isEndless: isEndless)
        let client = try Self.opened(source)
        defer { client.end() }
        // Its half: it may still read what ends some day, but not what never does.
        client.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(client.isOpen == !isEndless && source.log == (isEndless ? ["begin", "end"] : ["begin"]))
        client.channel.close(promise: nil)
        #expect(source.log == ["begin", "end"])
    }

    @Test(arguments: [true, false]) func aDrainEndsWhatWouldNotEndByItself(isEndless: Bool) throws {
        let source = TestSource(isEndless: isEndless)
        let client = try Self.opened(source)
        defer { client.end() }
        _ = try client.received()
        let drained = client.shared.drain()
        #expect(source.log == (isEndless ? ["begin", "drain", "end"] : ["begin", "drain"]))
        if !isEndless {
            #expect(client.isOpen)
            source.run { outlet in
                outlet.write(ByteBuffer(string: "x"))
                outlet.finish()
            }
        }
        #expect(try client.received().hasSuffix("0\r\n\r\n") && !client.isOpen)
        client.loop.run()
        try drained.wait()
    }

    // MARK: Back pressure

    @Test func aSlowClientSlowsTheSourceAndGetsEverything() async throws {
        // More than the system's buffers hold.
        let (total, size) = (32 << 20, 1 << 16)
        let left = Mutex(total)
        let stopped = AsyncStream.makeStream(of: Void.self)
        let fill: @Sendable (any BodyOutlet) -> Void = { outlet in
            while outlet.isWritable, left.withLock({ $0 }) > 0 {
                outlet.write(ByteBuffer(repeating: 0x78, count: size))
                left.withLock { $0 -= size }
            }
            if left.withLock({ $0 }) == 0 { outlet.finish() } else { stopped.continuation.yield() }
        }
        let source = TestSource(isEndless: false, onResume: fill, onBegin: fill)
        try await withServer(responder: source.responder) { _, address in
            let client = try RawClient(address, receiveBuffer: 4096)
            try await client.send("GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            for await _ in stopped.stream { break }
            #expect(left.withLock { $0 } > 0)
            _ = try await client.receive(toHead: true)
            #expect(try await client.drain() == total + total / size * 9 + 5, "every chunk with its frame")
        }
    }

    @Test func whoTakesNothingIsCut() async throws {
        var options = EdgeOptions(addresses: ["127.0.0.1:0"], threads: 1)
        options.streamTimeout = .seconds(1)
        let source = TestSource(onBegin: { outlet in
            while outlet.isWritable { outlet.write(ByteBuffer(repeating: 0x78, count: 65_536)) }
        })
        try await withServer(options, responder: source.responder) { _, address in
            let client = try RawClient(address, receiveBuffer: 4096)
            try await client.send(Self.request())
            for await _ in source.ended.stream { break }
            #expect(source.log == ["begin", "end"])
            _ = client
        }
    }
}
