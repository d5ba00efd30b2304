import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import Edge

@Suite struct ServerTests {
    private static func get(_ path: String, _ fields: String = "") -> String { ConnectionTests.get(path, fields) }

    // MARK: Health

    @Test func healthIsAnsweredWithoutTheResponder() async throws {
        let readiness = Readiness(notReady: "migrating \"posts\"")
        try await withServer(responder: TestResponder { _ in preconditionFailure("asked") }, readiness: readiness) { _, address in
            let client = try RawClient(address)
            try await client.send(Self.get("/health"))
            let health = try #require(try await client.receive())
            let id = try #require(health.header("x-request-id"))
            #expect(health.text == #"{"success":true,"data":{"status":"ok"},"meta":{"request_id":"\#(id)"}}"#)
            try await client.send(Self.get("/health/ready"))
            let unready = try #require(try await client.receive())
            #expect(unready.status == 503)
            #expect(unready.text.contains(#""message":"migrating \"posts\"""#))
            readiness.becomeReady()
            try await client.send(Self.get("/health/ready"))
            #expect(try await client.receive()?.status == 200)
        }
    }

    // MARK: Ending

    @Test func drainLetsRequestsFinishAndClosesIdleConnections() async throws {
        let held = ConnectionTests.Held()
        // An address that nothing else binds: a port that this server gave back may be another's at once.
        try await withServer(EdgeOptions(addresses: ["127.0.0.7:0"], threads: 1), responder: held.responder) { server, address in
            var arrivals = held.arrivals.makeAsyncIterator()
            let idle = try RawClient(address)
            try await idle.send(Self.get("/warm"))
            _ = await arrivals.next()
            held.release("warm")
            #expect(try await idle.receive()?.closes == false)
            let busy = try RawClient(address)
            try await busy.send(Self.get("/busy"))
            #expect(await arrivals.next() == "busy")

            async let cut = server.drain(within: 60_000)
            #expect(try await idle.receive() == nil)  // so draining has begun

            // The listener is still open for whoever asks whether to send more
            for (path, status) in [("/health/ready", 503), ("/health", 200), ("/other", 503)] {
                let late = try RawClient(address)
                try await late.send(Self.get(path))
                let answer = try #require(try await late.receive())
                #expect(answer.status == status, "\(path)")
                #expect(answer.closes)
            }
            held.release("busy")
            let answer = try #require(try await busy.receive())
            #expect(answer.text == "busy")
            #expect(answer.closes)
            #expect(await cut == 0)
            #expect(throws: RawClient.Failure.self) { try RawClient(address) }
        }
    }

    @Test func whatDoesNotFinishInTimeIsCut() async throws {
        let held = ConnectionTests.Held()
        try await withServer(responder: held.responder) { server, address in
            var arrivals = held.arrivals.makeAsyncIterator()
            let clients = try (0..<3).map { _ in try RawClient(address) }
            for (number, client) in clients.enumerated() {
                try await client.send(Self.get("/\(number)"))
                _ = await arrivals.next()
            }
            #expect(await server.drain(within: 1) == 3)
            for client in clients {
                let answer = try? await client.receive()
                #expect(answer == nil)
            }
            for number in 0..<3 { held.release("\(number)") }
        }
    }

    @Test func replacingTheResponderLeavesBegunRequestsAlone() async throws {
        let held = ConnectionTests.Held()
        try await withServer(responder: held.responder) { server, address in
            var arrivals = held.arrivals.makeAsyncIterator()
            let client = try RawClient(address)
            try await client.send(Self.get("/old"))
            _ = await arrivals.next()
            await server.replace(responder: TestResponder.echo)
            let other = try RawClient(address)
            try await other.send(Self.get("/new"))
            #expect(try await other.receive()?.text == "GET /new?")
            held.release("old")
            #expect(try await client.receive()?.text == "old")
            try await client.send(Self.get("/new"))
            #expect(try await client.receive()?.text == "GET /new?")
        }
    }

    // MARK: Listening

    @Test func aTakenPortNamesItsHolder() async throws {
        try await withServer { _, address in
            let failure = await #expect(throws: HTTPServer.ListenFailure.self) {
                try await withServer(EdgeOptions(addresses: [address], threads: 2)) { _, _ in }
            }
            #expect(failure?.description.hasPrefix("\(address) is in use by ") == true)
            #expect(failure?.description.hasSuffix("(pid \(getpid()))") == true)
        }
    }

    @Test func aSocketThatSomebodyElseBoundIsServed() async throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        #expect(bound == 0)
        #expect(listen(descriptor, 16) == 0)
        try await withServer(EdgeOptions(addresses: [], inheritedSockets: [descriptor], threads: 2)) { _, address in
            let client = try RawClient(address)
            try await client.send(Self.get("/x"))
            #expect(try await client.receive()?.status == 200)
        }
    }

    @Test func addressesAreReadStrictly() {
        #expect(ListenAddress("127.0.0.1:80")?.description == "127.0.0.1:80")
        #expect(ListenAddress("[::1]:8080")?.description == "[::1]:8080")
        #expect(ListenAddress(":443")?.host == "::")
        for bad in ["", "127.0.0.1", "::1:80", "a:99999", "a:-1", "a:x"] { #expect(ListenAddress(bad) == nil, "\(bad)") }
    }

    // MARK: Files

    @Test(arguments: [0, 1000, 65_536, 65_537, 3_000_000])
    func filesAreSentWholeOrInPart(_ size: Int) async throws {
        let file = try TemporaryFile(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
        let responder = TestResponder { request in
            let offset = Int64(size / 3)
            let part: Response.Body =
                switch request.path.last {
                case "whole": .file(path: file.path, offset: 0, length: Int64(size))
                case "part": .file(path: file.path, offset: offset, length: Int64(size) - offset)
                case "beyond": .file(path: file.path, offset: 1, length: Int64(size))
                case "absurd": .file(path: file.path, offset: .max, length: 5)
                case "directory": .file(path: "/tmp", offset: 0, length: 1)
                default: .file(path: file.path + ".absent", offset: 0, length: 1)
                }
            return .respond(request.eventLoop.makeSucceededFuture(Response(status: .ok, body: part)))
        }
        try await withServer(responder: responder) { _, address in
            let client = try RawClient(address)
            try await client.send(Self.get("/whole") + Self.get("/part") + Self.get("/whole"))
            #expect(try await client.receive()?.body == file.bytes)
            #expect(try await client.receive()?.body == Array(file.bytes.dropFirst(size / 3)))
            #expect(try await client.receive()?.body == file.bytes)
            for path in ["/beyond", "/absurd", "/directory", "/absent"] {
                try await client.send(Self.get(path))
                #expect(try await client.receive()?.status == 500, "\(path)")
            }
            try await client.send("HEAD /whole HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try await client.receive(toHead: true)?.header("content-length") == "\(size)")
            #expect(try await client.drain() == 0)
        }
    }

    @Test func aClientThatLeavesAFileHalfReadHarmsNobody() async throws {
        let file = try TemporaryFile(bytes: [UInt8](repeating: 7, count: 20_000_000))
        let responder = TestResponder { request in
            .respond(
                request.eventLoop.makeSucceededFuture(Response(status: .ok, body: .file(path: file.path, offset: 0, length: 20_000_000))))
        }
        try await withServer(responder: responder) { _, address in
            for _ in 0..<5 {
                let client = try RawClient(address, receiveBuffer: 4096)
                try await client.send(Self.get("/x"))
                #expect(try await client.receive(toHead: true)?.status == 200)
                client.reset()
            }
            let client = try RawClient(address)
            try await client.send(Self.get("/x"))
            #expect(try await client.receive()?.body.count == 20_000_000)
        }
    }
}

/// A file that is removed with the object.
final class TemporaryFile: Sendable {
    let path: String
    let bytes: [UInt8]

    init(bytes: [UInt8] = []) throws {
        var template = Array("/tmp/edge-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw RawClient.Failure(reason: "mkstemp: \(errno)") }
        defer { close(descriptor) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.bytes = bytes
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: offset), bytes.count - offset) }
            guard count > 0 else { throw RawClient.Failure(reason: "write: \(errno)") }
            offset += count
        }
    }

    deinit { unlink(path) }

    func content() -> String {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &piece, piece.count)
            guard count > 0 else { return String(decoding: all, as: UTF8.self) }
            all += piece.prefix(count)
        }
    }
}
