internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `GET /audit?entity=orders:<id>`: who changed what of a record, which may be gone.
struct AuditRoutes {
    private static let path = "/api/v1/audit"
    private let context: APIContext

    init(_ context: APIContext) {
        self.context = context
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        guard let allow = context.records.schema.audit.allow else { return }
        routes.add(.GET, Self.path, list)
        describe(&document, needsAccount: allow.isNeverForAnonymous)
    }

    private var audited: [String] { context.records.schema.collections.filter(\.behaviour.isAudited).map(\.name) }

    @Sendable private func list(_ call: Call) -> Intake {
        context.respond(call) { caller in
            guard context.records.admitsWriting(context.records.schema.audit.allow, for: caller) else { throw RecordError.unauthenticated }
            let query = try Query(call.request.query)
            let page = try PageQuery(query, known: ["entity"])
            let entity = query["entity"].flatMap { UnionReference($0) }
            guard let entity, audited.contains(entity.collection), UUIDv7.isUUID(entity.id) else {
                let known = audited.map { "'\($0):<id>'" }.joined(separator: " or ")
                throw Failure.invalid([FieldFault(path: "entity", code: "format", message: "must be \(known)")])
            }
            let record = JobRecord(collection: entity.collection, id: entity.id.lowercased())
            return context.records.write(for: caller, on: call.request.eventLoop) { writer, _ in
                try writer.audit(of: record, limit: page.size, offset: page.offset)
            }.map { page.response($0.items, total: $0.total, requestID: call.request.id) }
        }
    }

    private func describe(_ document: inout OpenAPIDocument, needsAccount: Bool) {
        guard document.isWanted else { return }
        func text(_ format: String? = nil) -> JSONValue {
            let type = JSONMember(name: "type", value: ["string", "null"])
            return .object([type] + (format.map { [JSONMember(name: "format", value: .string($0))] } ?? []))
        }
        let change: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["old", "new"], "properties": ["old": [:], "new": [:]],
        ]
        document.add(
            schema: "AuditEntry",
            [
                "type": "object", "additionalProperties": false,
                "required": ["id", "actor", "actor_name", "ip", "user_agent", "request_id", "at", "action", "changes"],
                "properties": [
                    "id": ["type": "string", "format": "uuid"], "actor": text("uuid"), "actor_name": text(), "ip": text(),
                    "user_agent": text(), "request_id": text(), "at": ["type": "string", "format": "date-time"],
                    "action": ["type": "string"], "changes": ["type": "object", "additionalProperties": change],
                ],
            ])
        let entity = OpenAPIDocument.parameter(
            "entity", in: "query", audited.isEmpty ? ["type": "string"] : FieldDescription.union(audited), about: "the record")
        guard case .object(let members) = entity else { return }
        document.add(
            .GET, Self.path,
            .init(
                id: "listAudit", summary: "Who changed what of a record, newest first", tag: "audit", needsAccount: needsAccount,
                parameters: [.object(members + [JSONMember(name: "required", value: true)])] + OpenAPIDocument.pages,
                successes: [
                    OpenAPIDocument.success(
                        "200", "a page", data: ["type": "array", "maxItems": 100, "items": OpenAPIDocument.reference("AuditEntry")],
                        paginated: true)
                ], failures: ["403"]))
    }
}
