/// Jobs within a transaction: enqueued or ended in the same commit as the data.
package protocol JobTransaction {
    /// The id of the new job, or of the live one with the same unique key.
    func enqueue(_ job: NewJob) throws -> String

    /// Ends the claim within this transaction. False when its fence is stale: the caller must then change nothing.
    func finish(_ claim: JobClaim, as outcome: JobOutcome) throws -> Bool

    /// Cancels the live job with that unique key; false if there is none. A running one loses its fence.
    func cancel(uniqueKey key: String) throws -> Bool
}

/// The jobs that are remembered, for whoever looks after them.
package protocol JobLog {
    func job(_ id: String) throws -> JobStatus?

    /// Of that queue and state, where they are given; the youngest first, and how many there are.
    func page(queue: String?, state: JobState?, limit: Int, offset: Int) throws -> (jobs: [JobStatus], total: Int)

    /// How many jobs of the queue are in which state.
    func counts(of queue: String) throws -> [JobState: Int]

    /// As `JobQueue.retry`.
    func retry(_ id: String) throws -> Bool
}
