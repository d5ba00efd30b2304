internal import Edge
internal import Expressions
internal import Identity
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `/me/api_keys`: one's keys for programs, in the tenant of the request (11-precisions 39 and 57).
struct APIKeyRoutes: Sendable {
    private static let path = "/api/v1/me/api_keys"
    private static let longestName = 200
    private static let mostScopes = 100
    private let context: APIContext
    private let keys: APIKeys

    init(_ context: APIContext, keys: APIKeys) {
        self.context = context
        self.keys = keys
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.POST, Self.path, make)
        routes.add(.GET, Self.path, list)
        routes.add(.DELETE, Self.path + "/{id}", remove)
        describe(&document)
    }

    // MARK: Handlers

    @Sendable private func make(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.collect(call) { caller, body in
                guard !caller.isAnonymous else { throw RecordError.unauthenticated }
                let new = try key(of: body, now: caller.environment.now)
                return keys.make(new, for: caller, on: call.request.eventLoop).map { made in
                    Self.answer(Self.json(made.key, text: made.text), .created, call)
                }
            }
    }

    @Sendable private func list(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.respond(call) { caller in
                keys.list(for: caller, on: call.request.eventLoop).map { keys in
                    Self.answer(.array(keys.map { Self.json($0) }), .ok, call)
                }
            }
    }

    @Sendable private func remove(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.respond(call) { caller in
                guard let id = call.parameters.first, UUIDv7.isUUID(id) else { throw Failure.notFound }
                return keys.remove(id.lowercased(), for: caller, on: call.request.eventLoop).map { Response(status: .noContent) }
            }
    }

    private func key(of body: JSONValue, now: Int64) throws -> NewAPIKey {
        guard case .object(let members) = body else { throw Failure.invalid("the body must be an object, not \(body.kind)") }
        var faults: [FieldFault] = []
        func fault(_ path: String, _ code: String, _ message: String) {
            faults.append(FieldFault(path: path, code: code, message: message))
        }
        var key = NewAPIKey(name: "", scopes: nil, expiresAt: nil)
        if body["name"] == nil { fault("name", "required", "is required") }
        for (name, value) in members.map({ ($0.name, $0.value) }) {
            switch (name, value) {
            case ("name", .string(let text)):
                key.name = text
                if text.isEmpty || text.unicodeScalars.count > Self.longestName {
                    fault("name", "length", "must have 1 to \(Self.longestName) characters")
                }
            case ("scopes", .null), ("expires_at", .null): continue
            case ("scopes", .array(let items)):
                key.scopes = items.compactMap(\.string)
                if items.isEmpty || items.count > Self.mostScopes {
                    fault("scopes", "length", "must be 1 to \(Self.mostScopes) scopes; leave it out for all that you may do")
                }
                for (index, item) in items.enumerated() {
                    guard let scope = item.string else {
                        fault("scopes[\(index)]", "type", "must be a string, not \(item.kind)")
                        continue
                    }
                    if let message = Scopes.fault(of: scope, in: context.records.schema) { fault("scopes[\(index)]", "enum", message) }
                }
            case ("expires_at", .string(let text)):
                key.expiresAt = Timestamp.parse(text)
                guard let moment = key.expiresAt else {
                    fault("expires_at", "format", "must be a moment, such as '2030-01-31T00:00:00Z'")
                    continue
                }
                if moment <= now { fault("expires_at", "min", "must be to come") }
            case ("name", _), ("expires_at", _): fault(name, "type", "must be a string, not \(value.kind)")
            case ("scopes", _): fault(name, "type", "must be an array, not \(value.kind)")
            default: fault(name, "unknown", "there is no such field")
            }
        }
        guard faults.isEmpty else { throw Failure.invalid(faults) }
        return key
    }

    // MARK: Answers

    private static func json(_ key: APIKey, text: String? = nil) -> JSONValue {
        func moment(_ moment: Int64?) -> JSONValue { moment.map { .string(Timestamp.text($0)) } ?? .null }
        let secret = text.map { [JSONMember(name: "key", value: .string($0))] } ?? []
        return .object(
            [JSONMember(name: "id", value: .string(key.id)), JSONMember(name: "name", value: .string(key.name))] + secret + [
                JSONMember(name: "scopes", value: key.scopes.map { .array($0.map { .string($0) }) } ?? .null),
                JSONMember(name: "created_at", value: moment(key.createdAt)), JSONMember(name: "expires_at", value: moment(key.expiresAt)),
                JSONMember(name: "used_at", value: moment(key.usedAt)),
            ])
    }

    private static func answer(_ data: JSONValue, _ status: HTTPResponseStatus, _ call: Call) -> Response {
        var buffer = Envelope.open()
        buffer.writeString(data.text)
        Envelope.close(&buffer, requestID: call.request.id)
        return Response(status: status, headers: SignedInAnswer.headers, body: .bytes(buffer))
    }

    // MARK: OpenAPI

    private func describe(_ document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        let moment: JSONValue = ["type": ["string", "null"], "format": "date-time"]
        let members: [JSONMember] = [
            JSONMember(name: "id", value: ["type": "string", "format": "uuid"]), JSONMember(name: "name", value: ["type": "string"]),
            JSONMember(name: "scopes", value: ["type": ["array", "null"], "items": ["type": "string"]]),
            JSONMember(name: "created_at", value: ["type": "string", "format": "date-time"]),
            JSONMember(name: "expires_at", value: moment), JSONMember(name: "used_at", value: moment),
        ]
        func object(_ members: [JSONMember]) -> JSONValue {
            [
                "type": "object", "additionalProperties": false, "required": .array(members.map { .string($0.name) }),
                "properties": .object(members),
            ]
        }
        document.add(schema: "APIKey", object(members))
        document.add(schema: "NewAPIKey", object(members + [JSONMember(name: "key", value: ["type": "string"])]))
        let body: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["name"],
            "properties": [
                "name": ["type": "string", "minLength": 1, "maxLength": .integer(Int64(Self.longestName))],
                "scopes": [
                    "type": ["array", "null"], "minItems": 1, "maxItems": .integer(Int64(Self.mostScopes)),
                    "items": ["type": "string"],
                ], "expires_at": moment,
            ],
        ]
        let tenant = context.tenants?.described ?? []
        document.add(
            .POST, Self.path,
            .init(
                id: "createAPIKey", summary: "Make a key for a program; it is shown this once", tag: "auth", needsAccount: true,
                parameters: tenant, body: OpenAPIDocument.body(body),
                successes: [OpenAPIDocument.success("201", "made", data: OpenAPIDocument.reference("NewAPIKey"))],
                failures: ["403", "404", "409"]))
        document.add(
            .GET, Self.path,
            .init(
                id: "listAPIKeys", summary: "One's own keys, the youngest first", tag: "auth", needsAccount: true, parameters: tenant,
                successes: [
                    OpenAPIDocument.success(
                        "200", "the keys", data: ["type": "array", "items": OpenAPIDocument.reference("APIKey")])
                ], failures: ["403", "404"]))
        document.add(
            .DELETE, Self.path + "/{id}",
            .init(
                id: "deleteAPIKey", summary: "End a key at once", tag: "auth", needsAccount: true,
                parameters: [OpenAPIDocument.parameter("id", in: "path", ["type": "string"], about: "of the key", isRequired: true)],
                successes: [OpenAPIDocument.empty("204", "ended")], failures: ["403", "404"]))
    }
}
