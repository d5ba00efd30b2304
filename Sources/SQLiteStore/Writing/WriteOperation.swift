import NIOCore
import Schema

/// Whom a commit concerns.
package enum Waking: Sendable, Hashable {
    /// The workers of that queue.
    case queue(String)
    /// Whoever runs that job: it was cancelled.
    case job(String)
    /// Whoever waits for events.
    case events
}

/// What an operation on the writer's thread works with. Valid only during its body.
package final class WriteContext {
    package let connection: Connection
    // Kept from one operation to the next: prepared statements.
    let records: RecordReader
    let rows: RowTable
    let events: EventTable
    let jobs: JobTable
    private var wakings: Set<Waking> = []

    init(connection: Connection, collections: [String: Collection], totals: Totals, jobs stamps: JobStamps) {
        self.connection = connection
        records = RecordReader(connection: connection, collections: collections, totals: totals)
        rows = RowTable(connection)
        events = EventTable(connection)
        jobs = JobTable(connection, stamps: stamps, events: events)
    }

    /// The workers of that queue are told after the commit, and only if this operation is part of it.
    package func wake(_ queue: String) { wakings.insert(.queue(queue)) }

    /// The same for whoever runs a job that was cancelled.
    func stop(_ job: String) { wakings.insert(.job(job)) }

    /// Whom the operation at hand concerns.
    var woken: Set<Waking> { events.hasNews ? wakings.union([.events]) : wakings }

    func forgetWoken() {
        wakings.removeAll(keepingCapacity: true)
        events.forgetNews()
    }
}

/// One piece of work in the writer's mailbox: run on its thread, answered after the commit.
class WriteOperation: @unchecked Sendable {
    // Written by the writer's thread until the operation is handed to the loop, and then no more.
    var failure: (any Error)?
    let loop: (any EventLoop)?
    /// Runs by itself outside of any transaction (VACUUM, backups).
    let isAlone: Bool

    init(loop: (any EventLoop)?, isAlone: Bool) {
        self.loop = loop
        self.isAlone = isAlone
    }

    func run(_ context: WriteContext) throws {}
    /// Answers whoever waits; on `loop` if there is one.
    func complete() {}
}

// Safe: both closures are Sendable, and what the body gave is touched by the writer's thread alone.
final class Write<Result: Sendable>: WriteOperation, @unchecked Sendable {
    private let body: @Sendable (WriteContext) throws -> Result
    private let answer: @Sendable (Swift.Result<Result, any Error>) -> Void
    private var result: Result?

    init(
        on loop: (any EventLoop)?, isAlone: Bool = false, _ body: @escaping @Sendable (WriteContext) throws -> Result,
        answer: @escaping @Sendable (Swift.Result<Result, any Error>) -> Void
    ) {
        self.body = body
        self.answer = answer
        super.init(loop: loop, isAlone: isAlone)
    }

    override func run(_ context: WriteContext) throws {
        result = nil
        result = try body(context)
    }

    override func complete() {
        if let failure {
            answer(.failure(storeError(failure)))
        } else if let result {
            answer(.success(result))
        }
    }
}
