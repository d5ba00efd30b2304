internal import Edge
internal import Expressions
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// Transitions and actions: `POST /{path}/{id}/{name}`.
extension Resource {
    func fire(_ transition: Transition, _ call: Call) -> Intake {
        step(call, allow: transition.allow, input: transition.input) { [collection] writer, key, input, version in
            try writer.fire(transition, of: collection, key, input: input, version: version)
        }
    }

    /// 202 with the job where it starts one.
    func perform(_ action: Action, _ call: Call) -> Intake {
        guard action.work != nil else {
            return step(call, allow: action.allow, input: action.input) { [collection] writer, key, input, version in
                try writer.perform(action, of: collection, key, input: input, version: version).row
            }
        }
        return step(call, allow: action.allow, input: action.input) { [records, collection] caller, locate, input, version in
            records.writeAndStart(collection, for: caller, into: Envelope.open(), on: call.request.eventLoop) { writer in
                try writer.perform(action, of: collection, try locate(writer), input: input, version: version)
            }.map { buffer in
                var buffer = buffer
                Envelope.close(&buffer, requestID: call.request.id)
                return Response(status: .accepted, headers: Self.privateHeaders, body: .bytes(buffer))
            }
        }
    }

    private func step(
        _ call: Call, allow: Rule?, input fields: [Field],
        _ body: @escaping @Sendable (RecordWriter, RecordKey, [Int: Value], Int64?) throws -> Row
    ) -> Intake {
        step(call, allow: allow, input: fields) { caller, locate, input, version in
            self.records.writeAndRead(self.collection, for: caller, into: Envelope.open(), on: call.request.eventLoop) { writer in
                try body(writer, try locate(writer), input, version)
            }.map { self.respond($0.answer, to: call, status: .ok) }
        }
    }

    /// `answer` gets the caller, what finds the record, the input and the version that is asked for.
    private func step(
        _ call: Call, allow: Rule?, input fields: [Field],
        _ answer:
            @escaping @Sendable (
                Caller, @escaping @Sendable (RecordWriter) throws -> RecordKey, [Int: Value], Int64?
            ) throws -> EventLoopFuture<Response>
    ) -> Intake {
        context.refuseQuery(call)
            ?? context.collect(call, isOptional: true) { caller, json in
                guard self.records.admitsWriting(allow, for: caller) else { throw RecordError.unauthenticated }
                let locate = try self.locator(call)
                let version = try EntityTag.version(ifMatch: call.request.headers.first(name: "if-match"))
                let input: [Int: Value]
                do {
                    input = try fields.values(from: json)
                } catch {
                    guard let key = self.key(call) else { throw error }
                    return self.unlessHidden(key, from: caller, on: call.request.eventLoop, fail: error)
                }
                return try answer(caller, locate, input, version)
            }
    }
}
