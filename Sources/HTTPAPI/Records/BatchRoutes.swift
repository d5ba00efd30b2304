internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `POST /batch`: several writes in one transaction, all or none (04-api).
struct BatchRoutes {
    static let most = 100
    /// Milliseconds: all other writes wait for as long.
    static let patience: Int64 = 250
    private static let path = "/api/v1/batch"

    let context: APIContext
    let limits: RateLimits

    /// A write that was checked as far as it can be without the store.
    struct Operation: Sendable {
        var collection: Collection
        /// Whether it makes a record, which shows what is revealed once.
        var isNew = false
        /// The record as it is then, nil after a deletion; and the status of its answer.
        var run: @Sendable (RecordWriter) throws -> (row: Row?, status: Int)
    }

    /// Which of the operations is refused, and why.
    private struct Refused: Error {
        var index: Int
        var failure: Failure
    }

    init(_ context: APIContext, limits: RateLimits) {
        self.context = context
        self.limits = limits
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.POST, Self.path) { [self] call in
            context.refuseQuery(call)
                ?? context.collect(call) { caller, body in
                    let operations = try operations(in: body, for: caller)
                    return run(operations, for: caller, on: call.request.eventLoop).map { buffer in
                        var buffer = buffer
                        Envelope.close(&buffer, requestID: call.request.id)
                        return Response(status: .ok, headers: Resource.privateHeaders, body: .bytes(buffer))
                    }
                }
        }
        describe(in: &document)
    }

    // MARK: Running

    /// Appends one `{status, data}` for each operation, in order.
    private func run(_ operations: [Operation], for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<ByteBuffer> {
        let records = context.records
        let revealsSecrets = operations.contains { $0.isNew && $0.collection.keepsSecrets }
        return records.write(for: caller, on: loop) { writer, transaction in
            let deadline = records.clock.now() + Self.patience
            var buffer = Envelope.open(capacity: 8_192)
            buffer.writeStaticString("[")
            for (index, operation) in operations.enumerated() {
                guard records.clock.now() <= deadline else {
                    throw Refused(index: index, failure: .unavailable("the batch takes longer than \(Self.patience) ms; nothing was done"))
                }
                if index > 0 { buffer.writeStaticString(",") }
                do {
                    let (row, status) = try operation.run(writer)
                    buffer.writeStaticString(#"{"status":"#)
                    buffer.writeJSON(integer: Int64(status))
                    buffer.writeStaticString(#","data":"#)
                    if let row {
                        _ = try records.answer(
                            row, of: operation.collection, isNew: operation.isNew, to: writer.caller, transaction, into: &buffer)
                    } else {
                        buffer.writeStaticString("null")
                    }
                } catch {
                    throw Refused(index: index, failure: Failure(error))
                }
                buffer.writeStaticString("}")
            }
            buffer.writeStaticString("]")
            return revealsSecrets ? records.revealing(buffer) : buffer
        }.flatMapErrorThrowing { error in
            guard let refused = error as? Refused else { throw error }
            throw refused.failure.at(operation: refused.index)
        }
    }

    // MARK: OpenAPI

    private func describe(in document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        let operation: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["method", "path"],
            "properties": [
                "method": ["enum": ["POST", "PUT", "PATCH", "DELETE"]], "path": ["type": "string", "minLength": 1],
                "if_match": ["type": ["string", "null"], "pattern": .string(EntityTag.pattern)], "body": ["type": ["object", "null"]],
            ],
        ]
        let body: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["operations"],
            "properties": [
                "operations": ["type": "array", "minItems": 1, "maxItems": .integer(Int64(Self.most)), "items": operation]
            ],
        ]
        let answer: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["status", "data"],
            "properties": ["status": ["enum": [200, 201, 204]], "data": ["type": ["object", "null"]]],
        ]
        document.add(
            .POST, Self.path,
            OpenAPIDocument.Operation(
                id: "batch", summary: "Several writes in one transaction, all or none", tag: "batch", body: OpenAPIDocument.body(body),
                successes: [OpenAPIDocument.success("200", "an answer for each operation", data: ["type": "array", "items": answer])],
                failures: ["402", "403", "404", "409", "412"]))
    }
}

extension Failure {
    private static let ofOperations = ["path", "if_match"]

    /// The same refusal of one operation of a batch: its faults stand at `operations[3].body.…`.
    func at(operation index: Int) -> Failure {
        var failure = self
        let place = "operations[\(index)]"
        if details.isEmpty {
            failure.details = [FieldFault(path: place, code: code.lowercased(), message: message)]
        } else {
            failure.details = details.map { fault in
                var fault = fault
                fault.path =
                    fault.path.isEmpty ? place : "\(place).\(Self.ofOperations.contains(fault.path) ? fault.path : "body.\(fault.path)")"
                return fault
            }
        }
        return failure
    }
}
