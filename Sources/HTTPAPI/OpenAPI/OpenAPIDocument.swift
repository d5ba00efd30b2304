internal import JSON
internal import NIOHTTP1
internal import Records
internal import Schema

/// The OpenAPI 3.1 description of exactly what this site answers, grown route by route while the table is built.
///
/// The table of a site is built before it serves, its description when somebody first asks for it: until then it is built with a document that
/// nobody wants, into which nothing is written.
struct OpenAPIDocument {
    let context: APIContext
    /// Whether what is added is kept.
    let isWanted: Bool
    private var paths: [JSONMember] = []
    private var schemas: [JSONMember] = []

    init(context: APIContext, isWanted: Bool) {
        self.context = context
        self.isWanted = isWanted
        guard isWanted else { return }
        schemas = [
            JSONMember(name: "Failure", value: Self.failure), JSONMember(name: "Meta", value: Self.meta),
            JSONMember(name: "MediaObject", value: Self.media), JSONMember(name: "HiddenRecord", value: Self.hidden),
        ]
    }

    var finished: JSONValue {
        let responses = Self.failures.map { JSONMember(name: $0.1, value: Self.failureResponse($0.2)) }
        let used = Self.references(from: .object(paths), through: ["schemas": schemas, "responses": responses])
        func only(_ components: [JSONMember], of kind: String) -> JSONValue {
            .object(components.filter { used.contains("#/components/\(kind)/\($0.name)") })
        }
        return [
            "openapi": "3.1.0",
            "info": ["title": .string(context.settings.title), "version": .string(context.settings.version)],
            "servers": [["url": .string(context.settings.baseURL)]],
            "paths": .object(paths),
            "components": [
                "schemas": only(schemas, of: "schemas"), "responses": only(responses, of: "responses"),
                "securitySchemes": .object(securitySchemes),
            ],
        ]
    }

    /// How a caller may say who he is, by name.
    private var securitySchemes: [JSONMember] {
        [JSONMember(name: "bearer", value: ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"])]
            + (context.settings.cookies.map {
                [JSONMember(name: "cookie", value: ["type": "apiKey", "in": "cookie", "name": .string($0.accessName)])]
            } ?? [])
    }

    // MARK: Growing

    mutating func add(schema name: String, _ schema: JSONValue) {
        guard isWanted else { return }
        schemas.append(JSONMember(name: name, value: schema))
    }

    /// An operation. `failures` are the statuses with which it may refuse beside those that every route has.
    mutating func add(_ method: HTTPMethod, _ path: String, _ operation: Operation) {
        guard isWanted else { return }
        var members: [JSONMember] = [
            JSONMember(name: "operationId", value: .string(operation.id)), JSONMember(name: "summary", value: .string(operation.summary)),
            JSONMember(name: "tags", value: [.string(operation.tag)]),
        ]
        let ways = securitySchemes.map { JSONValue.object([JSONMember(name: $0.name, value: [])]) }
        members.append(JSONMember(name: "security", value: .array((operation.needsAccount ? [] : [[:]]) + ways)))
        let isOfTenant = context.tenants != nil && operation.tag != "auth" && path.hasPrefix("/api/")
        let parameters =
            operation.parameters + (operation.isRepeatable ? [Self.repetition] : []) + (isOfTenant ? context.tenants?.described ?? [] : [])
        if !parameters.isEmpty { members.append(JSONMember(name: "parameters", value: .array(parameters))) }
        if let body = operation.body { members.append(JSONMember(name: "requestBody", value: body)) }
        var responses = operation.successes
        // What the listener may say before a route is asked at all.
        var statuses: Set<String> = ["400", "401", "408", "414", "429", "431", "500", "503"]
        statuses.formUnion(operation.failures)
        // A page of another site, with cookies.
        if context.settings.cookies != nil, method != .GET { statuses.insert("403") }
        // An account that is closed, or has not yet what it must have, is told so wherever it comes to.
        let schema = context.records.schema
        if schema.activeWhen != nil || schema.demandsSecondFactor != nil, path.hasPrefix("/api/") { statuses.insert("403") }
        // A tenant that is not active, or nothing to the caller.
        if isOfTenant { statuses.formUnion(["403", "404"]) }
        if operation.body != nil { statuses.formUnion(["413", "415"]) }
        responses += Self.failures.filter { statuses.contains($0.0) }.map {
            JSONMember(name: $0.0, value: ["$ref": .string("#/components/responses/\($0.1)")])
        }
        members.append(JSONMember(name: "responses", value: .object(responses)))
        let entry = JSONMember(name: method.rawValue.lowercased(), value: .object(members))
        if let index = paths.firstIndex(where: { $0.name == path }), case .object(var methods) = paths[index].value {
            methods.append(entry)
            paths[index].value = .object(methods)
        } else {
            paths.append(JSONMember(name: path, value: .object([entry])))
        }
    }

    struct Operation {
        var id: String
        var summary: String
        var tag: String
        var needsAccount = false
        /// Whether it takes an `Idempotency-Key`.
        var isRepeatable = false
        var parameters: [JSONValue] = []
        var body: JSONValue?
        var successes: [JSONMember]
        var failures: Set<String> = []
    }

    // MARK: Parts

    static func parameter(_ name: String, in place: String, _ schema: JSONValue, about: String, isRequired: Bool = false) -> JSONValue {
        var members: [JSONMember] = [
            JSONMember(name: "name", value: .string(name)), JSONMember(name: "in", value: .string(place)),
            JSONMember(name: "description", value: .string(about)), JSONMember(name: "schema", value: schema),
        ]
        if place == "path" || isRequired { members.append(JSONMember(name: "required", value: true)) }
        return .object(members)
    }

    static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    static func body(_ schema: JSONValue, types: [String] = ["application/json"], required: Bool = true) -> JSONValue {
        [
            "required": .bool(required),
            "content": .object(types.map { JSONMember(name: $0, value: ["schema": schema]) }),
        ]
    }

    /// A success with `data` of that schema in the envelope.
    static func success(_ status: String, _ about: String, data: JSONValue, headers: JSONValue? = nil, paginated: Bool = false)
        -> JSONMember
    {
        let meta: JSONValue = paginated ? Self.paginatedMeta : reference("Meta")
        let envelope: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["success", "data", "meta"],
            "properties": ["success": ["const": true], "data": data, "meta": meta],
        ]
        var members = [
            JSONMember(name: "description", value: .string(about)),
            JSONMember(name: "content", value: ["application/json": ["schema": envelope]]),
        ]
        if let headers { members.append(JSONMember(name: "headers", value: headers)) }
        return JSONMember(name: status, value: .object(members))
    }

    /// Bytes. `format` says nothing in OpenAPI 3.1, but by it generators of clients know them.
    static let binary: JSONValue = ["type": "string", "format": "binary", "contentMediaType": "application/octet-stream"]

    /// A file in `types`. The further names of the same thing are for generators of clients, which know few types by name.
    static func file(_ about: String, types: [String], isText: Bool = false) -> JSONMember {
        let content = types.map { JSONMember(name: $0, value: ["schema": isText ? ["type": "string"] : binary]) }
        return JSONMember(name: "200", value: ["description": .string(about), "content": .object(content)])
    }
    /// A success that tells nothing: `data` is null.
    static func nothing(_ about: String) -> JSONMember { success("200", about, data: ["type": "null"]) }

    static func empty(_ status: String, _ about: String, headers: JSONValue? = nil) -> JSONMember {
        let members =
            [JSONMember(name: "description", value: .string(about))] + (headers.map { [JSONMember(name: "headers", value: $0)] } ?? [])
        return JSONMember(name: status, value: .object(members))
    }

    private static func failureResponse(_ about: String) -> JSONValue {
        ["description": .string(about), "content": ["application/json": ["schema": reference("Failure")]]]
    }

    private static let failures: [(String, String, String)] = [
        ("400", "BadRequest", "malformed, of a wrong type, unknown or out of bounds: every fault is listed"),
        ("401", "Unauthenticated", "no, expired or invalid credentials"),
        ("402", "LimitReached", "a declared limit is reached"),
        ("403", "Forbidden", "readable, but not allowed"),
        ("404", "NotFound", "absent, or not readable by this caller"),
        ("408", "Timeout", "the request took too long to arrive"),
        ("409", "Conflict", "a unique key, the state machine or a reference stands against it"),
        ("412", "PreconditionFailed", "If-Match names another version"),
        ("413", "TooLarge", "the body is too large"),
        ("414", "URITooLong", "the address is too long"),
        ("415", "UnsupportedMediaType", "the body is of another media type"),
        ("416", "RangeNotSatisfiable", "the file is shorter than that"),
        ("429", "TooManyAttempts", "too many attempts; Retry-After where waiting helps"),
        ("431", "HeadersTooLarge", "the headers are too large"),
        ("500", "InternalError", "a fault of the server"),
        ("503", "Unavailable", "not now; see Retry-After"),
    ]

    private static let failure: JSONValue = [
        "type": "object", "additionalProperties": false, "required": ["success", "error", "meta"],
        "properties": [
            "success": ["const": false],
            "error": [
                "type": "object", "additionalProperties": false, "required": ["code", "message"],
                "properties": [
                    "code": ["type": "string", "pattern": "^[A-Z_]+$"], "message": ["type": "string"],
                    "details": [
                        "type": "array",
                        "items": [
                            "type": "object", "additionalProperties": false, "required": ["code", "message"],
                            "properties": [
                                "path": ["type": "string", "minLength": 1], "code": ["type": "string"], "message": ["type": "string"],
                            ],
                        ],
                    ],
                ],
            ],
            "meta": reference("Meta"),
        ],
    ]

    private static let meta: JSONValue = [
        "type": "object", "additionalProperties": false, "required": ["request_id"], "properties": ["request_id": ["type": "string"]],
    ]

    private static let paginatedMeta: JSONValue = [
        "type": "object", "additionalProperties": false, "required": ["request_id", "pagination"],
        "properties": [
            "request_id": ["type": "string"],
            "pagination": [
                "type": "object", "additionalProperties": false, "required": ["page_size"],
                "properties": [
                    "next_cursor": ["type": ["string", "null"]], "page": ["type": "integer", "minimum": 1],
                    "page_size": ["type": "integer", "minimum": 1, "maximum": 100],
                    "total_items": ["type": "integer", "minimum": 0], "total_pages": ["type": "integer", "minimum": 0],
                ],
            ],
        ],
    ]

    /// A media object inside a record.
    private static let media: JSONValue = [
        "type": "object", "additionalProperties": false,
        "required": ["id", "kind", "status", "mime", "size", "width", "height", "alt", "url", "variants", "thumbhash", "color"],
        "properties": [
            "id": ["type": "string", "format": "uuid"], "kind": ["type": ["string", "null"]],
            "status": ["enum": ["PENDING", "COMPLETED", "FAILED"]], "mime": ["type": ["string", "null"]],
            "size": ["type": ["integer", "null"]], "width": ["type": ["integer", "null"]], "height": ["type": ["integer", "null"]],
            "alt": ["type": ["string", "null"]], "url": ["type": ["string", "null"]], "variants": variants,
            "thumbhash": ["type": ["string", "null"]], "color": ["type": ["string", "null"]],
        ],
    ]

    static let variants: JSONValue = [
        "type": ["object", "null"],
        "additionalProperties": [
            "type": "object", "additionalProperties": false, "required": ["url", "width", "height", "mime", "size"],
            "properties": [
                "url": ["type": "string"], "width": ["type": "integer"], "height": ["type": "integer"], "mime": ["type": "string"],
                "size": ["type": "integer"],
            ],
        ],
    ]
}
