import Ports
import Synchronization

private struct Rollback: Error {}

extension JobQueueConformance {
    /// What belongs to the commit of the data.
    static let transactionCases: [JobQueueCase] = [
        JobQueueCase("a rolled-back job is never seen") { harness in
            try await harness.enqueue(kind: "before")
            do {
                try await harness.transaction { jobs in
                    _ = try jobs.enqueue(NewJob(kind: "ghost", queue: "q"))
                    throw Rollback()
                }
                throw BrokenPromise(description: "the error was swallowed")
            } catch is Rollback {}
            try expectEqual(try await harness.claim().map(\.kind), ["before"])
        },
        JobQueueCase("a committed job is seen, with all it was given") { harness in
            let new = NewJob(
                kind: "k", queue: "q", payload: Array("{\"a\":1}".utf8), maxAttempts: 7,
                record: JobRecord(collection: "posts", id: "p"), requestID: "r")
            let id = try await harness.enqueue(new)
            let job = try await harness.claimOne()
            try expectEqual(
                job,
                ClaimedJob(
                    claim: JobClaim(job: id, fence: job.claim.fence), kind: "k", queue: "q", payload: new.payload, attempt: 1,
                    maxAttempts: 7, record: new.record, requestID: "r"))
            let status = try await harness.status(id)
            try expectEqual(status.state, .running)
            try expectEqual(status.createdAt, harness.clock.now())
            try expectEqual(status.record, new.record)
        },
        JobQueueCase("many jobs of one transaction come together") { harness in
            try await harness.transaction { jobs in
                for number in 0..<200 { _ = try jobs.enqueue(NewJob(kind: "\(number)", queue: "q")) }
            }
            try expectEqual(Set(try await harness.claim(300).map(\.kind)), Set((0..<200).map(String.init)))
        },
        JobQueueCase("64 producers with one unique key make one job") { harness in
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<64 { group.addTask { try await harness.enqueue(key: "once") } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            try expectEqual(ids.count, 1)
            let job = try await harness.claimOne()
            try expectEqual(try await harness.enqueue(key: "once"), job.claim.job)
            try await harness.finish(job.claim, .done(result: nil))
            try expect(try await harness.enqueue(key: "once") != job.claim.job, "an ended job frees its key")
        },
        JobQueueCase("a job ends in the commit of its result, or not at all") { harness in
            let id = try await harness.enqueue()
            let job = try await harness.claimOne()
            do {
                try await harness.transaction { jobs in
                    try expect(try jobs.finish(job.claim, as: .done(result: nil)), "the claim holds")
                    throw Rollback()
                }
            } catch is Rollback {}
            try expectEqual(try await harness.status(id).state, .running)
            let ended = try await harness.transaction { jobs in
                [try jobs.finish(job.claim, as: .done(result: Array("1".utf8))), try jobs.finish(job.claim, as: .done(result: nil))]
            }
            try expectEqual(ended, [true, false])
            try expectEqual(try await harness.status(id).state, .done)
            try expectEqual(try await harness.status(id).result, Array("1".utf8))
        },
        JobQueueCase("payloads arrive as they were") { harness in
            let payloads: [[UInt8]] = [
                [], [0, 65, 0], Array("{\"n\":9007199254740993,\"m\":-9223372036854775808}".utf8),
                (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 31) }, [UInt8](repeating: 255, count: 4096), [0xC3, 0x28],
            ]
            for payload in payloads {
                try await harness.enqueue(payload: payload)
                let job = try await harness.claimOne()
                try expect(job.payload == payload, "a payload of \(payload.count) bytes has changed")
                try await harness.finish(job.claim, .done(result: payload))
                try expect(try await harness.status(job.claim.job).result == payload, "a result has changed")
            }
        },
        JobQueueCase("no wake-up is lost") { harness in
            let woken = Mutex(Set<String>())
            let jobs = 50
            let done = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            harness.queue.onReady { names in
                woken.withLock { $0.formUnion(names) }
                done.continuation.yield()
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for _ in 0..<jobs { try await harness.enqueue() }
                }
                group.addTask {
                    // Claims only when woken: a lost signal would leave this waiting for ever.
                    var claimed = 0
                    for await _ in done.stream {
                        claimed += try await harness.claim(100).count
                        if claimed == jobs { break }
                    }
                }
                try await group.waitForAll()
            }
            try expectEqual(woken.withLock { $0 }, ["q"])
        },
        JobQueueCase("jobs that are scheduled, released or retried wake too") { harness in
            let wakes = Mutex(0)
            let woken: @Sendable () -> Int = {
                wakes.withLock { count in
                    defer { count = 0 }
                    return count
                }
            }
            harness.queue.onReady { _ in wakes.withLock { $0 += 1 } }
            let id = try await harness.enqueue(runAt: harness.clock.now() + 1000, attempts: 1)
            // The signal may come just after the answer of its own commit, but not after that of the next.
            _ = try await harness.enqueue(NewJob(kind: "k", queue: "other"))
            try expect(woken() >= 1, "a scheduled job must wake")
            harness.clock.advance(by: 1000)
            try await harness.finish(try await harness.claimOne().claim, .released)
            try await harness.finish(try await harness.claimOne().claim, .failed(error: "e", retryAt: nil))
            _ = woken()
            try expect(try await harness.queue.retry(id), "it is dead")
            _ = try await harness.claim(1)
            try expect(woken() >= 1, "a retried job must wake")
        },
    ]
}
