internal import Config
internal import Edge
internal import Expressions
internal import Identity
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `/me`: the caller's own user.
struct MeRoutes: Sendable {
    private let context: APIContext
    /// Where changes what PATCH does not change, by field (04-api, Further).
    private let ways: [String: String]

    /// Tell whether he has an authenticator; nil where there are none, or `users` has a field of that name.
    private let factors: SecondFactors?
    private static let factor = "totp_enabled"

    init(_ context: APIContext, _ identity: IdentityServices) {
        self.context = context
        var ways = ["email": "POST /api/v1/auth/email/change, with proof of the new address"]
        if identity.addresses.changesPhones { ways["phone"] = "POST /api/v1/auth/phone/change, with proof of the new number" }
        if context.settings.methods.contains(.password) { ways["password"] = "POST /api/v1/auth/password/change" }
        self.ways = ways
        factors = context.records.schema.users.field(Self.factor) == nil ? identity.accounts.secondFactors : nil
    }

    private var users: Collection { context.records.schema.users }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        var user = OpenAPIDocument.reference(OperationNames(users.name).singular)
        if factors != nil, document.isWanted {
            let has = JSONMember(name: Self.factor, value: ["type": "boolean", "description": "whether he is asked for a code of it"])
            document.add(schema: "Me", document.record(users, and: [has]))
            user = OpenAPIDocument.reference("Me")
        }
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
                parameters: [OpenAPIDocument.ifMatch],
                body: OpenAPIDocument.body(
                    OpenAPIDocument.reference("Update\(OperationNames(users.name).singular)"),
                    types: ["application/json", "application/merge-patch+json"]),
                successes: [OpenAPIDocument.success("200", "the user", data: user)], failures: ["402", "403", "404", "409", "412"]))
    }

    @Sendable private func read(_ call: Call) -> Intake {
        // Whoever is asked for an authenticator sees as whom.
        let context = context.admittingSetUp
        return context.refuseQuery(call)
            ?? context.respond(call) { caller in
                guard let me = caller.environment.me else { throw RecordError.unauthenticated }
                return context.records.read(users, .id(me.id), for: caller, into: Envelope.open(), on: call.request.eventLoop).flatMap {
                    answer($0, to: caller, call)
                }
            }
    }

    @Sendable private func change(_ call: Call) -> Intake {
        let types = ["application/json", "application/merge-patch+json"]
        return context.refuseQuery(call)
            ?? context.collect(call, types: types) { caller, body in
                guard let me = caller.environment.me else { throw RecordError.unauthenticated }
                let users = users
                let version = try EntityTag.version(ifMatch: call.request.headers.first(name: "if-match"))
                let draft = try draft(of: body)
                return context.records.writeAndRead(users, for: caller, into: Envelope.open(), on: call.request.eventLoop) { writer in
                    try writer.update(users, .id(me.id), draft, version: version)
                }.flatMap { answer($0.answer, to: caller, call) }
            }
    }

    private func draft(of body: JSONValue) throws(RecordError) -> Draft {
        do throws(RecordError) {
            return try Draft(body, for: users, purpose: .update, in: context.records.schema)
        } catch {
            guard case .fieldsForbidden(let faults) = error else { throw error }
            throw .fieldsForbidden(
                faults.map { fault in
                    ways[fault.path].map { FieldFault(path: fault.path, code: fault.code, message: "is changed by \($0)") } ?? fault
                })
        }
    }

    private func answer(_ answer: RecordAnswer, to caller: Caller, _ call: Call) -> EventLoopFuture<Response> {
        let loop = call.request.eventLoop
        return (factors?.isOn(for: caller, on: loop).map { $0 } ?? loop.makeSucceededFuture(nil)).map { (hasFactor: Bool?) in
            var buffer = answer.buffer
            if let hasFactor {
                buffer.reopenJSONObject()
                buffer.writeString(#","\#(Self.factor)":\#(hasFactor)}"#)
            }
            Envelope.close(&buffer, requestID: call.request.id)
            return Response(status: .ok, headers: SignedInAnswer.headers, body: .bytes(buffer))
        }
    }
}
