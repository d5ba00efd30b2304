internal import Config
internal import Edge
internal import Identity
internal import JSON
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import Records

/// `/auth/oidc/…`: signing in by other services.
struct OIDCRoutes: Sendable {
    private static let path = "/api/v1/auth/oidc/{name}"
    private let context: APIContext
    private let intake: AuthIntake
    private let answer: SignedInAnswer
    private let services: OIDCSignIn

    init(_ context: APIContext, services: OIDCSignIn) {
        self.context = context
        self.services = services
        intake = AuthIntake(context)
        answer = SignedInAnswer(context)
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.GET, Self.path, begin)
        routes.add(.GET, Self.path + "/callback", arrive)
        routes.add(.POST, "/api/v1/auth/oidc/exchange", exchange)
        describe(&document)
    }

    // MARK: Handlers

    @Sendable private func begin(_ call: Call) -> Intake {
        intake.respond(call) { caller in
            let query = try Query(call.request.query)
            try query.refuseAll(but: ["transport", "challenge"])
            guard services.names.contains(call.parameters.first ?? "") else { throw Failure.notFound }
            let offered = context.settings.transports
            let named = query["transport"].map { Auth.Transport(rawValue: $0) }
            guard let transport = named ?? offered.first ?? .bearer, offered.contains(transport) else {
                throw Failure.invalid([FieldFault(path: "transport", code: "enum", message: "is not offered here")])
            }
            return services.begin(
                call.parameters.first ?? "", handOver: try Self.handOver(transport, query["challenge"]), for: caller,
                on: call.request.eventLoop
            ).map { departure in
                Self.redirect(departure.location, cookie: cookie(departure.cookie, lifetime: OIDCSignIn.lifetime / 1_000))
            }.flatMapErrorThrowing { throw failure($0, call) }
        }
    }

    /// Bearer tokens are for the page that began: it shows so by the verifier of its challenge (RFC 7636: SHA-256 as base64url).
    private static func handOver(_ transport: Auth.Transport, _ challenge: String?) throws -> OIDCSignIn.HandOver {
        guard transport == .bearer else { return .cookies }
        guard let challenge else {
            throw Failure.invalid([FieldFault(path: "challenge", code: "required", message: "is required for bearer tokens")])
        }
        guard challenge.utf8.count == 43, Base64.decodeURL(challenge)?.count == 32 else {
            throw Failure.invalid([
                FieldFault(path: "challenge", code: "format", message: "must be the SHA-256 of the verifier as base64url, 43 characters")
            ])
        }
        return .exchange(challenge: challenge)
    }

    @Sendable private func arrive(_ call: Call) -> Intake {
        intake.respond(call) { caller in
            // Services add parameters of their own (RFC 6749 section 4.1.2); some send what we do not know.
            let query = try Query(call.request.query)
            guard let state = query["state"], state.utf8.count <= 200 else {
                throw Failure.invalid([FieldFault(path: "state", code: "required", message: "is required")])
            }
            let code = query["code"].flatMap { $0.utf8.count <= 4_096 ? $0 : nil }
            return services.arrive(
                call.parameters.first ?? "", code: code, refusal: query["error"], state: state,
                cookie: SessionCookies.value(of: cookieName, in: call.request.headers), for: caller, on: call.request.eventLoop
            ).map { arrival in
                // In a fragment: it is sent to no server, and stands in no log.
                switch arrival {
                case .exchange(let code): return redirect(fragment: "oidc_code=\(code)")
                case .refused(let why): return redirect(fragment: "oidc_error=\(why)")
                case .entered(.secondFactor(let challenge)): return redirect(fragment: "totp_challenge=\(challenge.id)")
                case .entered(.signedIn(let signedIn)):
                    var response = redirect(fragment: nil)
                    context.settings.cookies?.set(signedIn, in: &response.headers)
                    return response
                }
            }.flatMapErrorThrowing { throw failure($0, call) }
        }
    }

    @Sendable private func exchange(_ call: Call) -> Intake {
        intake.signIn(call) { entry in
            let texts = try AuthIntake.texts(["code", "verifier"], of: entry.body)
            return services.exchange(texts[0], verifier: texts[1], for: entry.caller, on: call.request.eventLoop).map {
                answer.response($0, by: entry.transport, to: call)
            }
        }
    }

    private func failure(_ error: any Error, _ call: Call) -> Failure {
        switch error {
        case is OIDCSignIn.Unknown: return .notFound
        case is OIDCSignIn.Unproved:
            return Failure(
                status: .conflict, code: "CONFLICT",
                message: "an account has this address and has not proved it: sign in to it, or set its password anew, first")
        case is IDToken.Fault: return .unauthenticated("what the service says cannot be believed")
        case is IdentityError: return Failure(identity: error)
        case is Failure, is RecordError: return Failure(error)
        case let trouble as OIDCService.Trouble:
            if trouble.isNews {
                context.log.warning(
                    "nobody can sign in by this service now",
                    metadata: [
                        "request_id": "\(call.request.id)", "service": "\(trouble.service)", "issuer": "\(trouble.issuer)",
                        "error": "\(trouble.description)",
                    ])
            }
            var failure = Failure.unavailable("'\(trouble.service)' cannot be reached now: sign in in another way, or try again later")
            failure.isLogged = true
            return failure
        default: return Failure(error)
        }
    }

    // MARK: Browser

    private var isSecure: Bool { context.settings.baseURL.lowercased().hasPrefix("https:") }
    private var cookieName: String { (isSecure ? "__Host-" : "") + "atlas_oidc" }

    private func cookie(_ value: String, lifetime: Int64) -> String {
        "\(cookieName)=\(value); Max-Age=\(lifetime); Path=/; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
    }

    private static func redirect(_ location: String, cookie: String) -> Response {
        Response(status: .found, headers: ["location": location, "set-cookie": cookie, "cache-control": "no-store"])
    }

    /// To the site's own pages, without the cookie of the way there.
    private func redirect(fragment: String?) -> Response {
        Self.redirect(context.settings.siteURL + "/" + (fragment.map { "#" + $0 } ?? ""), cookie: cookie("", lifetime: 0))
    }

    // MARK: OpenAPI

    private func describe(_ document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        let name = OpenAPIDocument.parameter(
            "name", in: "path", ["enum": .array(services.names.map { .string($0) })], about: "of the service")
        func text(_ name: String, _ about: String, isRequired: Bool = false) -> JSONValue {
            OpenAPIDocument.parameter(name, in: "query", ["type": "string"], about: about, isRequired: isRequired)
        }
        let redirect = OpenAPIDocument.empty(
            "302", "go there", headers: ["location": ["schema": ["type": "string"]]])
        let transports: JSONValue = ["enum": .array(context.settings.transports.map { .string($0.rawValue) })]
        document.add(
            .GET, Self.path,
            .init(
                id: "beginOIDC", summary: "Sign in by another service: a browser goes there", tag: "auth",
                parameters: [
                    name, OpenAPIDocument.parameter("transport", in: "query", transports, about: "how tokens will be handed over"),
                    OpenAPIDocument.parameter(
                        "challenge", in: "query", ["type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"],
                        about: "for bearer tokens: the SHA-256, as base64url, of the verifier that the page keeps for the exchange"),
                ],
                successes: [redirect], failures: ["404"]))
        document.add(
            .GET, Self.path + "/callback",
            .init(
                id: "finishOIDC", summary: "Where the service sends the browser back to", tag: "auth",
                parameters: [
                    name, text("state", "as it was sent", isRequired: true), text("code", "of the service"),
                    text("error", "instead of it, where the service has refused"),
                ],
                successes: [redirect], failures: ["403", "404", "409", "429"]))
        document.add(
            .POST, "/api/v1/auth/oidc/exchange",
            .init(
                id: "exchangeOIDC", summary: "The tokens for the code that came back, for the page that began", tag: "auth",
                body: OpenAPIDocument.body(AuthIntake.strings(["code", "verifier"], and: [intake.transportMember])),
                successes: [SignedInAnswer.firstStep(in: document)], failures: ["403", "429"]))
    }
}
