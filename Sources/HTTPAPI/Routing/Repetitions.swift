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

    /// The caller, with how a repeated request is known where the request bears an `Idempotency-Key` (03-expressions 14). Nothing under
    /// `/auth` and `/me` is ever kept: there answers hold secrets.
    static func marked(_ caller: Caller, _ call: Call, _ body: ByteBuffer) throws(Failure) -> Caller {
        guard call.request.method == .POST, let key = call.request.headers.first(name: repetitionHeader) else { return caller }
        guard call.request.path.count > 2, !["auth", "me"].contains(call.request.path[2]) else { return caller }
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
        var caller = caller
        caller.repetition = Repetition(
            key: AnswerKey(scope: scope, key: key), digest: Array(SHA256.hash(data: Array(body.readableBytesView))))
        return caller
    }
}
