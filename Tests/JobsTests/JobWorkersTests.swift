import Conformance
import Logging
import Ports
import Synchronization
import Testing

@testable import Jobs

/// Handlers made of closures.
private struct Handler: JobHandler {
    var body: @Sendable (RunningJob) async throws -> JobConclusion
    func run(_ job: RunningJob) async throws -> JobConclusion { try await body(job) }
}

private struct Broken: Error, CustomStringConvertible { var description: String }

/// What a handler tells its test, in order.
private struct Events: Sendable {
    private let stream = AsyncStream.makeStream(of: String.self)

    func tell(_ event: String) { stream.continuation.yield(event) }

    func next() async -> String? {
        var iterator = stream.stream.makeAsyncIterator()
        return await iterator.next()
    }
}

/// Waits until its task is cancelled.
private func waitForCancellation() async throws {
    let stream = AsyncStream.makeStream(of: Void.self)
    for await _ in stream.stream {}
    try Task.checkCancellation()
}

@Suite(.timeLimit(.minutes(1))) struct JobWorkersTests {
    private let harness = ReferenceHarness()
    private let events = Events()

    /// Runs workers on the queue `q` during `body`, then drains them at once.
    private func work(
        _ options: QueueOptions = QueueOptions(), handlers: [String: Handler], _ body: (JobWorkers) async throws -> Void
    ) async throws {
        let workers = JobWorkers(
            queue: harness.queue, handlers: handlers, queues: ["q": options], clock: harness.clock, random: SeededRandom(), worker: "w",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await workers.run() }
            defer { group.cancelAll() }
            try await body(workers)
        }
    }

    /// Tells that it has begun, and goes on until it is cancelled.
    private var endless: Handler {
        Handler { [events] _ in
            events.tell("started")
            try await waitForCancellation()
            return .done()
        }
    }

    /// Tells that it has begun, and ends with the signal, whoever cancels it.
    private func held(until signal: Signal) -> Handler {
        Handler { [events] _ in
            events.tell("started")
            await signal.wait()
            return .done()
        }
    }

    private func enqueue(_ kind: String = "k", payload: String = "", attempts: Int = 3, runAt: Int64? = nil) async throws -> String {
        try await harness.transaction { jobs in
            try jobs.enqueue(NewJob(kind: kind, queue: "q", payload: Array(payload.utf8), runAt: runAt, maxAttempts: attempts))
        }
    }

    /// The job as soon as it is in that state. Waits for commits, not for time.
    private func job(_ id: String, becomes state: JobState) async throws -> JobStatus {
        while true {
            if let status = try await harness.queue.job(id), status.state == state { return status }
            await Task.yield()
        }
    }

    @Test func runsWhatIsEnqueuedBeforeAndAfterItsStart() async throws {
        let before = try await enqueue(payload: "a")
        let handler = Handler { job in .done(result: job.payload + [UInt8(ascii: "!")]) }
        try await work(handlers: ["k": handler]) { _ in
            #expect(try await job(before, becomes: .done).result == Array("a!".utf8))
            let after = try await enqueue(payload: "b")
            #expect(try await job(after, becomes: .done).result == Array("b!".utf8))
        }
    }

    @Test func runsAtMostAsManyAsItMay() async throws {
        let running = Mutex((now: 0, most: 0))
        let handler = Handler { _ in
            running.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            for _ in 0..<20 { await Task.yield() }
            running.withLock { $0.now -= 1 }
            return .done()
        }
        var ids: [String] = []
        for _ in 0..<60 { ids.append(try await enqueue()) }
        try await work(QueueOptions(concurrency: 3), handlers: ["k": handler]) { _ in
            for id in ids { _ = try await job(id, becomes: .done) }
        }
        #expect(running.withLock { $0.most } == 3)
    }

    @Test func failsRetriesAfterItsDelayAndIsDeadAtLast() async throws {
        let id = try await enqueue(attempts: 2)
        let handler = Handler { job in throw Broken(description: "attempt \(job.job.attempt), last: \(job.isLastAttempt)") }
        try await work(QueueOptions(backoff: 1000), handlers: ["k": handler]) { _ in
            let failed = try await job(id, becomes: .scheduled)
            #expect(failed.error == "attempt 1, last: false")
            let delay = failed.runAt - harness.clock.now()
            #expect((800...1200).contains(delay))
            await harness.clock.waitForSleeper(until: failed.runAt)
            harness.clock.advance(by: delay)
            let dead = try await job(id, becomes: .dead)
            #expect(dead.error == "attempt 2, last: true")
            #expect(dead.attempts == 2)
        }
    }

    @Test func aKindWithoutHandlerIsRetriedThenDeadNeverDiscarded() async throws {
        let id = try await enqueue("unheard", attempts: 1)
        try await work(handlers: [:]) { _ in
            let dead = try await job(id, becomes: .dead)
            #expect(dead.error == "no handler for jobs of kind 'unheard'")
        }
    }

    @Test func aHopelessJobIsDeadAtOnce() async throws {
        let id = try await enqueue(attempts: 9)
        try await work(handlers: ["k": Handler { _ in .dead(error: "gone") }]) { _ in
            let dead = try await job(id, becomes: .dead)
            #expect(dead.error == "gone")
        }
    }

    @Test func aScheduledJobRunsWhenItsTimeComes() async throws {
        try await work(handlers: ["k": Handler { _ in .done() }]) { _ in
            let moment = harness.clock.now() + 60_000
            let id = try await enqueue(runAt: moment)
            await harness.clock.waitForSleeper(until: moment)
            // An earlier one must set the timer ahead.
            let earlier = try await enqueue(runAt: moment - 1000)
            await harness.clock.waitForSleeper(until: moment - 1000)
            harness.clock.advance(by: 59_000)
            _ = try await job(earlier, becomes: .done)
            #expect(try await harness.queue.job(id)?.state == .scheduled)
            await harness.clock.waitForSleeper(until: moment)
            harness.clock.advance(by: 1000)
            _ = try await job(id, becomes: .done)
        }
    }

    @Test func aHandlerEndsTheJobInItsOwnTransaction() async throws {
        let id = try await enqueue()
        let harness = harness
        let handler = Handler { job in
            let held = try await harness.transaction { try $0.finish(job.claim, as: .done(result: [1])) }
            #expect(held)
            return .finished
        }
        try await work(handlers: ["k": handler]) { _ in
            _ = try await job(id, becomes: .done)
            // The second job's end comes after the first one's in the same loop.
            _ = try await job(try await enqueue(), becomes: .done)
        }
        #expect(try await harness.queue.job(id)?.error == nil)
        #expect(try await harness.queue.job(id)?.result == [1])
    }

    @Test func aJobThatItsHandlerOnlyClaimsToHaveFinishedIsNotLost() async throws {
        let id = try await enqueue(attempts: 1)
        try await work(handlers: ["k": Handler { _ in .finished }]) { _ in
            let dead = try await job(id, becomes: .dead)
            #expect(dead.error == "the handler left the job unfinished")
        }
    }

    @Test func takingTooLongCancelsAndFails() async throws {
        let id = try await enqueue(attempts: 1)
        let handler = endless
        try await work(QueueOptions(timeout: 5000), handlers: ["k": handler]) { _ in
            let start = harness.clock.now()
            #expect(await events.next() == "started")
            await harness.clock.waitForSleeper(until: start + 5000)
            harness.clock.advance(by: 5000)
            let dead = try await job(id, becomes: .dead)
            #expect(dead.error == "took longer than 5000 ms")
        }
    }

    @Test func cancellingReachesTheHandler() async throws {
        let id = try await enqueue()
        let events = events
        let handler = Handler { job in
            events.tell("started")
            do {
                try await waitForCancellation()
            } catch {
                events.tell("cancelled")
                await #expect(throws: CancellationError.self) { try await job.report(progress: 1) }
                throw error
            }
            return .done()
        }
        try await work(handlers: ["k": handler]) { _ in
            #expect(await events.next() == "started")
            let isCancelled = try await harness.queue.cancel(id)
            #expect(isCancelled)
            #expect(await events.next() == "cancelled")
        }
        #expect(try await harness.queue.job(id)?.state == .cancelled)
    }

    @Test func progressIsKeptInItsRange() async throws {
        let id = try await enqueue()
        let events = events
        let handler = Handler { job in
            try await job.report(progress: 70, note: "n")
            events.tell("reported")
            try await waitForCancellation()
            return .done()
        }
        try await work(handlers: ["k": handler]) { _ in
            #expect(await events.next() == "reported")
            let status = try await harness.queue.job(id)
            #expect(status?.progress == 70)
            #expect(status?.note == "n")
        }
    }

    @Test func drainingLetsRunningJobsEndAndClaimsNoMore() async throws {
        let running = try await enqueue(payload: "1")
        let events = events
        let go = AsyncStream.makeStream(of: Void.self)
        let handler = Handler { _ in
            events.tell("started")
            for await _ in go.stream { break }
            return .done()
        }
        try await work(QueueOptions(concurrency: 1), handlers: ["k": handler]) { workers in
            #expect(await events.next() == "started")
            let waiting = try await enqueue(payload: "2")
            async let drained: Void = workers.drain(until: harness.clock.now() + 10_000)
            await harness.clock.waitForSleeper(until: harness.clock.now() + 10_000)
            go.continuation.yield()
            await drained
            #expect(try await harness.queue.job(running)?.state == .done)
            #expect(try await harness.queue.job(waiting)?.state == .ready)
        }
    }

    @Test func whatDoesNotEndInTimeIsHandedBackUncounted() async throws {
        let id = try await enqueue(attempts: 1)
        let handler = endless
        try await work(handlers: ["k": handler]) { workers in
            #expect(await events.next() == "started")
            let deadline = harness.clock.now() + 3000
            async let drained: Void = workers.drain(until: deadline)
            await harness.clock.waitForSleeper(until: deadline)
            harness.clock.advance(by: 3000)
            await drained
        }
        let status = try await harness.queue.job(id)
        #expect(status?.state == .ready)
        #expect(status?.attempts == 0)
    }

    @Test func evenAHandlerThatIgnoresItsCancellationIsHandedBack() async throws {
        let id = try await enqueue()
        let signal = Signal()
        let handler = held(until: signal)
        try await work(handlers: ["k": handler]) { workers in
            #expect(await events.next() == "started")
            let deadline = harness.clock.now() + 3000
            async let drained: Void = workers.drain(until: deadline)
            await harness.clock.waitForSleeper(until: deadline)
            harness.clock.advance(by: 3000)
            await harness.clock.waitForSleeper(until: deadline + QueueWorker.lastCall)
            harness.clock.advance(by: QueueWorker.lastCall)
            await drained
            let status = try await harness.queue.job(id)
            #expect(status?.state == .ready)
            signal.raise()
        }
        // What it said in the end came too late.
        #expect(try await harness.queue.job(id)?.state == .ready)
    }

    @Test func aStoreThatFailsForAWhileLosesNothing() async throws {
        let id = try await enqueue()
        let signal = Signal()
        let handler = held(until: signal)
        try await work(handlers: ["k": handler]) { _ in
            #expect(await events.next() == "started")
            harness.reference.fail(with: .unavailable("full"))
            let now = harness.clock.now()
            signal.raise()
            await harness.clock.waitForSleeper(until: now + QueueWorker.pause)
            harness.reference.fail(with: nil)
            harness.clock.advance(by: QueueWorker.pause)
            _ = try await job(id, becomes: .done)
        }
    }

    @Test func endedJobsAreForgottenAfterTheirRetention() async throws {
        let id = try await enqueue()
        try await work(QueueOptions(keepDone: 1000), handlers: ["k": Handler { _ in .done() }]) { _ in
            _ = try await job(id, becomes: .done)
            await harness.clock.waitForSleeper(until: harness.clock.now() + 3_600_000)
            harness.clock.advance(by: 3_600_000)
            while try await harness.queue.job(id) != nil { await Task.yield() }
        }
    }
}
