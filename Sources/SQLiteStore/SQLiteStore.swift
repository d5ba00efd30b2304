package import NIOCore
package import Ports
package import Schema
import Synchronization

/// Records in one SQLite file: one writer, a read connection for each event loop, and a pool for reads that take long.
package final class SQLiteStore: Store {
    package struct Options: Sendable {
        /// What an acknowledged commit has survived.
        package enum Durability: Sendable { case full, normal }

        package var durability: Durability
        /// Threads for long reads; from 1.
        package var readers: Int
        /// What jobs are stamped and scheduled with.
        package var clock: any Ports.Clock
        /// For the ids of jobs.
        package var random: any Ports.Random

        package init(
            durability: Durability = .full, readers: Int = 4, clock: any Ports.Clock = SystemClock(),
            random: any Ports.Random = SystemRandom()
        ) {
            self.durability = durability
            self.readers = readers
            self.clock = clock
            self.random = random
        }
    }

    /// The queue in the same file.
    package let jobs: SQLiteJobQueue
    package let writer: Writer
    let directory: String
    private let pool: ReaderPool
    private let current: CurrentCollections
    private let loopReaders: [ObjectIdentifier: LoopReader]
    private let loops: [any EventLoop]
    private let lock: Mutex<ProcessLock?>
    private let totals: Totals

    /// Opens (or makes) the database in `directory`, which this process then owns until `close`.
    ///
    /// Blocks: call it before serving. Throws `StoreError.unavailable` when another process owns the directory, or the file is of a newer
    /// layout, damaged or cannot be written. `collections` are all that will be asked for; `migrate` brings the tables in line with them.
    package static func open(
        directory: String, file: String = "atlas.db", collections: [Collection], options: Options = Options(),
        group: any EventLoopGroup
    ) throws -> SQLiteStore {
        do {
            try DataDirectory.create(directory)
            let lock = try ProcessLock(directory: directory)
            return try SQLiteStore(
                directory: directory, path: "\(directory)/\(file)", collections: collections, options: options, group: group, lock: lock)
        } catch {
            throw storeError(error)
        }
    }

    private init(
        directory: String, path: String, collections: [Collection], options: Options, group: any EventLoopGroup, lock: ProcessLock
    ) throws {
        try DataDirectory.createFile(path)
        let connection = try Connection(
            path: path, mode: .writer(synchronous: options.durability == .full ? .full : .normal))
        try SystemTables.prepare(connection)
        let incarnation = try JobSchema.recover(connection, now: options.clock.now())
        let byName = Dictionary(collections.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let totals = Totals()
        let loops = Array(group.makeIterator())
        let current = CurrentCollections(byName)
        let open: @Sendable () throws -> RecordReader = {
            RecordReader(connection: try Connection(path: path, mode: .reader), collections: current.byName, totals: totals)
        }
        var loopReaders: [ObjectIdentifier: LoopReader] = [:]
        for loop in loops { loopReaders[ObjectIdentifier(loop)] = LoopReader(open) }
        self.directory = directory
        self.loops = loops
        self.loopReaders = loopReaders
        self.pool = try ReaderPool(threads: max(1, options.readers), open)
        self.writer = try Writer(
            connection: connection, collections: byName, totals: totals,
            jobs: JobStamps(clock: options.clock, random: options.random, incarnation: incarnation))
        self.jobs = SQLiteJobQueue(writer)
        self.lock = Mutex(lock)
        self.totals = totals
        self.current = current
    }

    // MARK: Reading

    package func read(_ read: RecordRead, into buffer: ByteBuffer, on loop: any EventLoop) -> EventLoopFuture<RecordAnswer?> {
        if let reader = loopReaders[ObjectIdentifier(loop)] {
            guard loop.inEventLoop else { return loop.flatSubmit { self.read(read, into: buffer, on: loop) } }
            do {
                if case .answer(let answer) = try reader.read(read, into: buffer) { return loop.makeSucceededFuture(answer) }
            } catch {
                return loop.makeFailedFuture(storeError(error))
            }
        }
        return submit(on: loop) { reader in
            var buffer = buffer
            guard let (version, id) = try reader.read(read, into: &buffer) else { return nil }
            return RecordAnswer(buffer: buffer, version: version, id: id)
        }
    }

    package func list(_ list: RecordList, into buffer: ByteBuffer, on loop: any EventLoop) -> EventLoopFuture<ListAnswer> {
        if let reader = loopReaders[ObjectIdentifier(loop)] {
            guard loop.inEventLoop else { return loop.flatSubmit { self.list(list, into: buffer, on: loop) } }
            do {
                if case .answer(let answer) = try reader.list(list, into: buffer) { return loop.makeSucceededFuture(answer) }
            } catch {
                return loop.makeFailedFuture(storeError(error))
            }
        }
        return submit(on: loop) { reader in
            var buffer = buffer
            guard let listed = try reader.list(list, into: &buffer, mayCount: true) else { throw StoreError.tooSlow }
            return ListAnswer(buffer: buffer, count: listed.count, total: listed.total, next: listed.next)
        }
    }

    package var commits: Int { totals.commit }

    package func snapshot<Result: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable (any Snapshot) throws -> Result
    ) -> EventLoopFuture<Result> {
        submit(on: loop) { try SQLiteSnapshot.run($0, body) }
    }

    private func submit<Answer: Sendable>(
        on loop: any EventLoop, _ read: @escaping @Sendable (RecordReader) throws -> Answer
    ) -> EventLoopFuture<Answer> {
        let promise = loop.makePromise(of: Answer.self)
        let answer: @Sendable (RecordReader) throws -> Answer = { [current] reader in
            reader.collections = current.byName
            return try read(reader)
        }
        pool.submit(answer) { promise.completeWith($0) }
        return promise.futureResult
    }

    // MARK: Writing

    package func transaction<Result: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) -> EventLoopFuture<Result> {
        writer.submit(on: loop) { try body(SQLiteTransaction($0)) }
    }

    package func onEvents(_ told: @escaping @Sendable () -> Void) { jobs.events.set(told) }

    /// Of a new store and after a reload: whether what becomes of jobs that somebody has started is logged as events.
    package func tellJobs(_ isOn: Bool) async throws {
        try await writer.perform { $0.events.tellsJobs = isOn }
    }

    /// After a reload: transactions and reads from here on find these collections by name. The tables are in line with them already.
    package func replace(collections: [Collection]) async throws {
        let byName = Dictionary(collections.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        current.replace(byName)
        for loop in loops {
            guard let reader = loopReaders[ObjectIdentifier(loop)] else { continue }
            try await loop.submit { reader.replace(collections: byName) }.get()
        }
        try await writer.perform { $0.records.collections = byName }
    }

    // MARK: Closing

    /// Readers first: the last connection to close moves the WAL into the file, and that must be the writer's.
    package func close() async {
        for loop in loops {
            guard let reader = loopReaders[ObjectIdentifier(loop)] else { continue }
            try? await loop.submit { reader.close() }.get()
        }
        await withCheckedContinuation { continuation in
            let closer = OwnThread(name: "atlas-close") { [pool, writer] in
                pool.close()
                writer.close()
                continuation.resume()
            }
            if closer == nil { continuation.resume() }
        }
        lock.withLock { $0 = nil }
    }
}
