package import Expressions
internal import JSON
internal import Ports
package import Schema

/// Work that the file names, started in the commit of its cause.
extension RecordWriter {
    /// A durable job for the work on that record, or without one; gives its id.
    package func enqueue(_ work: Work, on row: Row?) throws -> String {
        let payload: JSONValue = ["name": .string(work.name)]
        return try transaction.jobs.enqueue(
            NewJob(
                kind: work.jobKind, queue: work.queue, payload: Array(payload.text.utf8), maxAttempts: work.attempts,
                record: row.map { JobRecord(collection: $0.collection, id: $0.id) }, requestID: caller.requestID))
    }
}
