import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import Edge

@Suite struct ConnectionTests {
    static func get(_ path: String, _ fields: String = "") -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n" }

    /// Answers when told to, so that a test decides in which order work ends.
    final class Held: Sendable {
        let promises = Mutex<[String: EventLoopPromise<Response>]>([:])
        let arrivals: AsyncStream<String>
        private let arrived: AsyncStream<String>.Continuation

        init() { (arrivals, arrived) = AsyncStream.makeStream() }

        var responder: TestResponder {
            TestResponder { request in
                let promise = request.eventLoop.makePromise(of: Response.self)
                let name = request.path.last ?? ""
                self.promises.withLock { $0[name] = promise }
                self.arrived.yield(name)
                return .respond(promise.futureResult)
            }
        }

        func release(_ name: String) {
            promises.withLock { $0.removeValue(forKey: name) }?
                .succeed(Response(status: .ok, body: .bytes(ByteBuffer(string: name)), route: "/held"))
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrderOneAtATime() async throws {
        let held = Held()
        try await withServer(responder: held.responder) { _, address in
            let client = try RawClient(address)
            try await client.send((0..<50).map { Self.get("/\($0)") }.joined())
            var arrivals = held.arrivals.makeAsyncIterator()
            for number in 0..<50 {
                #expect(await arrivals.next() == "\(number)")
                #expect(held.promises.withLock { $0.count } == 1)
                held.release("\(number)")
                #expect(try await client.receive()?.text == "\(number)")
            }
        }
    }

    @Test func pipelinedRequestsWithBodiesAndGreatAnswersStayInOrder() async throws {
        try await withServer { _, address in
            let client = try RawClient(address)
            let bodies = (0..<40).map { number in String(repeating: "\(number % 10)", count: number * 5000 + 1) }
            let requests = bodies.map { "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: \($0.utf8.count)\r\n\r\n\($0)" }.joined()
            async let sent: Void = client.send(requests)
            for body in bodies { #expect(try await client.receive()?.text == body) }
            try await sent
        }
    }

    @Test func aConnectionServesItsShareOfRequestsThenCloses() async throws {
        try await withServer(EdgeOptions(addresses: ["127.0.0.1:0"], threads: 1, keepAliveRequests: 3)) { _, address in
            let client = try RawClient(address)
            for number in 1...3 {
                try await client.send(Self.get("/\(number)"))
                #expect(try await client.receive()?.closes == (number == 3))
            }
            #expect(try await client.receive() == nil)
        }
    }

    @Test func headHasTheLengthButNoBody() async throws {
        try await withServer { _, address in
            let client = try RawClient(address)
            try await client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.receive(toHead: true)?.header("content-length") == "8")
            try await client.send(Self.get("/y"))
            #expect(try await client.receive()?.text == "GET /y?")
        }
    }

    @Test func pathsAreDecodedOnceAndQueriesLeftRaw() async throws {
        try await withServer { _, address in
            let client = try RawClient(address)
            try await client.send(Self.get("/a%20b/%2525/%D8%B3?x=%2f&y"))
            #expect(try await client.receive()?.text == "GET /a b/%25/س?x=%2f&y")
        }
    }

    @Test func continueIsSaidOnlyWhereTheBodyIsWanted() async throws {
        try await withServer { _, address in
            let client = try RawClient(address)
            try await client.send("POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            #expect(try await client.receive()?.status == 100)
            try await client.send("hello")
            #expect(try await client.receive()?.text == "hello")

            try await client.send("POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5000000\r\n\r\n")
            let refusal = try #require(try await client.receive())
            #expect(refusal.status == 413)
            #expect(refusal.closes)
            #expect(try await client.receive() == nil)

            let other = try RawClient(address)
            try await other.send("GET /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            let answer = try #require(try await other.receive())
            #expect(answer.status == 200)
            #expect(answer.closes)
        }
    }

    @Test func aChunkedBodyBeyondItsLimitIsRefusedAndTheAnswerArrives() async throws {
        try await withServer { _, address in
            let client = try RawClient(address)
            try await client.send("POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "10000\r\n\(String(repeating: "x", count: 65_536))\r\n"
            async let sent: Void = client.send(String(repeating: chunk, count: 40))
            #expect(try await client.receive()?.status == 413)
            try await sent
            _ = try? await client.drain()
        }
    }

    @Test func theSmallRestOfAnUnwantedBodyIsReadAndTheConnectionStays() async throws {
        try await withServer { _, address in
            let client = try RawClient(address)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
            #expect(try await client.receive()?.closes == false)
            try await client.send(String(repeating: "G", count: 100_000) + Self.get("/y"))
            #expect(try await client.receive()?.text == "GET /y?")
        }
    }

    @Test func aClientThatClosesItsHalfStillGetsItsAnswers() async throws {
        let held = Held()
        try await withServer(responder: held.responder) { _, address in
            let client = try RawClient(address)
            try await client.send(Self.get("/a") + Self.get("/b"))
            client.closeOutput()
            var arrivals = held.arrivals.makeAsyncIterator()
            for name in ["a", "b"] {
                #expect(await arrivals.next() == name)
                held.release(name)
                #expect(try await client.receive()?.text == name)
            }
            #expect(try await client.receive() == nil)
        }
    }

    @Test func aFailedAnswerIsAnInternalErrorAndTheConnectionStays() async throws {
        struct Broken: Error {}
        let responder = TestResponder { .respond($0.eventLoop.makeFailedFuture(Broken())) }
        try await withServer(responder: responder) { _, address in
            let client = try RawClient(address)
            for _ in 0..<2 {
                try await client.send(Self.get("/x"))
                let answer = try #require(try await client.receive())
                #expect(answer.status == 500)
                #expect(!answer.closes)
            }
        }
    }

    @Test func anAnswerFromAnotherLoopIsTaken() async throws {
        let other = MultiThreadedEventLoopGroup.singleton.any()
        let responder = TestResponder { _ in
            .respond(other.submit { Response(status: .ok, body: .bytes(ByteBuffer(string: "far"))) })
        }
        try await withServer(responder: responder) { _, address in
            let client = try RawClient(address)
            try await client.send(Self.get("/x"))
            #expect(try await client.receive()?.text == "far")
        }
    }

    @Test func idsAreNewUnlessATrustedProxyBringsAGoodOne() async throws {
        let good = "abc-DEF_123.456"
        try await withServer { _, address in
            let client = try RawClient(address)
            var seen: Set<String> = []
            for _ in 0..<200 {
                try await client.send(Self.get("/x", "X-Request-ID: \(good)\r\n"))
                let id = try #require(try await client.receive()?.header("x-request-id"))
                #expect(id.utf8.count == 26)
                #expect(seen.insert(id).inserted)
            }
        }
        let trusted = try #require(Network("127.0.0.0/8"))
        try await withServer(EdgeOptions(addresses: ["127.0.0.1:0"], threads: 1, trustedProxies: [trusted])) { _, address in
            let client = try RawClient(address)
            for (id, isKept) in [(good, true), ("short", false), ("semi;colon-123", false), (String(repeating: "x", count: 65), false)] {
                try await client.send(Self.get("/x", "X-Request-ID: \(id)\r\n"))
                #expect((try await client.receive()?.header("x-request-id") == id) == isKept, "\(id)")
            }
        }
    }

    @Test func theClientsAddressIsTheRightmostUntrustedHop() async throws {
        let responder = TestResponder { request in
            .respond(request.eventLoop.makeSucceededFuture(Response(status: .ok, body: .bytes(ByteBuffer(string: request.clientAddress)))))
        }
        let trusted = ["127.0.0.0/8", "10.0.0.0/8", "2001:db8:1::/48"].compactMap { Network($0) }
        let cases = [
            ("", "127.0.0.1"),
            ("X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"),
            ("X-Forwarded-For: 6.6.6.6, 192.0.2.1, 10.1.2.3\r\n", "192.0.2.1"),
            ("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 192.0.2.7:4711\r\n", "192.0.2.7"),
            ("X-Forwarded-For: 192.0.2.1, nonsense, 10.1.2.3\r\n", "10.1.2.3"),
            ("X-Forwarded-For: [2001:db8:2::5]:80, 2001:db8:1::1\r\n", "2001:db8:2::5"),
            ("X-Forwarded-For: ::ffff:192.0.2.9\r\n", "192.0.2.9"),
            ("X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n", "10.0.0.1"),
            ("X-Forwarded-For: ,\r\n", "127.0.0.1"),
        ]
        try await withServer(EdgeOptions(addresses: ["127.0.0.1:0"], threads: 1, trustedProxies: trusted), responder: responder) {
            _, address in
            let client = try RawClient(address)
            for (fields, expected) in cases {
                try await client.send(Self.get("/x", fields))
                #expect(try await client.receive()?.text == expected, "\(fields)")
            }
        }
        try await withServer(responder: responder) { _, address in
            let client = try RawClient(address)
            try await client.send(Self.get("/x", "X-Forwarded-For: 192.0.2.1\r\n"))
            #expect(try await client.receive()?.text == "127.0.0.1")
        }
    }

    @Test func networksContainWhatTheirPrefixSays() {
        for (network, address, isInside) in [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("192.0.2.128/25", "192.0.2.127", false),
            ("192.0.2.128/25", "192.0.2.128", true), ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false),
            ("2001:db8::/33", "2001:db8:8000::1", false), ("::1", "::1", true), ("::ffff:10.0.0.0/104", "10.9.9.9", true),
        ] {
            #expect(IPAddress.bytes(address).map { Network(network)?.contains($0) == true } == isInside, "\(network) \(address)")
        }
        for bad in ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8", "::/129", "a/8", "10.0.0.0/+8", "::ffff:1.2.3.4/90"] {
            #expect(Network(bad) == nil, "\(bad)")
        }
    }
}
