internal import NIOPosix
internal import Synchronization

/// Requests and mails to servers elsewhere, by libcurl on threads of its own: never on an event loop, and never more at once than threads.
///
/// Without proxies, redirects, cookies and stored connections: each transfer dials once, what its request says.
package final class OutboundClient: Sendable {
    private let pool: NIOThreadPool
    private let certificates: String?
    private let isStarted = Mutex(false)

    /// - Parameters:
    ///   - threads: transfers at the same time; the others wait.
    ///   - certificates: a file of certificates (PEM) to trust in place of the system's.
    package init(threads: Int = 16, certificates: String? = nil) {
        self.certificates = certificates
        pool = NIOThreadPool(numberOfThreads: max(1, threads))
    }

    /// The answer, whatever its status. Throws `OutboundError`, and `CancellationError` where the task was cancelled.
    package func send(_ request: OutboundRequest) async throws -> OutboundAnswer {
        try await run { transfer throws(OutboundError) in try transfer.perform(request) }
    }

    /// Returns when the relay has taken the mail. Throws like `send`.
    package func send(_ mail: OutboundMail) async throws {
        try await run { transfer throws(OutboundError) in try transfer.perform(mail) }
    }

    /// Ends the threads; what is under way ends first. Nothing may be sent afterwards.
    package func shutdown() async {
        try? await pool.shutdownGracefully()
    }

    private func run<Result: Sendable>(_ body: @escaping @Sendable (Transfer) throws(OutboundError) -> Result) async throws -> Result {
        let cancellation = Cancellation()
        // Most servers send nothing for a long time.
        isStarted.withLock { isStarted in
            if !isStarted { pool.start() }
            isStarted = true
        }
        return try await withTaskCancellationHandler {
            try await pool.runIfActive { [certificates] in
                guard !cancellation.isCancelled else { throw CancellationError() }
                let transfer = try Transfer(certificates: certificates, cancellation: cancellation)
                do throws(OutboundError) {
                    return try body(transfer)
                } catch {
                    if cancellation.isCancelled { throw CancellationError() }
                    throw error
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }
}

/// A flag that a transfer looks at.
final class Cancellation: Sendable {
    private let flag = Atomic(false)

    var isCancelled: Bool { flag.load(ordering: .relaxed) }

    func cancel() { flag.store(true, ordering: .relaxed) }
}
