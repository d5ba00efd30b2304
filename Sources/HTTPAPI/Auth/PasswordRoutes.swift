internal import Edge
internal import Identity
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Records

/// `/auth/password/…`
struct PasswordRoutes: Sendable {
    private let context: APIContext
    private let passwords: Passwords
    private let intake: AuthIntake

    init(_ context: APIContext, _ identity: IdentityServices) {
        self.context = context
        passwords = identity.passwords
        intake = AuthIntake(context)
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.POST, "/api/v1/auth/password/change", change)
        document.add(
            .POST, "/api/v1/auth/password/change",
            .init(
                id: "changePassword", summary: "A new password in place of the present one; other sessions end", tag: "auth",
                needsAccount: true, body: OpenAPIDocument.body(AuthIntake.strings(["password"], optional: ["current_password"])),
                successes: [OpenAPIDocument.nothing("changed")], failures: ["403"]))
    }

    @Sendable private func change(_ call: Call) -> Intake {
        let context = context.admittingForcedChange
        return context.refuseQuery(call)
            ?? context.collect(call) { caller, body in
                guard !caller.isAnonymous else { throw RecordError.unauthenticated }
                let texts = try AuthIntake.texts(["password"], optional: ["current_password"], of: body)
                return passwords.change(from: texts[1], to: texts[0] ?? "", for: caller, on: call.request.eventLoop).map {
                    Envelope.nothing(to: call)
                }.flatMapErrorThrowing { throw Failure(identity: $0) }
            }
    }
}
