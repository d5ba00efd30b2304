internal import Edge
internal import Expressions
internal import Identity
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `/me/sessions`: where one is signed in, and the end of it.
struct SessionRoutes: Sendable {
    private let context: APIContext
    private let sessions: Sessions

    init(_ context: APIContext, _ sessions: Sessions) {
        self.context = context
        self.sessions = sessions
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.GET, "/api/v1/me/sessions", list)
        routes.add(.DELETE, "/api/v1/me/sessions", endOthers)
        routes.add(.DELETE, "/api/v1/me/sessions/{id}", end)
        describe(&document)
    }

    @Sendable private func list(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.respond(call) { caller in
                sessions.list(for: caller, on: call.request.eventLoop).map { listed in
                    var buffer = Envelope.open()
                    buffer.writeJSON(.array(listed.map(Self.json)))
                    Envelope.close(&buffer, requestID: call.request.id)
                    return Response(status: .ok, headers: SignedInAnswer.headers, body: .bytes(buffer))
                }
            }
    }

    @Sendable private func endOthers(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.respond(call) { caller in
                guard let me = caller.environment.me else { throw RecordError.unauthenticated }
                return sessions.revokeAll(of: me.id, except: caller.session, on: call.request.eventLoop).map { _ in
                    Response(status: .noContent)
                }
            }
    }

    @Sendable private func end(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.respond(call) { caller in
                guard let me = caller.environment.me else { throw RecordError.unauthenticated }
                guard let id = call.parameters.first, UUIDv7.isUUID(id) else { throw Failure.notFound }
                return sessions.revoke(id.lowercased(), of: me.id, on: call.request.eventLoop).map { Response(status: .noContent) }
            }
    }

    private static func json(_ listed: Sessions.Listed) -> JSONValue {
        func moment(_ milliseconds: Int64) -> JSONValue { .string(Timestamp.text(milliseconds)) }
        let session = listed.session
        return [
            "id": .string(session.id), "current": .bool(listed.isCurrent), "ip": .string(session.address),
            "user_agent": .string(session.userAgent), "created_at": moment(session.createdAt), "last_used_at": moment(session.usedAt),
            "expires_at": moment(session.expiresAt),
        ]
    }

    private func describe(_ document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        let moment: JSONValue = ["type": "string", "format": "date-time"]
        document.add(
            schema: "Session",
            [
                "type": "object", "additionalProperties": false,
                "required": ["id", "current", "ip", "user_agent", "created_at", "last_used_at", "expires_at"],
                "properties": [
                    "id": ["type": "string", "format": "uuid"], "current": ["type": "boolean"], "ip": ["type": "string"],
                    "user_agent": ["type": "string"], "created_at": moment, "last_used_at": moment, "expires_at": moment,
                ],
            ])
        document.add(
            .GET, "/api/v1/me/sessions",
            .init(
                id: "listMySessions", summary: "Where the caller is signed in, the youngest first", tag: "auth", needsAccount: true,
                successes: [
                    OpenAPIDocument.success(
                        "200", "the sessions", data: ["type": "array", "items": OpenAPIDocument.reference("Session")])
                ], failures: ["403"]))
        document.add(
            .DELETE, "/api/v1/me/sessions",
            .init(
                id: "endMyOtherSessions", summary: "Sign out everywhere else", tag: "auth", needsAccount: true,
                successes: [OpenAPIDocument.empty("204", "ended")], failures: ["403"]))
        document.add(
            .DELETE, "/api/v1/me/sessions/{id}",
            .init(
                id: "endMySession", summary: "Sign out somewhere", tag: "auth", needsAccount: true,
                parameters: [OpenAPIDocument.parameter("id", in: "path", ["type": "string"], about: "of the session")],
                successes: [OpenAPIDocument.empty("204", "ended")], failures: ["403", "404"]))
    }
}
