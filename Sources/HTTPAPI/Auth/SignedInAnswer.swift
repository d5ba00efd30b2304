internal import Config
internal import Edge
internal import Identity
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Records
internal import Schema

/// The one form in which a sign-in is answered: `{access_token, token_type, expires_in, refresh_token, user}`, or the tokens in cookies and left
/// out of the body (11-precisions 50).
struct SignedInAnswer: Sendable {
    private let cookies: SessionCookies?

    /// Answers with secrets are kept nowhere (RFC 6749 section 5.1).
    static let headers: HTTPHeaders = ["content-type": "application/json", "cache-control": "no-store"]

    init(_ context: APIContext) {
        cookies = context.settings.cookies
    }

    /// The tokens, or what else is asked for.
    func response(_ step: SignInStep, by transport: Auth.Transport, to call: Call) -> Response {
        switch step {
        case .signedIn(let signedIn): response(signedIn, by: transport, to: call)
        case .secondFactor(let challenge): Self.response(challenge, isSecondFactor: true, to: call)
        }
    }

    /// `{challenge_id, expires_in}`
    static func response(_ challenge: Challenge, isSecondFactor: Bool = false, to call: Call) -> Response {
        var buffer = Envelope.open()
        buffer.writeString(isSecondFactor ? #"{"totp_required":true,"challenge_id":"# : #"{"challenge_id":"#)
        buffer.writeJSON(string: challenge.id)
        buffer.writeStaticString(#","expires_in":"#)
        buffer.writeJSON(integer: challenge.expiresIn)
        buffer.writeStaticString("}")
        Envelope.close(&buffer, requestID: call.request.id)
        return Response(status: .ok, headers: headers, body: .bytes(buffer))
    }

    func response(
        _ signedIn: SignedIn, by transport: Auth.Transport, status: HTTPResponseStatus = .ok, to call: Call
    ) -> Response {
        var headers = Self.headers
        var buffer = Envelope.open()
        if transport == .cookie, let cookies {
            cookies.set(signedIn, in: &headers)
            buffer.writeStaticString(#"{"#)
        } else {
            buffer.writeStaticString(#"{"access_token":"#)
            buffer.writeJSON(string: signedIn.accessToken)
            buffer.writeStaticString(#","refresh_token":"#)
            buffer.writeJSON(string: signedIn.refreshToken)
            buffer.writeStaticString(",")
        }
        buffer.writeStaticString(#""token_type":"Bearer","expires_in":"#)
        buffer.writeJSON(integer: signedIn.expiresIn)
        buffer.writeStaticString(#","user":"#)
        buffer.writeImmutableBuffer(signedIn.user)
        buffer.writeStaticString("}")
        Envelope.close(&buffer, requestID: call.request.id)
        return Response(status: status, headers: headers, body: .bytes(buffer))
    }

    /// What OpenAPI calls `SignedIn`.
    static func describe(in document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        let users = document.context.records.schema.users
        let tokens: [JSONValue] = document.context.settings.cookies == nil ? ["access_token", "refresh_token"] : []
        document.add(
            schema: "SignedIn",
            [
                "type": "object", "additionalProperties": false, "required": .array(["token_type", "expires_in", "user"] + tokens),
                "properties": [
                    "access_token": ["type": "string"], "token_type": ["const": "Bearer"], "expires_in": ["type": "integer"],
                    "refresh_token": ["type": "string"], "user": OpenAPIDocument.reference(OperationNames(users.name).singular),
                ],
            ])
        document.add(
            schema: "Challenge",
            [
                "type": "object", "additionalProperties": false, "required": ["challenge_id", "expires_in"],
                "properties": ["challenge_id": ["type": "string", "format": "uuid"], "expires_in": ["type": "integer"]],
            ])
        guard document.context.settings.asksSecondFactor else { return }
        document.add(
            schema: "SecondFactor",
            [
                "type": "object", "additionalProperties": false, "required": ["totp_required", "challenge_id", "expires_in"],
                "properties": [
                    "totp_required": ["const": true], "challenge_id": ["type": "string", "format": "uuid"],
                    "expires_in": ["type": "integer"],
                ],
            ])
    }

    /// Of a first step, after which an account may ask for a code of its authenticator.
    static func firstStep(in document: OpenAPIDocument) -> JSONMember {
        guard document.context.settings.asksSecondFactor else { return success("200") }
        return OpenAPIDocument.success(
            "200", "signed in, or half-way there",
            data: ["oneOf": [OpenAPIDocument.reference("SignedIn"), OpenAPIDocument.reference("SecondFactor")]])
    }

    static func success(_ status: String) -> JSONMember {
        OpenAPIDocument.success(status, "signed in", data: OpenAPIDocument.reference("SignedIn"))
    }
}
