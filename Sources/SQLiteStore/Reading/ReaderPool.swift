import Ports

/// Threads for reads that may take long, one connection each. A read is stopped after two seconds, waiting included (04-api).
final class ReaderPool: Sendable {
    static let patience: UInt64 = 2_000_000_000
    /// Reads that wait at most: more than that could not be answered in time anyway.
    static let waiting = 1024

    private struct Job: Sendable {
        var arrived: UInt64
        /// With nil when the time was up before it began.
        var run: @Sendable (RecordReader?) -> Void
    }

    private let mailbox: Mailbox<Job>
    private let threads: [OwnThread]

    /// Takes the readers over.
    init(_ readers: sending [RecordReader]) throws(StoreError) {
        let mailbox = Mailbox<Job>()
        var threads: [OwnThread] = []
        for (number, reader) in readers.enumerated() {
            // Safe: each reader goes to one thread and stays there.
            nonisolated(unsafe) let reader = reader
            let thread = OwnThread(name: "atlas-reader-\(number)") {
                reader.connection.limit(nanoseconds: ReaderPool.patience)
                while case .elements(let jobs) = mailbox.take(upTo: 1) {
                    for job in jobs { job.run(MonotonicClock.now &- job.arrived < ReaderPool.patience ? reader : nil) }
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
            guard let reader else { return answer(.failure(StoreError.tooSlow)) }
            answer(Swift.Result { try read(reader) }.mapError(storeError))
        }
        if !mailbox.put(job, limit: ReaderPool.waiting) { answer(.failure(StoreError.tooSlow)) }
    }

    /// Finishes what waits; blocks until then.
    func close() {
        mailbox.close()
        threads.forEach { $0.join() }
    }
}
