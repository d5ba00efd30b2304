import Conformance
import NIOCore
import NIOPosix
import Ports
import Testing

@testable import SQLiteStore

/// The queue of a store in a directory of its own.
struct SQLiteJobHarness: JobQueueHarness {
    let clock: ManualClock
    let directory: String
    let store: SQLiteStore
    var queue: any JobQueue { store.jobs }

    init(_ directory: String, clock: ManualClock = ManualClock(), random: any Ports.Random = SeededRandom()) throws {
        self.clock = clock
        self.directory = directory
        store = try SQLiteStore.open(
            directory: directory, collections: [], options: .init(readers: 1, clock: clock, random: random),
            group: MultiThreadedEventLoopGroup.singleton)
    }

    func transaction<Result: Sendable>(_ body: @escaping @Sendable (any JobTransaction) throws -> Result) async throws -> Result {
        try await store.transaction(on: MultiThreadedEventLoopGroup.singleton.next()) { try body($0.jobs) }.get()
    }

    /// Closing changes no job: what runs then is left as a kill leaves it.
    func crash() async throws -> SQLiteJobHarness {
        await store.close()
        return try SQLiteJobHarness(directory, clock: clock, random: SeededRandom(2))
    }
}

@Suite struct JobsConformanceTests {
    @Test("keeps the promises of a queue", arguments: JobQueueConformance.cases)
    func promise(_ promise: JobQueueCase) async throws {
        try await withTemporaryDirectory { directory in
            try await promise.run(try SQLiteJobHarness(directory))
        }
    }
}
