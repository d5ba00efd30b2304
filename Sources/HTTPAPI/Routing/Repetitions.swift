internal import Crypto
internal import Edge
internal import Expressions
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records

extension APIContext {
    /// The header that marks a request which may be sent again.
    static let repetitionHeader = "idempotency-key"

    /// How the answer to this request is known again where it bears an `Idempotency-Key` (03-expressions 14). Nothing under `/auth` and `/me`
    /// is ever kept: there answers hold secrets.
    static func answerKey(_ caller: Caller, _ call: Call) throws(Failure) -> AnswerKey? {
        guard call.request.method == .POST, let key = call.request.headers.first(name: repetitionHeader) else { return nil }
        guard call.request.path.count > 2, !["auth", "me"].contains(call.request.path[2]) else { return nil }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalid([
                FieldFault(path: "Idempotency-Key", code: "format", message: "must be 1 to 255 visible ASCII characters")
            ])
        }
        // Strangers are told apart by their address alone.
        // What a person was answered is not for each of his keys.
        let who =
            caller.key.map { "key \($0.id)" } ?? caller.environment.me.map { "user \($0.id)" }
            ?? "address \(call.request.clientAddress)"
        let scope = [who, caller.environment.tenant?.id ?? "", call.request.path.joined(separator: "/")].joined(separator: "\n")
        return AnswerKey(scope: scope, key: key)
    }

    /// The caller, with how a repeated request is known where this may be one.
    static func marked(_ caller: Caller, _ call: Call, _ body: ByteBuffer) throws(Failure) -> Caller {
        guard let key = try answerKey(caller, call) else { return caller }
        return caller.marked(by: Repetition(key: key, digest: Array(SHA256.hash(data: Array(body.readableBytesView)))))
    }

    /// What tells a form from any other: its parts by name, whatever their order and the boundary between them. Lengths keep one part from passing for two.
    static func digest(ofParts parts: [String: String]) -> [UInt8] {
        var hash = SHA256()
        for (name, value) in parts.sorted(by: { $0.key < $1.key }) {
            hash.update(data: Array("\(name.utf8.count):\(name)\(value.utf8.count):\(value)".utf8))
        }
        return Array(hash.finalize())
    }
}
