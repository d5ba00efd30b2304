import NIOCore
import NIOPosix
import Ports
import Synchronization
import Testing

@testable import SQLiteStore

@Suite struct WriterTests {
    private struct Refusal: Error {}

    /// A writer on a fresh database with the table `t(x UNIQUE)`.
    private func withWriter(_ body: (Writer, String) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/t.db"
            let connection = try Connection(path: path, mode: .writer(synchronous: .full))
            try connection.execute("CREATE TABLE t (x INTEGER UNIQUE)")
            let writer = try Writer(connection: connection)
            defer { writer.close() }
            try await body(writer, path)
        }
    }

    private func insert(_ x: Int64) -> @Sendable (WriteContext) throws -> Void {
        { context in
            let statement = try context.connection.statement("INSERT INTO t VALUES (?)")
            statement.bind(x, at: 1)
            try statement.run()
        }
    }

    private func stored(_ path: String) throws -> [Int64] {
        let connection = try Connection(path: path, mode: .reader)
        let statement = try connection.prepare("SELECT x FROM t ORDER BY x")
        var values: [Int64] = []
        while try statement.step() { values.append(statement.integer(0)) }
        return values
    }

    /// Submits the operations so that they form one group: while they are put in, the writer is kept busy.
    private func together(
        _ writer: Writer, _ operations: [@Sendable (WriteContext) throws -> Void]
    ) async throws -> [Result<Void, any Error>] {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let gate = Mailbox<Bool>()
        let begun = loop.makePromise(of: Void.self)
        let blocker = writer.submit(on: loop) { _ in
            begun.succeed()
            _ = gate.take(upTo: 1)
        }
        try await begun.futureResult.get()
        let futures = operations.map { writer.submit(on: loop, $0) }
        _ = gate.put(true)
        try await blocker.get()
        return try await EventLoopFuture.whenAllComplete(futures, on: loop).get()
    }

    @Test func failingOperationLosesOnlyItsOwnChanges() async throws {
        try await withWriter { writer, path in
            let before = writer.figures.commits
            let results = try await together(
                writer,
                [
                    insert(1),
                    { context in
                        try self.insert(2)(context)
                        throw Refusal()
                    },
                    insert(3), insert(1), insert(4),
                ])
            #expect(writer.figures.commits == before + 2)
            #expect(results.map { (try? $0.get()) != nil } == [true, false, true, false, true])
            #expect(throws: Refusal.self) { try results[1].get() }
            #expect(throws: StoreError.conflict(fields: ["x"])) { try results[3].get() }
            #expect(try stored(path) == [1, 3, 4])
        }
    }

    @Test func wholeGroupFailsWhenItsTransactionIsLost() async throws {
        try await withWriter { writer, path in
            let results = try await together(
                writer, [insert(1), { try $0.connection.execute("ROLLBACK") }, insert(3)])
            for result in results.prefix(2) {
                #expect { try result.get() } throws: { if case StoreError.unavailable = $0 { true } else { false } }
            }
            // What came after it in the mailbox was not part of that transaction.
            #expect((try? results[2].get()) != nil)
            #expect(try stored(path) == [3])
        }
    }

    @Test func queuesAreWokenAfterTheCommitAndOnlyByWhatIsInIt() async throws {
        try await withWriter { writer, path in
            let woken = Mutex<[(Set<String>, [Int64])]>([])
            writer.onWake { concerned in
                let names = Set(concerned.compactMap { if case .queue(let name) = $0 { name } else { nil } })
                // Another connection sees the rows already.
                let rows = (try? self.stored(path)) ?? []
                woken.withLock { $0.append((names, rows)) }
            }
            _ = try await together(
                writer,
                [
                    {
                        try self.insert(1)($0)
                        $0.wake("mail")
                    },
                    {
                        $0.wake("lost")
                        throw Refusal()
                    },
                    { $0.wake("media") },
                ])
            try await writer.perform(insert(2))
            woken.withLock { woken in
                #expect(woken.count == 1)
                #expect(woken.first?.0 == ["mail", "media"])
                #expect(woken.first?.1 == [1])
            }
        }
    }

    @Test func fullDiskRefusesAndLaterWritesGoOn() async throws {
        try await withWriter { writer, path in
            try await writer.performAlone { try $0.connection.execute("CREATE TABLE big (b); PRAGMA max_page_count = 8") }
            let fill: @Sendable (WriteContext) throws -> Void = {
                try $0.connection.execute("INSERT INTO big VALUES (zeroblob(100000))")
            }
            await #expect(throws: StoreError.unavailable("the disk is full")) { try await writer.perform(fill) }
            let results = try await together(writer, [insert(1), fill, insert(2)])
            for result in results {
                // Nobody was told of success whose row is not there, and the other way round.
                if case .failure(let error) = result { #expect(error as? StoreError == .unavailable("the disk is full")) }
            }
            let succeeded = results.enumerated().compactMap { (try? $1.get()) == nil ? nil : Int64($0 == 0 ? 1 : 2) }
            #expect(try stored(path) == succeeded)
            try await writer.performAlone { try $0.connection.execute("PRAGMA max_page_count = 10000") }
            try await writer.perform(fill)
            try await writer.perform(insert(9))
            #expect(try stored(path).last == 9)
        }
    }

    @Test func nothingIsWrittenAfterALostSync() async throws {
        try await withWriter { writer, path in
            try await writer.perform(insert(1))
            // As SQLite reports a failed fsync at COMMIT: SQLITE_IOERR_FSYNC, the transaction being gone.
            await #expect {
                try await writer.perform { context in
                    try context.connection.execute("ROLLBACK")
                    throw SQLiteError(extendedCode: 10 | 4 << 8, message: "disk I/O error")
                }
            } throws: { if case StoreError.unavailable = $0 { true } else { false } }
            await #expect {
                try await writer.perform(insert(2))
            } throws: {
                if case StoreError.unavailable(let reason) = $0 { reason.contains("stopped") } else { false }
            }
            #expect(try stored(path) == [1])
        }
    }

    @Test func closedWriterRefuses() async throws {
        try await withWriter { writer, _ in
            writer.close()
            await #expect(throws: StoreError.unavailable("the store is closed")) { try await writer.perform { _ in } }
        }
    }

    @Test func readerThatNeverEndsStopsNoWrites() async throws {
        try await withWriter { writer, path in
            try await writer.perform(insert(0))
            let reader = try Connection(path: path, mode: .reader)
            let endless = try reader.prepare("SELECT x FROM t")
            #expect(try endless.step())
            let write: @Sendable (WriteContext) throws -> Void = {
                try $0.connection.execute("REPLACE INTO t (rowid, x) VALUES (7, 1); CREATE TABLE IF NOT EXISTS big (b)")
                try $0.connection.execute("REPLACE INTO big (rowid, b) VALUES (1, randomblob(4000000))")
            }
            for _ in 0..<12 { try await writer.perform(write) }
            let pinned = try await writer.perform { $0.connection.walPages }
            #expect(pinned > Checkpoints.urgent)
            endless.reset()
            for _ in 0..<4 { try await writer.perform(write) }
            let freed = try await writer.perform { $0.connection.walPages }
            #expect(freed < Checkpoints.urgent)
        }
    }

    @Test func walStaysBoundedUnderLoad() async throws {
        try await withWriter { writer, _ in
            try await writer.perform { try $0.connection.execute("CREATE TABLE big (b)") }
            var largest = 0
            for _ in 0..<60 {
                let pages = try await writer.perform { context in
                    try context.connection.execute("INSERT INTO big VALUES (randomblob(1000000))")
                    return context.connection.walPages
                }
                largest = max(largest, pages)
            }
            #expect(largest <= Checkpoints.interval + 600)
        }
    }

    @Test func longStatementIsInterrupted() throws {
        let connection = try Connection(path: ":memory:", mode: .writer(synchronous: .normal))
        connection.limit(nanoseconds: 1_000_000)
        connection.startClock()
        let endless = try connection.prepare("WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n")
        #expect {
            _ = try endless.step()
        } throws: {
            ($0 as? SQLiteError)?.storeError == .tooSlow
        }
    }
}
