import Conformance
import Glibc
import Ports
import Testing

@testable import SQLiteStore

@Suite struct JobsTableTests {
    /// Processor time of this thread so far, in nanoseconds.
    private func threadTime() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    /// A file with that many jobs in that state.
    private func file(_ path: String, _ count: Int, state: String, attempts: Int = 1) throws -> Connection {
        let connection = try Connection(path: path, mode: .writer(synchronous: .normal))
        try SystemTables.prepare(connection)
        try connection.execute(
            """
            WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < \(count))
            INSERT INTO "_atlas_jobs" ("id", "queue", "kind", "state", "priority", "run_at", "attempts", "max_attempts", "fence", "progress",
                "payload", "created_at")
            SELECT printf('%08d', x), 'q', 'k', '\(state)', 0, x, \(attempts), 1 + x % 2, 7, 0, x'', 0 FROM n
            """)
        return connection
    }

    @Test func aHundredThousandRunningJobsAreRecoveredWithinASecond() async throws {
        try await withTemporaryDirectory { directory in
            let connection = try file(directory + "/t.db", 100_000, state: "running")
            // The thread's own time: what other tests do meanwhile is not counted.
            let start = threadTime()
            #expect(try JobSchema.recover(connection, now: 5) == 1)
            let taken = threadTime() - start
            print("recovery of 100,000 running jobs: \(taken / 1_000_000) ms")
            #expect(taken < 1_000_000_000)
            let table = JobTable(connection, stamps: JobStamps(clock: ManualClock()))
            #expect(try table.view.counts(of: "q") == [.scheduled: 0, .ready: 50_000, .running: 0, .dead: 50_000])
            #expect(try JobSchema.recover(connection, now: 5) == 2)
        }
    }

    /// Each lookup of the queue walks an index, whatever the size of the table.
    @Test(arguments: [
        (#""n" FROM "_atlas_jobs" WHERE "state" = 'ready' AND "queue" = ?3 ORDER BY "priority" DESC, "run_at", "id" LIMIT ?4"#, "_ready"),
        (
            #""n" FROM "_atlas_jobs" WHERE "state" = 'scheduled' AND "queue" = ?1 AND "run_at" <= ?2 ORDER BY "run_at" LIMIT ?3"#,
            "_scheduled"
        ),
        (#"min("run_at") FROM "_atlas_jobs" WHERE "state" = 'scheduled' AND "queue" = ?"#, "_scheduled"),
        (#""id" FROM "_atlas_jobs" WHERE "unique_key" = ? AND "ended_at" IS NULL"#, "_live"),
        (#""n" FROM "_atlas_jobs" WHERE "queue" = ?1 AND "state" = ?2 AND "ended_at" < ?3 ORDER BY "ended_at" LIMIT ?4"#, "_ended"),
        (#""n" FROM "_atlas_jobs" WHERE "state" = 'running' AND "attempts" >= "max_attempts""#, "_running"),
    ])
    func usesItsIndex(_ select: String, _ index: String) throws {
        let connection = try Connection(path: ":memory:", mode: .writer(synchronous: .normal))
        try SystemTables.prepare(connection)
        let plan = try connection.prepare("EXPLAIN QUERY PLAN SELECT " + select)
        var lines: [String] = []
        while try plan.step() { lines.append(plan.text(3)) }
        #expect(lines.count == 1 && lines.joined().contains("_atlas_jobs\(index)"), "\(lines)")
    }

    @Test func claimsCostTheSameAsTheBacklogGrows() async throws {
        var costs: [Double] = []
        for count in [10_000, 300_000] {
            try await withTemporaryDirectory { directory in
                let connection = try file(directory + "/t.db", count, state: "ready", attempts: 0)
                let table = JobTable(connection, stamps: JobStamps(clock: ManualClock()))
                var best = UInt64.max
                for _ in 0..<20 {
                    let start = MonotonicClock.now
                    #expect(try table.claim(from: "q", limit: 64, worker: "w").count == 64)
                    best = min(best, MonotonicClock.now - start)
                }
                costs.append(Double(best))
                print("claim of 64 among \(count) ready jobs: \(best / 1000) µs")
            }
        }
        #expect((costs.last ?? 0) < 3 * (costs.first ?? 0))
    }

    @Test func largePayloadsGoWithTheirJobs() async throws {
        let connection = try Connection(path: ":memory:", mode: .writer(synchronous: .normal))
        try SystemTables.prepare(connection)
        let clock = ManualClock()
        let table = JobTable(connection, stamps: JobStamps(clock: clock))
        _ = try table.enqueue(NewJob(kind: "k", queue: "q", payload: [UInt8](repeating: 1, count: JobSchema.largePayload)))
        let job = try #require(try table.claim(from: "q", limit: 1, worker: "w").first)
        #expect(try table.finish(job.claim, as: .done(result: nil))?.queue == "q")
        let count = { () throws -> Int64 in
            let statement = try connection.prepare(#"SELECT count(*) FROM "_atlas_job_payloads""#)
            return try statement.step() ? statement.integer(0) : -1
        }
        #expect(try count() == 1)
        #expect(try table.prune("q", doneBefore: clock.now() + 1, failedBefore: 0) == 1)
        #expect(try count() == 0)
    }

    @Test func removesAtMostAThousandAtATime() async throws {
        try await withTemporaryDirectory { directory in
            let connection = try file(directory + "/t.db", 2500, state: "done")
            try connection.execute(#"UPDATE "_atlas_jobs" SET "ended_at" = 1"#)
            let table = JobTable(connection, stamps: JobStamps(clock: ManualClock()))
            let removed = try (0..<4).map { _ in try table.prune("q", doneBefore: 2, failedBefore: 2) }
            #expect(removed == [1000, 1000, 500, 0])
        }
    }
}
