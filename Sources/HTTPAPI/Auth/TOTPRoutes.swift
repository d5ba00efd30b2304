internal import Edge
internal import Identity
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Records

/// `/auth/totp/…`: a second factor by an authenticator.
struct TOTPRoutes: Sendable {
    private let context: APIContext
    private let intake: AuthIntake
    private let answer: SignedInAnswer
    private let accounts: Accounts
    private let factors: SecondFactors

    init(_ context: APIContext, accounts: Accounts, factors: SecondFactors) {
        self.context = context
        self.accounts = accounts
        self.factors = factors
        intake = AuthIntake(context)
        answer = SignedInAnswer(context)
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.POST, "/api/v1/auth/totp/setup", setUp)
        routes.add(.POST, "/api/v1/auth/totp/confirm", confirm)
        routes.add(.POST, "/api/v1/auth/totp/disable", disable)
        routes.add(.POST, "/api/v1/auth/totp/verify") { verify($0, isRecovery: false) }
        routes.add(.POST, "/api/v1/auth/totp/recovery") { verify($0, isRecovery: true) }
        describe(&document)
    }

    // MARK: Handlers

    @Sendable private func setUp(_ call: Call) -> Intake {
        own(call, [], admittingSetUp: true) { _, caller in
            factors.setUp(for: caller, on: call.request.eventLoop).map { setup in
                Self.response(["secret": .string(setup.secret), "otpauth_url": .string(setup.link)], to: call)
            }
        }
    }

    @Sendable private func confirm(_ call: Call) -> Intake {
        own(call, ["code"], admittingSetUp: true) { texts, caller in
            factors.confirm(texts[0], for: caller, on: call.request.eventLoop).map { codes in
                Self.response(["recovery_codes": .array(codes.map { .string($0) })], to: call)
            }
        }
    }

    @Sendable private func disable(_ call: Call) -> Intake {
        own(call, ["code"]) { texts, caller in
            factors.disable(texts[0], for: caller, on: call.request.eventLoop).map { Response(status: .noContent) }
        }
    }

    private func verify(_ call: Call, isRecovery: Bool) -> Intake {
        intake.signIn(call) { entry in
            let texts = try AuthIntake.texts(["challenge_id", "code"], of: entry.body)
            return accounts.answer(
                texts[0], code: texts[1], isRecovery: isRecovery, for: entry.caller, on: call.request.eventLoop
            ).map { answer.response($0, by: entry.transport, to: call) }
        }
    }

    /// What a person does about his own authenticator.
    private func own(
        _ call: Call, _ names: [String], admittingSetUp: Bool = false,
        _ body: @escaping @Sendable ([String], Caller) throws -> EventLoopFuture<Response>
    ) -> Intake {
        let context = admittingSetUp ? context.admittingSetUp : context
        return context.refuseQuery(call)
            ?? context.collect(call, isOptional: names.isEmpty) { caller, json in
                guard !caller.isAnonymous else { throw RecordError.unauthenticated }
                return try body(try AuthIntake.texts(names, of: json), caller).flatMapErrorThrowing { throw Failure(identity: $0) }
            }
    }

    private static func response(_ data: JSONValue, to call: Call) -> Response {
        var buffer = Envelope.open()
        buffer.writeString(data.text)
        Envelope.close(&buffer, requestID: call.request.id)
        return Response(status: .ok, headers: SignedInAnswer.headers, body: .bytes(buffer))
    }

    // MARK: OpenAPI

    private func describe(_ document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        func add(
            _ name: String, _ id: String, _ summary: String, body: JSONValue, _ success: JSONMember, isOwn: Bool, isRequired: Bool = true
        ) {
            document.add(
                .POST, "/api/v1/auth/totp/\(name)",
                .init(
                    id: id, summary: summary, tag: "auth", needsAccount: isOwn,
                    body: OpenAPIDocument.body(body, required: isRequired), successes: [success],
                    failures: isOwn ? ["403", "409", "429"] : ["403", "429"]))
        }
        func data(_ about: String, _ members: [JSONMember]) -> JSONMember {
            OpenAPIDocument.success(
                "200", about,
                data: [
                    "type": "object", "additionalProperties": false, "required": .array(members.map { .string($0.name) }),
                    "properties": .object(members),
                ])
        }
        let text: JSONValue = ["type": "string"]
        add(
            "setup", "setUpTOTP", "A secret for an authenticator", body: AuthIntake.strings([]),
            data("to be scanned", [JSONMember(name: "secret", value: text), JSONMember(name: "otpauth_url", value: text)]), isOwn: true,
            isRequired: false)
        add(
            "confirm", "confirmTOTP", "Ask for codes from now on; gives the recovery codes", body: AuthIntake.strings(["code"]),
            data("in force", [JSONMember(name: "recovery_codes", value: ["type": "array", "items": text])]), isOwn: true)
        add(
            "disable", "disableTOTP", "Give the authenticator up", body: AuthIntake.strings(["code"]),
            OpenAPIDocument.empty("204", "given up"), isOwn: true)
        let body = AuthIntake.strings(["challenge_id", "code"], and: [intake.transportMember])
        add(
            "verify", "verifyTOTP", "Sign in by a code of the authenticator", body: body, SignedInAnswer.success("200"), isOwn: false)
        add(
            "recovery", "recoverTOTP", "Sign in by a recovery code, which is good once", body: body, SignedInAnswer.success("200"),
            isOwn: false)
    }
}
