import Glibc
package import JSON
import NIOCore
package import NIOHTTP1
package import Testing

/// Who asks: a name for messages, and the token that the API gave.
package struct Caller: Sendable {
    package var name: String
    package var id: String
    package var email: String
    package var token: String

    package init(name: String, id: String, email: String, token: String) {
        self.name = name
        self.id = id
        self.email = email
        self.token = token
    }
}

/// An answer of the API, read and checked against what holds for every answer.
package struct Answer: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// The body where it is JSON.
    package var json: JSONValue?

    package var data: JSONValue { json?["data"] ?? .null }
    /// `error.code`
    package var code: String? { json?["error"]?["code"]?.string }
    /// `error.message`; empty where there is none.
    package var message: String { json?["error"]?["message"]?.string ?? "" }
    /// Paths of `error.details`, sorted.
    package var faults: [String] { (json?["error"]?["details"]?.array ?? []).compactMap { $0["path"]?.string }.sorted() }
    /// The text at a path of members of `data`.
    package func text(_ path: String...) -> String? { path.reduce(data) { $0[$1] ?? .null }.string }
}

/// Asks a program as its clients do. Every answer is checked against the standing promises of 04-api and 07-edge.
package struct API: Sendable {
    package let port: Int
    /// Where every exchange is written down, to be held to the OpenAPI document afterwards.
    package let transcript: Transcript?

    package init(port: Int, transcript: Transcript? = nil) {
        self.port = port
        self.transcript = transcript
    }

    /// Asks, and expects `status`. `path` is below /api/v1 unless it is absolute with `//`. Further expectations go into `check`.
    @discardableResult
    package func expect(
        _ method: HTTPMethod, _ path: String, as caller: Caller? = nil, body: JSONValue? = nil, headers: HTTPHeaders = [:],
        status: Int, sourceLocation: SourceLocation = #_sourceLocation, check: (Answer) throws -> Bool = { _ in true }
    ) async throws -> Answer {
        var headers = headers
        if body != nil, !headers.contains(name: "content-type") { headers.add(name: "content-type", value: "application/json") }
        return try await expect(
            method, path, as: caller, bytes: body.map { Array($0.text.utf8) }, headers: headers, status: status,
            sourceLocation: sourceLocation, check: check)
    }

    /// The same with a body of any kind.
    @discardableResult
    package func expect(
        _ method: HTTPMethod, _ path: String, as caller: Caller? = nil, bytes: [UInt8]?, headers: HTTPHeaders = [:], status: Int,
        sourceLocation: SourceLocation = #_sourceLocation, check: (Answer) throws -> Bool = { _ in true }
    ) async throws -> Answer {
        let exchange = try await open(method, path, as: caller, length: bytes?.count, headers: headers)
        if let bytes, !bytes.isEmpty { await exchange.send(ByteBuffer(bytes: bytes)) }
        let answer = Answer(try await exchange.finish())
        transcript?.record(method, path, headers: headers, body: bytes, answer: answer)
        let request = "\(method) \(path) as \(caller?.name ?? "anonymous")"
        let text = String(decoding: answer.body.prefix(2_000), as: UTF8.self)
        #expect(answer.status == status, "\(request): \(text)", sourceLocation: sourceLocation)
        answer.checkStandingPromises(request, method: method, expected: status, sourceLocation: sourceLocation)
        if answer.status == status {
            #expect(try check(answer), "\(request): \(text)", sourceLocation: sourceLocation)
        }
        return answer
    }

    /// Sends a head alone; `length` bytes of body are to follow.
    package func open(_ method: HTTPMethod, _ path: String, as caller: Caller? = nil, length: Int? = nil, headers: HTTPHeaders = [:])
        async throws -> Exchange
    {
        var head = HTTPRequestHead(
            version: .http1_1, method: method, uri: path.hasPrefix("//") ? String(path.dropFirst()) : "/api/v1" + path)
        head.headers = headers
        head.headers.replaceOrAdd(name: "host", value: "127.0.0.1:\(port)")
        head.headers.replaceOrAdd(name: "connection", value: "close")
        if let length { head.headers.replaceOrAdd(name: "content-length", value: "\(length)") }
        if let caller { head.headers.replaceOrAdd(name: "authorization", value: "Bearer \(caller.token)") }
        return try await Exchange.open(head, port: port)
    }

    /// Asks every 20 ms until the answer satisfies `condition`, for at most `limit`. For what a job or a reload brings about: `limit` tells when to
    /// give up, not what was promised, since other programs may hold the machine.
    package func eventually(
        _ path: String, as caller: Caller? = nil, headers: HTTPHeaders = [:], within limit: Duration = .seconds(60),
        sourceLocation: SourceLocation = #_sourceLocation,
        condition: (Answer) -> Bool
    ) async throws -> Answer {
        let deadline = ContinuousClock.now + limit
        while true {
            let answer: Answer
            do {
                answer = Answer(try await open(.GET, path, as: caller, headers: headers).finish())
            } catch is NoAnswer where ContinuousClock.now < deadline {
                // A server that begins to drain closes connections that have sent nothing yet.
                continue
            } catch let error as IOError where error.errnoCode == ECONNRESET && ContinuousClock.now < deadline {
                // And those whose request it has not read are reset.
                continue
            }
            if condition(answer) { return answer }
            guard ContinuousClock.now < deadline else {
                Issue.record("\(path) did not become so: \(String(decoding: answer.body, as: UTF8.self))", sourceLocation: sourceLocation)
                return answer
            }
            try await Moment.passed(Moment.now + 20)
        }
    }

    /// Uploads a file of a media kind by itself.
    @discardableResult
    package func upload(
        _ file: [UInt8], named name: String, kind: String = "image", as caller: Caller?, status: Int,
        sourceLocation: SourceLocation = #_sourceLocation, check: (Answer) throws -> Bool = { _ in true }
    ) async throws -> Answer {
        let (body, type) = Self.multipart(file, named: name, kind: kind)
        return try await expect(
            .POST, "/media", as: caller, bytes: body, headers: ["content-type": type], status: status, sourceLocation: sourceLocation,
            check: check)
    }

    /// A form of RFC 7578 with a kind and a file, and its content type.
    package static func multipart(_ file: [UInt8], named name: String, kind: String) -> (body: [UInt8], type: String) {
        let boundary = "atlas-acceptance-5f0c"
        let line = "\r\n"
        let head = [
            "--\(boundary)", "content-disposition: form-data; name=\"kind\"", "", kind, "--\(boundary)",
            "content-disposition: form-data; name=\"file\"; filename=\"\(name)\"", "content-type: image/jpeg", "", "",
        ].joined(separator: line)
        return (Array(head.utf8) + file + Array("\(line)--\(boundary)--\(line)".utf8), "multipart/form-data; boundary=\(boundary)")
    }
}

extension Answer {
    package init(_ raw: RawAnswer) {
        status = raw.status
        headers = raw.headers
        body = Array(raw.body.readableBytesView)
        let isJSON = headers.first(name: "content-type")?.contains("json") ?? false
        json = isJSON ? try? JSONParser.parse(raw.body) : nil
    }

    /// What holds for every answer, whatever was asked.
    package func checkStandingPromises(_ request: String, method: HTTPMethod, expected: Int, sourceLocation: SourceLocation) {
        #expect(status < 500 || status == expected, "\(request): \(status)", sourceLocation: sourceLocation)
        let id = headers.first(name: "x-request-id")
        #expect(id?.isEmpty == false, "\(request): no x-request-id", sourceLocation: sourceLocation)
        for (name, value) in Self.securityHeaders {
            let found = headers.first(name: name)
            #expect(
                found != nil && (value.isEmpty || found == value), "\(request): \(name) is \(found ?? "absent")",
                sourceLocation: sourceLocation)
        }
        #expect(headers["server"].isEmpty, "\(request): names its server", sourceLocation: sourceLocation)
        #expect(headers["content-length"].count <= 1, "\(request): content-length twice", sourceLocation: sourceLocation)
        if status == 204 || status == 304 {
            #expect(body.isEmpty, "\(request): \(status) with a body", sourceLocation: sourceLocation)
            return
        }
        guard status >= 400 || json?["success"] != nil else { return }
        #expect(
            json?["meta"]?["request_id"]?.string == id, "\(request): meta.request_id is not x-request-id", sourceLocation: sourceLocation)
        #expect(json?["success"]?.bool == (status < 400), "\(request): success", sourceLocation: sourceLocation)
        if status >= 400 {
            #expect(code?.isEmpty == false, "\(request): no error code", sourceLocation: sourceLocation)
            #expect(json?["error"]?["message"]?.string?.isEmpty == false, "\(request): no message", sourceLocation: sourceLocation)
            #expect(json?["data"] == nil, "\(request): data in a failure", sourceLocation: sourceLocation)
        } else {
            #expect(json?["data"] != nil, "\(request): no data", sourceLocation: sourceLocation)
        }
    }

    /// Empty: any value.
    private static let securityHeaders: KeyValuePairs = [
        "x-content-type-options": "nosniff", "content-security-policy": "", "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "", "permissions-policy": "",
    ]
}
