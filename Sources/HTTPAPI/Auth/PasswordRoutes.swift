internal import Config
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
    private let reset: PasswordReset
    private let intake: AuthIntake

    init(_ context: APIContext, _ identity: IdentityServices) {
        self.context = context
        passwords = identity.passwords
        reset = identity.reset
        intake = AuthIntake(context)
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        guard context.settings.methods.contains(.password) else { return }
        routes.add(.POST, "/api/v1/auth/password/change", change)
        routes.add(.POST, "/api/v1/auth/password/forgot", forgot)
        routes.add(.POST, "/api/v1/auth/password/reset", renew)
        document.add(
            .POST, "/api/v1/auth/password/forgot",
            .init(
                id: "forgotPassword", summary: "Have a link for a new password mailed; the answer says nothing of the account", tag: "auth",
                body: OpenAPIDocument.body(AuthIntake.strings(["email"])), successes: [OpenAPIDocument.nothing("heard")]))
        document.add(
            .POST, "/api/v1/auth/password/reset",
            .init(
                id: "resetPassword", summary: "A new password by the token of the mail; every session ends", tag: "auth",
                body: OpenAPIDocument.body(
                    AuthIntake.strings(["token"], requiring: [context.newPassword], and: [WaysInRemoval.member])),
                successes: [WaysInAnswer.success("changed")],
                failures: ["404"]))
        document.add(
            .POST, "/api/v1/auth/password/change",
            .init(
                id: "changePassword", summary: "A new password in place of the present one; other sessions end", tag: "auth",
                needsAccount: true,
                body: OpenAPIDocument.body(AuthIntake.strings([], optional: ["current_password"], requiring: [context.newPassword])),
                successes: [OpenAPIDocument.nothing("changed")], failures: ["403"]))
    }

    /// The same whether anybody has that address.
    @Sendable private func forgot(_ call: Call) -> Intake {
        intake.collect(call) { caller, body in
            let texts = try AuthIntake.texts(["email"], of: body)
            return reset.request(texts[0], for: caller, on: call.request.eventLoop).map { Envelope.nothing(to: call) }
        }
    }

    @Sendable private func renew(_ call: Call) -> Intake {
        intake.collect(call) { caller, body in
            let (removed, rest) = try WaysInRemoval.split(body)
            let texts = try AuthIntake.texts(["token", "password"], of: rest)
            return reset.take(texts[0], password: texts[1], ending: removed, for: caller, on: call.request.eventLoop).map {
                WaysInAnswer.response($0, to: call)
            }
        }
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
