internal import Edge
internal import Identity
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `/{tenants}/{id}/api_keys`: the keys that members have made in a tenant, for whoever may remove those members.
struct TenantKeyRoutes: Sendable {
    private let context: APIContext
    private let tenants: TenantPlacement
    private let keys: APIKeys
    private let collection: Collection
    private let path: String

    /// Nil where there are no tenants. `context` is one with tenants; the path alone says which it is about.
    init?(_ context: APIContext, keys: APIKeys) {
        guard let tenants = context.tenants, let tenancy = context.records.schema.tenancy else { return nil }
        self.context = context.personal
        self.tenants = tenants
        self.keys = keys
        collection = tenancy.tenants
        path = Self.path(tenancy.tenants)
    }

    static func path(_ tenants: Collection) -> String { "/api/v1/\(tenants.path.joined(separator: "/"))/{id}/api_keys" }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.GET, path, list)
        routes.add(.DELETE, path + "/{key}", remove)
        describe(&document)
    }

    // MARK: Handlers

    @Sendable private func list(_ call: Call) -> Intake {
        let loop = call.request.eventLoop
        return context.respond(call) { caller in
            let placed = try placed(caller, call)
            let page = try PageQuery(Query(call.request.query))
            return placed.flatMap { keys.listOfTenant(for: $0, limit: page.size, offset: page.offset, on: loop) }.map { found in
                page.response(found.keys.map(Self.json), total: found.total, requestID: call.request.id)
            }
        }
    }

    @Sendable private func remove(_ call: Call) -> Intake {
        let loop = call.request.eventLoop
        return context.refuseQuery(call)
            ?? context.respond(call) { caller in
                let placed = try placed(caller, call)
                guard let id = call.parameters.last, UUIDv7.isUUID(id) else { throw Failure.notFound }
                return placed.flatMap { keys.removeOfTenant(id.lowercased(), for: $0, on: loop) }.map { Response(status: .noContent) }
            }
    }

    /// The caller in the tenant of the path.
    private func placed(_ caller: Caller, _ call: Call) throws -> EventLoopFuture<Caller> {
        guard !caller.isAnonymous else { throw RecordError.unauthenticated }
        guard let named = call.parameters.first else { throw Failure.notFound }
        switch tenants.placed(caller, named: named, on: call.request.eventLoop) {
        case .now(let caller): return call.request.eventLoop.makeSucceededFuture(caller)
        case .refused(let refused): throw Failure(refused)
        case .later(let future): return future.flatMapThrowing { try $0.get() }
        }
    }

    // MARK: Answers

    private static func json(_ key: APIKey) -> JSONValue {
        func moment(_ moment: Int64?) -> JSONValue { moment.map { .string(Timestamp.text($0)) } ?? .null }
        return [
            "id": .string(key.id), "name": .string(key.name), "prefix": .string(APIKeys.prefix(of: key.id)), "user": .string(key.user),
            "scopes": key.scopes.map { .array($0.map { .string($0) }) } ?? .null, "created_at": moment(key.createdAt),
            "expires_at": moment(key.expiresAt), "used_at": moment(key.usedAt),
        ]
    }

    // MARK: OpenAPI

    private func describe(_ document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        let id: JSONValue = ["type": "string", "format": "uuid"]
        let moment: JSONValue = ["type": ["string", "null"], "format": "date-time"]
        document.add(
            schema: "TenantAPIKey",
            [
                "type": "object", "additionalProperties": false,
                "required": ["id", "name", "prefix", "user", "scopes", "created_at", "expires_at", "used_at"],
                "properties": [
                    "id": id, "name": ["type": "string"], "prefix": ["type": "string"], "user": id,
                    "scopes": ["type": ["array", "null"], "items": ["type": "string"]],
                    "created_at": ["type": "string", "format": "date-time"], "expires_at": moment, "used_at": moment,
                ],
            ])
        let tenant = OpenAPIDocument.key(of: collection)
        document.add(
            .GET, path,
            .init(
                id: "listTenantAPIKeys", summary: "The keys of the members whom the caller may remove, the youngest first", tag: "auth",
                needsAccount: true, parameters: tenant + OpenAPIDocument.pages,
                successes: [
                    OpenAPIDocument.success(
                        "200", "a page", data: ["type": "array", "maxItems": 100, "items": OpenAPIDocument.reference("TenantAPIKey")],
                        paginated: true)
                ], failures: ["403", "404"]))
        document.add(
            .DELETE, path + "/{key}",
            .init(
                id: "deleteTenantAPIKey", summary: "End a member's key at once", tag: "auth", needsAccount: true,
                parameters: tenant + [
                    OpenAPIDocument.parameter("key", in: "path", ["type": "string"], about: "the id of the key", isRequired: true)
                ],
                successes: [OpenAPIDocument.empty("204", "ended")], failures: ["403", "404"]))
    }
}
