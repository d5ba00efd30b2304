import Jobs
import Logging
import NIOCore
import NIOPosix
import Ports
import SQLiteStore
import Synchronization

/// Drains jobs that do nothing through the real queue and workers, durable, and prints `{"jobs_per_second": N}`.
/// usage: QueueDrain DIRECTORY [JOBS]
@main
struct QueueDrain {
    /// Ends the workers' wait when the last job has run.
    private final class Handler: JobHandler {
        private let left: Atomic<Int>
        private let last: @Sendable () -> Void

        init(_ count: Int, last: @escaping @Sendable () -> Void) {
            left = Atomic(count)
            self.last = last
        }

        func run(_ job: RunningJob) async throws -> JobConclusion {
            if left.subtract(1, ordering: .relaxed).newValue == 0 { last() }
            return .done()
        }
    }

    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let directory = arguments.first else { return print("usage: QueueDrain DIRECTORY [JOBS]") }
        let count = arguments.dropFirst().first.flatMap { Int($0) } ?? 50_000
        let group = MultiThreadedEventLoopGroup.singleton
        let store = try SQLiteStore.open(directory: directory, collections: [], group: group)
        for start in stride(from: 0, to: count, by: 1_000) {
            let jobs = min(1_000, count - start)
            try await store.transaction(on: group.next()) { transaction in
                for _ in 0..<jobs { _ = try transaction.jobs.enqueue(NewJob(kind: "none", queue: "q")) }
            }.get()
        }
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let workers = JobWorkers(
            queue: store.jobs, handlers: ["none": Handler(count) { end.finish() }], queues: ["q": QueueOptions(concurrency: 64)],
            clock: SystemClock(), random: SystemRandom(), worker: "drain", logger: Logger(label: "drain"))
        let began = ContinuousClock.now
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await workers.run() }
            for await _ in ended {}
            // The last outcomes are on disk when this returns.
            await workers.drain(until: SystemClock().now() + 10_000)
        }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        print("{\"jobs_per_second\": \(Int(Double(count) / seconds)), \"jobs\": \(count)}")
        await store.close()
    }
}
