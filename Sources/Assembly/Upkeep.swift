internal import Config
internal import HTTPAPI
internal import Identity
internal import Jobs
internal import NIOCore
internal import Ports
internal import Records

/// Built-in jobs that recur: what goes for good when its time is over. Each is one job, which enqueues its successor in the commit that ends it.
struct Upkeep: JobHandler {
    static let queue = "maintenance"
    static let kinds = [
        "softdelete.prune", "audit.prune", "proofs.prune", "session.prune", "deliveries.prune", "events.prune", "invitations.expire",
    ]
    /// What is done when a schedule says so.
    static let occasional = ["sitemap.rebuild"]
    /// Milliseconds between two runs.
    private static let interval: Int64 = 3_600_000
    /// So many failures in a row, with the queue's growing delay, that it outlives any disk that is full for a while.
    private static let attempts = 100

    private let current: CurrentApplication
    private let loop: any EventLoop

    init(current: CurrentApplication, loop: any EventLoop) {
        self.current = current
        self.loop = loop
    }

    /// Makes sure that each kind is waiting or running.
    static func begin(_ records: Records, on loop: any EventLoop) async throws {
        try await records.store.transaction(on: loop) { transaction in
            for kind in kinds { try enqueue(kind, at: nil, transaction) }
        }.get()
    }

    private static func enqueue(_ kind: String, at moment: Int64?, _ transaction: any Transaction) throws {
        _ = try transaction.jobs.enqueue(NewJob(kind: kind, queue: queue, runAt: moment, uniqueKey: kind, maxAttempts: attempts))
    }

    func run(_ job: RunningJob) async throws -> JobConclusion {
        let records = current.value.records
        switch job.job.kind {
        case "softdelete.prune": _ = try await records.pruneDeleted(on: loop)
        case "session.prune": try await pruneSessions()
        case "audit.prune": try await records.pruneAudit(on: loop)
        case "proofs.prune": try await pruneProofs()
        case "deliveries.prune": try await records.pruneDeliveries(on: loop)
        case "events.prune": try await records.pruneEvents(on: loop)
        case "invitations.expire": try await records.expireInvitations(on: loop)
        // What is kept of a sitemap lasts until the next commit: that of this job's end is one.
        default: break
        }
        try Task.checkCancellation()
        let (claim, kind, next) = (job.claim, job.job.kind, records.clock.now() + Self.interval)
        try await records.store.transaction(on: loop) { transaction in
            guard try transaction.jobs.finish(claim, as: .done(result: nil)) else { return }
            if Self.kinds.contains(kind) { try Self.enqueue(kind, at: next, transaction) }
        }.get()
        return .finished
    }

    /// What is over stays as long as a rate still counts it.
    private func pruneProofs() async throws {
        let (records, otp) = (current.value.records, current.value.site.configuration.auth.otp)
        let before = records.clock.now() - max(86_400_000, otp.perPhone.window, otp.budget?.window ?? 0)
        while try await records.store.transaction(on: loop, { try $0.proofs.prune(before: before, limit: 1_000) }).get() == 1_000 {
            try Task.checkCancellation()
        }
    }

    /// Sessions that have expired, and the keys whose last token has.
    private func pruneSessions() async throws {
        let (identity, store) = (current.value.identity, current.value.records.store)
        _ = try await identity.sessions.prune(on: loop).get()
        try await identity.keys.prune(lifetime: identity.sessions.accessLifetime, in: store, on: loop).get()
    }
}
