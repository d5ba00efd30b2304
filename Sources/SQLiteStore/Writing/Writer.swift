package import NIOCore
import Ports
import Schema
import Synchronization

/// The only way to the file's content for those who change it: one thread with the one connection that writes and checkpoints.
///
/// Group commit: all that waits when the thread becomes free shares one transaction and so one fsync, each operation in a savepoint of its
/// own. Nobody is answered before the commit is on disk. When SQLite itself rolls the transaction back, the whole group fails.
package final class Writer: Sendable {
    private let mailbox: Mailbox<WriteOperation>
    private let thread: OwnThread
    private let state: SharedWriterState

    /// Takes the connection over.
    init(
        connection: sending Connection, collections: [String: Collection] = [:], totals: Totals = Totals(),
        jobs stamps: JobStamps = JobStamps()
    ) throws(StoreError) {
        let mailbox = Mailbox<WriteOperation>()
        let state = SharedWriterState()
        // Safe: handed to the thread below and never touched by another.
        nonisolated(unsafe) let context = WriteContext(
            connection: connection, collections: collections, totals: totals, jobs: stamps)
        let thread = OwnThread(name: "atlas-writer") {
            let commits = GroupCommit(context: context, mailbox: mailbox, state: state, totals: totals)
            commits.run()
        }
        guard let thread else { throw .unavailable("the system refuses another thread") }
        self.mailbox = mailbox
        self.state = state
        self.thread = thread
    }

    /// Runs the body in a transaction; its future completes on `loop`, after the commit.
    package func submit<Result: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable (WriteContext) throws -> Result
    ) -> EventLoopFuture<Result> {
        let promise = loop.makePromise(of: Result.self)
        let write = Write(on: loop, body) { promise.completeWith($0) }
        if !mailbox.put(write) { promise.fail(StoreError.unavailable("the store is closed")) }
        return promise.futureResult
    }

    /// The same for tasks.
    package func perform<Result: Sendable>(_ body: @escaping @Sendable (WriteContext) throws -> Result) async throws -> Result {
        try await enqueue(isAlone: false, body)
    }

    /// Runs the body between transactions, for what SQLite refuses inside one.
    func performAlone<Result: Sendable>(_ body: @escaping @Sendable (WriteContext) throws -> Result) async throws -> Result {
        try await enqueue(isAlone: true, body)
    }

    private func enqueue<Result: Sendable>(
        isAlone: Bool, _ body: @escaping @Sendable (WriteContext) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let write = Write(on: nil, isAlone: isAlone, body) { continuation.resume(with: $0) }
            if !mailbox.put(write) { continuation.resume(throwing: StoreError.unavailable("the store is closed")) }
        }
    }

    /// Called on the writer's thread after each commit that concerns workers; it must not block.
    package func onWake(_ wake: @escaping @Sendable (Set<Waking>) -> Void) {
        state.wake.set(wake)
    }

    /// Commits so far, and the operations in them.
    package var figures: (commits: Int, operations: Int) {
        (state.commits.load(ordering: .relaxed), state.operations.load(ordering: .relaxed))
    }

    /// Finishes what was submitted and closes the connection; blocks until then.
    func close() {
        mailbox.close()
        thread.join()
    }
}

/// What the writer's thread shares with others.
final class SharedWriterState: Sendable {
    let wake = Callback<Set<Waking>>()
    let commits = Atomic<Int>(0)
    let operations = Atomic<Int>(0)
}
