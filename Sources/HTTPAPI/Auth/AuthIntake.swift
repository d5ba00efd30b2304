internal import Config
internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records

/// What a request that signs somebody in brings.
struct SignInRequest: Sendable {
    /// Nobody yet; his address and agent are known.
    var caller: Caller
    /// Without `transport`.
    var body: JSONValue
    /// How the tokens are to be handed over, where the client says.
    var named: Auth.Transport?
    /// `named`, else the first of `auth.transport` (11-precisions 50).
    var transport: Auth.Transport
}

/// Takes the bodies of `/auth/…`, whose senders are nobody yet: a stale token in a header must not keep anybody from signing in.
struct AuthIntake: Sendable {
    let context: APIContext
    /// Whether the credentials of a request say who sends it, where they are good.
    private var knowsCaller = false

    init(_ context: APIContext) {
        self.context = context
    }

    /// The same where it matters who is signed in. Credentials that can be refreshed are refused, that they are; others that are stale, and keys,
    /// are none.
    var knowingCaller: AuthIntake {
        var intake = self
        intake.knowsCaller = true
        return intake
    }

    /// A route with a JSON body. `isOptional`: an absent body counts as `{}`. Errors of identity get their own answers.
    func collect(
        _ call: Call, isOptional: Bool = false, _ body: @escaping @Sendable (Caller, JSONValue) throws -> EventLoopFuture<Response>
    ) -> Intake {
        let anonymous = anonymous(call)
        return anonymous.refuseQuery(call)
            ?? anonymous.collect(call, isOptional: isOptional) { caller, json in
                do {
                    return try body(caller, json).flatMapErrorThrowing { throw Failure(identity: $0) }
                } catch {
                    throw Failure(identity: error)
                }
            }
    }

    /// A route without a body; the query is its own business.
    func respond(_ call: Call, _ body: @escaping @Sendable (Caller) throws -> EventLoopFuture<Response>) -> Intake {
        anonymous(call).respond(call, body)
    }

    private func anonymous(_ call: Call) -> APIContext {
        let request = call.request
        let now = context.records.clock.now()
        let facts = RequestFacts(
            ip: request.clientAddress, method: request.method.rawValue, userAgent: request.headers.first(name: "user-agent") ?? "")
        let nobody = Caller(environment: Environment(now: now, request: facts), requestID: request.id)
        guard knowsCaller else { return context.anonymously { _ in .now(nobody) } }
        @Sendable func known(_ result: Result<Caller, ResolvedCaller.Refused>) -> Result<Caller, ResolvedCaller.Refused> {
            switch result {
            case .success(let caller), .failure(.mustChangePassword(let caller)), .failure(.mustSetUpSecondFactor(let caller)):
                .success(caller.key == nil ? caller : nobody)
            case .failure(.expired): .failure(.expired)
            case .failure: .success(nobody)
            }
        }
        return context.anonymously { [resolve = context.resolve] request in
            switch resolve(request) {
            case .now(let caller): .later(request.eventLoop.makeSucceededFuture(known(.success(caller))))
            case .refused(let refused): .later(request.eventLoop.makeSucceededFuture(known(.failure(refused))))
            case .later(let future): .later(future.map(known))
            }
        }
    }

    /// The same where tokens are handed over: `transport` may stand in the body.
    func signIn(
        _ call: Call, isOptional: Bool = false, _ body: @escaping @Sendable (SignInRequest) throws -> EventLoopFuture<Response>
    ) -> Intake {
        collect(call, isOptional: isOptional) { caller, json in
            let (named, json) = try transport(of: json)
            let entry = SignInRequest(
                caller: caller, body: json, named: named, transport: named ?? context.settings.transports.first ?? .bearer)
            // Cookies are for this site's own pages: another's may not sign anybody in.
            if entry.transport == .cookie, let cookies = context.settings.cookies, !cookies.isOwn(call.request) {
                let bringsSome = cookies.refreshToken(in: call.request.headers) != nil
                throw bringsSome
                    ? Failure.foreignOrigin(cookies.pages) : .foreignSignIn(context.settings.transports, cookies.pages)
            }
            return try body(entry)
        }
    }

    private func transport(of body: JSONValue) throws -> (Auth.Transport?, JSONValue) {
        guard case .object(let members) = body, let named = body["transport"] else { return (nil, body) }
        let offered = context.settings.transports
        guard let transport = named.string.flatMap({ Auth.Transport(rawValue: $0) }), offered.contains(transport) else {
            let names = offered.map { "'\($0.rawValue)'" }.joined(separator: " or ")
            throw Failure.invalid([FieldFault(path: "transport", code: "enum", message: "must be \(names)")])
        }
        return (transport, .object(members.filter { $0.name != "transport" }))
    }

    /// The strings of a body that has exactly these members; absent ones of `optional` are nil.
    static func texts(_ names: [String], optional: [String] = [], of body: JSONValue) throws -> [String?] {
        guard case .object(let members) = body else { throw Failure.invalid("the body must be an object, not \(body.kind)") }
        var faults: [FieldFault] = []
        for member in members where !names.contains(member.name) && !optional.contains(member.name) {
            faults.append(FieldFault(path: member.name, code: "unknown", message: "there is no such field"))
        }
        let texts = (names + optional).map { name -> String? in
            switch body[name] {
            case .string(let text):
                if text.utf8.count > 4_096 { faults.append(FieldFault(path: name, code: "max", message: "is too long")) }
                return text
            case nil:
                if !optional.contains(name) { faults.append(FieldFault(path: name, code: "required", message: "is required")) }
            case .some(let other): faults.append(FieldFault(path: name, code: "type", message: "must be a string, not \(other.kind)"))
            }
            return nil
        }
        if !faults.isEmpty { throw Failure.invalid(faults) }
        return texts
    }

    /// The strings of a body that has exactly these members.
    static func texts(_ names: [String], of body: JSONValue) throws -> [String] {
        try texts(names, optional: [], of: body).compactMap { $0 }
    }

    // MARK: OpenAPI

    /// `transport`, as far as there is a choice.
    var transportMember: JSONMember {
        JSONMember(name: "transport", value: ["enum": .array(context.settings.transports.map { .string($0.rawValue) })])
    }

    /// A body of exactly these strings. `required` and `more` are members of a form of their own.
    static func strings(
        _ names: [String], optional: [String] = [], requiring required: [JSONMember] = [], and more: [JSONMember] = []
    ) -> JSONValue {
        let texts = (names + optional).map { JSONMember(name: $0, value: ["type": "string", "maxLength": 4_096]) }
        var members: [JSONMember] = [
            JSONMember(name: "type", value: "object"), JSONMember(name: "additionalProperties", value: false),
            JSONMember(name: "properties", value: .object(texts + required + more)),
        ]
        let all = names + required.map(\.name)
        if !all.isEmpty { members.append(JSONMember(name: "required", value: .array(all.map { .string($0) }))) }
        return .object(members)
    }
}
