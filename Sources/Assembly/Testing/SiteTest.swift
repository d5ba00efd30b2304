internal import Config
internal import Edge
internal import Expressions
internal import HTTPAPI
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Ports
internal import Records
internal import Schema

/// One `[[test]]` on a site of its own: puts the rows there, makes the request as the one who asks, and compares.
struct SiteTest {
    let declared: TestDeclaration
    let site: Site
    let backend: Backend

    /// What differs, a sentence each; nothing when the promise is kept.
    func differences() async throws -> [String] {
        let loop = backend.group.next()
        // Rows come first, then the one who asks: he is read when the request is made.
        let setting = try Application(site, backend)
        let declared = declared
        let schema = site.schema
        let now = backend.clock.now()
        let stage: Stage
        do {
            stage = try await setting.records.write(for: .system(now: now), on: loop) { writer, transaction in
                var stage = Stage(schema: schema, now: now)
                for row in declared.given { try stage.add(row, writer, transaction) }
                try stage.setCaller(declared.caller, writer, transaction)
                return stage
            }.get()
        } catch {
            return ["what is given cannot be stored: \(Self.text(of: error))"]
        }
        let caller = try await setting.records.write(for: .system(now: now), on: loop) { _, transaction -> Row? in
            try stage.caller.flatMap { try transaction.row(in: schema.users.name, id: $0) }
        }.get()
        let clock = backend.clock
        let application = try Application(site, backend) { request in
            let facts = RequestFacts(ip: request.clientAddress, method: request.method.rawValue, userAgent: "")
            return .now(Caller(environment: Environment(me: caller, now: clock.now(), request: facts), requestID: request.id))
        }
        let (status, body) = try await ask(application.api, stage, on: loop)
        return compare(status, body, stage)
    }

    // MARK: The request

    private func ask(_ api: API, _ stage: Stage, on loop: any EventLoop) async throws -> (status: Int, body: JSONValue) {
        let request = request(stage, on: loop)
        let content = declared.request.body.map { ByteBuffer(string: stage.filled($0).text) } ?? ByteBuffer()
        let response = try await loop.flatSubmit {
            switch api.receive(request) {
            case .respond(let future): future
            case .collect(_, let answer): answer(content)
            case .stream(let sink): sink.receive(content).flatMap { sink.finish(nil) }.flatMapError { sink.finish($0) }
            }
        }.get()
        var json = JSONValue.null
        if case .bytes(let buffer) = response.body { json = (try? JSONParser.parse(buffer)) ?? .null }
        return (Int(response.status.code), json)
    }

    private func request(_ stage: Stage, on loop: any EventLoop) -> Request {
        let target = "/api/v1" + stage.filled(declared.request.path.value)
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path = halves[0].dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        // What any of the sections of the contract serves besides stands outside the prefix.
        if path.count == 3, path[2].isEmpty { path = ["api", "v1"] }
        var headers = HTTPHeaders()
        if declared.request.body != nil { headers.add(name: "content-type", value: "application/json") }
        return Request(
            method: HTTPMethod(rawValue: declared.request.method.rawValue), target: target, path: path.map(Self.decoded),
            query: halves.count == 2 ? String(halves[1]) : "", headers: headers, clientAddress: "127.0.0.1", id: "test", eventLoop: loop)
    }

    /// `%20` as what it stands for; anything that is no escape stays.
    private static func decoded(_ segment: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(segment.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: The answer

    private func compare(_ status: Int, _ body: JSONValue, _ stage: Stage) -> [String] {
        let wanted = declared.answer
        var differences: [String] = []
        if status != wanted.status {
            let error = body["error"].map { ": \($0.text)" } ?? ""
            differences.append("status is \(status), not \(wanted.status)\(error)")
        }
        if let code = wanted.code, body["error"]?["code"]?.string != code {
            differences.append("code is \(body["error"]?["code"]?.string ?? "absent"), not \(code)")
        }
        if let part = wanted.body { differences += Self.differences(stage.filled(part), body["data"] ?? .null, at: "data") }
        return differences
    }

    /// Every member that is wanted is there with its value, others besides allowed; lists have the same length.
    private static func differences(_ wanted: JSONValue, _ found: JSONValue, at path: String) -> [String] {
        switch (wanted, found) {
        case (.object(let members), .object):
            return members.flatMap { member -> [String] in
                guard let value = found[member.name] else { return ["\(path).\(member.name) is absent"] }
                return differences(member.value, value, at: "\(path).\(member.name)")
            }
        case (.array(let items), .array(let others)):
            guard items.count == others.count else { return ["\(path) has \(others.count) items, not \(items.count)"] }
            return zip(items, others).enumerated().flatMap { differences($1.0, $1.1, at: "\(path)[\($0)]") }
        case (.number(let a), .integer(let b)): return Double(a) == Double(b) ? [] : ["\(path) is \(b), not \(a)"]
        case (.integer(let a), .number(let b)): return Double(b) == Double(a) ? [] : ["\(path) is \(b), not \(a)"]
        default: return wanted == found ? [] : ["\(path) is \(found.text), not \(wanted.text)"]
        }
    }

    /// For the one who wrote the test.
    static func text(of error: any Error) -> String {
        switch error {
        case RecordError.invalid(let faults), RecordError.fieldsForbidden(let faults):
            faults.map { $0.path.isEmpty ? $0.message : "\($0.path) \($0.message)" }.joined(separator: "; ")
        case RecordError.checkFailed(_, let message): message
        case RecordError.conflict(let keys): "another record has this \(keys.joined().joined(separator: ", "))"
        case let problem as Stage.Problem: problem.description
        default: "\(error)"
        }
    }
}
