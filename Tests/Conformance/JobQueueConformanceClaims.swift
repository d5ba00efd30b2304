import Ports

extension JobQueueConformance {
    /// Who gets which job, when.
    static let claimCases: [JobQueueCase] = [
        JobQueueCase("order is priority, then run_at, then id") { harness in
            let now = harness.clock.now()
            try await harness.transaction { jobs in
                for (kind, priority, runAt) in [
                    ("low", -1, now - 9000), ("late", 0, now - 1), ("early", 0, now - 1000), ("high", 5, now), ("higher", 6, now),
                ] as [(String, Int, Int64)] {
                    _ = try jobs.enqueue(NewJob(kind: kind, queue: "q", priority: priority, runAt: runAt))
                }
            }
            try expectEqual(try await harness.claim(2).map(\.kind), ["higher", "high"])
            try expectEqual(try await harness.claim().map(\.kind), ["early", "late", "low"])
            for _ in 0..<20 { try await harness.enqueue(runAt: now) }
            let ids = try await harness.claim(20).map(\.claim.job)
            try expectEqual(ids, ids.sorted())
        },
        JobQueueCase("a limit is a limit, and queues are apart") { harness in
            for _ in 0..<5 { try await harness.enqueue() }
            _ = try await harness.enqueue(NewJob(kind: "k", queue: "other"))
            try expectEqual(try await harness.claim(0).count, 0)
            try expectEqual(try await harness.claim(-1).count, 0)
            try expectEqual(try await harness.claim(3).count, 3)
            try expectEqual(try await harness.claim(100).count, 2)
            try expectEqual(try await harness.queue.claim(from: "other", limit: 9, worker: "w").count, 1)
            try expectEqual(try await harness.queue.claim(from: "none", limit: 9, worker: "w").count, 0)
        },
        JobQueueCase("a delayed job becomes due by the clock") { harness in
            let now = harness.clock.now()
            let id = try await harness.enqueue(priority: 9, runAt: now + 5000)
            try await harness.enqueue(kind: "later", runAt: now + 9000)
            try expectEqual(try await harness.queue.nextDue(in: "q"), now + 5000)
            try expectEqual(try await harness.status(id).state, .scheduled)
            try expectEqual(try await harness.claim().count, 0)
            harness.clock.advance(by: 4999)
            try expectEqual(try await harness.claim().count, 0)
            harness.clock.advance(by: 1)
            try expectEqual(try await harness.claimOne().claim.job, id)
            try expectEqual(try await harness.queue.nextDue(in: "q"), now + 9000)
            try expectEqual(try await harness.queue.nextDue(in: "none"), nil)
        },
        JobQueueCase("a waiting backlog of high priority that is not due hides nothing") { harness in
            let now = harness.clock.now()
            try await harness.transaction { jobs in
                for _ in 0..<500 { _ = try jobs.enqueue(NewJob(kind: "later", queue: "q", priority: 9, runAt: now + 1000)) }
                _ = try jobs.enqueue(NewJob(kind: "now", queue: "q"))
            }
            try expectEqual(try await harness.claim().map(\.kind), ["now"])
        },
        JobQueueCase("32 claimers never get one job twice") { harness in
            try await harness.transaction { jobs in
                for _ in 0..<640 { _ = try jobs.enqueue(NewJob(kind: "k", queue: "q")) }
            }
            let claimed = try await withThrowingTaskGroup(of: [ClaimedJob].self) { group in
                for _ in 0..<32 {
                    group.addTask {
                        var mine: [ClaimedJob] = []
                        while case let jobs = try await harness.claim(7), !jobs.isEmpty { mine += jobs }
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try expectEqual(claimed.count, 640)
            try expectEqual(Set(claimed.map(\.claim.job)).count, 640)
        },
        JobQueueCase("an attempt counts at the claim; a released one does not") { harness in
            let id = try await harness.enqueue(attempts: 2)
            var job = try await harness.claimOne()
            try expectEqual(try await harness.status(id).attempts, 1)
            try expect(try await harness.finish(job.claim, .released), "the claim holds")
            try expectEqual(try await harness.status(id).attempts, 0)
            try expectEqual(try await harness.status(id).state, .ready)
            job = try await harness.claimOne()
            try expectEqual(job.attempt, 1)
            try await harness.finish(job.claim, .failed(error: "e", retryAt: harness.clock.now()))
            job = try await harness.claimOne()
            try expectEqual(job.attempt, 2)
        },
        JobQueueCase("a stale fence changes nothing") { harness in
            let id = try await harness.enqueue()
            let old = try await harness.claimOne()
            try await harness.finish(old.claim, .released)
            let new = try await harness.claimOne()
            try expect(new.claim.fence != old.claim.fence, "each claim has a fresh fence")
            for outcome in [.done(result: nil), .failed(error: "e", retryAt: nil), .released] as [JobOutcome] {
                try expect(!(try await harness.finish(old.claim, outcome)), "\(outcome) was accepted")
                let stale = try await harness.transaction { try $0.finish(old.claim, as: outcome) }
                try expect(!stale, "\(outcome) was accepted in a transaction")
            }
            try expect(!(try await harness.queue.report(old.claim, progress: 50, note: "n")), "progress was accepted")
            let status = try await harness.status(id)
            try expectEqual(status.state, .running)
            try expectEqual(status.progress, 0)
            try expect(try await harness.finish(new.claim, .done(result: nil)), "the living claim holds")
            try expect(!(try await harness.finish(JobClaim(job: "unknown", fence: new.claim.fence), .released)), "an unknown job")
        },
        JobQueueCase("ending and claiming in one commit") { harness in
            for _ in 0..<4 { try await harness.enqueue() }
            let first = try await harness.claim(2)
            let stale = JobClaim(job: first[0].claim.job, fence: first[0].claim.fence &+ 1_000_000)
            let ended = first.map { ($0.claim, JobOutcome.done(result: nil)) } + [(stale, .done(result: nil))]
            let answer = try await harness.queue.finish(ended, thenClaim: 5, from: "q", worker: "w")
            try expectEqual(answer.finished, first.map(\.claim.job))
            try expectEqual(answer.claimed.count, 2)
            try expect(Set(answer.claimed.map(\.claim.job)).isDisjoint(with: answer.finished), "ended jobs stay ended")
        },
    ]
}
