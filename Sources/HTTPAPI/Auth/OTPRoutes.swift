internal import Edge
internal import Identity
internal import JSON
internal import NIOCore
internal import NIOHTTP1

/// `/auth/otp/…`: codes by SMS (04-api, Identity; 11-precisions 70).
struct OTPRoutes: Sendable {
    private let intake: AuthIntake
    private let answer: SignedInAnswer
    private let codes: PhoneSignIn

    init(_ context: APIContext, codes: PhoneSignIn) {
        intake = AuthIntake(context)
        answer = SignedInAnswer(context)
        self.codes = codes
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.POST, "/api/v1/auth/otp/request", request)
        routes.add(.POST, "/api/v1/auth/otp/verify", verify)
        document.add(
            .POST, "/api/v1/auth/otp/request",
            .init(
                id: "requestOTP", summary: "Have a code sent to a phone", tag: "auth",
                body: OpenAPIDocument.body(AuthIntake.strings(["phone"])),
                successes: [OpenAPIDocument.success("200", "sent", data: OpenAPIDocument.reference("Challenge"))], failures: ["429"]))
        document.add(
            .POST, "/api/v1/auth/otp/verify",
            .init(
                id: "verifyOTP", summary: "Sign in by the code", tag: "auth",
                body: OpenAPIDocument.body(AuthIntake.strings(["challenge_id", "code"], and: [intake.transportMember])),
                successes: [SignedInAnswer.firstStep(in: document)], failures: ["403", "409", "429"]))
    }

    @Sendable private func request(_ call: Call) -> Intake {
        intake.collect(call) { caller, body in
            let texts = try AuthIntake.texts(["phone"], of: body)
            return codes.request(texts[0], for: caller, on: call.request.eventLoop).map { SignedInAnswer.response($0, to: call) }
        }
    }

    @Sendable private func verify(_ call: Call) -> Intake {
        intake.signIn(call) { entry in
            let texts = try AuthIntake.texts(["challenge_id", "code"], of: entry.body)
            return codes.verify(texts[0], code: texts[1], for: entry.caller, on: call.request.eventLoop).map {
                answer.response($0, by: entry.transport, to: call)
            }
        }
    }
}
