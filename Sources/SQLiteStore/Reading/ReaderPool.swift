import Ports

/// Threads for reads that may take long, one connection each, opened by its first read. A read is stopped after two seconds, waiting included (04-api).
final class ReaderPool: Sendable {
    static let patience: UInt64 = 2_000_000_000
    /// Reads that wait at most: more than that could not be answered in time anyway.
    static let waiting = 1024

    private struct Job: Sendable {
        var arrived: UInt64
        /// With an error when there is no reader, or the time was up before it began.
        var run: @Sendable (() throws -> RecordReader) -> Void
    }

    private let mailbox: Mailbox<Job>
    private let threads: [OwnThread]

    /// As many threads, each with a reader of its own.
    init(threads count: Int, _ open: @escaping @Sendable () throws -> RecordReader) throws(StoreError) {
        let mailbox = Mailbox<Job>()
        var threads: [OwnThread] = []
        for number in 0..<count {
            let thread = OwnThread(name: "atlas-reader-\(number)") {
                var opened: RecordReader?
                func reader(for job: Job) throws -> RecordReader {
                    guard MonotonicClock.now &- job.arrived < ReaderPool.patience else { throw StoreError.tooSlow }
                    if let opened { return opened }
                    let reader = try open()
                    reader.connection.limit(nanoseconds: ReaderPool.patience)
                    opened = reader
                    return reader
                }
                while case .elements(let jobs) = mailbox.take(upTo: 1) {
                    for job in jobs { job.run { try reader(for: job) } }
                }
            }
            guard let thread else {
                mailbox.close()
                throw .unavailable("the system refuses another thread")
            }
            threads.append(thread)
        }
        self.mailbox = mailbox
        self.threads = threads
    }

    /// Runs the read on one of the threads and answers there.
    func submit<Result>(
        _ read: @escaping @Sendable (RecordReader) throws -> Result,
        answer: @escaping @Sendable (Swift.Result<Result, any Error>) -> Void
    ) {
        let job = Job(arrived: MonotonicClock.now) { reader in
            answer(Swift.Result { try read(reader()) }.mapError(storeError))
        }
        if !mailbox.put(job, limit: ReaderPool.waiting) { answer(.failure(StoreError.tooSlow)) }
    }

    /// Finishes what waits; blocks until then.
    func close() {
        mailbox.close()
        threads.forEach { $0.join() }
    }
}
