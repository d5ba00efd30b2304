package import Ports

/// One adapter under test, with an empty queue. Its jobs' times come from `clock`.
package protocol JobQueueHarness: Sendable {
    var queue: any JobQueue { get }
    var clock: ManualClock { get }
    /// Runs the body in a transaction of the store; what it throws rolls back.
    func transaction<Result: Sendable>(_ body: @escaping @Sendable (any JobTransaction) throws -> Result) async throws -> Result
    /// The process has died without a word, and has been started again on the same data. The old harness is not used afterwards.
    func crash() async throws -> Self
}

/// A promise of `JobQueue` that each adapter runs as a test case of its own.
package struct JobQueueCase: Sendable, CustomStringConvertible {
    package let description: String
    package let run: @Sendable (any JobQueueHarness) async throws -> Void

    init(_ description: String, _ run: @escaping @Sendable (any JobQueueHarness) async throws -> Void) {
        self.description = description
        self.run = run
    }
}

/// A promise that was not kept.
package struct BrokenPromise: Error, CustomStringConvertible {
    package var description: String
}

package enum JobQueueConformance {
    package static let cases = transactionCases + claimCases + endingCases + upkeepCases
}

func expect(_ isKept: Bool, _ promise: @autoclosure () -> String, line: Int = #line) throws {
    if !isKept { throw BrokenPromise(description: "\(promise()) (line \(line))") }
}

func expectEqual<T: Equatable>(_ actual: T, _ expected: T, line: Int = #line) throws {
    if actual != expected { throw BrokenPromise(description: "\(actual) should be \(expected) (line \(line))") }
}

extension JobQueueHarness {
    @discardableResult
    func enqueue(_ job: NewJob) async throws -> String {
        try await transaction { try $0.enqueue(job) }
    }

    /// Enqueues a job on the queue `q`.
    @discardableResult
    func enqueue(
        kind: String = "k", payload: [UInt8] = [], priority: Int = 0, runAt: Int64? = nil, key: String? = nil, attempts: Int = 3
    ) async throws -> String {
        try await enqueue(
            NewJob(
                kind: kind, queue: "q", payload: payload, priority: priority, runAt: runAt, uniqueKey: key, maxAttempts: attempts))
    }

    func claim(_ limit: Int = 10) async throws -> [ClaimedJob] {
        try await queue.claim(from: "q", limit: limit, worker: "w")
    }

    /// The one job that is due.
    func claimOne(line: Int = #line) async throws -> ClaimedJob {
        let jobs = try await claim()
        guard let job = jobs.first, jobs.count == 1 else {
            throw BrokenPromise(description: "\(jobs.count) jobs were claimed instead of one (line \(line))")
        }
        return job
    }

    @discardableResult
    func finish(_ claim: JobClaim, _ outcome: JobOutcome) async throws -> Bool {
        try await queue.finish([(claim, outcome)], thenClaim: 0, from: "q", worker: "w").finished == [claim.job]
    }

    func status(_ id: String, line: Int = #line) async throws -> JobStatus {
        guard let status = try await queue.job(id) else { throw BrokenPromise(description: "the job is unknown (line \(line))") }
        return status
    }
}
