internal import Config
internal import Edge
internal import Expressions
internal import Identity
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Records
internal import Schema

/// Signing up, in, on and out.
struct SignInRoutes: Sendable {
    private let context: APIContext
    private let accounts: Accounts
    private let sessions: Sessions
    private let intake: AuthIntake
    private let answer: SignedInAnswer

    init(_ context: APIContext, _ identity: IdentityServices) {
        self.context = context
        accounts = identity.accounts
        sessions = identity.sessions
        intake = AuthIntake(context)
        answer = SignedInAnswer(context)
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        if takesPasswords {
            routes.add(.POST, "/api/v1/auth/signup", signUp)
            routes.add(.POST, "/api/v1/auth/login", logIn)
        }
        routes.add(.POST, "/api/v1/auth/refresh", refresh)
        routes.add(.POST, "/api/v1/auth/logout", logOut)
        describe(&document)
    }

    private var takesPasswords: Bool { context.settings.methods.contains(.password) }

    // MARK: Handlers

    @Sendable private func signUp(_ call: Call) -> Intake {
        intake.signIn(call) { entry in
            accounts.signUp(entry.body, for: entry.caller, on: call.request.eventLoop).map {
                answer.response($0, by: entry.transport, status: .created, to: call)
            }
        }
    }

    @Sendable private func logIn(_ call: Call) -> Intake {
        intake.signIn(call) { entry in
            let texts = try AuthIntake.texts(["email", "password"], of: entry.body)
            return accounts.logIn(email: texts[0], password: texts[1], for: entry.caller, on: call.request.eventLoop).map {
                answer.response($0, by: entry.transport, to: call)
            }
        }
    }

    /// By the token of the body, or of the cookie, whose successors then are cookies too.
    @Sendable private func refresh(_ call: Call) -> Intake {
        intake.signIn(call, isOptional: context.settings.cookies != nil) { entry in
            if let cookie = try cookie(of: call, entry.body) {
                // What no script could read must not come back where every script can.
                guard entry.named != .bearer else {
                    throw Failure.invalid([
                        FieldFault(path: "transport", code: "enum", message: "must be 'cookie' for the token of a cookie")
                    ])
                }
                return sessions.refresh(cookie, for: entry.caller, on: call.request.eventLoop).map {
                    answer.response($0, by: .cookie, to: call)
                }.flatMapErrorThrowing { error in
                    // What is spent or ended would only come again.
                    var failure = Failure(identity: error)
                    if case .refresh = error as? IdentityError { context.settings.cookies?.clear(in: &failure.headers) }
                    throw failure
                }
            }
            let texts = try AuthIntake.texts(["refresh_token"], of: entry.body)
            return sessions.refresh(texts[0], for: entry.caller, on: call.request.eventLoop).map {
                answer.response($0, by: entry.named ?? .bearer, to: call)
            }
        }
    }

    @Sendable private func logOut(_ call: Call) -> Intake {
        intake.collect(call, isOptional: context.settings.cookies != nil) { caller, body in
            if let cookie = try cookie(of: call, body) {
                return sessions.logOut(cookie, for: caller, on: call.request.eventLoop).map {
                    var response = Response(status: .noContent)
                    context.settings.cookies?.clear(in: &response.headers)
                    return response
                }
            }
            let texts = try AuthIntake.texts(["refresh_token"], of: body)
            return sessions.logOut(texts[0], for: caller, on: call.request.eventLoop).map { Response(status: .noContent) }
        }
    }

    /// The refresh token of the cookie, where the body names none.
    private func cookie(of call: Call, _ body: JSONValue) throws -> String? {
        guard let cookies = context.settings.cookies, case .object(let members) = body, members.isEmpty,
            let token = cookies.refreshToken(in: call.request.headers)
        else { return nil }
        guard cookies.isOwn(call.request) else { throw Failure.foreignOrigin(cookies.pages) }
        return token
    }

    // MARK: OpenAPI

    private func describe(_ document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        let transport = [intake.transportMember]
        if takesPasswords {
            document.add(
                .POST, "/api/v1/auth/signup",
                .init(
                    id: "signUp", summary: "Make an account and sign in", tag: "auth", body: OpenAPIDocument.body(signUpBody(in: document)),
                    successes: [SignedInAnswer.success("201")], failures: ["403", "409", "429"]))
            document.add(
                .POST, "/api/v1/auth/login",
                .init(
                    id: "logIn", summary: "Sign in", tag: "auth",
                    body: OpenAPIDocument.body(AuthIntake.strings(["email", "password"], and: transport)),
                    successes: [SignedInAnswer.firstStep(in: document)], failures: ["403", "429"]))
        }
        // By cookie, where there are any, the token need not be said.
        let hasCookies = context.settings.cookies != nil
        let names = hasCookies ? [] : ["refresh_token"]
        let optional = hasCookies ? ["refresh_token"] : []
        document.add(
            .POST, "/api/v1/auth/refresh",
            .init(
                id: "refresh", summary: "A new access token and refresh token", tag: "auth",
                body: OpenAPIDocument.body(AuthIntake.strings(names, optional: optional, and: transport), required: !hasCookies),
                successes: [SignedInAnswer.success("200")], failures: ["403"]))
        document.add(
            .POST, "/api/v1/auth/logout",
            .init(
                id: "logOut", summary: "End the session", tag: "auth",
                body: OpenAPIDocument.body(AuthIntake.strings(names, optional: optional), required: !hasCookies),
                successes: [OpenAPIDocument.empty("204", "ended")], failures: ["403"]))
    }

    private func signUpBody(in document: OpenAPIDocument) -> JSONValue {
        let users = context.records.schema.users
        var properties = [
            JSONMember(name: "email", value: ["type": "string", "format": "email", "maxLength": 254]),
            context.newPassword, intake.transportMember,
        ]
        var required: [JSONValue] = ["email", "password"]
        if context.records.schema.tenancy?.invitations != nil {
            properties.append(JSONMember(name: "invitation", value: ["type": "string", "maxLength": 200]))
        }
        for field in users.fields where !field.isPrivate && (field.source == .client || field.source == .clientOnce) {
            properties.append(
                JSONMember(name: field.name, value: FieldDescription.request(field, values: document.values(of: field, in: users))))
            if field.required, field.initial.isNull, field.slugSources.isEmpty { required.append(.string(field.name)) }
        }
        return [
            "type": "object", "additionalProperties": false, "required": .array(required), "properties": .object(properties),
        ]
    }
}
