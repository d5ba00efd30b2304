import Ports
import Synchronization

extension JobQueueConformance {
    /// How jobs end.
    static let endingCases: [JobQueueCase] = [
        JobQueueCase("a failed job is tried again when it may, and is dead at last") { harness in
            let id = try await harness.enqueue(attempts: 2)
            let retryAt = harness.clock.now() + 2000
            try await harness.finish(try await harness.claimOne().claim, .failed(error: "first", retryAt: retryAt))
            var status = try await harness.status(id)
            try expectEqual(status.state, .scheduled)
            try expectEqual(status.error, "first")
            try expectEqual(status.runAt, retryAt)
            try expectEqual(try await harness.queue.nextDue(in: "q"), retryAt)
            harness.clock.advance(by: 2000)
            try await harness.finish(try await harness.claimOne().claim, .failed(error: "second", retryAt: nil))
            status = try await harness.status(id)
            try expectEqual(status.state, .dead)
            try expectEqual(status.error, "second")
            try expectEqual(status.endedAt, harness.clock.now())
            try expectEqual(try await harness.claim().count, 0)
        },
        JobQueueCase("a dead job can be retried, a done one cannot") { harness in
            let id = try await harness.enqueue(attempts: 1)
            try expect(!(try await harness.queue.retry(id)), "it has not ended")
            try await harness.finish(try await harness.claimOne().claim, .failed(error: "e", retryAt: nil))
            try expect(try await harness.queue.retry(id), "it is dead")
            let job = try await harness.claimOne()
            try expectEqual(job.attempt, 1)
            try expectEqual(job.claim.job, id)
            try await harness.finish(job.claim, .done(result: nil))
            try expect(!(try await harness.queue.retry(id)), "it is done")
            try expect(!(try await harness.queue.retry("unknown")), "an unknown job")
        },
        JobQueueCase("a retry does not make a second job of a unique key") { harness in
            let id = try await harness.enqueue(key: "u", attempts: 1)
            try await harness.finish(try await harness.claimOne().claim, .failed(error: "e", retryAt: nil))
            let twin = try await harness.enqueue(key: "u")
            try expect(!(try await harness.queue.retry(id)), "its key is taken")
            try expectEqual(try await harness.claimOne().claim.job, twin)
        },
        JobQueueCase("cancelled is cancelled") { harness in
            let stopped = Mutex<[String]>([])
            harness.queue.onCancel { id in stopped.withLock { $0.append(id) } }
            let waiting = try await harness.enqueue(runAt: harness.clock.now() + 1)
            try expect(try await harness.queue.cancel(waiting), "it waits")
            harness.clock.advance(by: 1)
            try expectEqual(try await harness.claim().count, 0)
            let running = try await harness.enqueue()
            let job = try await harness.claimOne()
            try expect(try await harness.queue.cancel(running), "it runs")
            try expect(!(try await harness.queue.cancel(running)), "it has ended")
            try expect(!(try await harness.queue.cancel("unknown")), "an unknown job")
            try expect(!(try await harness.queue.report(job.claim, progress: 1, note: nil)), "its progress is refused")
            try expect(!(try await harness.finish(job.claim, .done(result: nil))), "its end is refused")
            let status = try await harness.status(running)
            try expectEqual(status.state, .cancelled)
            try expectEqual(status.endedAt, harness.clock.now())
            try expectEqual(stopped.withLock { $0 }, [running])
            try expect(try await harness.queue.retry(running), "it can be retried")
        },
        JobQueueCase("cancelling and completing have one winner") { harness in
            for _ in 0..<50 {
                let id = try await harness.enqueue()
                let claim = try await harness.claimOne().claim
                async let cancelled = harness.queue.cancel(id)
                async let done = harness.finish(claim, .done(result: nil))
                let (first, second) = try await (cancelled, done)
                try expect(first != second, "cancelled: \(first), done: \(second)")
                try expectEqual(try await harness.status(id).state, first ? .cancelled : .done)
            }
        },
        JobQueueCase("progress is kept, and begins anew with an attempt") { harness in
            let id = try await harness.enqueue()
            let job = try await harness.claimOne()
            try expect(try await harness.queue.report(job.claim, progress: 40, note: "half"), "the claim holds")
            try expectEqual(try await harness.status(id).progress, 40)
            try expectEqual(try await harness.status(id).note, "half")
            try await harness.finish(job.claim, .failed(error: "e", retryAt: harness.clock.now()))
            _ = try await harness.claimOne()
            try expectEqual(try await harness.status(id).progress, 0)
            try expectEqual(try await harness.status(id).note, nil)
        },
    ]

    static let upkeepCases: [JobQueueCase] = [
        JobQueueCase("jobs are counted by state") { harness in
            let later = harness.clock.now() + 1000
            try await harness.enqueue(runAt: later)
            for _ in 0..<6 { try await harness.enqueue() }
            let jobs = try await harness.claim(5)
            try await harness.finish(jobs[0].claim, .done(result: nil))
            try await harness.finish(jobs[1].claim, .failed(error: "e", retryAt: nil))
            try await harness.finish(jobs[2].claim, .failed(error: "e", retryAt: later))
            _ = try await harness.queue.cancel(jobs[3].claim.job)
            let counts = try await harness.queue.counts(of: "q").filter { $0.value > 0 }
            try expectEqual(counts, [.scheduled: 2, .ready: 1, .running: 1, .done: 1, .dead: 1, .cancelled: 1])
            try expectEqual(try await harness.queue.counts(of: "none").filter { $0.value > 0 }, [:])
        },
        JobQueueCase("only ended jobs past their retention are removed") { harness in
            let start = harness.clock.now()
            for _ in 0..<5 { try await harness.enqueue(payload: [UInt8](repeating: 7, count: 10_000)) }
            let jobs = try await harness.claim(4)
            try await harness.finish(jobs[0].claim, .done(result: nil))
            try await harness.finish(jobs[1].claim, .failed(error: "e", retryAt: nil))
            _ = try await harness.queue.cancel(jobs[2].claim.job)
            try expectEqual(try await harness.queue.prune(queue: "q", doneBefore: start, failedBefore: start), 0)
            try expectEqual(try await harness.queue.prune(queue: "none", doneBefore: start + 1, failedBefore: start + 1), 0)
            try expectEqual(try await harness.queue.prune(queue: "q", doneBefore: start + 1, failedBefore: start), 1)
            try expectEqual(try await harness.queue.job(jobs[0].claim.job), nil)
            try expectEqual(try await harness.queue.prune(queue: "q", doneBefore: start + 1, failedBefore: start + 1), 2)
            let counts = try await harness.queue.counts(of: "q").filter { $0.value > 0 }
            try expectEqual(counts, [.running: 1, .ready: 1])
        },
        JobQueueCase("what ran when the process died runs again, as often as it may") { harness in
            let often = try await harness.enqueue(attempts: 2)
            let once = try await harness.enqueue(attempts: 1)
            let waiting = try await harness.enqueue(runAt: harness.clock.now() + 1000)
            let before = try await harness.claim()
            try expectEqual(before.count, 2)
            let reborn = try await harness.crash()
            for job in before { try expect(!(try await reborn.finish(job.claim, .done(result: nil))), "a claim outlived its process") }
            try expectEqual(try await reborn.status(once).state, .dead)
            try expect(try await reborn.status(once).error != nil, "why it is dead must be told")
            try expectEqual(try await reborn.status(waiting).state, .scheduled)
            let again = try await reborn.claimOne()
            try expectEqual(again.claim.job, often)
            try expectEqual(again.attempt, 2)
            try expect(!before.map(\.claim.fence).contains(again.claim.fence), "a fence was used again")
        },
    ]
}
