import NIOCore
import Ports
import Synchronization

/// Says how often it was asked.
final class CountingStore: Store {
    struct Counts: Equatable {
        var reads = 0
        var transactions = 0
    }

    private let store: any Store
    private let state = Mutex(Counts())

    init(_ store: any Store) {
        self.store = store
    }

    var counts: Counts { state.withLock { $0 } }
    func forget() { state.withLock { $0 = Counts() } }

    func read(_ read: RecordRead, into buffer: ByteBuffer, on loop: any EventLoop) -> EventLoopFuture<RecordAnswer?> {
        state.withLock { $0.reads += 1 }
        return store.read(read, into: buffer, on: loop)
    }

    func list(_ list: RecordList, into buffer: ByteBuffer, on loop: any EventLoop) -> EventLoopFuture<ListAnswer> {
        state.withLock { $0.reads += 1 }
        return store.list(list, into: buffer, on: loop)
    }

    func snapshot<Result: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable (any Snapshot) throws -> Result
    ) -> EventLoopFuture<Result> {
        state.withLock { $0.reads += 1 }
        return store.snapshot(on: loop, body)
    }

    var commits: Int { store.commits }

    func onEvents(_ told: @escaping @Sendable () -> Void) { store.onEvents(told) }

    func transaction<Result: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) -> EventLoopFuture<Result> {
        state.withLock { $0.transactions += 1 }
        return store.transaction(on: loop, body)
    }

    func close() async { await store.close() }
}
