package import Ports
import Synchronization

/// The promises of `JobQueue` in the plainest way, in memory: what the suite is checked against, and what workers are tested with.
package final class ReferenceJobQueue: JobQueue {
    private struct Entry {
        var status: JobStatus
        var new: NewJob
        var fence: Int64 = 0
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var fence: Int64 = 0
        var woken: Set<String> = []
        var failure: StoreError?
    }

    private let state = Mutex(State())
    private let wakes = Mutex<(@Sendable (Set<String>) -> Void)?>(nil)
    private let stops = Mutex<(@Sendable (String) -> Void)?>(nil)
    private let clock: any Clock
    private let random: any Random

    package init(clock: any Clock, random: any Random = SeededRandom()) {
        self.clock = clock
        self.random = random
    }

    /// From now on every call throws that error, or none again.
    package func fail(with error: StoreError?) { state.withLock { $0.failure = error } }

    /// What a process that was killed leaves behind to the next.
    package func crash() -> ReferenceJobQueue {
        let reborn = ReferenceJobQueue(clock: clock, random: random)
        let left = state.withLock { $0 }
        let now = clock.now()
        reborn.state.withLock { state in
            state = left
            for (id, entry) in left.entries where entry.status.state == .running {
                var entry = entry
                entry.fence = 0
                entry.status.state = .ready
                if entry.status.attempts >= entry.status.maxAttempts {
                    entry.status.state = .dead
                    entry.status.error = "the process died in the last attempt"
                    entry.status.endedAt = now
                }
                state.entries[id] = entry
            }
        }
        return reborn
    }

    /// All or nothing; wakes after the commit.
    package func transaction<Result>(_ body: (any JobTransaction) throws -> Result) throws -> Result {
        let (result, woken) = try state.withLock { state in
            if let failure = state.failure { throw failure }
            let transaction = Work(state, now: clock.now(), random: random)
            let result = try body(transaction)
            let woken = transaction.state.woken
            state = transaction.state
            state.woken = []
            return (Unchecked(value: result), woken)
        }
        if !woken.isEmpty { wakes.withLock { $0 }?(woken) }
        return result.value
    }

    private func commit<Result>(_ body: (Work) throws -> Result) throws -> Result {
        try transaction { transaction in
            guard let work = transaction as? Work else { throw StoreError.unavailable("a foreign transaction") }
            return try body(work)
        }
    }

    package func claim(from queue: String, limit: Int, worker: String) async throws -> [ClaimedJob] {
        try commit { $0.claim(queue, limit) }
    }

    package func finish(
        _ finished: [(claim: JobClaim, outcome: JobOutcome)], thenClaim limit: Int, from queue: String, worker: String
    ) async throws -> (finished: [String], claimed: [ClaimedJob]) {
        try commit { work in
            let ended = try finished.filter { try work.finish($0.claim, as: $0.outcome) }.map(\.claim.job)
            return (ended, work.claim(queue, limit))
        }
    }

    package func report(_ claim: JobClaim, progress: Int, note: String?) async throws -> Bool {
        try commit { work in
            guard work.holds(claim) else { return false }
            work.state.entries[claim.job]?.status.progress = progress
            work.state.entries[claim.job]?.status.note = note
            return true
        }
    }

    package func cancel(_ id: String) async throws -> Bool {
        let was: JobState? = try commit { work in
            guard var entry = work.state.entries[id], entry.status.state.isLive else { return nil }
            let was = entry.status.state
            entry.status.state = .cancelled
            entry.status.endedAt = work.now
            entry.fence = 0
            work.state.entries[id] = entry
            return was
        }
        if was == .running { stops.withLock { $0 }?(id) }
        return was != nil
    }

    package func retry(_ id: String) async throws -> Bool {
        try commit { work in
            guard var entry = work.state.entries[id], [.dead, .cancelled].contains(entry.status.state) else { return false }
            if let key = entry.new.uniqueKey, work.live(key) != nil { return false }
            entry.status.state = .ready
            entry.status.attempts = 0
            entry.status.runAt = work.now
            entry.status.endedAt = nil
            work.state.entries[id] = entry
            work.state.woken.insert(entry.new.queue)
            return true
        }
    }

    package func job(_ id: String) async throws -> JobStatus? {
        state.withLock { $0.entries[id]?.status }
    }

    package func nextDue(in queue: String) async throws -> Int64? {
        state.withLock { state in
            state.entries.values.filter { $0.new.queue == queue && $0.status.state == .scheduled }.map(\.status.runAt).min()
        }
    }

    package func counts(of queue: String) async throws -> [JobState: Int] {
        state.withLock { state in
            state.entries.values.filter { $0.new.queue == queue }.reduce(into: [:]) { $0[$1.status.state, default: 0] += 1 }
        }
    }

    package func prune(queue: String, doneBefore: Int64, failedBefore: Int64) async throws -> Int {
        try commit { work in
            let old = work.state.entries.values.filter { entry in
                guard entry.new.queue == queue, let ended = entry.status.endedAt else { return false }
                return ended < (entry.status.state == .done ? doneBefore : failedBefore)
            }
            for entry in old.prefix(1000) { work.state.entries[entry.status.id] = nil }
            return min(old.count, 1000)
        }
    }

    package func onReady(_ wake: @escaping @Sendable (Set<String>) -> Void) { wakes.withLock { $0 = wake } }
    package func onCancel(_ stop: @escaping @Sendable (String) -> Void) { stops.withLock { $0 = stop } }

    /// Used under the lock only.
    private struct Unchecked<Value>: @unchecked Sendable { var value: Value }

    private final class Work: JobTransaction {
        var state: State
        let now: Int64
        private let random: any Random

        init(_ state: State, now: Int64, random: any Random) {
            self.state = state
            self.now = now
            self.random = random
        }

        func live(_ key: String) -> String? {
            state.entries.values.first { $0.new.uniqueKey == key && $0.status.state.isLive }?.status.id
        }

        func holds(_ claim: JobClaim) -> Bool {
            guard let entry = state.entries[claim.job] else { return false }
            return entry.status.state == .running && entry.fence == claim.fence
        }

        func enqueue(_ job: NewJob) throws -> String {
            if let key = job.uniqueKey, let id = live(key) { return id }
            let id = UUIDv7.text(milliseconds: now, random: random.bytes(10))
            let runAt = job.runAt ?? now
            let status = JobStatus(
                id: id, kind: job.kind, queue: job.queue, state: runAt > now ? .scheduled : .ready, attempts: 0,
                maxAttempts: job.maxAttempts, progress: 0, note: nil, result: nil, error: nil, record: job.record, createdAt: now,
                runAt: runAt, endedAt: nil)
            state.entries[id] = Entry(status: status, new: job)
            state.woken.insert(job.queue)
            return id
        }

        func cancel(uniqueKey key: String) throws -> Bool {
            guard let id = live(key), var entry = state.entries[id] else { return false }
            (entry.status.state, entry.status.endedAt, entry.fence) = (.cancelled, now, 0)
            state.entries[id] = entry
            return true
        }

        func claim(_ queue: String, _ limit: Int) -> [ClaimedJob] {
            let due = state.entries.values.filter { entry in
                entry.new.queue == queue && [.ready, .scheduled].contains(entry.status.state) && entry.status.runAt <= now
            }
            let order = due.sorted { ($1.new.priority, $0.status.runAt, $0.status.id) < ($0.new.priority, $1.status.runAt, $1.status.id) }
            return order.prefix(max(0, limit)).map { entry in
                var entry = entry
                state.fence += 1
                entry.fence = state.fence
                entry.status.state = .running
                entry.status.attempts += 1
                entry.status.progress = 0
                entry.status.note = nil
                state.entries[entry.status.id] = entry
                return ClaimedJob(
                    claim: JobClaim(job: entry.status.id, fence: entry.fence), kind: entry.new.kind, queue: queue,
                    payload: entry.new.payload, attempt: entry.status.attempts, maxAttempts: entry.status.maxAttempts,
                    record: entry.new.record, requestID: entry.new.requestID)
            }
        }

        func finish(_ claim: JobClaim, as outcome: JobOutcome) throws -> Bool {
            guard holds(claim), var entry = state.entries[claim.job] else { return false }
            entry.fence = 0
            switch outcome {
            case .done(let result):
                entry.status.state = .done
                entry.status.result = result
                entry.status.progress = 100
                entry.status.endedAt = now
            case .failed(let error, let retryAt):
                entry.status.error = error
                entry.status.state = retryAt == nil ? .dead : .scheduled
                entry.status.runAt = retryAt ?? entry.status.runAt
                entry.status.endedAt = retryAt == nil ? now : nil
                state.woken.insert(entry.new.queue)
            case .released:
                entry.status.state = .ready
                entry.status.attempts -= 1
                state.woken.insert(entry.new.queue)
            }
            state.entries[claim.job] = entry
            return true
        }
    }
}

extension JobState {
    fileprivate var isLive: Bool { [.scheduled, .ready, .running].contains(self) }
}

/// The reference under its own suite.
package struct ReferenceHarness: JobQueueHarness {
    package let clock: ManualClock
    package let reference: ReferenceJobQueue
    package var queue: any JobQueue { reference }

    package init(clock: ManualClock = ManualClock()) {
        self.clock = clock
        self.reference = ReferenceJobQueue(clock: clock)
    }

    private init(clock: ManualClock, reference: ReferenceJobQueue) {
        self.clock = clock
        self.reference = reference
    }

    package func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any JobTransaction) throws -> Result
    ) async throws -> Result {
        try reference.transaction(body)
    }

    package func crash() async throws -> ReferenceHarness {
        ReferenceHarness(clock: clock, reference: reference.crash())
    }
}
