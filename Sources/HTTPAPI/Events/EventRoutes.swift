internal import Edge
internal import Expressions
internal import Identity
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `GET /events`: what happens, as it happens, to whoever may read it; and tickets for those who can send no headers (04-api, Further).
struct EventRoutes {
    static let path = "/api/v1/events"
    static let ticketPath = path + "/ticket"

    private let context: APIContext
    private let ground: EventGround?

    init(_ context: APIContext, _ ground: EventGround?) {
        self.context = context
        self.ground = ground
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        guard let realtime = context.records.schema.realtime, let ground else { return }
        routes.add(.GET, Self.path) { open($0, realtime, ground) }
        routes.add(.POST, Self.ticketPath) { issue($0, ground.services) }
        EventDescription(names: names(of: realtime)).write(into: &document)
    }

    /// What a stream may be narrowed to.
    private func names(of realtime: Realtime) -> [String] {
        var names = realtime.collections.map(\.name) + (realtime.tellsJobs ? [Realtime.jobs] : [])
        let media = context.records.schema.media.name
        // To an uploader, that his upload has been processed.
        if !names.contains(media) { names.append(media) }
        return names
    }

    // MARK: Streams

    private func open(_ call: Call, _ realtime: Realtime, _ ground: EventGround) -> Intake {
        let services = ground.services
        let generation = services.hub.generation
        do {
            let query = try Query(call.request.query, several: { $0 == "collections" })
            try query.refuseAll(but: ["collections", "last_event_id", "ticket"])
            var wish = EventStream.Wish(names: try asked(query, realtime), start: .now)
            let seen = call.request.headers.first(name: "last-event-id") ?? query["last_event_id"]
            let parts = (seen ?? "").split(separator: ".", maxSplits: 1).map(String.init)
            if let seen, !seen.isEmpty { wish.start = parts.first.flatMap { Int64($0) }.map { .after($0) } ?? .lost }
            guard let text = query["ticket"] else { return stream(call, context, wish, generation, ground) }
            guard let ticket = services.tickets.open(text),
                ticket.opens(at: services.hub.clock.now(), proof: parts.count == 2 ? parts[1] : nil)
            else { throw Failure.unauthenticated("the ticket is not valid, or has not been used within a minute") }
            wish.proof = ticket.proof
            return stream(call, by: ticket, wish, generation, ground)
        } catch {
            return context.refuse(call, Failure(error))
        }
    }

    /// A ticket says who asks and in which tenant; naming another one leads nowhere.
    private func stream(
        _ call: Call, by ticket: EventTickets.Ticket, _ wish: EventStream.Wish, _ generation: Int, _ ground: EventGround
    ) -> Intake {
        let byTicket = context.resolving { request in
            let facts = RequestFacts(
                ip: request.clientAddress, method: request.method.rawValue, userAgent: request.headers.first(name: "user-agent") ?? "")
            return ground.services.standing.caller(ticket.session, facts, request.id, request.eventLoop)
        }
        var call = call
        call.tenant = call.tenant ?? ticket.tenant
        return stream(call, byTicket, wish, generation, ground) { caller in
            guard caller.environment.tenant?.id == ticket.tenant else { throw Failure.notFound }
        }
    }

    private func stream(
        _ call: Call, _ context: APIContext, _ wish: EventStream.Wish, _ generation: Int, _ ground: EventGround,
        admit: @escaping @Sendable (Caller) throws -> Void = { _ in }
    ) -> Intake {
        return context.respond(call) { caller in
            try admit(caller)
            try Self.admit(caller, to: wish.names, of: context.records.schema)
            guard let place = ground.services.hub.place(for: EventHolder(caller.environment)) else { throw Self.tooMany }
            let loop = call.request.eventLoop
            let stream = EventStream(caller, since: generation, place: place, wish: wish, ground: ground, loop: loop)
            return loop.makeSucceededFuture(Response(status: .ok, headers: Self.headers, body: .stream(stream)))
        }
    }

    /// Who may never read anything of it has nothing to listen to; of tenants' records he must say whose.
    private static func admit(_ caller: Caller, to names: Set<String>, of schema: Schema) throws {
        let collections = names.compactMap { schema.collection($0) }
        if caller.isAnonymous, collections.allSatisfy({ $0.behaviour.isNeverListedForAnonymous }) {
            throw RecordError.unauthenticated
        }
        if caller.environment.tenant == nil, collections.contains(where: { $0.shape.tenant != nil }) {
            throw caller.withoutTenant(in: schema)
        }
        if let scopes = caller.key?.scopes, !names.contains(where: { scopes.permits("read", in: $0) }) {
            throw RecordError.forbidden("the key is for nothing of this")
        }
    }

    /// The names that were asked for; all where none was.
    private func asked(_ query: Query, _ realtime: Realtime) throws(Failure) -> Set<String> {
        let known = names(of: realtime)
        guard let text = query["collections"] else { return Set(known) }
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if let unknown = names.first(where: { !known.contains($0) }) {
            throw .invalid([
                FieldFault(path: "collections", code: "enum", message: "'\(unknown)' is none of \(known.joined(separator: ", "))")
            ])
        }
        return Set(names)
    }

    private static let tooMany = Failure(
        status: .tooManyRequests, code: "RATE_LIMITED", message: "too many streams are open already", headers: ["retry-after": "10"])

    private static let headers: HTTPHeaders = [
        "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no",
    ]

    // MARK: Tickets

    private func issue(_ call: Call, _ services: EventServices) -> Intake {
        context.refuseQuery(call)
            ?? context.respond(call) { caller in
                guard caller.environment.me != nil, let session = caller.session else { throw RecordError.unauthenticated }
                let ticket = services.tickets.issue(
                    session: session, tenant: caller.environment.tenant?.id, at: services.hub.clock.now())
                var buffer = Envelope.open()
                buffer.writeJSON(["ticket": .string(ticket), "expires_in": .integer(EventTickets.lifetime / 1_000)])
                Envelope.close(&buffer, requestID: call.request.id)
                let response = Response(status: .created, headers: SignedInAnswer.headers, body: .bytes(buffer))
                return call.request.eventLoop.makeSucceededFuture(response)
            }
    }
}
