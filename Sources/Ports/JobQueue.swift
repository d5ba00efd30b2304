/// The durable queue, seen from the workers (06-queue). Enqueueing is part of `Transaction`.
///
/// Promises of every adapter (`JobQueueConformance`): at least once, never lost; every claim carries a fresh fence, and what comes with a
/// stale one changes nothing; an attempt is counted at the claim; order is priority (higher first), then `runAt`, then id.
package protocol JobQueue: Sendable {
    /// Claims up to `limit` jobs that are due.
    func claim(from queue: String, limit: Int, worker: String) async throws -> [ClaimedJob]

    /// Ends claims, and claims up to `limit` more in the same commit. The first list holds the ids that were finished; a stale fence is left out.
    func finish(
        _ finished: [(claim: JobClaim, outcome: JobOutcome)], thenClaim limit: Int, from queue: String, worker: String
    ) async throws -> (finished: [String], claimed: [ClaimedJob])

    /// Records progress (0–100) and a note; false when the fence is stale, which includes a cancelled job.
    func report(_ claim: JobClaim, progress: Int, note: String?) async throws -> Bool

    /// Cancels a job that has not ended; false if there is none. A running one loses its fence.
    func cancel(_ id: String) async throws -> Bool

    /// Makes a dead or cancelled job ready again with a fresh series of attempts; false if it is neither, or if its unique key is taken by
    /// a live job.
    func retry(_ id: String) async throws -> Bool

    func job(_ id: String) async throws -> JobStatus?

    /// When the earliest scheduled job of the queue is due, in milliseconds since 1970; nil if none is scheduled.
    func nextDue(in queue: String) async throws -> Int64?

    /// How many jobs are in which state.
    func counts(of queue: String) async throws -> [JobState: Int]

    /// Removes jobs that were done, or dead or cancelled, before those moments. At most 1,000 at a time; gives how many.
    func prune(queue: String, doneBefore: Int64, failedBefore: Int64) async throws -> Int

    /// `wake` is called with the names of the queues that got something ready or scheduled, after the commit that brought it. It must not
    /// block. Called once, at start.
    func onReady(_ wake: @escaping @Sendable (Set<String>) -> Void)

    /// `stop` is called with the id of a running job that was cancelled, after the commit. It must not block. Called once, at start.
    func onCancel(_ stop: @escaping @Sendable (String) -> Void)
}

package enum JobState: String, Sendable, CaseIterable {
    case scheduled, ready, running, done, dead, cancelled
}

package struct NewJob: Sendable, Equatable {
    package var kind: String
    package var queue: String
    /// What the file calls it; nil: what its kind says is all.
    package var name: String?
    /// The user on whose account it is done; nil: the system.
    package var startedBy: String?
    /// JSON.
    package var payload: [UInt8]
    package var priority: Int
    /// Milliseconds since 1970; nil: at once.
    package var runAt: Int64?
    /// At most one job with this key is scheduled, ready or running.
    package var uniqueKey: String?
    package var maxAttempts: Int
    /// The record it works on: collection and id.
    package var record: JobRecord?
    package var requestID: String?

    package init(
        kind: String, queue: String, payload: [UInt8] = [], priority: Int = 0, runAt: Int64? = nil, uniqueKey: String? = nil,
        maxAttempts: Int = 5, record: JobRecord? = nil, requestID: String? = nil, name: String? = nil, startedBy: String? = nil
    ) {
        self.name = name
        self.startedBy = startedBy
        self.kind = kind
        self.queue = queue
        self.payload = payload
        self.priority = priority
        self.runAt = runAt
        self.uniqueKey = uniqueKey
        self.maxAttempts = maxAttempts
        self.record = record
        self.requestID = requestID
    }
}

package struct JobRecord: Sendable, Hashable {
    package var collection: String
    package var id: String

    package init(collection: String, id: String) {
        self.collection = collection
        self.id = id
    }
}

/// The right to end one attempt of a job.
package struct JobClaim: Sendable, Hashable {
    package var job: String
    /// Fresh for each claim.
    package var fence: Int64

    package init(job: String, fence: Int64) {
        self.job = job
        self.fence = fence
    }
}

package struct ClaimedJob: Sendable, Equatable {
    package var claim: JobClaim
    package var kind: String
    package var queue: String
    package var payload: [UInt8]
    /// From 1.
    package var attempt: Int
    package var maxAttempts: Int
    package var record: JobRecord?
    package var requestID: String?

    package init(
        claim: JobClaim, kind: String, queue: String, payload: [UInt8], attempt: Int, maxAttempts: Int, record: JobRecord? = nil,
        requestID: String? = nil
    ) {
        self.claim = claim
        self.kind = kind
        self.queue = queue
        self.payload = payload
        self.attempt = attempt
        self.maxAttempts = maxAttempts
        self.record = record
        self.requestID = requestID
    }
}

package enum JobOutcome: Sendable, Equatable {
    case done(result: [UInt8]?)
    /// Tried again at `retryAt`; dead when that is nil.
    case failed(error: String, retryAt: Int64?)
    /// Handed back at shutdown: ready again, the attempt does not count.
    case released
}

package struct JobStatus: Sendable, Equatable {
    package var id: String
    package var kind: String
    /// As in `NewJob`.
    package var name: String?
    package var startedBy: String?
    package var queue: String
    package var state: JobState
    package var attempts: Int
    package var maxAttempts: Int
    package var progress: Int
    package var note: String?
    package var result: [UInt8]?
    package var error: String?
    package var record: JobRecord?
    package var createdAt: Int64
    package var runAt: Int64
    package var endedAt: Int64?

    package init(
        id: String, kind: String, queue: String, state: JobState, attempts: Int, maxAttempts: Int, progress: Int, note: String?,
        result: [UInt8]?, error: String?, record: JobRecord?, createdAt: Int64, runAt: Int64, endedAt: Int64?
    ) {
        self.id = id
        self.kind = kind
        self.queue = queue
        self.state = state
        self.attempts = attempts
        self.maxAttempts = maxAttempts
        self.progress = progress
        self.note = note
        self.result = result
        self.error = error
        self.record = record
        self.createdAt = createdAt
        self.runAt = runAt
        self.endedAt = endedAt
    }
}
