internal import CLinux
internal import Dispatch
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Threads for work that keeps a processor busy for long and can wait: where something else wants the processor, it has it at once.
///
/// There is one for each processor then, and it keeps to that while it works. Such work must not wait for ever either. What has not come to its end
/// within half of `patience` may go where nothing keeps it from working, and what has given way for all of it, since another program keeps all
/// processors busy, goes on as one among equals. So does all that begins within the `recovery` after, but few at once. Where the system lets no
/// thread come back from giving way (an ordinary user without `LimitNICE=+0`), there are few threads, and all work runs as usual.
final class YieldingThreads: Sendable {
    private let pool: NIOThreadPool
    private let mayGiveWay = atlas_may_give_way()
    private let patience: TimeAmount
    private let recovery: TimeAmount
    /// Until when work does not give way, since some before had no processor.
    private let starved = Mutex(NIODeadline.distantPast)
    /// Processors on which nothing gives way yet.
    private let processors: Mutex<[CInt]>
    /// For as many as may work at once without giving way.
    private let usual: DispatchSemaphore

    /// - Parameters:
    ///   - count: how many may work at once without giving way; also how many threads there are, if that is more than there are processors.
    ///   - processors: those on which work may give way; where there are none it does so wherever it is.
    init(count: Int, processors: [CInt], patience: TimeAmount = .seconds(1), recovery: TimeAmount = .seconds(10)) {
        self.patience = patience
        self.recovery = recovery
        self.processors = Mutex(processors)
        usual = DispatchSemaphore(value: count)
        pool = NIOThreadPool(numberOfThreads: mayGiveWay ? max(count, processors.count) : count)
        pool.start()
    }

    func shutdown() async {
        try? await pool.shutdownGracefully()
    }

    /// Runs the work on one of the threads, in the order of asking. What of it gives way is what it does within `GivingWay.callAsFunction`.
    func run<Result: Sendable>(
        on loop: any EventLoop, _ work: @escaping @Sendable (GivingWay) throws -> Result
    ) -> EventLoopFuture<Result> {
        pool.runIfActive(eventLoop: loop) { [self] in try work(GivingWay(threads: self, loop: loop)) }
    }

    /// For the part of the work that takes long and holds nothing that others wait for: no lock, and so no memory to ask for either.
    struct GivingWay {
        fileprivate let threads: YieldingThreads
        fileprivate let loop: any EventLoop

        func callAsFunction<Result, Failure>(_ work: () throws(Failure) -> Result) throws(Failure) -> Result {
            guard threads.mayGiveWay, threads.starved.withLock({ $0 <= loop.now }) else {
                threads.usual.wait()
                defer { threads.usual.signal() }
                return try work()
            }
            let (thread, began) = (atlas_thread(), loop.now)
            // Again and again: the first time may come before this thread has got as far as giving way.
            let step = TimeAmount.nanoseconds(threads.patience.nanoseconds / 2)
            let limit = loop.scheduleRepeatedTask(initialDelay: step, delay: step) { [threads, loop] _ in
                // One that has just come to its end is usual already; the next work of that thread is then so as well.
                guard loop.now - began >= threads.patience else { return _ = atlas_roam(thread) }
                threads.starved.withLock { $0 = loop.now + threads.recovery }
                _ = atlas_run_as_usual(thread)
            }
            // This one, if that may be: work that is to begin is put where nothing else is to be done.
            let here = atlas_processor()
            let processor = threads.processors.withLock { free in
                free.isEmpty ? nil : free.remove(at: free.firstIndex(of: here) ?? 0)
            }
            defer {
                _ = atlas_run_as_usual(thread)
                limit.cancel()
                if let processor { threads.processors.withLock { $0.append(processor) } }
            }
            _ = atlas_give_way(processor ?? -1)
            return try work()
        }
    }
}
