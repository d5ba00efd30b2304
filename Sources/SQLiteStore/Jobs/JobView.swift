import Ports

/// What is told of jobs that are remembered, seen from one connection. Nothing here changes them.
struct JobView {
    let connection: Connection

    func job(_ id: String) throws -> JobStatus? {
        try connection.first(#"SELECT \#(JobView.columns) FROM "_atlas_jobs" WHERE "id" = ?"#, id) { status($0) }
    }

    func page(queue: String?, state: JobState?, limit: Int, offset: Int) throws -> (jobs: [JobStatus], total: Int) {
        let condition = #"(?1 IS NULL OR "queue" = ?1) AND (?2 IS NULL OR "state" = ?2)"#
        let jobs = try connection.all(
            #"SELECT \#(JobView.columns) FROM "_atlas_jobs" WHERE \#(condition) ORDER BY "n" DESC LIMIT ?3 OFFSET ?4"#, queue,
            state?.rawValue, Int64(limit), Int64(offset)
        ) { status($0) }
        let total = try connection.first(#"SELECT count(*) FROM "_atlas_jobs" WHERE \#(condition)"#, queue, state?.rawValue) {
            Int($0.integer(0))
        }
        return (jobs.compactMap(\.self), total ?? 0)
    }

    private static let columns =
        #""kind", "queue", "state", "attempts", "max_attempts", "progress", "note", "result", "error", "collection", "record", "#
        + #""created_at", "run_at", "ended_at", "id", "name", "started_by""#

    private func status(_ statement: Statement) -> JobStatus? {
        guard let state = JobState(rawValue: statement.text(2)) else { return nil }
        var record: JobRecord?
        if let collection = statement.optionalText(9), let key = statement.optionalText(10) {
            record = JobRecord(collection: collection, id: key)
        }
        var status = JobStatus(
            id: statement.text(14), kind: statement.text(0), queue: statement.text(1), state: state, attempts: Int(statement.integer(3)),
            maxAttempts: Int(statement.integer(4)), progress: Int(statement.integer(5)), note: statement.optionalText(6),
            result: statement.optionalBytes(7), error: statement.optionalText(8), record: record, createdAt: statement.integer(11),
            runAt: statement.integer(12), endedAt: statement.optionalInteger(13))
        (status.name, status.startedBy) = (statement.optionalText(15), statement.optionalText(16))
        return status
    }

    func nextDue(in queue: String) throws -> Int64? {
        try connection.first(
            #"SELECT min("run_at") FROM "_atlas_jobs" WHERE "state" = 'scheduled' AND "queue" = ?"#, queue
        ) { $0.optionalInteger(0) }
    }

    /// Each part reads one index alone.
    func counts(of queue: String) throws -> [JobState: Int] {
        let statement = try connection.statement(
            """
            SELECT 'scheduled', count(*) FROM "_atlas_jobs" WHERE "state" = 'scheduled' AND "queue" = ?1
            UNION ALL SELECT 'ready', count(*) FROM "_atlas_jobs" WHERE "state" = 'ready' AND "queue" = ?1
            UNION ALL SELECT 'running', count(*) FROM "_atlas_jobs" WHERE "state" = 'running' AND "queue" = ?1
            UNION ALL SELECT "state", count(*) FROM "_atlas_jobs" WHERE "ended_at" IS NOT NULL AND "queue" = ?1 GROUP BY "state"
            """, queue)
        defer { statement.reset() }
        var counts: [JobState: Int] = [:]
        while try statement.step() {
            if let state = JobState(rawValue: statement.text(0)) { counts[state] = Int(statement.integer(1)) }
        }
        return counts
    }
}
