import NIOCore
import Ports
import Synchronization

/// The work of the writer's thread.
final class GroupCommit {
    /// Operations in one commit at most: bounds what a failed commit takes along.
    static let groupSize = 256
    /// A group whose bodies have run for that long commits early (nanoseconds), so that the first do not wait for ever.
    static let patience: UInt64 = 20_000_000

    private let context: WriteContext
    private let connection: Connection
    private let mailbox: Mailbox<WriteOperation>
    private let state: SharedWriterState
    private let totals: Totals
    private var checkpoints: Checkpoints
    /// Why nothing can be written any more.
    private var stopped: StoreError?

    init(context: WriteContext, mailbox: Mailbox<WriteOperation>, state: SharedWriterState, totals: Totals) {
        self.context = context
        self.connection = context.connection
        self.mailbox = mailbox
        self.state = state
        self.totals = totals
        self.checkpoints = Checkpoints()
    }

    /// Until the mailbox is closed and empty.
    func run() {
        while true {
            switch mailbox.take(upTo: GroupCommit.groupSize, timeout: checkpoints.idleDelay) {
            case .elements(let operations): run(operations)
            case .timeout: checkpoint(idle: true)
            case .closed:
                checkpoint(idle: true)
                return
            }
        }
    }

    private func run(_ operations: [WriteOperation]) {
        var rest = operations[...]
        while let first = rest.first {
            if let stopped {
                rest.forEach { $0.failure = stopped }
                answer(rest)
                return
            }
            if first.isAlone {
                runAlone(first)
                rest = rest.dropFirst()
            } else {
                let group = rest.prefix { !$0.isAlone }
                let done = commit(group)
                rest = rest.dropFirst(done)
            }
            checkpoint(idle: false)
        }
    }

    private func runAlone(_ operation: WriteOperation) {
        do {
            try operation.run(context)
        } catch {
            operation.failure = error
            connection.resetAll()
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
        }
        totals.noteCommit()
        answer([operation])
    }

    /// Runs operations from the front of the group in one transaction; gives how many.
    private func commit(_ group: ArraySlice<WriteOperation>) -> Int {
        var woken: Set<Waking> = []
        var ran = group.prefix(0)
        let changesBefore = connection.totalChanges
        do {
            try connection.statement("BEGIN IMMEDIATE").run()
            let start = MonotonicClock.now
            // Alone in its transaction an operation needs no savepoint: the rollback of the one is that of the other.
            let needsSavepoints = group.count > 1
            for operation in group {
                ran = group.prefix(ran.count + 1)
                try run(operation, inSavepoint: needsSavepoints, woken: &woken)
                if MonotonicClock.now &- start > GroupCommit.patience { break }
            }
            if connection.isInTransaction || needsSavepoints || ran.first?.failure == nil {
                try connection.statement("COMMIT").run()
            }
            // Transactions that only read leave the totals as they were.
            if connection.totalChanges != changesBefore { totals.noteCommit() }
            state.commits.wrappingAdd(1, ordering: .relaxed)
            state.operations.wrappingAdd(ran.count, ordering: .relaxed)
        } catch {
            fail(ran.isEmpty ? group : ran, with: error)
            return ran.isEmpty ? group.count : ran.count
        }
        answer(ran)
        if !woken.isEmpty { state.wake(woken) }
        return ran.count
    }

    /// Throws only what ends the whole group.
    private func run(_ operation: WriteOperation, inSavepoint: Bool, woken: inout Set<Waking>) throws {
        if inSavepoint { try connection.statement("SAVEPOINT operation").run() }
        context.forgetWoken()
        do {
            try operation.run(context)
        } catch {
            connection.resetAll()
            guard connection.isInTransaction else { throw error }
            operation.failure = error
            try connection.statement(inSavepoint ? "ROLLBACK TO operation" : "ROLLBACK").run()
            if inSavepoint { try connection.statement("RELEASE operation").run() }
            return
        }
        guard connection.isInTransaction else {
            throw SQLiteError(extendedCode: 4, message: "SQLite rolled the transaction back")
        }
        if inSavepoint { try connection.statement("RELEASE operation").run() }
        woken.formUnion(context.woken)
    }

    /// The transaction is lost: nobody in the group is told of success.
    private func fail(_ group: ArraySlice<WriteOperation>, with error: any Error) {
        connection.resetAll()
        if connection.isInTransaction { try? connection.execute("ROLLBACK") }
        let reason: StoreError
        if let error = error as? SQLiteError {
            noteFatal(error)
            if case .unavailable = error.storeError {
                reason = error.storeError
            } else {
                reason = .unavailable("the commit was rolled back: \(error)")
            }
        } else {
            reason = .unavailable("the commit was rolled back")
        }
        // An operation that had failed by itself keeps its own reason.
        for operation in group where operation.failure == nil { operation.failure = reason }
        answer(group)
    }

    private func noteFatal(_ error: SQLiteError) {
        guard error.isFatal else { return }
        stopped = .unavailable("writing has stopped until the next start: \(error.description)")
    }

    /// Completes the operations: on each event loop with one wake-up for all that wait there.
    private func answer(_ operations: ArraySlice<WriteOperation>) {
        var byLoop: [ObjectIdentifier: (loop: any EventLoop, operations: [WriteOperation])] = [:]
        for operation in operations {
            if let loop = operation.loop {
                byLoop[ObjectIdentifier(loop), default: (loop, [])].operations.append(operation)
            } else {
                operation.complete()
            }
        }
        for (loop, waiting) in byLoop.values {
            loop.execute { for operation in waiting { operation.complete() } }
        }
    }

    private func checkpoint(idle: Bool) {
        guard stopped == nil else { return }
        do {
            try checkpoints.run(on: connection, idle: idle)
        } catch {
            noteFatal(error)
        }
    }
}
