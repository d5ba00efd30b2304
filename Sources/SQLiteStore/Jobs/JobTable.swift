import Ports

/// What jobs are stamped with.
struct JobStamps: Sendable {
    var clock: any Ports.Clock = SystemClock()
    var random: any Ports.Random = SystemRandom()
    /// Of this process among all that have owned the file.
    var incarnation: Int64 = 0
}

/// The steps of jobs, on the writer's connection and within its transactions. Who must be woken is the caller's business.
final class JobTable {
    /// Scheduled jobs that become ready in one claim at most.
    private static let promotions = 1000
    /// Jobs that are removed in one go at most.
    private static let removals = 1000

    private let connection: Connection
    /// What there is to see of jobs.
    let view: JobView
    let clock: any Ports.Clock
    private let random: any Ports.Random
    /// Where it is noted what becomes of a job that somebody has started; nil: nowhere.
    let events: EventTable?
    /// The last fence: the incarnation in its upper half, so that no process repeats those of another. Never set back by a rollback.
    private var fence: Int64
    /// Ids rise, so that jobs of one moment are done in the order in which they were asked for.
    private var lastID = ""

    init(_ connection: Connection, stamps: JobStamps, events: EventTable? = nil) {
        self.connection = connection
        view = JobView(connection: connection)
        self.events = events
        clock = stamps.clock
        random = stamps.random
        fence = stamps.incarnation << 32
    }

    // MARK: Enqueueing

    /// The id of the new job, or of the live one with its unique key; and whether it is new.
    func enqueue(_ job: NewJob) throws -> (id: String, isNew: Bool) {
        if let key = job.uniqueKey, let id = try live(key) { return (id, false) }
        let now = clock.now()
        let drawn = UUIDv7.text(milliseconds: now, random: random.bytes(10))
        let id = drawn > lastID ? drawn : UUIDv7.successor(of: lastID)
        lastID = id
        let runAt = job.runAt ?? now
        let isLarge = job.payload.count >= JobSchema.largePayload
        try connection.run(
            """
            INSERT INTO "_atlas_jobs" ("id", "queue", "kind", "state", "priority", "run_at", "attempts", "max_attempts", "fence", "progress",
                "unique_key", "payload", "collection", "record", "request_id", "created_at", "name", "started_by")
            VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?)
            """, id, job.queue, job.kind, (runAt > now ? JobState.scheduled : .ready).rawValue, Int64(job.priority), runAt,
            Int64(max(1, job.maxAttempts)), job.uniqueKey, isLarge ? nil : job.payload, job.record?.collection, job.record?.id,
            job.requestID, now, job.name, job.startedBy)
        if isLarge {
            try connection.run(#"INSERT INTO "_atlas_job_payloads" VALUES (?, ?)"#, connection.lastInsertedRow, job.payload)
        }
        try tell(of: id, startedBy: job.startedBy, "created")
        return (id, true)
    }

    func live(_ key: String) throws -> String? {
        try connection.first(#"SELECT "id" FROM "_atlas_jobs" WHERE "unique_key" = ? AND "ended_at" IS NULL"#, key) { $0.text(0) }
    }

    // MARK: Claiming

    func claim(from queue: String, limit: Int, worker: String) throws -> [ClaimedJob] {
        guard limit > 0 else { return [] }
        try promote(queue)
        fence &+= 1
        let statement = try connection.statement(
            """
            UPDATE "_atlas_jobs" SET "state" = 'running', "attempts" = "attempts" + 1, "fence" = ?1, "worker" = ?2, "progress" = 0, "note" = NULL
            WHERE "n" IN (
                SELECT "n" FROM "_atlas_jobs" WHERE "state" = 'ready' AND "queue" = ?3 ORDER BY "priority" DESC, "run_at", "id" LIMIT ?4)
            RETURNING "n", "id", "kind", "payload", "attempts", "max_attempts", "collection", "record", "request_id", "priority", "run_at",
                "started_by"
            """, fence, worker, queue, Int64(limit))
        // RETURNING gives rows in no certain order (https://sqlite.org/lang_returning.html).
        var claimed: [(priority: Int64, runAt: Int64, job: ClaimedJob)] = []
        var started: [(id: String, by: String?)] = []
        do {
            defer { statement.reset() }
            while try statement.step() {
                var job = ClaimedJob(
                    claim: JobClaim(job: statement.text(1), fence: fence), kind: statement.text(2), queue: queue,
                    payload: statement.bytes(3), attempt: Int(statement.integer(4)), maxAttempts: Int(statement.integer(5)),
                    requestID: statement.optionalText(8))
                if let collection = statement.optionalText(6), let id = statement.optionalText(7) {
                    job.record = JobRecord(collection: collection, id: id)
                }
                if statement.isNull(3) { job.payload = try largePayload(of: statement.integer(0)) }
                claimed.append((statement.integer(9), statement.integer(10), job))
                started.append((job.claim.job, statement.optionalText(11)))
            }
        }
        for (id, starter) in started { try tell(of: id, startedBy: starter, "updated") }
        claimed.sort { ($1.priority, $0.runAt, $0.job.claim.job) < ($0.priority, $1.runAt, $1.job.claim.job) }
        return claimed.map(\.job)
    }

    /// Scheduled jobs that are due become ready.
    private func promote(_ queue: String) throws {
        try connection.run(
            """
            UPDATE "_atlas_jobs" SET "state" = 'ready' WHERE "n" IN (
                SELECT "n" FROM "_atlas_jobs" WHERE "state" = 'scheduled' AND "queue" = ?1 AND "run_at" <= ?2 ORDER BY "run_at" LIMIT ?3)
            """, queue, clock.now(), Int64(JobTable.promotions))
    }

    private func largePayload(of n: Int64) throws -> [UInt8] {
        try connection.first(#"SELECT "payload" FROM "_atlas_job_payloads" WHERE "n" = ?"#, n) { $0.bytes(0) } ?? []
    }

    // MARK: Ending

    /// Ends the claim, if its fence still holds; gives the queue, and whether the job waits there again.
    func finish(_ claim: JobClaim, as outcome: JobOutcome) throws -> (queue: String, waits: Bool)? {
        let (ended, waits): ((queue: String, startedBy: String?)?, Bool) =
            switch outcome {
            case .done(let result):
                (try end(claim, #""state" = 'done', "progress" = 100, "result" = ?3, "ended_at" = ?4"#, result, clock.now()), false)
            case .failed(let error, nil):
                (try end(claim, #""state" = 'dead', "error" = ?3, "ended_at" = ?4"#, error, clock.now()), false)
            case .failed(let error, let retryAt?):
                (try end(claim, #""state" = 'scheduled', "error" = ?3, "run_at" = ?4"#, error, retryAt), true)
            case .released: (try end(claim, #""state" = 'ready', "attempts" = "attempts" - 1"#), true)
            }
        guard let ended else { return nil }
        try tell(of: claim.job, startedBy: ended.startedBy, "updated")
        return (ended.queue, waits)
    }

    /// `parameters` are those of `changes`, from 3.
    private func end<each Parameter: Bindable>(
        _ claim: JobClaim, _ changes: String, _ parameters: repeat each Parameter
    ) throws -> (queue: String, startedBy: String?)? {
        try connection.first(
            """
            UPDATE "_atlas_jobs" SET "fence" = 0, \(changes) WHERE "id" = ?1 AND "fence" = ?2 AND "state" = 'running'
            RETURNING "queue", "started_by"
            """, claim.job, claim.fence, repeat each parameters
        ) { ($0.text(0), $0.optionalText(1)) }
    }

    /// False when the fence is stale. What says nothing new changes nothing, and is told to nobody.
    func report(_ claim: JobClaim, progress: Int, note: String?) throws -> Bool {
        let progress = min(max(progress, 0), 100)
        let known = try connection.first(
            #"SELECT "progress", "note", "started_by" FROM "_atlas_jobs" WHERE "id" = ? AND "fence" = ? AND "state" = 'running'"#,
            claim.job, claim.fence
        ) { (progress: $0.integer(0), note: $0.optionalText(1), starter: $0.optionalText(2)) }
        guard let known else { return false }
        if known.progress == Int64(progress), known.note == note { return true }
        try connection.run(
            #"UPDATE "_atlas_jobs" SET "progress" = ?, "note" = ? WHERE "id" = ? AND "fence" = ? AND "state" = 'running'"#,
            Int64(progress), note, claim.job, claim.fence)
        try tell(of: claim.job, startedBy: known.starter, "updated")
        return true
    }

    /// Gives whether it ran; nil when there is no such job that has not ended.
    func cancel(_ id: String) throws -> Bool? {
        guard let state = try view.job(id)?.state, [.scheduled, .ready, .running].contains(state) else { return nil }
        try connection.run(
            #"UPDATE "_atlas_jobs" SET "state" = 'cancelled', "fence" = 0, "ended_at" = ? WHERE "id" = ?"#, clock.now(), id)
        try tell(of: id)
        return state == .running
    }

    /// Gives the queue where the job is ready again; nil when it is neither dead nor cancelled, or its key is taken.
    func retry(_ id: String) throws -> String? {
        let queue = try connection.first(
            """
            UPDATE "_atlas_jobs" SET "state" = 'ready', "attempts" = 0, "run_at" = ?1, "ended_at" = NULL
            WHERE "id" = ?2 AND "state" IN ('dead', 'cancelled') AND NOT EXISTS (
                SELECT 1 FROM "_atlas_jobs" AS "twin" WHERE "twin"."unique_key" = "_atlas_jobs"."unique_key" AND "twin"."ended_at" IS NULL)
            RETURNING "queue"
            """, clock.now(), id
        ) { $0.text(0) }
        guard let queue else { return nil }
        try tell(of: id)
        return queue
    }

    // MARK: Retention

    func prune(_ queue: String, doneBefore: Int64, failedBefore: Int64) throws -> Int {
        var removed = 0
        for (state, before) in [(JobState.done, doneBefore), (.dead, failedBefore), (.cancelled, failedBefore)]
        where removed < JobTable.removals {
            let statement = try connection.statement(
                """
                DELETE FROM "_atlas_jobs" WHERE "n" IN (
                    SELECT "n" FROM "_atlas_jobs" WHERE "queue" = ?1 AND "state" = ?2 AND "ended_at" < ?3 ORDER BY "ended_at" LIMIT ?4)
                RETURNING "n", "payload" IS NULL
                """, queue, state.rawValue, before, Int64(JobTable.removals - removed))
            defer { statement.reset() }
            while try statement.step() {
                removed += 1
                if statement.integer(1) != 0 { try removePayload(of: statement.integer(0)) }
            }
        }
        return removed
    }

    private func removePayload(of n: Int64) throws {
        try connection.run(#"DELETE FROM "_atlas_job_payloads" WHERE "n" = ?"#, n)
    }
}
