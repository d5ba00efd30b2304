package import Identity
package import Config
package import Logging
package import Records
internal import Edge
internal import JSON
internal import NIOCore
internal import NIOHTTP1

/// What every route needs. Immutable, one for each site.
package struct APIContext: Sendable {
    package struct Settings: Sendable {
        package var title: String
        package var baseURL: String
        /// Where people read, without a slash at its end.
        package var siteURL: String
        /// Bytes; every body but uploads.
        package var maxBody: Int64
        /// Origins that browsers may call from.
        package var cors: [String]
        package var version: String
        /// Rates of routes.
        package var limits: [LimitDeclaration] = []
        /// Tries of a delivery, by webhook.
        package var webhookAttempts: [String: Int] = [:]
        /// The queues that `/admin/queues` tells of.
        package var queues: [String] = []
        /// How tokens may be handed over; the first where the client does not say.
        package var transports: [Auth.Transport] = [.bearer]
        /// Whether an account may ask for a code of its authenticator.
        package var asksSecondFactor = false
        /// How one signs in.
        package var methods: [Auth.Method] = [.password]
        /// Characters of a new password.
        package var passwordLength = 8...256
        /// Nil: tokens are in no cookies.
        package var cookies: SessionCookies?
        /// Makes cursors opaque.
        package var sealing: Sealing
        /// Requests that were refused because of others: said once a minute.
        let overloads = SeldomSaid(every: 60_000)

        package init(title: String, baseURL: String, siteURL: String, maxBody: Int64, cors: [String], version: String, sealing: Sealing) {
            self.title = title
            self.baseURL = baseURL
            self.siteURL = siteURL
            self.maxBody = maxBody
            self.cors = cors
            self.version = version
            self.sealing = sealing
        }
    }

    package let settings: Settings
    package let records: Records
    package let resolve: CallerResolver
    /// Nil: the site has no tenants.
    package let tenants: TenantPlacement?
    package let log: Logger

    package init(settings: Settings, records: Records, resolve: @escaping CallerResolver, tenants: TenantPlacement? = nil, log: Logger) {
        self.settings = settings
        self.records = records
        self.resolve = resolve
        self.tenants = tenants
        self.log = log
    }

    /// What OpenAPI says of a new password.
    var newPassword: JSONMember {
        let length = settings.passwordLength
        return JSONMember(
            name: "password",
            value: [
                "type": "string", "minLength": .integer(Int64(length.lowerBound)), "maxLength": .integer(Int64(length.upperBound)),
            ])
    }

    /// The same with another way to find the caller, and no tenant.
    func anonymously(_ resolve: @escaping CallerResolver) -> APIContext {
        APIContext(settings: settings, records: records, resolve: resolve, log: log)
    }

    /// The same with another way to find the caller.
    func resolving(_ resolve: @escaping CallerResolver) -> APIContext {
        APIContext(settings: settings, records: records, resolve: resolve, tenants: tenants, log: log)
    }

    /// The same without a tenant: for what a person does about himself, wherever he belongs.
    package var personal: APIContext { APIContext(settings: settings, records: records, resolve: resolve, log: log) }

    /// The same for whoever must first change his password.
    var admittingForcedChange: APIContext {
        admitting { if case .mustChangePassword(let caller) = $0 { caller } else { nil } }
    }

    /// The same for whoever must first set up an authenticator.
    var admittingSetUp: APIContext {
        admitting { if case .mustSetUpSecondFactor(let caller) = $0 { caller } else { nil } }
    }

    private func admitting(_ refused: @escaping @Sendable (ResolvedCaller.Refused) -> Caller?) -> APIContext {
        let resolve = resolve
        return APIContext(
            settings: settings, records: records,
            resolve: { request in
                switch resolve(request) {
                case .now(let caller): .now(caller)
                case .refused(let reason): refused(reason).map { .now($0) } ?? .refused(reason)
                case .later(let future):
                    .later(
                        future.map { result in result.flatMapError { reason in refused(reason).map { .success($0) } ?? .failure(reason) } })
                }
            }, log: log)
    }

    /// A route without a body.
    func respond(_ call: Call, _ body: @escaping @Sendable (Caller) throws -> EventLoopFuture<Response>) -> Intake {
        .respond(answer(call, body))
    }

    /// A route with a JSON body. `isOptional`: an absent body counts as `{}`.
    func collect(
        _ call: Call, types: [String] = ["application/json"], isOptional: Bool = false,
        _ body: @escaping @Sendable (Caller, JSONValue) throws -> EventLoopFuture<Response>
    ) -> Intake {
        let type = call.request.headers.first(name: "content-type").map {
            $0.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
        }
        if let type {
            guard types.contains(type) else { return refuse(call, Self.mediaType(types)) }
        } else if !isOptional {
            return refuse(call, Self.mediaType(types))
        }
        return .collect(limit: settings.maxBody) { buffer in
            answer(call) { caller in
                let caller = try Self.marked(caller, call, buffer)
                if isOptional, buffer.readableBytes == 0 { return try body(caller, .object([:])) }
                let json: JSONValue
                do throws(JSONError) {
                    json = try JSONParser.parse(buffer)
                } catch {
                    throw Failure.invalid("the body is not valid JSON: \(error.description)")
                }
                return try body(caller, json)
            }
        }
    }

    func refuse(_ call: Call, _ failure: Failure) -> Intake {
        .respond(finish(call, call.request.eventLoop.makeFailedFuture(failure)))
    }

    private static func mediaType(_ types: [String]) -> Failure {
        Failure(
            status: .unsupportedMediaType, code: "UNSUPPORTED_MEDIA_TYPE",
            message: "send the body as Content-Type: \(types.joined(separator: " or "))")
    }
}
