internal import JSON
internal import NIOHTTP1
internal import Ports

/// What OpenAPI says of queues, jobs and sessions, as the backoffice sees them.
struct AdminDescription {
    var needsAccount: Bool
    var queues: String
    var jobs: String
    var sessions: String

    private static let moment: JSONValue = ["type": "string", "format": "date-time"]
    private static let count: JSONValue = ["type": "integer", "minimum": 0]
    private static let text: JSONValue = ["type": "string"]
    private static let id: JSONValue = ["type": "string", "format": "uuid"]

    func write(into document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        func members(_ names: [String], _ value: JSONValue) -> [JSONMember] { names.map { JSONMember(name: $0, value: value) } }
        document.add(
            schema: "Queue",
            JobRoutes.schema(members(["name"], Self.text) + members(["waiting", "active", "done", "failed", "delayed"], Self.count)))
        document.add(
            schema: "AdminJob",
            JobRoutes.schema(
                JobRoutes.properties + members(["kind", "queue"], Self.text) + members(["attempts", "max_attempts"], Self.count)
                    + members(["record"], ["type": ["string", "null"]])
                    + members(["started_by"], ["type": ["string", "null"], "format": "uuid"])
                    + members(["created_at", "run_at"], Self.moment)
                    + members(["ended_at"], ["type": ["string", "null"], "format": "date-time"])))
        document.add(
            schema: "AdminSession",
            JobRoutes.schema(
                members(["id", "user"], Self.id) + members(["ip", "user_agent"], Self.text)
                    + members(["created_at", "last_used_at", "expires_at"], Self.moment)))
        add(queues, "listQueues", "How much there is to do", list(of: "Queue", isPaginated: false), to: &document)
        let states: JSONValue = ["enum": .array(JobState.allCases.map { .string($0.rawValue) })]
        add(
            jobs, "listJobs", "Jobs that are remembered, the youngest first", list(of: "AdminJob"),
            parameters: OpenAPIDocument.pages + [
                OpenAPIDocument.parameter("queue", in: "query", Self.text, about: "of this queue alone"),
                OpenAPIDocument.parameter("status", in: "query", states, about: "as they are now"),
            ], to: &document)
        add(
            sessions, "listSessions", "Who is signed in, the youngest first", list(of: "AdminSession"),
            parameters: OpenAPIDocument.pages, to: &document)
        let job = OpenAPIDocument.parameter("id", in: "path", ["type": "string", "minLength": 1], about: "the job")
        add(
            jobs + "/{id}", "getAnyJob", "What becomes of a job", OpenAPIDocument.success("200", "the job", data: Self.reference),
            parameters: [job], failures: ["403", "404"], to: &document)
        document.add(
            .POST, jobs + "/{id}/retry",
            .init(
                id: "retryJob", summary: "Try a dead or cancelled job again, as often as at first", tag: "admin",
                needsAccount: needsAccount, parameters: [job],
                body: OpenAPIDocument.body(["type": "object", "additionalProperties": false], required: false),
                successes: [OpenAPIDocument.success("202", "it waits for its turn", data: Self.reference)],
                failures: ["403", "404", "409"]))
    }

    private static let reference = OpenAPIDocument.reference("AdminJob")

    private func list(of schema: String, isPaginated: Bool = true) -> JSONMember {
        var data: [JSONMember] = [
            JSONMember(name: "type", value: "array"), JSONMember(name: "items", value: OpenAPIDocument.reference(schema)),
        ]
        if isPaginated { data.append(JSONMember(name: "maxItems", value: 100)) }
        return OpenAPIDocument.success("200", isPaginated ? "a page" : "all", data: .object(data), paginated: isPaginated)
    }

    private func add(
        _ path: String, _ id: String, _ summary: String, _ success: JSONMember, parameters: [JSONValue] = [],
        failures: Set<String> = ["403"], to document: inout OpenAPIDocument
    ) {
        document.add(
            .GET, path,
            .init(
                id: id, summary: summary, tag: "admin", needsAccount: needsAccount, parameters: parameters, successes: [success],
                failures: failures))
    }
}
