import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Outbound

/// A server that answers every request with the same bytes, or with none, and counts who came.
private final class Listener: Sendable {
    let channel: any Channel
    let accepted: Counter
    var port: Int { channel.localAddress?.port ?? 0 }

    final class Counter: Sendable {
        let count = Atomic(0)
        let heard = Mutex<[UInt8]>([])
    }

    private final class Handler: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let counter: Counter
        let answer: String?

        init(_ counter: Counter, _ answer: String?) {
            self.counter = counter
            self.answer = answer
        }

        func channelActive(context: ChannelHandlerContext) { counter.count.add(1, ordering: .relaxed) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let all = counter.heard.withLock { heard in
                heard += Array(unwrapInboundIn(data).readableBytesView)
                return heard
            }
            guard let answer, String(decoding: all, as: UTF8.self).contains("\r\n\r\n") else { return }
            context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
            context.close(promise: nil)
        }
    }

    static func start(_ answer: String?, host: String = "127.0.0.1") async throws -> Listener {
        let counter = Counter()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in channel.pipeline.addHandler(Handler(counter, answer)) }
            .bind(host: host, port: 0).get()
        return Listener(channel, counter)
    }

    private init(_ channel: any Channel, _ counter: Counter) {
        self.channel = channel
        accepted = counter
    }

    var connections: Int { accepted.count.load(ordering: .relaxed) }
    var heard: String { accepted.heard.withLock { String(decoding: $0, as: UTF8.self) } }
}

@Suite struct OutboundTests {
    private func with<Result>(
        _ answer: String?, host: String = "127.0.0.1", _ body: (OutboundClient, Listener) async throws -> Result
    ) async throws -> Result {
        let client = OutboundClient(threads: 2)
        let listener = try await Listener.start(answer, host: host)
        let result: Result
        do {
            result = try await body(client, listener)
        } catch {
            await client.shutdown()
            try? await listener.channel.close()
            throw error
        }
        await client.shutdown()
        try? await listener.channel.close()
        return result
    }

    @Test func aRequestIsAnswered() async throws {
        let answer = "HTTP/1.1 201 Created\r\nX-One: a: b\r\nx-two:\r\nContent-Length: 3\r\n\r\nyes"
        try await with(answer) { client, listener in
            var request = OutboundRequest(
                "POST", "http://127.0.0.1:\(listener.port)/a?b=c", headers: [("X-Key", "v"), ("X-Empty", "")],
                body: [.bytes(Array("one ".utf8)), .bytes([]), .bytes(Array("two".utf8))])
            request.headers.append(("Content-Type", "text/plain"))
            let got = try await client.send(request)
            #expect(got.status == 201 && got.body == Array("yes".utf8))
            #expect(got.header("x-one") == "a: b" && got.header("x-two") == "" && got.header("x-three") == nil)
            let heard = listener.heard
            #expect(heard.hasPrefix("POST /a?b=c HTTP/1.1\r\n") && heard.hasSuffix("\r\n\r\none two"))
            for header in ["X-Key: v\r\n", "X-Empty:\r\n", "Content-Type: text/plain\r\n", "Content-Length: 7\r\n"] {
                #expect(heard.contains(header), "\(header)")
            }
            #expect(!heard.contains("Expect"))
        }
    }

    @Test func aFileIsSentAsItIsRead() async throws {
        try await with("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") { client, listener in
            let path = "/tmp/atlas-outbound-\(getpid())-\(listener.port)"
            let file = try #require(fopen(path, "w"))
            fputs("contents", file)
            fclose(file)
            defer { unlink(path) }
            let url = "http://127.0.0.1:\(listener.port)/"
            let parts: [OutboundBody] = [.bytes(Array("<".utf8)), .file(path: path, size: 8), .bytes(Array(">".utf8))]
            let answer = try await client.send(OutboundRequest("PUT", url, body: parts))
            #expect(answer.status == 200)
            #expect(listener.heard.hasPrefix("PUT / HTTP/1.1\r\n") && listener.heard.hasSuffix("<contents>"))
            // A file that is shorter than was said is no body, and one that is gone even less.
            for body in [OutboundBody.file(path: path, size: 9), .file(path: path + "-gone", size: 1)] {
                await #expect(throws: OutboundError.self) { try await client.send(OutboundRequest("PUT", url, body: [body])) }
            }
        }
    }

    @Test func redirectsAreAnswersLikeOthers() async throws {
        try await with("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n") { client, listener in
            let answer = try await client.send(OutboundRequest("GET", "http://127.0.0.1:\(listener.port)/"))
            #expect(answer.status == 302 && listener.connections == 1)
        }
    }

    @Test func anAnswerIsBounded() async throws {
        let body = String(repeating: "x", count: 2_000)
        try await with("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\(body)") { client, listener in
            var request = OutboundRequest("GET", "http://127.0.0.1:\(listener.port)/")
            request.maximumAnswer = 2_000
            let whole = try await client.send(request)
            #expect(whole.body.count == 2_000)
            request.maximumAnswer = 1_999
            await #expect(throws: OutboundError.unknown("the answer has more than 1999 bytes")) { try await client.send(request) }
        }
    }

    /// Whether something may have been taken decides what is done next.
    @Test func failuresSayWhetherSomethingWasSent() async throws {
        try await with(nil) { client, listener in
            var silent = OutboundRequest("POST", "http://127.0.0.1:\(listener.port)/", body: [.bytes([1])])
            silent.timeout = 100
            await expect(client, silent) { $0.isDefinite == false }
            await expect(client, OutboundRequest("GET", "http://127.0.0.1:1/")) { if case .unreachable = $0 { true } else { false } }
            await expect(client, OutboundRequest("GET", "http://no-such-host.invalid/")) {
                if case .unreachable = $0 { true } else { false }
            }
            // No TLS there: it never answers the greeting.
            var tls = OutboundRequest("GET", "https://127.0.0.1:\(listener.port)/")
            tls.connectTimeout = 100
            await expect(client, tls) { $0.isDefinite }
        }
        try await with("garbage\r\n\r\n") { client, listener in
            await expect(client, OutboundRequest("POST", "http://127.0.0.1:\(listener.port)/", body: [.bytes([1])])) { !$0.isDefinite }
        }
    }

    private func expect(
        _ client: OutboundClient, _ request: OutboundRequest, at: SourceLocation = #_sourceLocation, _ isRight: (OutboundError) -> Bool
    ) async {
        do {
            let answer = try await client.send(request)
            Issue.record("answered with \(answer.status)", sourceLocation: at)
        } catch let error as OutboundError {
            #expect(isRight(error), "\(error)", sourceLocation: at)
        } catch {
            Issue.record("\(error)", sourceLocation: at)
        }
    }

    @Test(arguments: [
        ("GET", "http://127.0.0.1/\r\nX: y", "a", "b"), ("GET", "http://127.0.0.1/ x", "a", "b"), ("GET", "file:///etc/passwd", "a", "b"),
        ("GET", "gopher://127.0.0.1/", "a", "b"), ("GET", "ftp://127.0.0.1/", "a", "b"), ("GET", "smtp://127.0.0.1/", "a", "b"),
        ("GET", "", "a", "b"), ("GET\r\nX", "http://127.0.0.1/", "a", "b"), ("get", "http://127.0.0.1/", "a", "b"),
        ("GET", "http://127.0.0.1/", "a\r\nb", "c"), ("GET", "http://127.0.0.1/", "a", "b\r\nc: d"),
        ("GET", "http://127.0.0.1/", "a", "b\nc"),
        ("GET", "http://127.0.0.1/", "", "b"), ("GET", "http://127.0.0.1/", "a:", "b"), ("GET", "http://127.0.0.1/", "a", "b\u{0}c"),
    ])
    func whatIsNoRequestIsNotSent(method: String, url: String, name: String, value: String) async {
        let client = OutboundClient(threads: 1)
        await expect(client, OutboundRequest(method, url, headers: [(name, value)])) { if case .malformed = $0 { true } else { false } }
        await client.shutdown()
    }

    @Test func aCancelledTaskEndsItsTransfer() async throws {
        try await with(nil) { client, listener in
            let request = OutboundRequest("GET", "http://127.0.0.1:\(listener.port)/")
            let result = await withTaskGroup(of: Result<OutboundAnswer, any Error>.self) { group in
                group.addTask {
                    do { return .success(try await client.send(request)) } catch { return .failure(error) }
                }
                group.cancelAll()
                return await group.next()
            }
            guard case .failure(let error)? = result else {
                Issue.record("it was answered")
                return
            }
            #expect(error is CancellationError)
        }
    }
}

/// Requests for addresses that came from data reach nothing private, however the address is written.
@Suite struct PrivateTargetTests {
    static let spellings = [
        "http://127.0.0.1:P/", "http://127.1:P/", "http://127.0.1:P/", "http://2130706433:P/", "http://0x7f000001:P/",
        "http://0x7f.0.0.1:P/",
        "http://0x7F.1:P/", "http://0177.0.0.1:P/", "http://017700000001:P/", "http://0177.0x0.0.1:P/", "http://127.0.0.1.:P/",
        "http://localhost:P/", "http://LOCALHOST:P/", "http://localhost.:P/", "http://LocalHost:P/x", "http://0.0.0.0:P/", "http://0:P/",
        "http://0x0:P/", "http://00000.0:P/", "http://[::1]:P/", "http://[0:0:0:0:0:0:0:1]:P/", "http://[0000::0001]:P/", "http://[::]:P/",
        "http://[::ffff:127.0.0.1]:P/", "http://[::FFFF:7f00:1]:P/", "http://[0:0:0:0:0:ffff:127.0.0.1]:P/", "http://[::127.0.0.1]:P/",
        "http://[64:ff9b::7f00:1]:P/", "http://[64:ff9b::127.0.0.1]:P/", "http://[2002:7f00:1::]:P/", "http://[fe80::1]:P/",
        "http://[fc00::1]:P/", "http://[fd00:ec2::254]:P/", "http://[ff02::1]:P/", "http://user@127.0.0.1:P/", "http://a:b@127.0.0.1:P/",
        "http://example.com@127.0.0.1:P/", "http://8.8.8.8@127.0.0.1:P/", "http://8.8.8.8:80@127.0.0.1:P/", "http://%31%32%37.0.0.1:P/",
        "http://%6c%6f%63alhost:P/", "http://127%2e0%2e0%2e1:P/", "http://①②⑦.⓪.⓪.①:P/", "http://127。0。0。1:P/", "http://ⓛocalhost:P/",
        "http://127.0.0.1:P#@example.com/", "http://127.0.0.1:P?@example.com/", "http:/\\127.0.0.1:P/", "http:///127.0.0.1:P/",
        "http:127.0.0.1:P/", "HTTP://127.0.0.1:P/", "https://127.0.0.1:P/", "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:a9fe:a9fe]/", "http://2852039166/", "http://0xA9FEA9FE/", "http://10.0.0.1/", "http://192.168.1.1/",
        "http://172.16.0.1/", "http://100.64.0.1/", "http://127.0.0.1.nip.invalid:P/", "http://rebound.example:P/",
        "http://half.example:P/",
    ]

    @Test func noneOfThemIsDialled() async throws {
        let client = OutboundClient(threads: 4)
        let listener = try await Listener.start("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", host: "127.0.0.1")
        let other = try? await Listener.start("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", host: "::1")
        for spelling in Self.spellings {
            for port in [listener.port, other?.port].compactMap({ $0 }) {
                var request = OutboundRequest("GET", spelling.replacing(":P", with: ":\(port)"), addresses: AddressGuard())
                request.connectTimeout = 2_000
                // Names that resolve to something private, and to something public besides: the guard sees what is dialled.
                request.resolutions = ["rebound.example:\(port):127.0.0.1", "half.example:\(port):127.0.0.1,::1"]
                do {
                    let answer = try await client.send(request)
                    Issue.record("\(spelling) answered \(answer.status)")
                } catch let error as OutboundError {
                    #expect(error.isDefinite, "\(spelling): \(error)")
                }
            }
        }
        #expect(Self.spellings.count >= 40)
        #expect(listener.connections == 0)
        #expect((other?.connections ?? 0) == 0)
        // The same server is reached where its range is opened: it was the guard that kept away.
        for url in ["http://127.0.0.1:\(listener.port)/", "http://2130706433:\(listener.port)/"] {
            let answer = try await client.send(OutboundRequest("GET", url, addresses: AddressGuard(allowing: ["127.0.0.0/8"])))
            #expect(answer.status == 200)
        }
        await client.shutdown()
        try? await listener.channel.close()
        try? await other?.channel.close()
    }
}
