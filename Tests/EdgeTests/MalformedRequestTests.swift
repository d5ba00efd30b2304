import SeededNumbers
import Testing

@testable import Edge

/// One raw request, the status it must get and whether the connection must be closed after it.
struct RawCase: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var status: Int
    var closes: Bool

    init(_ name: String, _ text: String, _ status: Int, closes: Bool = true) {
        self.init(name, bytes: Array(text.utf8), status, closes: closes)
    }

    init(_ name: String, bytes: [UInt8], _ status: Int, closes: Bool = true) {
        self.name = name
        self.bytes = bytes
        self.status = status
        self.closes = closes
    }

    var testDescription: String { name }
}

/// Requests on whose end two readers could disagree, and others that must not pass (RFC 9112 sections 2.2, 3, 5, 6, 7 and 11.2).
@Suite struct MalformedRequestTests {
    static let framing: [RawCase] = [
        RawCase("CL and TE", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400),
        RawCase("TE and CL", post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"), 400),
        RawCase("CL 0 and TE", post("Content-Length: 0\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400),
        RawCase("CL twice, different", post("Content-Length: 5\r\nContent-Length: 6", "hello!"), 400),
        RawCase("CL twice, equal", post("Content-Length: 5\r\nContent-Length: 5", "hello"), 400),
        RawCase("CL list", post("Content-Length: 5, 5", "hello"), 400),
        RawCase("CL +5", post("Content-Length: +5", "hello"), 400),
        RawCase("CL -1", post("Content-Length: -1", ""), 400),
        RawCase("CL 0x5", post("Content-Length: 0x5", "hello"), 400),
        RawCase("CL 5.0", post("Content-Length: 5.0", "hello"), 400),
        RawCase("CL 5 5", post("Content-Length: 5 5", "hello"), 400),
        RawCase("CL empty", post("Content-Length:", ""), 400),
        RawCase("CL quoted", post("Content-Length: \"5\"", "hello"), 400),
        RawCase("CL beyond 64 bits", post("Content-Length: 18446744073709551621", "hello"), 400),
        RawCase("CL near 2^63", post("Content-Length: 9223372036854775807", "hello"), 400),
        RawCase("CL with underscore", post("Content_Length: 5\r\nContent-Length: 5x", "hello"), 400),
        RawCase("TE xchunked", post("Transfer-Encoding: xchunked", "0\r\n\r\n"), 400),
        RawCase("TE identity", post("Transfer-Encoding: identity", "0\r\n\r\n"), 400),
        RawCase("TE gzip, chunked", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), 400),
        RawCase("TE chunked, identity", post("Transfer-Encoding: chunked, identity", "0\r\n\r\n"), 400),
        RawCase("TE chunked, chunked", post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n"), 400),
        RawCase("TE twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400),
        RawCase("TE twice, one cow", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: cow", "0\r\n\r\n"), 400),
        RawCase("TE quoted", post("Transfer-Encoding: \"chunked\"", "0\r\n\r\n"), 400),
        RawCase("TE with vertical tab", post("Transfer-Encoding: \u{0B}chunked", "0\r\n\r\n"), 400),
        RawCase("TE with space before colon", post("Transfer-Encoding : chunked", "0\r\n\r\n"), 400),
        RawCase("TE folded", post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"), 400),
        RawCase("TE after a tab", post("\tTransfer-Encoding: chunked", "0\r\n\r\n"), 400),
        RawCase("TE in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        RawCase("CL with space before colon", post("Content-Length : 5", "hello"), 400),
        RawCase("chunk size not hexadecimal", chunked("g\r\nhello\r\n0\r\n\r\n"), 400),
        RawCase("chunk size negative", chunked("-5\r\nhello\r\n0\r\n\r\n"), 400),
        RawCase("chunk size +5", chunked("+5\r\nhello\r\n0\r\n\r\n"), 400),
        RawCase("chunk size 0x5", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400),
        RawCase("chunk size empty", chunked("\r\nhello\r\n0\r\n\r\n"), 400),
        RawCase("chunk size beyond 64 bits", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), 400),
        RawCase("chunk size after a space", chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400),
        RawCase("chunk size before a space", chunked("5 \r\nhello\r\n0\r\n\r\n"), 400),
        RawCase("chunk too short", chunked("3\r\nhello\r\n0\r\n\r\n"), 400),
        RawCase("chunk without CRLF", chunked("5\r\nhello0\r\n\r\n"), 400),
        RawCase("chunk size with bare LF", chunked("5\nhello\r\n0\r\n\r\n"), 400),
        RawCase("chunk data with bare LF", chunked("5\r\nhello\n0\r\n\r\n"), 400),
        RawCase("chunk extension with CR", chunked("5;a=\rb\r\nhello\r\n0\r\n\r\n"), 400),
        RawCase("chunk extension with bare LF", chunked("5;a\nhello\r\n0\r\n\r\n"), 400),
        RawCase("trailer without colon", chunked("0\r\nbroken\r\n\r\n"), 400),
    ]

    static let heads: [RawCase] = [
        RawCase("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
        RawCase("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        RawCase("two equal Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        RawCase("empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
        RawCase("Host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
        RawCase("Host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        RawCase("Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
        RawCase("Host with bad port", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400),
        RawCase("Host with letters for a port", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
        RawCase("Host of broken IPv6", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
        RawCase("Host other than the absolute target's", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        RawCase("bare LF in lines", "GET / HTTP/1.1\nHost: a\n\n", 400),
        RawCase("bare LF in one field", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400),
        RawCase("bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", 400),
        RawCase("NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n", 400),
        RawCase("NUL in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\0Y: b\r\n\r\n", 400),
        RawCase("space in a name", "GET / HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n", 400),
        RawCase("empty name", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400),
        RawCase("no colon", "GET / HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n", 400),
        RawCase("obs-fold", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400),
        RawCase("space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
        RawCase("version missing", "GET /\r\nHost: a\r\n\r\n", 400),
        RawCase("version 2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400),
        RawCase("version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400),
        RawCase("version 0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 400),
        RawCase("version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", 400),
        RawCase("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        RawCase("method unknown", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        RawCase("method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        RawCase("space before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        RawCase("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        RawCase("TLS on the wrong port", bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03], 501),
        RawCase("target *", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        RawCase("target without slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        RawCase("target of another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        RawCase("URI 9 KiB", "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        RawCase("URI 20 KiB", "GET /\(String(repeating: "a", count: 20_000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        RawCase("101 fields", "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: y\r\n", count: 100))\r\n", 431),
        RawCase("a field of 17 KiB", "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "y", count: 17_000))\r\n\r\n", 431),
        RawCase("a field of 60 KiB", "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "y", count: 60_000))\r\n\r\n", 431),
        RawCase(
            "90 fields of 200",
            "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: \(String(repeating: "y", count: 200))\r\n", count: 90))\r\n",
            431),
    ]

    static let targets: [RawCase] =
        [
            "/a/../b", "/..", "/.", "/./a", "/a/.", "/%2e%2e/etc/passwd", "/a/%2E%2e", "/a/.%2e/b", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b",
            "/a%00b", "/a%0d%0ab", "/a%", "/a%4", "/a%zz", "/%ff", "/%c0%ae%c0%ae/", "/%ed%a0%80", "/a#b",
        ].map { RawCase("target \($0)", "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n", 400) } + [
            RawCase(
                "bytes beyond ASCII in the target", bytes: Array("GET /".utf8) + [0xC3, 0xA4] + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
                400)
        ]

    static let sound: [RawCase] = [
        RawCase("plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, closes: false),
        RawCase("empty lines before", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, closes: false),
        RawCase("Host with port", "GET / HTTP/1.1\r\nHost: a.example:8080\r\n\r\n", 200, closes: false),
        RawCase("Host of IPv6", "GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", 200, closes: false),
        RawCase("absolute target", "GET http://a/x?y HTTP/1.1\r\nHost: A\r\n\r\n", 200, closes: false),
        RawCase("close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200),
        RawCase("HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 200),
        RawCase("upgrade", "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", 200),
        RawCase("100 fields", "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: y\r\n", count: 99))\r\n", 200, closes: false),
        RawCase("URI of 8 KiB", "GET /\(String(repeating: "a", count: 8191)) HTTP/1.1\r\nHost: a\r\n\r\n", 200, closes: false),
        RawCase("dots in names", "GET /a..b/...c/.well-known HTTP/1.1\r\nHost: a\r\n\r\n", 200, closes: false),
        RawCase("body", post("Content-Length: 5", "hello"), 200, closes: false),
        RawCase("chunks", chunked("5\r\nhello\r\n1;a=b\r\n!\r\n0\r\nX: y\r\n\r\n"), 200, closes: false),
        RawCase("TE in capitals", post("Transfer-Encoding: CHUNKED", "0\r\n\r\n"), 200, closes: false),
        RawCase("body too great by its length", post("Content-Length: 2000000", ""), 413),
        RawCase("GET with a body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 200, closes: false),
    ]

    static func post(_ fields: String, _ body: String) -> String { "POST /e HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)" }
    static func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked", body) }

    @Test func everyRawRequestGetsItsStatusAndTheConnectionItsFate() async throws {
        #expect(Self.framing.count + Self.heads.count + Self.targets.count >= 60)
        try await withServer { _, address in
            for raw in Self.framing + Self.heads + Self.targets + Self.sound {
                let client = try RawClient(address)
                try await client.send(raw.bytes)
                let answer = try #require(try await client.receive(), "\(raw.name)")
                #expect(answer.status == raw.status, "\(raw.name): \(answer.text)")
                #expect(answer.closes == raw.closes, "\(raw.name)")
                for header in SecurityHeaderTests.expected { #expect(answer.header(header) != nil, "\(raw.name): \(header)") }
                try await client.send("GET /after HTTP/1.1\r\nHost: a\r\n\r\n")
                let next = try await client.receive()
                #expect((next == nil) == raw.closes, "\(raw.name): \(next?.status ?? 0)")
                if let next { #expect(next.text == "GET /after?", "\(raw.name)") }
            }
        }
    }

    /// Whatever comes, the server answers or closes, and still serves others afterwards.
    @Test func randomBytesNeverStopTheServer() async throws {
        var random = SeededGenerator(state: 7)
        let pieces = [
            "GET / HTTP/1.1\r\n", "POST /e HTTP/1.1\r\n", "Host: a\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "\r\n",
            "5\r\nhello\r\n", "0\r\n\r\n", "X: y\r\n", "hello", "Connection: upgrade\r\nUpgrade: x\r\n", "Expect: 100-continue\r\n", "\n",
            " ",
            "\0", "Connection: close\r\n", "HEAD /health HTTP/1.1\r\n",
        ].map { Array($0.utf8) }
        try await withServer { _, address in
            for round in 0..<300 {
                var bytes: [UInt8] = []
                for _ in 0..<Int.random(in: 1...12, using: &random) {
                    if round % 3 == 0 {
                        bytes += (0..<Int.random(in: 1...40, using: &random)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
                    } else if let piece = pieces.randomElement(using: &random) {
                        bytes += piece
                        if Int.random(in: 0..<12, using: &random) == 0, !bytes.isEmpty {
                            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
                        }
                    }
                }
                let client = try RawClient(address)
                try await client.send(bytes)
                client.closeOutput()
                _ = try await client.drain()
            }
            let client = try RawClient(address)
            try await client.send("GET /alive HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.receive()?.text == "GET /alive?")
        }
    }
}
