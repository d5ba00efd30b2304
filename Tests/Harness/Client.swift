package import JSON
import NIOCore
package import NIOHTTP1
package import Testing

/// Somebody who uses a site: signed in or not, perhaps within a tenant. Asks, and says in the same breath what must be answered.
///
///     let salon = try await owner.post("/salons", ["name": "A"], has: ["status": "ACTIVE"]).id
///     try await stranger.patch("/salons/\(salon)", ["name": "B"], 403)
///     try await owner.post("/salons", ["price_tier": 7], 400, at: ["name", "price_tier"])
package struct Client: Sendable {
    package let api: API
    /// nil: anonymous
    package let caller: Caller?
    /// Sent with every request.
    package var headers: HTTPHeaders = [:]

    package init(api: API, caller: Caller?, headers: HTTPHeaders = [:]) {
        self.api = api
        self.caller = caller
        self.headers = headers
    }

    package var id: String { caller?.id ?? "" }
    package var name: String { caller?.name ?? "anonymous" }

    /// The same person, naming a tenant.
    package func within(_ tenant: String) -> Client {
        var client = self
        client.headers.replaceOrAdd(name: "x-tenant", value: tenant)
        return client
    }

    /// The same person at a site that was started again.
    package func at(_ site: ExampleSite) -> Client { Client(api: site.api, caller: caller, headers: headers) }

    /// Asks and checks status, code, paths of faults (all of them, in any order), and what `data` must hold (`JSONValue.holds`).
    /// A refusal without a code has its status's usual one (04-api). `path` as people write it: Persian letters and spaces are encoded.
    @discardableResult
    package func ask(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, _ status: Int, _ code: String? = nil, at faults: [String]? = nil,
        has expected: JSONValue? = nil, headers extra: HTTPHeaders = [:], sourceLocation: SourceLocation = #_sourceLocation,
        _ check: (Answer) throws -> Bool = { _ in true }
    ) async throws -> Answer {
        let answer = try await api.expect(
            method, path.asTarget, as: caller, body: body, headers: headers(with: extra), status: status, sourceLocation: sourceLocation)
        guard answer.status == status else { return answer }
        let request = "\(method) \(path) by \(name)"
        let text = String(decoding: answer.body.prefix(2_000), as: UTF8.self)
        if let wanted = code ?? Self.usualCodes[status] {
            #expect(answer.code == wanted, "\(request): \(text)", sourceLocation: sourceLocation)
        }
        if let faults {
            #expect(answer.faults == faults.sorted(), "\(request): \(text)", sourceLocation: sourceLocation)
        }
        if let expected, let fault = answer.data.missing(expected, at: "data") {
            Issue.record("\(request): \(fault): \(text)", sourceLocation: sourceLocation)
        }
        #expect(try check(answer), "\(request): \(text)", sourceLocation: sourceLocation)
        return answer
    }

    private static let usualCodes = [
        400: "VALIDATION_ERROR", 401: "UNAUTHENTICATED", 402: "LIMIT_REACHED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT",
        429: "RATE_LIMITED",
    ]

    private func headers(with extra: HTTPHeaders) -> HTTPHeaders {
        var all = headers
        for header in extra { all.replaceOrAdd(name: header.name, value: header.value) }
        return all
    }

    /// Asks without expecting anything but the standing promises: for a test that judges the status itself.
    package func tries(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, headers extra: HTTPHeaders = [:]) async throws
        -> Answer
    {
        var all = headers(with: extra)
        let bytes = body.map { Array($0.text.utf8) }
        if bytes != nil, !all.contains(name: "content-type") { all.add(name: "content-type", value: "application/json") }
        let exchange = try await api.open(method, path.asTarget, as: caller, length: bytes?.count, headers: all)
        if let bytes { await exchange.send(ByteBuffer(bytes: bytes)) }
        let answer = Answer(try await exchange.finish())
        api.transcript?.record(method, path.asTarget, headers: all, body: bytes, answer: answer)
        #expect(answer.status < 500, "\(method) \(path) by \(name): \(String(decoding: answer.body.prefix(2_000), as: UTF8.self))")
        return answer
    }
}

// MARK: The methods, with the status that is usual for each

extension Client {
    @discardableResult
    package func get(
        _ path: String, _ status: Int = 200, _ code: String? = nil, at faults: [String]? = nil, has expected: JSONValue? = nil,
        headers: HTTPHeaders = [:], sourceLocation: SourceLocation = #_sourceLocation, _ check: (Answer) throws -> Bool = { _ in true }
    ) async throws -> Answer {
        try await ask(
            .GET, path, nil, status, code, at: faults, has: expected, headers: headers, sourceLocation: sourceLocation, check)
    }

    @discardableResult
    package func post(
        _ path: String, _ body: JSONValue? = nil, _ status: Int = 201, _ code: String? = nil, at faults: [String]? = nil,
        has expected: JSONValue? = nil, headers: HTTPHeaders = [:], sourceLocation: SourceLocation = #_sourceLocation,
        _ check: (Answer) throws -> Bool = { _ in true }
    ) async throws -> Answer {
        try await ask(
            .POST, path, body, status, code, at: faults, has: expected, headers: headers, sourceLocation: sourceLocation, check)
    }

    @discardableResult
    package func patch(
        _ path: String, _ body: JSONValue, _ status: Int = 200, _ code: String? = nil, at faults: [String]? = nil,
        has expected: JSONValue? = nil, headers: HTTPHeaders = [:], sourceLocation: SourceLocation = #_sourceLocation,
        _ check: (Answer) throws -> Bool = { _ in true }
    ) async throws -> Answer {
        try await ask(
            .PATCH, path, body, status, code, at: faults, has: expected, headers: headers, sourceLocation: sourceLocation, check)
    }

    @discardableResult
    package func put(
        _ path: String, _ body: JSONValue? = nil, _ status: Int = 200, _ code: String? = nil, at faults: [String]? = nil,
        has expected: JSONValue? = nil, headers: HTTPHeaders = [:], sourceLocation: SourceLocation = #_sourceLocation,
        _ check: (Answer) throws -> Bool = { _ in true }
    ) async throws -> Answer {
        try await ask(
            .PUT, path, body, status, code, at: faults, has: expected, headers: headers, sourceLocation: sourceLocation, check)
    }

    @discardableResult
    package func delete(
        _ path: String, _ status: Int = 204, _ code: String? = nil, headers: HTTPHeaders = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        try await ask(.DELETE, path, nil, status, code, headers: headers, sourceLocation: sourceLocation)
    }

    /// Fires a transition, an action or a restoration: POST that answers 200 with the record.
    @discardableResult
    package func fire(
        _ path: String, _ body: JSONValue? = nil, _ status: Int = 200, _ code: String? = nil, at faults: [String]? = nil,
        has expected: JSONValue? = nil, headers: HTTPHeaders = [:], sourceLocation: SourceLocation = #_sourceLocation,
        _ check: (Answer) throws -> Bool = { _ in true }
    ) async throws -> Answer {
        try await ask(
            .POST, path, body, status, code, at: faults, has: expected, headers: headers, sourceLocation: sourceLocation, check)
    }

    /// Creates a record and gives its id.
    package func make(_ path: String, _ body: JSONValue, sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
        try await post(path, body, sourceLocation: sourceLocation).id
    }

    /// A member of each row of a list, in its order: at most a page of 100.
    package func column(_ name: String, _ path: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> [String] {
        let size = path.contains("page_size=") ? "" : (path.contains("?") ? "&" : "?") + "page_size=100"
        return try await get(path + size, sourceLocation: sourceLocation).rows.compactMap { $0[name]?.string }
    }

    package func ids(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> [String] {
        try await column("id", path, sourceLocation: sourceLocation)
    }

    /// Uploads a file of a media kind by itself and gives the media's id.
    package func upload(
        _ file: [UInt8], named name: String, kind: String, _ status: Int = 202, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let (body, type) = API.multipart(file, named: name, kind: kind)
        return try await api.expect(
            .POST, "/media", as: caller, bytes: body, headers: headers(with: ["content-type": type]), status: status,
            sourceLocation: sourceLocation
        ).id
    }

    /// Asks every 20 ms until the answer is as wanted, for at most `limit`: for what a job brings about.
    @discardableResult
    package func eventually(
        _ path: String, within limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: (Answer) -> Bool
    ) async throws -> Answer {
        try await api.eventually(
            path.asTarget, as: caller, headers: headers, within: limit, sourceLocation: sourceLocation, condition: condition)
    }
}

extension Answer {
    package var id: String { data.id }
    /// The rows of a list.
    package var rows: [JSONValue] { data.array ?? [] }
    package var total: Int64? { json?["meta"]?["pagination"]?["total_items"]?.integer }
    package var etag: String { header("etag") }
    /// A header's first value; empty where there is none.
    package func header(_ name: String) -> String { headers.first(name: name) ?? "" }
    package subscript(_ path: String) -> JSONValue { data.at(path) }
}
