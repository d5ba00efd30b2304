import Conformance
import Expressions
import Glibc
import NIOCore
import NIOPosix
import Ports
import Schema
import Testing

@testable import SQLiteStore

@Suite struct CrashTests {
    private static func open(_ directory: String, readers: Int = 1) throws -> SQLiteStore {
        try SQLiteStore.open(
            directory: directory, collections: StoreFixture().collections, options: .init(readers: readers),
            group: MultiThreadedEventLoopGroup.singleton)
    }

    private static func create(_ store: SQLiteStore) async throws {
        let collections = StoreFixture().collections
        try await store.migrate(
            Migration(
                steps: collections.map { .createCollection($0) }, collections: collections, snapshot: "{}", description: "first",
                binary: "test", at: 0))
    }

    /// Thirty-two writers note each id in a file once it was acknowledged, until the process kills itself in the midst of it.
    private static func writeUntilKilled(_ directory: String, after limit: Int) async throws {
        let store = try open(directory)
        let fixture = StoreFixture()
        let acknowledged = Glibc.open(directory + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<32 {
                group.addTask {
                    for number in 0... {
                        let id = UUIDv7.text(milliseconds: Int64(number), random: [0, 0, UInt8(writer), UInt8(limit & 0xFF)])
                        let row = fixture.row(in: fixture.users, id: id)
                        try await store.transaction(on: loop) { _ = try $0.insert(row, into: fixture.users) }.get()
                        let line = id + "\n"
                        _ = line.withCString { write(acknowledged, $0, strlen($0)) }
                        if writer == 0, number == limit { kill(getpid(), SIGKILL) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func killedProcessLosesNothingThatWasAcknowledged() async throws {
        try await withTemporaryDirectory { directory in
            let first = try CrashTests.open(directory)
            try await CrashTests.create(first)
            await first.close()
            for limit in [1, 7, 20] {
                await #expect(processExitsWith: .signal(SIGKILL)) { [directory = directory as String, limit = limit as Int] in
                    try await CrashTests.writeUntilKilled(directory, after: limit)
                }
            }
            let store = try CrashTests.open(directory)
            let lines = try #require(CrashTests.lines(of: directory + "/acknowledged"))
            #expect(lines.count > 28 && Set(lines).count == lines.count)
            let missing = try await store.transaction(on: MultiThreadedEventLoopGroup.singleton.next()) { transaction in
                try lines.filter { try transaction.row(in: "users", id: $0) == nil }
            }.get()
            #expect(missing.isEmpty)
            await store.close()
        }
    }

    private static func lines(of path: String) -> [String]? {
        let file = Glibc.open(path, O_RDONLY)
        guard file >= 0 else { return nil }
        defer { Glibc.close(file) }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &chunk, chunk.count)
            guard count > 0 else { break }
            text += chunk[..<count]
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func directoryHasOneOwnerAtATime() async throws {
        try await withTemporaryDirectory { directory in
            let store = try CrashTests.open(directory)
            #expect(throws: StoreError.unavailable("\(directory) is in use by process \(getpid())")) {
                try CrashTests.open(directory)
            }
            await #expect(processExitsWith: .failure) { [directory = directory as String] in
                _ = try CrashTests.open(directory)
            }
            await store.close()
            let second = try CrashTests.open(directory)
            await second.close()
        }
    }

    @Test func filesAreTheirOwnersAlone() async throws {
        try await withTemporaryDirectory { parent in
            let directory = parent + "/data"
            let store = try CrashTests.open(directory)
            try await CrashTests.create(store)
            var facts = stat()
            #expect(stat(directory, &facts) == 0 && facts.st_mode & 0o077 == 0)
            for name in ["atlas.db", "atlas.db-wal", "atlas.db-shm", "lock"] {
                #expect(stat("\(directory)/\(name)", &facts) == 0 && facts.st_mode & 0o077 == 0, "\(name)")
            }
            await store.close()
            #expect(stat("\(directory)/atlas.db-wal", &facts) != 0, "the WAL is moved into the file at the end")
        }
    }

    @Test func newerLayoutIsRefused() async throws {
        try await withTemporaryDirectory { directory in
            let store = try CrashTests.open(directory)
            try await store.writer.perform { try SystemTables.setMeta("layout", "999", $0.connection) }
            await store.close()
            #expect {
                try CrashTests.open(directory)
            } throws: {
                if case StoreError.unavailable(let reason) = $0 { reason.contains("layout 999") } else { false }
            }
        }
    }
}
