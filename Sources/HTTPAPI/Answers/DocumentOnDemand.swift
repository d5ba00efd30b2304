internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A document that is made once, when somebody first asks for it, on a thread that no request waits for: neither the start of the program nor
/// anybody who asks for something else pays for it.
final class DocumentOnDemand: Sendable {
    private let threads: NIOThreadPool
    private let make: @Sendable () -> StaticDocument
    private let made = Mutex<EventLoopFuture<StaticDocument>?>(nil)

    init(_ threads: NIOThreadPool, _ make: @escaping @Sendable () -> StaticDocument) {
        self.threads = threads
        self.make = make
    }

    /// The same document for all, also for those who ask while it is being made. Fails when the program is ending.
    func document(on loop: any EventLoop) -> EventLoopFuture<StaticDocument> {
        let future = made.withLock { made in
            if let made { return made }
            let future = threads.runIfActive(eventLoop: loop) { [make] in make() }
            made = future
            return future
        }
        return future.hop(to: loop)
    }
}
