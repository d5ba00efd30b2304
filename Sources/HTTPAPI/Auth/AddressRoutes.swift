internal import Edge
internal import Identity
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Records

/// `/auth/email/…` and `/auth/phone/…`: addresses are proved, and change by proof alone.
struct AddressRoutes: Sendable {
    private let context: APIContext
    private let addresses: Addresses
    private let passwords: Passwords
    private let intake: AuthIntake

    init(_ context: APIContext, _ identity: IdentityServices) {
        self.context = context
        addresses = identity.addresses
        passwords = identity.passwords
        intake = AuthIntake(context)
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.POST, "/api/v1/auth/email/verify", verifyEmail)
        routes.add(.POST, "/api/v1/auth/email/resend", resend)
        routes.add(.POST, "/api/v1/auth/email/change", changeEmail)
        if addresses.changesPhones {
            routes.add(.POST, "/api/v1/auth/phone/change", changePhone)
            routes.add(.POST, "/api/v1/auth/phone/verify", verifyPhone)
        }
        describe(&document)
    }

    /// Whoever has the link has the address, signed in or not.
    @Sendable private func verifyEmail(_ call: Call) -> Intake {
        intake.knowingCaller.collect(call) { caller, body in
            let texts = try AuthIntake.texts(["token"], of: body)
            return addresses.verify(texts[0], for: caller, on: call.request.eventLoop).map { WaysInAnswer.response($0, to: call) }
        }
    }

    @Sendable private func resend(_ call: Call) -> Intake {
        // Who must set up an authenticator must be able to prove his address before.
        signedIn(call, as: context.admittingSetUp, isOptional: true) { caller, body in
            _ = try AuthIntake.texts([], of: body)
            return addresses.resend(for: caller, on: call.request.eventLoop).map { Envelope.nothing(to: call) }
        }
    }

    @Sendable private func changeEmail(_ call: Call) -> Intake {
        signedIn(call) { caller, body in
            let texts = try AuthIntake.texts(["email"], optional: ["current_password"], of: body)
            return passwords.confirm(texts[1], for: caller, on: call.request.eventLoop).flatMap {
                addresses.changeEmail(to: texts[0] ?? "", for: caller, on: call.request.eventLoop)
            }.map { Envelope.nothing(to: call) }
        }
    }

    @Sendable private func changePhone(_ call: Call) -> Intake {
        signedIn(call) { caller, body in
            let texts = try AuthIntake.texts(["phone"], optional: ["current_password"], of: body)
            return passwords.confirm(texts[1], for: caller, on: call.request.eventLoop).flatMap {
                addresses.changePhone(to: texts[0] ?? "", for: caller, on: call.request.eventLoop)
            }.map { SignedInAnswer.response($0, to: call) }
        }
    }

    @Sendable private func verifyPhone(_ call: Call) -> Intake {
        signedIn(call) { caller, body in
            let texts = try AuthIntake.texts(["challenge_id", "code"], of: body)
            return addresses.verifyPhone(texts[0], code: texts[1], for: caller, on: call.request.eventLoop).map {
                Envelope.nothing(to: call)
            }
        }
    }

    private func signedIn(
        _ call: Call, as context: APIContext? = nil, isOptional: Bool = false,
        _ body: @escaping @Sendable (Caller, JSONValue) throws -> EventLoopFuture<Response>
    ) -> Intake {
        let context = context ?? self.context
        return context.refuseQuery(call)
            ?? context.collect(call, isOptional: isOptional) { caller, json in
                guard !caller.isAnonymous else { throw RecordError.unauthenticated }
                return try body(caller, json).flatMapErrorThrowing { throw Failure(identity: $0) }
            }
    }

    private func describe(_ document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        func add(
            _ path: String, id: String, _ summary: String, needsAccount: Bool = true, body: JSONValue, isOptional: Bool = false,
            answer: JSONMember, failures: Set<String>
        ) {
            document.add(
                .POST, "/api/v1/auth/\(path)",
                .init(
                    id: id, summary: summary, tag: "auth", needsAccount: needsAccount,
                    body: OpenAPIDocument.body(body, required: !isOptional), successes: [answer], failures: failures))
        }
        let changed = OpenAPIDocument.nothing("done")
        add(
            "email/verify", id: "verifyEmail", "Prove an address by the token of the mail", needsAccount: false,
            body: AuthIntake.strings(["token"]), answer: WaysInAnswer.success("proved"), failures: ["409"])
        add(
            "email/resend", id: "resendEmailProof", "Have the link mailed again", body: AuthIntake.strings([]), isOptional: true,
            answer: OpenAPIDocument.nothing("sent, unless it is proved already"), failures: ["403"])
        add(
            "email/change", id: "changeEmail", "Have a link mailed to a new address, which then takes the place of the old",
            body: AuthIntake.strings(["email"], optional: ["current_password"]), answer: OpenAPIDocument.nothing("sent"),
            failures: ["403"])
        guard addresses.changesPhones else { return }
        add(
            "phone/change", id: "changePhone", "Have a code sent to a new number",
            body: AuthIntake.strings(["phone"], optional: ["current_password"]),
            answer: OpenAPIDocument.success("200", "sent", data: OpenAPIDocument.reference("Challenge")), failures: ["403"])
        add(
            "phone/verify", id: "verifyPhone", "The code of the new number, which then takes the place of the old",
            body: AuthIntake.strings(["challenge_id", "code"]), answer: changed, failures: ["403", "409"])
    }
}
