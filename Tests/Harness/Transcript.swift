import JSON
import NIOHTTP1
import Synchronization
package import Testing

/// Every exchange of a site as JSON lines, so that a program apart from this one can hold all answers to /openapi.json (X4).
package final class Transcript: Sendable {
    private let lines = Mutex<[String]>([])
    /// Longer bodies are written down as absent: what they are is checked where they are asked for.
    private static let longest = 1 << 20

    package init() {}

    func record(_ method: HTTPMethod, _ path: String, headers: HTTPHeaders, body: [UInt8]?, answer: Answer) {
        func text(_ bytes: [UInt8]?, _ type: String?) -> JSONValue {
            guard let bytes, type?.contains("json") == true, bytes.count <= Self.longest else { return .null }
            return .string(String(decoding: bytes, as: UTF8.self))
        }
        let type = headers.first(name: "content-type")
        let line: JSONValue = [
            "method": .string(method.rawValue),
            "target": .string(path.hasPrefix("//") ? String(path.dropFirst()) : "/api/v1" + path),
            "request_type": type.map { .string($0) } ?? .null,
            "request": text(body, type),
            "status": .integer(Int64(answer.status)),
            "headers": .array(answer.headers.map { .array([.string($0.name.lowercased()), .string($0.value)]) }),
            "response": text(answer.body, answer.headers.first(name: "content-type")),
        ]
        lines.withLock { $0.append(line.text) }
    }

    package var count: Int { lines.withLock { $0.count } }

    /// Asks the site for its document and has `Tests/Harness/conforms` compare. Each fault it prints is an issue.
    package func check(_ api: API, in directory: Directory, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let document = Answer(try await api.open(.GET, "//openapi.json").finish())
        #expect(document.status == 200, "/openapi.json", sourceLocation: sourceLocation)
        let lines = lines.withLock { $0.joined(separator: "\n") + "\n" }
        let verdict = try await Self.verdict(on: lines, against: String(decoding: document.body, as: UTF8.self), in: directory)
        #expect(
            verdict.status == 0, "answers that /openapi.json does not describe:\n\(verdict.output.joined(separator: "\n"))",
            sourceLocation: sourceLocation)
    }

    /// What the checker says of a transcript and a document, both as text: status 0 where they agree.
    package static func verdict(on lines: String, against document: String, in directory: Directory) async throws -> (
        status: Int32, output: [String]
    ) {
        try directory.write(document, to: "openapi.json")
        try directory.write(lines, to: "transcript.jsonl")
        let arguments = ["\(Repository.root)/Tests/Harness/conforms", directory.file("openapi.json"), directory.file("transcript.jsonl")]
        let tool = try await Child(try await PythonTools.conforms(), arguments)
        return try await tool.finished()
    }
}

/// Python environments of the checkers, each made once for each run of the tests.
package actor PythonTools {
    private static let shared = PythonTools()
    private var making: [String: Task<String, any Error>] = [:]

    /// The path of an interpreter that has what `conforms` imports.
    static func conforms() async throws -> String { try await shared.interpreter("conforms", ["jsonschema==4.26.0"]) }

    /// The path of an interpreter that has the reference implementation of Standard Webhooks, which `receives` imports.
    package static func webhooks() async throws -> String { try await shared.interpreter("webhooks", ["standardwebhooks==1.1.0"]) }

    private func interpreter(_ name: String, _ requirements: [String]) async throws -> String {
        let task =
            making[name]
            ?? Task {
                let script = try await Child("\(Repository.root)/packaging/python", [name] + requirements)
                let (status, output) = try await script.finished()
                try #require(status == 0, "no Python environment: \(output.joined(separator: "\n"))")
                return try #require(output.last) + "/bin/python"
            }
        making[name] = task
        return try await task.value
    }
}
