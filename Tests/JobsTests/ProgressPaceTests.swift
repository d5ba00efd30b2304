import Conformance
import Ports
import Synchronization
import Testing

@testable import Jobs

/// What is written of a job's progress while it is told often.
@Suite(.timeLimit(.minutes(1))) struct ProgressPaceTests {
    private let harness = ReferenceHarness()

    /// A job that runs, and a queue that counts what it is told of it.
    private func pace() async throws -> (ProgressPace, CountingQueue) {
        _ = try await harness.transaction { try $0.enqueue(NewJob(kind: "k", queue: "q")) }
        let job = try #require(try await harness.queue.claim(from: "q", limit: 1, worker: "w").first)
        let queue = CountingQueue(harness.queue)
        return (ProgressPace(job.claim, queue: queue, clock: harness.clock), queue)
    }

    @Test func fourInASecondAndTheLast() async throws {
        let (pace, queue) = try await pace()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await pace.run {} }
            for step in 0..<100 {
                let isMine = try await pace.say(step, note: nil)
                #expect(isMine)
                if step % 10 == 9 { harness.clock.advance(by: 100) }
            }
            // A second has gone by, with the moment at which it begins.
            #expect(queue.told.count <= 5 && queue.told.first == 0)
            harness.clock.advance(by: ProgressPace.interval)
            #expect(await queue.next(after: 98) == 99)
            group.cancelAll()
        }
        #expect(queue.told == queue.told.sorted() && queue.told.last == 99)
    }

    @Test func whatIsHeldStandsBeforeTheEnd() async throws {
        let (pace, queue) = try await pace()
        for step in [1, 2, 3] { #expect(try await pace.say(step, note: nil)) }
        #expect(queue.told == [1])
        #expect(try await pace.flush())
        #expect(queue.told == [1, 3])
        #expect(try await pace.flush())
        #expect(queue.told == [1, 3], "nothing twice")
    }

    @Test func whatSaysNothingNewIsNotWritten() async throws {
        let (pace, queue) = try await pace()
        for _ in 0..<10 {
            #expect(try await pace.say(5, note: "n"))
            harness.clock.advance(by: ProgressPace.interval)
        }
        #expect(queue.told == [5])
        #expect(try await pace.say(5, note: "m"))
        #expect(queue.told == [5, 5])
    }

    @Test func whoHasLostItsJobIsTold() async throws {
        let (pace, queue) = try await pace()
        #expect(try await pace.say(1, note: nil))
        #expect(try await pace.say(2, note: nil))
        let id = try #require(queue.claims.first).job
        _ = try await harness.queue.cancel(id)
        #expect(try await !pace.flush())
        harness.clock.advance(by: ProgressPace.interval)
        #expect(try await !pace.say(3, note: nil))
    }
}

/// Passes on what it is told of progress, and keeps it.
private final class CountingQueue: JobQueue {
    private struct State {
        var told: [Int] = []
        var claims: [JobClaim] = []
    }

    private let queue: any JobQueue
    private let state = Mutex(State())
    private let arrivals = AsyncStream.makeStream(of: Int.self)

    init(_ queue: any JobQueue) {
        self.queue = queue
    }

    var told: [Int] { state.withLock { $0.told } }
    var claims: [JobClaim] { state.withLock { $0.claims } }

    /// The first beyond that progress, once it has come.
    func next(after progress: Int) async -> Int? {
        for await told in arrivals.stream where told > progress { return told }
        return nil
    }

    func report(_ claim: JobClaim, progress: Int, note: String?) async throws -> Bool {
        state.withLock { state in
            state.told.append(progress)
            state.claims.append(claim)
        }
        defer { arrivals.continuation.yield(progress) }
        return try await queue.report(claim, progress: progress, note: note)
    }

    func claim(from queue: String, limit: Int, worker: String) async throws -> [ClaimedJob] {
        try await self.queue.claim(from: queue, limit: limit, worker: worker)
    }

    func finish(
        _ finished: [(claim: JobClaim, outcome: JobOutcome)], thenClaim limit: Int, from queue: String, worker: String
    ) async throws -> (finished: [String], claimed: [ClaimedJob]) {
        try await self.queue.finish(finished, thenClaim: limit, from: queue, worker: worker)
    }

    func cancel(_ id: String) async throws -> Bool { try await queue.cancel(id) }
    func retry(_ id: String) async throws -> Bool { try await queue.retry(id) }
    func job(_ id: String) async throws -> JobStatus? { try await queue.job(id) }
    func nextDue(in queue: String) async throws -> Int64? { try await self.queue.nextDue(in: queue) }
    func counts(of queue: String) async throws -> [JobState: Int] { try await self.queue.counts(of: queue) }

    func prune(queue: String, doneBefore: Int64, failedBefore: Int64) async throws -> Int {
        try await self.queue.prune(queue: queue, doneBefore: doneBefore, failedBefore: failedBefore)
    }

    func onReady(_ wake: @escaping @Sendable (Set<String>) -> Void) { queue.onReady(wake) }
    func onCancel(_ stop: @escaping @Sendable (String) -> Void) { queue.onCancel(stop) }
}
