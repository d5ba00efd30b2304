internal import Edge
internal import Expressions
package import Identity
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `/auth/…` and `/me` (04-api, Identity).
package struct AuthRoutes: Sendable {
    private let context: APIContext
    private let accounts: Accounts

    package init(_ context: APIContext, accounts: Accounts) {
        self.context = context
        self.accounts = accounts
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.POST, "/api/v1/auth/signup", signUp)
        routes.add(.POST, "/api/v1/auth/login", logIn)
        routes.add(.POST, "/api/v1/auth/refresh", refresh)
        routes.add(.POST, "/api/v1/auth/logout", logOut)
        routes.add(.GET, "/api/v1/me", me)
        if context.records.schema.users.behaviour.update != nil { routes.add(.PATCH, "/api/v1/me", changeMe) }
        describe(&document)
    }

    // MARK: Handlers

    /// `/auth` knows no caller: a stale token in the header must not keep anybody from signing in.
    private func collect(
        _ call: Call, _ body: @escaping @Sendable (Caller, JSONValue) throws -> EventLoopFuture<Response>
    ) -> Intake {
        let request = call.request
        let now = context.records.clock.now()
        let facts = RequestFacts(
            ip: request.clientAddress, method: request.method.rawValue, userAgent: request.headers.first(name: "user-agent") ?? "")
        let anonymous = context.anonymously { _ in .now(Caller(environment: Environment(now: now, request: facts))) }
        return anonymous.refuseQuery(call)
            ?? anonymous.collect(call) { caller, json in
                try body(caller, try Self.withoutTransport(json)).flatMapErrorThrowing { throw Failure(identity: $0) }
            }
    }

    /// `transport` says how tokens are handed over; bearer is the way there is.
    private static func withoutTransport(_ body: JSONValue) throws -> JSONValue {
        guard case .object(let members) = body, let transport = body["transport"] else { return body }
        guard transport == .string("bearer") else {
            throw Failure.invalid([FieldFault(path: "transport", code: "enum", message: "must be 'bearer'")])
        }
        return .object(members.filter { $0.name != "transport" })
    }

    @Sendable private func signUp(_ call: Call) -> Intake {
        collect(call) { caller, body in
            accounts.signUp(body, for: caller, on: call.request.eventLoop).map { Self.answer($0, status: .created, call) }
        }
    }

    @Sendable private func logIn(_ call: Call) -> Intake {
        collect(call) { caller, body in
            let texts = try Self.texts(["email", "password"], of: body)
            return accounts.logIn(email: texts[0], password: texts[1], for: caller, on: call.request.eventLoop).map {
                Self.answer($0, status: .ok, call)
            }
        }
    }

    @Sendable private func refresh(_ call: Call) -> Intake {
        collect(call) { _, body in
            let texts = try Self.texts(["refresh_token"], of: body)
            return accounts.refresh(texts[0], on: call.request.eventLoop).map { Self.answer($0, status: .ok, call) }
        }
    }

    @Sendable private func logOut(_ call: Call) -> Intake {
        collect(call) { _, body in
            let texts = try Self.texts(["refresh_token"], of: body)
            return accounts.logOut(texts[0], on: call.request.eventLoop).map { Response(status: .noContent) }
        }
    }

    @Sendable private func me(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.respond(call) { caller in
                guard let me = caller.environment.me else { throw RecordError.unauthenticated }
                let users = context.records.schema.users
                return context.records.read(users, .id(me.id), for: caller, into: Envelope.open(), on: call.request.eventLoop).map {
                    var buffer = $0.buffer
                    Envelope.close(&buffer, requestID: call.request.id)
                    return Response(status: .ok, headers: Self.headers, body: .bytes(buffer))
                }
            }
    }

    @Sendable private func changeMe(_ call: Call) -> Intake {
        let types = ["application/json", "application/merge-patch+json"]
        return context.refuseQuery(call)
            ?? context.collect(call, types: types) { caller, body in
                guard let me = caller.environment.me else { throw RecordError.unauthenticated }
                let users = context.records.schema.users
                let draft = try Draft(body, for: users, purpose: .update, in: context.records.schema)
                return context.records.writeAndRead(users, for: caller, into: Envelope.open(), on: call.request.eventLoop) { writer in
                    try writer.update(users, .id(me.id), draft)
                }.map { written in
                    var buffer = written.answer.buffer
                    Envelope.close(&buffer, requestID: call.request.id)
                    return Response(status: .ok, headers: Self.headers, body: .bytes(buffer))
                }
            }
    }

    /// Answers with secrets are kept nowhere (RFC 6749 section 5.1).
    private static let headers: HTTPHeaders = ["content-type": "application/json", "cache-control": "no-store"]

    private static func answer(_ signedIn: SignedIn, status: HTTPResponseStatus, _ call: Call) -> Response {
        var buffer = Envelope.open()
        buffer.writeStaticString(#"{"access_token":"#)
        buffer.writeJSON(string: signedIn.accessToken)
        buffer.writeStaticString(#","token_type":"Bearer","expires_in":"#)
        buffer.writeJSON(integer: signedIn.expiresIn)
        buffer.writeStaticString(#","refresh_token":"#)
        buffer.writeJSON(string: signedIn.refreshToken)
        buffer.writeStaticString(#","user":"#)
        buffer.writeImmutableBuffer(signedIn.user)
        buffer.writeStaticString("}")
        Envelope.close(&buffer, requestID: call.request.id)
        return Response(status: status, headers: headers, body: .bytes(buffer))
    }

    /// The strings of a body that has exactly these members.
    private static func texts(_ names: [String], of body: JSONValue) throws -> [String] {
        guard case .object(let members) = body else { throw Failure.invalid("the body must be an object, not \(body.kind)") }
        var faults: [FieldFault] = []
        for member in members where !names.contains(member.name) {
            faults.append(FieldFault(path: member.name, code: "unknown", message: "there is no such field"))
        }
        let texts = names.map { name -> String in
            switch body[name] {
            case .string(let text):
                if text.utf8.count > 4_096 { faults.append(FieldFault(path: name, code: "max", message: "is too long")) }
                return text
            case nil: faults.append(FieldFault(path: name, code: "required", message: "is required"))
            case .some(let other): faults.append(FieldFault(path: name, code: "type", message: "must be a string, not \(other.kind)"))
            }
            return ""
        }
        if !faults.isEmpty { throw Failure.invalid(faults) }
        return texts
    }

    // MARK: OpenAPI

    private func describe(_ document: inout OpenAPIDocument) {
        let users = context.records.schema.users
        let user = OpenAPIDocument.reference(OperationNames(users.name).singular)
        document.add(
            schema: "SignedIn",
            [
                "type": "object", "additionalProperties": false,
                "required": ["access_token", "token_type", "expires_in", "refresh_token", "user"],
                "properties": [
                    "access_token": ["type": "string"], "token_type": ["const": "Bearer"], "expires_in": ["type": "integer"],
                    "refresh_token": ["type": "string"], "user": user,
                ],
            ])
        let signedIn = OpenAPIDocument.reference("SignedIn")
        var properties = [
            JSONMember(name: "email", value: ["type": "string", "format": "email", "maxLength": 254]),
            JSONMember(name: "password", value: ["type": "string", "minLength": 8, "maxLength": 1_024]), Self.transport,
        ]
        var required: [JSONValue] = ["email", "password"]
        for field in users.fields where !field.isPrivate && (field.source == .client || field.source == .clientOnce) {
            properties.append(JSONMember(name: field.name, value: FieldDescription.request(field)))
            if field.required, field.initial.isNull, field.slugSources.isEmpty { required.append(.string(field.name)) }
        }
        let signUp: JSONValue = [
            "type": "object", "additionalProperties": false, "required": .array(required), "properties": .object(properties),
        ]
        document.add(
            .POST, "/api/v1/auth/signup",
            .init(
                id: "signUp", summary: "Make an account and sign in", tag: "auth", body: OpenAPIDocument.body(signUp),
                successes: [OpenAPIDocument.success("201", "signed in", data: signedIn)], failures: ["403", "409", "429"]))
        document.add(
            .POST, "/api/v1/auth/login",
            .init(
                id: "logIn", summary: "Sign in", tag: "auth", body: OpenAPIDocument.body(Self.strings(["email", "password"])),
                successes: [OpenAPIDocument.success("200", "signed in", data: signedIn)], failures: ["403", "429"]))
        let token = Self.strings(["refresh_token"])
        document.add(
            .POST, "/api/v1/auth/refresh",
            .init(
                id: "refresh", summary: "A new access token and refresh token", tag: "auth", body: OpenAPIDocument.body(token),
                successes: [OpenAPIDocument.success("200", "signed in", data: signedIn)], failures: ["403"]))
        document.add(
            .POST, "/api/v1/auth/logout",
            .init(
                id: "logOut", summary: "End the session", tag: "auth", body: OpenAPIDocument.body(token),
                successes: [OpenAPIDocument.empty("204", "ended")]))
        document.add(
            .GET, "/api/v1/me",
            .init(
                id: "getMe", summary: "The caller's own user", tag: "auth", needsAccount: true,
                successes: [OpenAPIDocument.success("200", "the user", data: user)], failures: ["403", "404"]))
        describeChange(&document, user: user)
    }

    private func describeChange(_ document: inout OpenAPIDocument, user: JSONValue) {
        guard context.records.schema.users.behaviour.update != nil else { return }
        document.add(
            .PATCH, "/api/v1/me",
            .init(
                id: "updateMe", summary: "Change the caller's own user", tag: "auth", needsAccount: true,
                body: OpenAPIDocument.body(
                    OpenAPIDocument.reference("Update\(OperationNames(context.records.schema.users.name).singular)"),
                    types: ["application/json", "application/merge-patch+json"]),
                successes: [OpenAPIDocument.success("200", "the user", data: user)], failures: ["402", "403", "404", "409"]))
    }

    private static let transport = JSONMember(name: "transport", value: ["enum": ["bearer"]])

    private static func strings(_ names: [String]) -> JSONValue {
        let texts = names.map { JSONMember(name: $0, value: ["type": "string", "maxLength": 4_096]) }
        return [
            "type": "object", "additionalProperties": false, "required": .array(names.map { .string($0) }),
            "properties": .object(texts + [transport]),
        ]
    }
}

extension Failure {
    init(identity error: any Error) {
        switch error {
        case IdentityError.wrongCredentials: self = .unauthenticated("the e-mail address or the password is wrong")
        case IdentityError.inactive: self.init(ResolvedCaller.Refused.inactive)
        case IdentityError.signupClosed:
            self.init(status: .forbidden, code: "FORBIDDEN", message: "accounts are made by the operator here")
        case IdentityError.tooManyAttempts(let seconds):
            self.init(
                status: .tooManyRequests, code: "TOO_MANY_ATTEMPTS", message: "too many failed attempts; try again in \(seconds) s",
                headers: ["retry-after": "\(seconds)"])
        case IdentityError.refresh(let fault):
            switch fault {
            case .invalid: self = .unauthenticated("the refresh token is not valid")
            case .expired: self = .unauthenticated("the session has expired: sign in again", code: "TOKEN_EXPIRED")
            case .reused: self = .unauthenticated("this token was used before: its session has been ended", code: "TOKEN_REUSED")
            }
        case PasswordError.busy: self = .unavailable("too many logins at once")
        default: self.init(error)
        }
    }
}
