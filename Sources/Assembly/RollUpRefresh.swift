internal import Jobs
internal import NIOCore
internal import Ports
internal import Records
internal import Schema

/// `rollup.refresh`: brings the computed values of one record in line that are `async`, in the commit that ends the job. A change that is
/// committed later finds no live job and enqueues the next.
struct RollUpRefresh: JobHandler {
    /// Of the site now served.
    let records: @Sendable () -> Records
    let loop: any EventLoop

    func run(_ job: RunningJob) async throws -> JobConclusion {
        let records = records()
        guard let record = job.record, let collection = records.schema.collection(record.collection) else {
            return .dead(error: "the job names no record that there could be")
        }
        try await records.end(job.claim, on: loop) { writer, _ in try writer.refreshAsync(collection, id: record.id) }.get()
        return .finished
    }
}
