import Logging
import Ports
import Synchronization

/// Works off one queue: claims what is due up to its free slots, and ends what has run in the same commit.
///
/// Nothing is polled: it looks when the queue wakes it, when an attempt has ended, and when its alarm rings for the earliest scheduled job,
/// the earliest timeout, or a store that failed.
final class QueueWorker: Sendable {
    /// How long to wait before asking a store again that has failed, in milliseconds.
    static let pause: Int64 = 1_000
    /// How long handlers get to return after they were cancelled at shutdown, in milliseconds.
    static let lastCall: Int64 = 1_000

    private struct State {
        var running: [JobClaim: Attempt] = [:]
        /// Attempts that have ended, and are to be told to the queue.
        var ended: [(claim: JobClaim, outcome: JobOutcome)] = []
        /// Something may be due.
        var isReady = true
        /// Set when draining: running jobs have until then.
        var drainDeadline: Int64?
        /// Nothing is asked of a store that failed until then.
        var pausedUntil: Int64 = 0
    }

    private let name: String
    private let options: QueueOptions
    private let queue: any JobQueue
    private let handlers: [String: any JobHandler]
    private let clock: any Clock
    private let random: any Random
    private let worker: String
    private let logger: Logger
    private let state = Mutex(State())
    private let signal = Signal()
    private let handedBack = Signal()
    private let alarm: Alarm

    init(
        name: String, options: QueueOptions, queue: any JobQueue, handlers: [String: any JobHandler], clock: any Clock, random: any Random,
        worker: String, logger: Logger
    ) {
        self.name = name
        self.options = options
        self.queue = queue
        self.handlers = handlers
        self.clock = clock
        self.random = random
        self.worker = worker
        self.logger = logger
        self.alarm = Alarm(clock: clock)
    }

    func wake() {
        state.withLock { $0.isReady = true }
        signal.raise()
    }

    /// Cancels the handler of a job that was cancelled, if it runs here.
    func stop(_ job: String) {
        let attempt = state.withLock { state in state.running.first { $0.key.job == job }?.value }
        attempt?.stop(.lost)
    }

    /// Claims nothing more; running jobs have until that moment.
    func drain(until deadline: Int64) {
        let deadline = max(deadline, clock.now())
        state.withLock { $0.drainDeadline = min($0.drainDeadline ?? .max, deadline) }
        signal.raise()
    }

    /// Returns when, while draining, all jobs have ended or are handed back.
    func waitUntilHandedBack() async {
        await handedBack.wait()
    }

    /// Until drained, and until all handlers have returned.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.alarm.run { self.wake() } }
            repeat {
                await signal.wait()
                await look(in: &group)
            } while !isDrained
            handedBack.raise()
            group.cancelAll()
        }
    }

    /// Attempts that are just ending share the next commit: steps aside for as long as that brings more of them. Not a delay: where nothing
    /// ends, it returns at once.
    private func gather() async {
        var ended = 0
        while case let now = state.withLock({ $0.ended.count }), now > ended {
            ended = now
            await Task.yield()
        }
    }

    private var isDrained: Bool {
        state.withLock { $0.drainDeadline != nil && $0.running.isEmpty && $0.ended.isEmpty }
    }

    private func look(in group: inout TaskGroup<Void>) async {
        while true {
            await gather()
            stopOverdue()
            let now = clock.now()
            let (ended, free): ([(claim: JobClaim, outcome: JobOutcome)], Int) = state.withLock { state in
                // A pause that is longer than a pause can be was set before the clock was put back.
                guard now >= state.pausedUntil || state.pausedUntil - now > QueueWorker.pause else { return ([], 0) }
                let free = state.isReady && state.drainDeadline == nil ? options.concurrency - state.running.count : 0
                if free > 0 { state.isReady = false }
                defer { state.ended = [] }
                return (state.ended, max(0, free))
            }
            guard !ended.isEmpty || free > 0 else { break }
            do {
                let answer = try await queue.finish(ended, thenClaim: free, from: name, worker: worker)
                answer.claimed.forEach { start($0, in: &group) }
                if free > 0, answer.claimed.count == free {
                    state.withLock { $0.isReady = true }
                } else if free > 0 || ended.contains(where: \.outcome.isRetry) {
                    if let due = try await queue.nextDue(in: name) { alarm.set(due) }
                }
            } catch {
                logger.error("the queue cannot be reached", metadata: ["queue": "\(name)", "error": "\(error)"])
                let until = clock.now() + QueueWorker.pause
                state.withLock { state in
                    // Told again: what had been written after all is left out by its fence.
                    state.ended.insert(contentsOf: ended, at: 0)
                    state.isReady = true
                    state.pausedUntil = until
                }
                alarm.set(until)
            }
        }
        setAlarm()
    }

    private func start(_ job: ClaimedJob, in group: inout TaskGroup<Void>) {
        let attempt = Attempt(queue: queue, options: options, clock: clock, random: random)
        state.withLock { $0.running[job.claim] = attempt }
        group.addTask {
            let outcome = await attempt.run(job, handler: self.handlers[job.kind])
            if !attempt.isFinishedByHandler { self.log(outcome, of: job) }
            self.end(job.claim, outcome)
        }
    }

    private func end(_ claim: JobClaim, _ outcome: JobOutcome) {
        state.withLock { state in
            // An attempt that was handed back has nothing more to say.
            guard state.running.removeValue(forKey: claim) != nil else { return }
            state.ended.append((claim, outcome))
        }
        signal.raise()
    }

    /// Cancels what has run for too long; at shutdown, hands back what does not return.
    private func stopOverdue() {
        let now = clock.now()
        let (late, left): ([Attempt], [Attempt]) = state.withLock { state in
            let late = state.running.values.filter { $0.deadline <= now }
            guard let deadline = state.drainDeadline, deadline <= now else { return (late, []) }
            let left = Array(state.running.values)
            if deadline.addingReportingOverflow(QueueWorker.lastCall).partialValue <= now {
                state.ended += state.running.keys.map { ($0, .released) }
                state.running = [:]
            }
            return (late, left)
        }
        late.forEach { $0.stop(.timeout) }
        left.forEach { $0.stop(.shutdown) }
    }

    private func setAlarm() {
        let now = clock.now()
        let moments: [Int64] = state.withLock { state in
            var moments = [state.running.values.map(\.deadline).filter { $0 > now }.min()].compactMap(\.self)
            if let deadline = state.drainDeadline, !state.running.isEmpty {
                moments.append(deadline > now ? deadline : deadline.addingReportingOverflow(QueueWorker.lastCall).partialValue)
            }
            return moments
        }
        moments.forEach(alarm.set)
    }

    private func log(_ outcome: JobOutcome, of job: ClaimedJob) {
        guard case .failed(let error, let retryAt) = outcome else { return }
        logger.log(
            level: retryAt == nil ? .error : .warning, retryAt == nil ? "a job is dead" : "a job has failed and is tried again",
            metadata: [
                "queue": "\(name)", "kind": "\(job.kind)", "job": "\(job.claim.job)", "attempt": "\(job.attempt)", "error": "\(error)",
                "request_id": "\(job.requestID ?? "")",
            ])
    }

    /// Forgets ended jobs past their retention, now and every hour, until its task is cancelled.
    func prune() async {
        while !Task.isCancelled {
            do {
                let now = clock.now()
                while !Task.isCancelled,
                    try await queue.prune(queue: name, doneBefore: now - options.keepDone, failedBefore: now - options.keepFailed) > 0
                {}
            } catch {
                logger.error("ended jobs cannot be removed", metadata: ["queue": "\(name)", "error": "\(error)"])
            }
            do {
                try await clock.sleep(until: clock.now() + 3_600_000)
            } catch {
                return
            }
        }
    }
}

extension JobOutcome {
    fileprivate var isRetry: Bool {
        if case .failed(_, .some) = self { true } else { false }
    }
}
