internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `GET /jobs/{id}`: what becomes of a job, for the one who started it (11-precisions 58), of a tenant's record as long as he may read that.
/// Nobody else learns that there is one.
struct JobRoutes {
    private static let path = "/api/v1/jobs/{id}"
    private let context: APIContext

    init(_ context: APIContext) {
        self.context = context.personal
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.GET, Self.path, status)
        describe(&document)
    }

    @Sendable private func status(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.respond(call) { caller in
                guard caller.environment.me != nil else { throw RecordError.unauthenticated }
                guard let id = call.parameters.first, UUIDv7.isUUID(id) else { throw Failure.notFound }
                return context.records.job(id.lowercased(), for: caller, on: call.request.eventLoop).flatMapThrowing { job in
                    guard let job else { throw RecordError.notFound }
                    var buffer = Envelope.open()
                    buffer.writeJSON(.object(Self.members(of: job)))
                    Envelope.close(&buffer, requestID: call.request.id)
                    return Response(status: .ok, headers: Resource.privateHeaders, body: .bytes(buffer))
                }
            }
    }

    /// What everybody is told who may look at it.
    static func members(of job: JobStatus) -> [JSONMember] {
        func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
        let result = job.result.flatMap { bytes in try? JSONParser.parse(ByteBuffer(bytes: bytes)) }
        return [
            JSONMember(name: "id", value: .string(job.id)), JSONMember(name: "name", value: .string(job.name ?? job.kind)),
            JSONMember(name: "status", value: .string(job.state.rawValue)),
            JSONMember(name: "progress", value: .integer(Int64(job.progress))), JSONMember(name: "note", value: text(job.note)),
            JSONMember(name: "error", value: text(job.error)), JSONMember(name: "result", value: result ?? .null),
        ]
    }

    // MARK: OpenAPI

    /// The answer of what starts a job.
    static let started = OpenAPIDocument.success(
        "202", "the job that was started",
        data: [
            "type": "object", "additionalProperties": false, "required": ["id"],
            "properties": ["id": ["type": "string", "format": "uuid"]],
        ])

    /// What `members` gives.
    static let properties: [JSONMember] = [
        JSONMember(name: "id", value: ["type": "string", "format": "uuid"]), JSONMember(name: "name", value: ["type": "string"]),
        JSONMember(name: "status", value: ["enum": .array(JobState.allCases.map { .string($0.rawValue) })]),
        JSONMember(name: "progress", value: ["type": "integer", "minimum": 0, "maximum": 100]),
        JSONMember(name: "note", value: ["type": ["string", "null"]]), JSONMember(name: "error", value: ["type": ["string", "null"]]),
        JSONMember(name: "result", value: [:]),
    ]

    static func schema(_ properties: [JSONMember]) -> JSONValue {
        [
            "type": "object", "additionalProperties": false, "required": .array(properties.map { .string($0.name) }),
            "properties": .object(properties),
        ]
    }

    private func describe(_ document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        document.add(schema: "Job", Self.schema(Self.properties))
        document.add(
            .GET, Self.path,
            .init(
                id: "getJob", summary: "What becomes of a job that the caller started", tag: "jobs", needsAccount: true,
                parameters: [OpenAPIDocument.parameter("id", in: "path", ["type": "string", "minLength": 1], about: "the job")],
                successes: [OpenAPIDocument.success("200", "the job", data: OpenAPIDocument.reference("Job"))], failures: ["403", "404"]))
    }
}
