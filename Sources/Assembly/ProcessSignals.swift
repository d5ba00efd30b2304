// Safe: a source is only ever cancelled from elsewhere, which Dispatch allows from any thread.
@preconcurrency internal import Dispatch
internal import Glibc

/// SIGTERM, SIGINT and SIGHUP as a stream.
enum ProcessSignals {
    private static let wanted = [SIGTERM, SIGINT, SIGHUP]

    /// The default action would end the process; dispatch sources see the signals all the same. A closed peer is an error code, not SIGPIPE.
    static func ignoreDefaults() {
        for number in wanted + [SIGPIPE] { signal(number, SIG_IGN) }
    }

    /// Holds every signal from its return on, also those that come before anybody asks for one.
    static func stream() async -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        let sources = wanted.map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: DispatchQueue(label: "atlas.signals"))
            source.setEventHandler { continuation.yield(number) }
            return source
        }
        continuation.onTermination = { _ in sources.forEach { $0.cancel() } }
        for source in sources {
            // Until Dispatch has it a signal is ignored for good.
            await withCheckedContinuation { registered in
                source.setRegistrationHandler { registered.resume() }
                source.resume()
            }
        }
        return stream
    }
}

package enum Process {
    /// What must be settled before anything else: signals, and files that nobody else may read.
    package static func prepare() {
        ProcessSignals.ignoreDefaults()
        umask(0o077)
    }
}
