internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `/admin/queues`, `/admin/jobs` and `/admin/sessions`: how the work goes and who is signed in, for who enters the backoffice.
struct AdminRoutes {
    private static let queues = "/api/v1/admin/queues"
    private static let jobs = "/api/v1/admin/jobs"
    private static let sessions = "/api/v1/admin/sessions"
    private let context: APIContext

    init(_ context: APIContext) {
        self.context = context.personal
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        guard let allow = context.records.schema.backoffice else { return }
        routes.add(.GET, Self.queues) { listQueues($0, allow) }
        routes.add(.GET, Self.jobs) { listJobs($0, allow) }
        routes.add(.GET, Self.jobs + "/{id}") { job($0, allow) }
        routes.add(.POST, Self.jobs + "/{id}/retry") { retry($0, allow) }
        routes.add(.GET, Self.sessions) { listSessions($0, allow) }
        AdminDescription(needsAccount: allow.isNeverForAnonymous, queues: Self.queues, jobs: Self.jobs, sessions: Self.sessions)
            .write(into: &document)
    }

    /// What is asked of the store once the caller has been let in.
    private func ask<Result: Sendable>(
        _ call: Call, _ caller: Caller, _ allow: Rule, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) throws -> EventLoopFuture<Result> {
        guard context.records.admitsWriting(allow, for: caller) else { throw RecordError.unauthenticated }
        return context.records.write(for: caller, on: call.request.eventLoop) { writer, transaction in
            try writer.admitToBackoffice()
            return try body(transaction)
        }
    }

    // MARK: Queues

    private func listQueues(_ call: Call, _ allow: Rule) -> Intake {
        context.refuseQuery(call)
            ?? context.respond(call) { caller in
                let names = context.settings.queues
                return try ask(call, caller, allow) { transaction in
                    try names.map { ($0, try transaction.jobLog.counts(of: $0)) }
                }.map { queues in Self.response(.array(queues.map { Self.json($0.0, $0.1) }), to: call) }
            }
    }

    private static func json(_ name: String, _ counts: [JobState: Int]) -> JSONValue {
        func count(_ state: JobState) -> JSONValue { .integer(Int64(counts[state] ?? 0)) }
        return [
            "name": .string(name), "waiting": count(.ready), "active": count(.running), "done": count(.done), "failed": count(.dead),
            "delayed": count(.scheduled),
        ]
    }

    // MARK: Jobs

    private func listJobs(_ call: Call, _ allow: Rule) -> Intake {
        context.respond(call) { caller in
            let query = try Query(call.request.query)
            let page = try PageQuery(query, known: ["queue", "status"])
            let (queue, state) = (query["queue"], query["status"].flatMap { JobState(rawValue: $0) })
            if query["status"] != nil, state == nil {
                let known = JobState.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure.invalid([FieldFault(path: "status", code: "enum", message: "must be one of \(known)")])
            }
            return try ask(call, caller, allow) {
                try $0.jobLog.page(queue: queue, state: state, limit: page.size, offset: page.offset)
            }.map { page.response($0.jobs.map(Self.json), total: $0.total, requestID: call.request.id) }
        }
    }

    private func job(_ call: Call, _ allow: Rule) -> Intake {
        context.refuseQuery(call)
            ?? context.respond(call) { caller in
                let id = call.parameters.first?.lowercased() ?? ""
                return try ask(call, caller, allow) { transaction in
                    guard let job = try transaction.jobLog.job(id) else { throw RecordError.notFound }
                    return job
                }.map { Self.response(Self.json($0), to: call) }
            }
    }

    /// A job that is neither dead nor cancelled needs no retry, and one whose work another has taken up must not have one.
    private func retry(_ call: Call, _ allow: Rule) -> Intake {
        context.refuseQuery(call)
            ?? context.collect(call, isOptional: true) { caller, body in
                guard context.records.admitsWriting(allow, for: caller) else { throw RecordError.unauthenticated }
                try Resource.refuseMembers(of: body)
                let id = call.parameters.first?.lowercased() ?? ""
                return try ask(call, caller, allow) { transaction in
                    guard try transaction.jobLog.job(id) != nil else { throw RecordError.notFound }
                    let isRetried = try transaction.jobLog.retry(id)
                    guard isRetried, let job = try transaction.jobLog.job(id) else {
                        throw RecordError.checkFailed(
                            status: 409, message: "only a dead or cancelled job that nothing replaces is tried again")
                    }
                    return job
                }.map { Self.response(Self.json($0), to: call, status: .accepted) }
            }
    }

    private static func json(_ job: JobStatus) -> JSONValue {
        let record = job.record.map { JSONValue.string("\($0.collection):\($0.id)") } ?? .null
        let further: [JSONMember] = [
            JSONMember(name: "kind", value: .string(job.kind)), JSONMember(name: "queue", value: .string(job.queue)),
            JSONMember(name: "attempts", value: .integer(Int64(job.attempts))),
            JSONMember(name: "max_attempts", value: .integer(Int64(job.maxAttempts))), JSONMember(name: "record", value: record),
            JSONMember(name: "started_by", value: job.startedBy.map { .string($0) } ?? .null),
            JSONMember(name: "created_at", value: .string(Timestamp.text(job.createdAt))),
            JSONMember(name: "run_at", value: .string(Timestamp.text(job.runAt))),
            JSONMember(name: "ended_at", value: job.endedAt.map { .string(Timestamp.text($0)) } ?? .null),
        ]
        return .object(JobRoutes.members(of: job) + further)
    }

    // MARK: Sessions

    private func listSessions(_ call: Call, _ allow: Rule) -> Intake {
        context.respond(call) { caller in
            let page = try PageQuery(Query(call.request.query))
            return try ask(call, caller, allow) { try $0.accounts.sessions(limit: page.size, offset: page.offset) }
                .map { page.response($0.sessions.map(Self.json), total: $0.total, requestID: call.request.id) }
        }
    }

    private static func json(_ session: Session) -> JSONValue {
        func moment(_ milliseconds: Int64) -> JSONValue { .string(Timestamp.text(milliseconds)) }
        return [
            "id": .string(session.id), "user": .string(session.user), "ip": .string(session.address),
            "user_agent": .string(session.userAgent), "created_at": moment(session.createdAt), "last_used_at": moment(session.usedAt),
            "expires_at": moment(session.expiresAt),
        ]
    }

    private static func response(_ data: JSONValue, to call: Call, status: HTTPResponseStatus = .ok) -> Response {
        var response = Envelope.success(data, status: status, requestID: call.request.id)
        response.headers = Resource.privateHeaders
        return response
    }
}
