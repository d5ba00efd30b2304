internal import Glibc
internal import JSON
internal import Records
internal import Schema

/// Writes messages as lines of JSON, for development and tests: `mail.jsonl`, `sms.jsonl`.
struct FileCarrier: Carrier {
    let path: String
    /// Nil of SMS.
    let from: String?

    var name: String { "file" }

    func carry(_ parcel: Parcel) async throws {
        let route = parcel.route
        var line: [JSONMember] = []
        func add(_ name: String, _ value: JSONValue) { line.append(JSONMember(name: name, value: value)) }
        add("to", .string(route.to))
        if route.channel == .mail {
            add("from", from.map { .string($0) } ?? .null)
            add("subject", .string(route.subject))
        }
        add("text", .string(route.text))
        if route.channel == .mail { add("html", route.html.map { .string($0) } ?? .null) }
        add("notice", .string(parcel.notice))
        add("at", .string(Timestamp.text(parcel.at)))
        add("id", .string(parcel.id))
        let bytes = Array((JSONValue.object(line).text + "\n").utf8)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CarrierFailure(.refused, "cannot open \(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        // One write, so that lines of several threads do not mix.
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            throw CarrierFailure(.unknown, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}
