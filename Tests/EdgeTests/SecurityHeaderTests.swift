import NIOCore
import NIOHTTP1
import Testing

@testable import Edge

@Suite struct SecurityHeaderTests {
    static let expected = [
        "x-content-type-options", "content-security-policy", "referrer-policy", "cross-origin-opener-policy",
        "cross-origin-resource-policy", "permissions-policy", "date", "x-request-id",
    ]

    @Test(arguments: [200, 201, 204, 301, 304, 401, 404, 500, 503])
    func standOnEveryStatus(_ status: Int) async throws {
        let responder = TestResponder { request in
            .respond(request.eventLoop.makeSucceededFuture(Response(status: .init(statusCode: status))))
        }
        try await withServer(responder: responder) { _, address in
            let client = try RawClient(address)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try #require(try await client.receive())
            #expect(answer.status == status)
            for name in Self.expected { #expect(answer.headers.count { $0.name == name } == 1, "\(name)") }
            #expect(answer.header("server") == nil)
            #expect(answer.header("date") == "Sat, 21 Nov 2026 01:47:39 GMT")
            #expect((answer.header("content-length") == nil) == (status == 204 || status == 304))
        }
    }

    @Test func anAnswerMaySayItsOwn() async throws {
        let responder = TestResponder { request in
            let headers: HTTPHeaders = ["Cross-Origin-Resource-Policy": "cross-origin", "content-security-policy": "sandbox"]
            return .respond(request.eventLoop.makeSucceededFuture(Response(status: .ok, headers: headers)))
        }
        try await withServer(responder: responder) { _, address in
            let client = try RawClient(address)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try #require(try await client.receive())
            #expect(answer.header("Cross-Origin-Resource-Policy") == "cross-origin")
            #expect(answer.header("cross-origin-resource-policy") == nil)
            #expect(answer.header("content-security-policy") == "sandbox")
            #expect(answer.header("x-content-type-options") == "nosniff")
        }
    }

    @Test func noValueCanEndItsLine() async throws {
        let responder = TestResponder { request in
            let headers: HTTPHeaders = [
                "location": "/a\r\nset-cookie: evil=1", "x-bad": "a\nb", "x-nul": "a\0b", "bad name": "x", "x-good": "tab\tand ä",
                "content-length": "99", "transfer-encoding": "chunked", "connection": "upgrade", "x-request-id": "mine",
            ]
            return .respond(request.eventLoop.makeSucceededFuture(Response(status: .found, headers: headers)))
        }
        try await withServer(responder: responder) { _, address in
            let client = try RawClient(address)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try #require(try await client.receive())
            for name in ["location", "set-cookie", "x-bad", "x-nul", "bad name", "transfer-encoding", "connection"] {
                #expect(answer.header(name) == nil, "\(name)")
            }
            #expect(answer.header("x-good") == "tab\tand ä")
            #expect(answer.header("content-length") == "0")
            #expect(answer.header("x-request-id")?.utf8.count == 26)
        }
    }
}
