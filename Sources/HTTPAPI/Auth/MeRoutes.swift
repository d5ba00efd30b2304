internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `/me`: the caller's own user.
struct MeRoutes: Sendable {
    private let context: APIContext

    init(_ context: APIContext) {
        self.context = context
    }

    private var users: Collection { context.records.schema.users }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        let user = OpenAPIDocument.reference(OperationNames(users.name).singular)
        routes.add(.GET, "/api/v1/me", read)
        document.add(
            .GET, "/api/v1/me",
            .init(
                id: "getMe", summary: "The caller's own user", tag: "auth", needsAccount: true,
                successes: [OpenAPIDocument.success("200", "the user", data: user)], failures: ["403", "404"]))
        guard users.behaviour.update != nil else { return }
        routes.add(.PATCH, "/api/v1/me", change)
        document.add(
            .PATCH, "/api/v1/me",
            .init(
                id: "updateMe", summary: "Change the caller's own user", tag: "auth", needsAccount: true,
                body: OpenAPIDocument.body(
                    OpenAPIDocument.reference("Update\(OperationNames(users.name).singular)"),
                    types: ["application/json", "application/merge-patch+json"]),
                successes: [OpenAPIDocument.success("200", "the user", data: user)], failures: ["402", "403", "404", "409"]))
    }

    @Sendable private func read(_ call: Call) -> Intake {
        // Whoever is asked for an authenticator sees as whom.
        let context = context.admittingSetUp
        return context.refuseQuery(call)
            ?? context.respond(call) { caller in
                guard let me = caller.environment.me else { throw RecordError.unauthenticated }
                return context.records.read(users, .id(me.id), for: caller, into: Envelope.open(), on: call.request.eventLoop).map {
                    Self.answer($0, call)
                }
            }
    }

    @Sendable private func change(_ call: Call) -> Intake {
        let types = ["application/json", "application/merge-patch+json"]
        return context.refuseQuery(call)
            ?? context.collect(call, types: types) { caller, body in
                guard let me = caller.environment.me else { throw RecordError.unauthenticated }
                let users = users
                let draft = try Draft(body, for: users, purpose: .update, in: context.records.schema)
                return context.records.writeAndRead(users, for: caller, into: Envelope.open(), on: call.request.eventLoop) { writer in
                    try writer.update(users, .id(me.id), draft)
                }.map { Self.answer($0.answer, call) }
            }
    }

    private static func answer(_ answer: RecordAnswer, _ call: Call) -> Response {
        var buffer = answer.buffer
        Envelope.close(&buffer, requestID: call.request.id)
        return Response(status: .ok, headers: SignedInAnswer.headers, body: .bytes(buffer))
    }
}
