package import Edge
internal import NIOCore
internal import NIOHTTP1
package import NIOPosix
internal import Records

/// The HTTP API of one site: built from its schema, immutable, swapped as a whole by a reload.
package final class API: Responder {
    private let context: APIContext
    private let routes: RouteTable
    private let origins: CrossOrigin
    /// What streams of events stand on while this site serves.
    package let ground: EventGround?

    /// `threads` describe the routes when somebody first asks for `/openapi.json`.
    package init(_ context: APIContext, auth: AuthRoutes, media: MediaRoutes, events: EventServices? = nil, threads: NIOThreadPool) {
        self.context = context
        let ground = events.map { EventGround($0, context) }
        self.ground = ground
        let limits = RateLimits(context.settings.limits, context.records.schema)
        var unwanted = OpenAPIDocument(context: context, isWanted: false)
        var routes = Self.routes(context, auth: auth, media: media, events: ground, limits: limits, describing: &unwanted)
        let openAPI = DocumentOnDemand(threads) {
            var document = OpenAPIDocument(context: context, isWanted: true)
            _ = Self.routes(context, auth: auth, media: media, events: ground, limits: limits, describing: &document)
            return StaticDocument(document.finished)
        }
        routes.add(.GET, "/openapi.json") { call in
            if let refusal = context.refuseQuery(call) { return refusal }
            return .respond(openAPI.document(on: call.request.eventLoop).map { $0.response(to: call) })
        }
        routes.limit(by: limits)
        self.routes = routes
        origins = CrossOrigin(
            allowed: context.settings.cors, own: context.settings.cookies?.origins ?? [], tenantHeader: context.tenants?.header)
    }

    /// All routes but that of the description.
    private static func routes(
        _ context: APIContext, auth: AuthRoutes, media: MediaRoutes, events: EventGround?, limits: RateLimits,
        describing document: inout OpenAPIDocument
    ) -> RouteTable {
        var routes = RouteTable()
        RecordRoutes(context).add(to: &routes, describing: &document)
        InvitationRoutes(context).add(to: &routes, describing: &document)
        DeliveryRoutes(context).add(to: &routes, describing: &document)
        JobRoutes(context).add(to: &routes, describing: &document)
        AdminRoutes(context).add(to: &routes, describing: &document)
        RevisionRoutes(context).add(to: &routes, describing: &document)
        AuditRoutes(context).add(to: &routes, describing: &document)
        ViewRoutes(context).add(to: &routes, describing: &document)
        BatchRoutes(context, limits: limits).add(to: &routes, describing: &document)
        SitemapRoutes(context).add(to: &routes, describing: &document)
        RedirectRoutes(context).add(to: &routes, describing: &document)
        EventRoutes(context, events).add(to: &routes, describing: &document)
        SearchRoutes(context).add(to: &routes, describing: &document)
        UserRoutes(context, auth.identity.accounts).add(to: &routes)
        auth.add(to: &routes, describing: &document)
        media.add(to: &routes, describing: &document)
        return routes
    }

    package func receive(_ request: Request) -> Intake {
        if request.method == .OPTIONS,
            let preflight = origins.preflight(request)
        {
            return .respond(request.eventLoop.makeSucceededFuture(preflight))
        }
        return origins.mark(answer(request), request)
    }

    private func answer(_ request: Request) -> Intake {
        switch routes.match(request.method, request.path) {
        case .found(let route, let parameters):
            var call = Call(request: request, parameters: parameters, route: route)
            call.tenant = context.tenants?.name(in: &call.request)
            return route.answer(call)
        case .wrongMethod(let allowed):
            let allow = allowed.map(\.rawValue).joined(separator: ", ")
            let failure = Failure(
                status: .methodNotAllowed, code: "METHOD_NOT_ALLOWED", message: "this path takes \(allow)", headers: ["allow": allow])
            return .respond(request.eventLoop.makeSucceededFuture(failure.response(requestID: request.id)))
        case .notFound:
            return .respond(request.eventLoop.makeSucceededFuture(Failure.notFound.response(requestID: request.id)))
        }
    }

    package func refuse(_ refusal: Refusal, requestID: String) -> Response {
        Failure(refusal).response(requestID: requestID)
    }
}

extension APIContext {
    /// Refuses a query on a route that takes none.
    func refuseQuery(_ call: Call) -> Intake? {
        do {
            try Query(call.request.query).refuseAll()
            return nil
        } catch {
            return refuse(call, error)
        }
    }
}
