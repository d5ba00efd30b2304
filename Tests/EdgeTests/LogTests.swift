import Glibc
import Logging
import NIOCore
import NIOHTTP1
import Testing

@testable import Edge

@Suite struct LogTests {
    /// Runs `body` with a stream into a file and gives the file's lines.
    private func lines(_ body: (LogStream) async throws -> Void) async throws -> [String] {
        let file = try TemporaryFile()
        let descriptor = open(file.path, O_WRONLY | O_APPEND)
        defer { close(descriptor) }
        let stream = LogStream(descriptor: descriptor)
        do {
            try await body(stream)
        } catch {
            await stream.close()
            throw error
        }
        await stream.close()
        return file.content().split(separator: "\n").map(String.init)
    }

    @Test func everyRequestLeavesOneLineWithoutItsQuery() async throws {
        let lines = try await lines { stream in
            try await withServer(accessLog: AccessLog(stream: stream)) { _, address in
                for _ in 0..<4 {
                    let client = try RawClient(address)
                    for number in 0..<250 {
                        try await client.send(ConnectionTests.get("/n/\(number)?ticket=canary", "User-Agent: test\r\n"))
                        _ = try await client.receive()
                    }
                    try await client.send("BROKEN\r\n\r\n")
                    _ = try await client.receive()
                }
            }
        }
        #expect(lines.count == 4 * 251)
        #expect(lines.count { $0.contains(#""status":501"#) } == 4)
        #expect(!lines.contains { $0.contains("canary") })
        let first = try #require(lines.first)
        #expect(first.hasPrefix(#"{"time":"2026-11-21T01:47:39.123Z","request_id":""#))
        #expect(first.contains(#""method":"GET","path":"/n/0","route":"/echo","status":200,"bytes":22,"duration_us":"#))
        #expect(first.hasSuffix(#","client":"127.0.0.1","user_agent":"test"}"#))
    }

    @Test func aRequestWhoseClientLeftIsLoggedToo() async throws {
        let held = ConnectionTests.Held()
        let lines = try await lines { stream in
            try await withServer(responder: held.responder, accessLog: AccessLog(stream: stream)) { server, address in
                let client = try RawClient(address)
                try await client.send(ConnectionTests.get("/gone"))
                var arrivals = held.arrivals.makeAsyncIterator()
                _ = await arrivals.next()
                client.reset()
                #expect(await server.drain(within: 10_000) == 0)
                held.release("gone")
            }
        }
        #expect(lines.count == 1)
        #expect(lines.first?.contains(#""path":"/gone","status":499"#) == true)
    }

    @Test func nothingInARequestCanForgeALine() async throws {
        let lines = try await lines { stream in
            try await withServer(accessLog: AccessLog(stream: stream)) { _, address in
                let client = try RawClient(address)
                try await client.send(
                    Array("GET /a\"b HTTP/1.1\r\nHost: a\r\nUser-Agent: x\"\t\\ ".utf8) + [0xFF, 0xC2, 0x85] + Array("\r\n\r\n".utf8))
                _ = try await client.receive()
            }
        }
        #expect(lines.count == 1)
        #expect(lines.first?.unicodeScalars.contains { $0.value < 0x20 } == false)
        #expect(lines.first?.contains(#""user_agent":"x\"\t\\ "#) == true)
    }

    @Test func whatDoesNotFitIsDroppedAndCounted() async throws {
        var ends: [CInt] = [0, 0]
        #expect(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        let stream = LogStream(descriptor: writer, capacity: 1 << 20)
        let line = ByteBuffer(repeating: UInt8(ascii: "x"), count: 100_000)
        for _ in 0..<100 { stream.append(line, count: 3) }  // nobody reads: a pipe holds 64 KiB
        #expect(stream.dropped == 90 * 3)
        close(reader)
        await stream.close()
        close(writer)
        #expect(stream.dropped == 300)
    }

    @Test func theProgramsLogIsJSONWithoutControlCharacters() async throws {
        let lines = try await lines { stream in
            var logger = Logger(label: "edge") { StreamLogHandler(label: $0, form: .json, stream: stream, clock: FixedClock()) }
            logger[metadataKey: "node"] = "a"
            logger.warning("two\nlines \u{1B}[31m", metadata: ["path": "/x\r\n", "time": "forged", "list": ["1", ["k": "v"]]])
            logger.debug("unseen")
        }
        #expect(
            lines == [
                #"{"time":"2026-11-21T01:47:39.123Z","level":"warning","logger":"edge","message":"two\nlines \u001b[31m","#
                    + #""list":["1",{"k":"v"}],"node":"a","path":"/x\r\n","metadata.time":"forged"}"#
            ])
    }

    @Test func theProgramsLogForATerminalIsEscapedToo() async throws {
        let lines = try await lines { stream in
            let logger = Logger(label: "edge") { StreamLogHandler(label: $0, form: .text, stream: stream, clock: FixedClock()) }
            logger.info("two\nlines \u{1B}[31m\u{9B}", metadata: ["path": "/x\r"])
        }
        #expect(lines == [#"01:47:39.123 info     edge: two\u{a}lines \u{1b}[31m\u{9b} path=/x\u{d}"#])
    }

    @Test func momentsAreWrittenAsTheirStandardsSay() {
        for (seconds, http, rfc) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37"),  // RFC 9110 section 5.6.7
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT", "2100-03-01T00:00:00"),
        ] as [(Int64, String, String)] {
            #expect(Timestamp(seconds: seconds).httpDate == http)
            #expect(Timestamp(seconds: seconds).rfc3339 == rfc)
        }
        #expect(Timestamp(seconds: .max).year == 9999)
        #expect(Timestamp(seconds: .min).year == 1)
    }
}
