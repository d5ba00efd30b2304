package import NIOCore
package import Ports

extension Records {
    /// Ends a job and writes what comes of it, in one commit. Where the claim is stale the job is another's by now: nothing is written.
    package func end(
        _ claim: JobClaim, as outcome: JobOutcome = .done(result: nil), on loop: any EventLoop,
        _ body: @escaping @Sendable (RecordWriter, any Transaction) throws -> Void
    ) -> EventLoopFuture<Void> {
        write(for: .system(now: clock.now()), on: loop) { writer, transaction in
            guard try transaction.jobs.finish(claim, as: outcome) else { return }
            try body(writer, transaction)
        }
    }
}
