internal import Glibc

/// SIGTERM, SIGINT and SIGHUP as a stream, taken by a thread of their own with sigwait(3).
enum ProcessSignals {
    private static let wanted = [SIGTERM, SIGINT, SIGHUP]

    /// To be called before any other thread starts, so that all inherit the mask. SIGPIPE is ignored: writing to a closed peer is an error code.
    static func block() {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in wanted { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    static func stream() -> AsyncStream<Int32> {
        AsyncStream { continuation in
            var thread = pthread_t()
            let box = Unmanaged.passRetained(Continuation(continuation))
            let status = pthread_create(&thread, nil, { pointer in
                guard let pointer else { return nil }
                let continuation = Unmanaged<Continuation>.fromOpaque(pointer).takeRetainedValue()
                var set = sigset_t()
                sigemptyset(&set)
                for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, signal) }
                var signal: Int32 = 0
                while sigwait(&set, &signal) == 0 {
                    continuation.value.yield(signal)
                    if signal != SIGHUP { break }
                }
                continuation.value.finish()
                return nil
            }, box.toOpaque())
            if status != 0 {
                box.release()
                continuation.finish()
            }
        }
    }

    private final class Continuation: Sendable {
        let value: AsyncStream<Int32>.Continuation

        init(_ value: AsyncStream<Int32>.Continuation) {
            self.value = value
        }
    }
}

package enum Process {
    /// What must be settled before threads start: signals, and files that nobody else may read.
    package static func prepare() {
        ProcessSignals.block()
        umask(0o077)
    }
}
