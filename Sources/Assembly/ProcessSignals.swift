@preconcurrency internal import Dispatch
internal import Glibc

/// SIGTERM, SIGINT and SIGHUP as a stream.
enum ProcessSignals {
    private static let wanted = [SIGTERM, SIGINT, SIGHUP]

    /// The default action would end the process; dispatch sources see the signals all the same. A closed peer is an error code, not SIGPIPE.
    static func ignoreDefaults() {
        for number in wanted + [SIGPIPE] { signal(number, SIG_IGN) }
    }

    static func stream() -> AsyncStream<Int32> {
        AsyncStream { continuation in
            let sources = wanted.map { number in
                let source = DispatchSource.makeSignalSource(signal: number, queue: DispatchQueue(label: "atlas.signals"))
                source.setEventHandler { continuation.yield(number) }
                source.resume()
                return source
            }
            continuation.onTermination = { _ in sources.forEach { $0.cancel() } }
        }
    }
}

package enum Process {
    /// What must be settled before anything else: signals, and files that nobody else may read.
    package static func prepare() {
        ProcessSignals.ignoreDefaults()
        umask(0o077)
    }
}
