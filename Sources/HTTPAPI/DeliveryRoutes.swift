internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `GET /admin/deliveries` and their redelivery: the log of webhooks, for who enters the backoffice.
struct DeliveryRoutes {
    private static let path = "/api/v1/admin/deliveries"
    private let context: APIContext
    /// Tries of a delivery, by webhook.
    private let attempts: [String: Int]

    init(_ context: APIContext) {
        self.context = context.personal
        attempts = context.settings.webhookAttempts
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        guard let allow = context.records.schema.backoffice, !attempts.isEmpty else { return }
        routes.add(.GET, Self.path) { list($0, allow) }
        routes.add(.POST, Self.path + "/{id}/redeliver") { redeliver($0, allow) }
        describe(&document, needsAccount: allow.isNeverForAnonymous)
    }

    private func list(_ call: Call, _ allow: Rule) -> Intake {
        context.respond(call) { caller in
            guard context.records.admitsWriting(allow, for: caller) else { throw RecordError.unauthenticated }
            let page = try PageQuery(Query(call.request.query), known: [])
            return context.records.write(for: caller, on: call.request.eventLoop) { writer, transaction in
                try writer.admitToBackoffice()
                return try transaction.ledgers.deliveries.page(limit: page.size, offset: page.offset)
            }.map { page.response($0.deliveries.map(Self.json), total: $0.total, requestID: call.request.id) }
        }
    }

    private func redeliver(_ call: Call, _ allow: Rule) -> Intake {
        context.refuseQuery(call)
            ?? context.collect(call, isOptional: true) { caller, body in
                guard context.records.admitsWriting(allow, for: caller) else { throw RecordError.unauthenticated }
                try Resource.refuseMembers(of: body)
                let id = call.parameters.first ?? ""
                return context.records.write(for: caller, on: call.request.eventLoop) { writer, transaction in
                    try writer.admitToBackoffice()
                    let webhook = try transaction.ledgers.deliveries.delivery(id)?.webhook ?? ""
                    guard let attempts = attempts[webhook], let delivery = try writer.redeliver(id, attempts: attempts) else {
                        throw RecordError.notFound
                    }
                    return Self.json(delivery)
                }.map { Envelope.success($0, status: .accepted, requestID: call.request.id) }
            }
    }

    /// 11-precisions 58.
    private static func json(_ delivery: Delivery) -> JSONValue {
        [
            "id": .string(delivery.id), "webhook": .string(delivery.webhook), "event": .string(delivery.event),
            "url": delivery.url.map { .string($0) } ?? .null, "status": .string(delivery.status.rawValue),
            "attempts": .integer(Int64(delivery.attempts)), "error": delivery.error.map { .string($0) } ?? .null,
            "at": .string(Timestamp.text(delivery.createdAt)),
        ]
    }

    private func describe(_ document: inout OpenAPIDocument, needsAccount: Bool) {
        guard document.isWanted else { return }
        let text: JSONValue = ["type": ["string", "null"]]
        document.add(
            schema: "Delivery",
            [
                "type": "object", "additionalProperties": false,
                "required": ["id", "webhook", "event", "url", "status", "attempts", "error", "at"],
                "properties": [
                    "id": ["type": "string", "format": "uuid"], "webhook": ["type": "string"], "event": ["type": "string"], "url": text,
                    "status": ["enum": .array(Delivery.Status.allCases.map { .string($0.rawValue) })],
                    "attempts": ["type": "integer", "minimum": 0], "error": text, "at": ["type": "string", "format": "date-time"],
                ],
            ])
        let delivery = OpenAPIDocument.reference("Delivery")
        document.add(
            .GET, Self.path,
            .init(
                id: "listDeliveries", summary: "What webhooks were told, newest first", tag: "admin", needsAccount: needsAccount,
                parameters: OpenAPIDocument.pages,
                successes: [
                    OpenAPIDocument.success("200", "a page", data: ["type": "array", "maxItems": 100, "items": delivery], paginated: true)
                ], failures: ["403"]))
        document.add(
            .POST, Self.path + "/{id}/redeliver",
            .init(
                id: "redeliver", summary: "Send a delivery again", tag: "admin", needsAccount: needsAccount,
                parameters: [OpenAPIDocument.parameter("id", in: "path", ["type": "string", "minLength": 1], about: "the delivery")],
                body: OpenAPIDocument.body(["type": "object", "additionalProperties": false], required: false),
                successes: [OpenAPIDocument.success("202", "it waits to be sent", data: delivery)], failures: ["403", "404"]))
    }
}
