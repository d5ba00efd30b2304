import Ports
import Synchronization

/// Runs the handler of one claimed job, and can be told to stop.
final class Attempt: Sendable {
    enum StopReason: Sendable {
        /// The job was cancelled: its fence is stale.
        case lost
        case timeout
        case shutdown
    }

    let queue: any JobQueue
    /// Milliseconds since 1970.
    let deadline: Int64
    private let options: QueueOptions
    private let clock: any Clock
    private let random: any Random
    private let reason = Mutex<StopReason?>(nil)
    /// Raised when the handler has ended or must be stopped.
    private let signal = Signal()
    private let finished = Atomic(false)

    init(queue: any JobQueue, options: QueueOptions, clock: any Clock, random: any Random) {
        self.queue = queue
        self.options = options
        self.clock = clock
        self.random = random
        self.deadline = clock.now() + options.timeout
    }

    /// Cancels the handler's task. The first reason counts.
    func stop(_ why: StopReason) {
        reason.withLock { if $0 == nil { $0 = why } }
        signal.raise()
    }

    /// Whether the handler said that it has ended the job itself: what `run` gave is then only a guard, and no failure to speak of.
    var isFinishedByHandler: Bool { finished.load(ordering: .relaxed) }

    /// How the attempt ended. Returns only when the handler has returned: the next attempt never overlaps with this one.
    func run(_ job: ClaimedJob, handler: (any JobHandler)?) async -> JobOutcome {
        guard let handler else { return failure(of: job, "no handler for jobs of kind '\(job.kind)'") }
        let pace = ProgressPace(job.claim, queue: queue, clock: clock)
        let conclusion = await withTaskGroup(of: Void.self) { group -> Result<JobConclusion, any Error>? in
            group.addTask { await pace.run { self.stop(.lost) } }
            defer { group.cancelAll() }
            return await self.conclusion(of: job, by: handler, pace)
        }
        // What was said last stands before the end, unless nothing is left to say.
        switch conclusion {
        case .success(.done), .success(.finished): break
        default: _ = try? await pace.flush()
        }
        switch conclusion {
        case .success(.done(let result)): return .done(result: result)
        // Its fence is stale by now, so that this changes nothing, unless the handler was wrong: then the job is not lost.
        case .success(.finished):
            finished.store(true, ordering: .relaxed)
            return failure(of: job, "the handler left the job unfinished")
        case .success(.dead(let error)): return .failed(error: error.bounded(to: RunningJob.longestError), retryAt: nil)
        case .failure(let error):
            switch reason.withLock({ $0 }) {
            case .shutdown: return .released
            case .timeout: return failure(of: job, "took longer than \(options.timeout) ms")
            case .lost, nil: return failure(of: job, "\(error)")
            }
        case nil: return failure(of: job, "the handler did not run")
        }
    }

    private func conclusion(
        of job: ClaimedJob, by handler: any JobHandler, _ pace: ProgressPace
    ) async -> Result<JobConclusion, any Error>? {
        await withTaskGroup(of: Result<JobConclusion, any Error>.self) { group in
            group.addTask {
                defer { self.signal.raise() }
                do {
                    return .success(try await handler.run(RunningJob(job, attempt: self, pace: pace)))
                } catch {
                    return .failure(error)
                }
            }
            await signal.wait()
            group.cancelAll()
            return await group.next()
        }
    }

    func failure(of job: ClaimedJob, _ error: String) -> JobOutcome {
        let isLast = job.attempt >= job.maxAttempts
        return .failed(
            error: error.bounded(to: RunningJob.longestError),
            retryAt: isLast ? nil : clock.now() + options.delay(after: job.attempt, random: random))
    }
}
