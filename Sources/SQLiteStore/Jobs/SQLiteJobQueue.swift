package import Ports

/// The queue in the file of the records. Every call is an operation of the store's writer, and shares its group commits.
package final class SQLiteJobQueue: JobQueue {
    private let writer: Writer
    private let ready = Callback<Set<String>>()
    private let stop = Callback<String>()
    /// Told of commits that have logged events: the writer has one listener.
    let events = Callback<Void>()

    init(_ writer: Writer) {
        self.writer = writer
        writer.onWake { [ready, stop, events] concerned in
            var queues: Set<String> = []
            for waking in concerned {
                switch waking {
                case .queue(let name): queues.insert(name)
                case .job(let id): stop(id)
                case .events: events(())
                }
            }
            if !queues.isEmpty { ready(queues) }
        }
    }

    package func claim(from queue: String, limit: Int, worker: String) async throws -> [ClaimedJob] {
        try await writer.perform { try $0.jobs.claim(from: queue, limit: limit, worker: worker) }
    }

    package func finish(
        _ finished: [(claim: JobClaim, outcome: JobOutcome)], thenClaim limit: Int, from queue: String, worker: String
    ) async throws -> (finished: [String], claimed: [ClaimedJob]) {
        try await writer.perform { context in
            var ended: [String] = []
            for (claim, outcome) in finished {
                guard let end = try context.jobs.finish(claim, as: outcome) else { continue }
                ended.append(claim.job)
                if end.waits { context.wake(end.queue) }
            }
            return (ended, try context.jobs.claim(from: queue, limit: limit, worker: worker))
        }
    }

    package func report(_ claim: JobClaim, progress: Int, note: String?) async throws -> Bool {
        try await writer.perform { try $0.jobs.report(claim, progress: progress, note: note) }
    }

    package func cancel(_ id: String) async throws -> Bool {
        try await writer.perform { context in
            let wasRunning = try context.jobs.cancel(id)
            if wasRunning == true { context.stop(id) }
            return wasRunning != nil
        }
    }

    package func retry(_ id: String) async throws -> Bool {
        try await writer.perform { context in
            guard let queue = try context.jobs.retry(id) else { return false }
            context.wake(queue)
            return true
        }
    }

    package func job(_ id: String) async throws -> JobStatus? {
        try await writer.perform { try $0.jobs.view.job(id) }
    }

    package func nextDue(in queue: String) async throws -> Int64? {
        try await writer.perform { try $0.jobs.view.nextDue(in: queue) }
    }

    package func counts(of queue: String) async throws -> [JobState: Int] {
        try await writer.perform { try $0.jobs.view.counts(of: queue) }
    }

    package func prune(queue: String, doneBefore: Int64, failedBefore: Int64) async throws -> Int {
        try await writer.perform { try $0.jobs.prune(queue, doneBefore: doneBefore, failedBefore: failedBefore) }
    }

    package func onReady(_ wake: @escaping @Sendable (Set<String>) -> Void) {
        ready.set(wake)
    }

    package func onCancel(_ stop: @escaping @Sendable (String) -> Void) {
        self.stop.set(stop)
    }
}

/// Jobs within a transaction of the store.
struct SQLiteJobs: JobTransaction {
    private let context: WriteContext

    init(_ context: WriteContext) {
        self.context = context
    }

    func enqueue(_ job: NewJob) throws -> String {
        let (id, isNew) = try context.jobs.enqueue(job)
        if isNew { context.wake(job.queue) }
        return id
    }

    func finish(_ claim: JobClaim, as outcome: JobOutcome) throws -> Bool {
        guard let end = try context.jobs.finish(claim, as: outcome) else { return false }
        if end.waits { context.wake(end.queue) }
        return true
    }

    func cancel(uniqueKey key: String) throws -> Bool {
        guard let id = try context.jobs.live(key) else { return false }
        if try context.jobs.cancel(id) == true { context.stop(id) }
        return true
    }
}

extension SQLiteJobs: JobLog {
    func job(_ id: String) throws -> JobStatus? { try context.jobs.view.job(id) }

    func page(queue: String?, state: JobState?, limit: Int, offset: Int) throws -> (jobs: [JobStatus], total: Int) {
        try context.jobs.view.page(queue: queue, state: state, limit: limit, offset: offset)
    }

    func counts(of queue: String) throws -> [JobState: Int] { try context.jobs.view.counts(of: queue) }

    func retry(_ id: String) throws -> Bool {
        guard let queue = try context.jobs.retry(id) else { return false }
        context.wake(queue)
        return true
    }
}
