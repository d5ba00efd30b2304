/// Does the work of one kind of job.
///
/// It may be run more than once for the same job, never twice at the same moment. It runs on the cooperative pool and so must not block.
/// Its task is cancelled when the job was cancelled, took longer than its queue allows, or must be handed back at shutdown.
package protocol JobHandler: Sendable {
    /// Whatever it throws fails the attempt: the job is tried again after a delay, or is dead when no attempt is left.
    func run(_ job: RunningJob) async throws -> JobConclusion
}

/// How a handler leaves a job.
package enum JobConclusion: Sendable, Equatable {
    /// The result is JSON.
    case done(result: [UInt8]? = nil)
    /// The handler has ended the job itself, with `JobTransaction.finish(job.claim, as:)` in the commit of its result.
    case finished
    /// It will never succeed; not tried again.
    case dead(error: String)
}
