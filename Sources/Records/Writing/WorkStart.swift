package import Expressions
internal import JSON
internal import Ports
package import Schema

/// Work that the file names, started in the commit of its cause and ended with its record.
extension RecordWriter {
    /// A durable job for the work on that record, or without one; gives its id. Of one job there is at most one at work on a record.
    package func enqueue(_ work: Work, on row: Row?) throws -> String {
        let payload: JSONValue = ["name": .string(work.name)]
        return try transaction.jobs.enqueue(
            NewJob(
                kind: work.jobKind, queue: work.queue, payload: Array(payload.text.utf8),
                uniqueKey: row.map { Self.key(of: work, on: $0.id) },
                maxAttempts: work.attempts, record: row.map { JobRecord(collection: $0.collection, id: $0.id) },
                requestID: caller.requestID, name: work.name, startedBy: environment.me?.id))
    }

    /// A job whose record leaves its states otherwise than by the job is cancelled, and so is one whose record is gone (11-precisions 32).
    func cancelJobs(of row: Row, in collection: Collection, isGone: Bool = false) throws {
        guard !schema.jobs.isEmpty else { return }
        for plan in schema.jobs.values where plan.collection === collection {
            if !isGone {
                guard let state = collection.state, case .text(let name) = row.values[state.index], !plan.holds(in: name) else { continue }
            }
            _ = try transaction.jobs.cancel(uniqueKey: Self.key(of: plan.work, on: row.id))
        }
    }

    private static func key(of work: Work, on record: String) -> String { "\(work.jobKind):\(work.name):\(record)" }

    // MARK: The job's own steps

    /// Whether the job may work on its record: it has a place in the record's state, and has begun by now. Nil where it has not.
    package func begin(_ plan: JobPlan, on record: String) throws -> Row? {
        guard let collection = plan.collection, let row = try transaction.row(in: collection.name, id: record) else { return nil }
        guard let start = plan.start, let state = collection.state, case .text(let name) = row.values[state.index] else { return row }
        // A job that runs again finds its record started already.
        if name == start.to { return row }
        guard start.from.contains(name) else { return nil }
        return try fire(start, of: collection, .id(record), input: [:], adding: plan.progress.map { [$0: .int(0)] } ?? [:])
    }

    /// Writes what the service answered, in the commit of `done`.
    package func complete(_ plan: JobPlan, on record: String, answer: String) throws {
        guard let collection = plan.collection, let row = try transaction.row(in: collection.name, id: record) else { return }
        var scope = environment
        scope.out = answer
        var values: [Int: Value] = plan.progress.map { [$0: .int(100)] } ?? [:]
        for setting in plan.settings {
            switch setting.source {
            case .value(let value): values[setting.field] = value
            case .expression(let expression): values[setting.field] = try expression.evaluate(in: scope, row: row, rows: transaction)
            }
        }
        if let done = plan.done {
            _ = try fire(done, of: collection, .id(record), input: [:], adding: values)
        } else if !values.isEmpty {
            _ = try set(values, of: collection, id: record)
        }
    }

    /// The last try has failed.
    package func fail(_ plan: JobPlan, on record: String, error: String) throws {
        guard let failed = plan.failed, let collection = plan.collection,
            let row = try transaction.row(in: collection.name, id: record), let state = collection.state,
            case .text(let name) = row.values[state.index], failed.from.contains(name)
        else { return }
        _ = try fire(failed, of: collection, .id(record), input: [:], adding: plan.error.map { [$0: .text(error)] } ?? [:])
    }
}
