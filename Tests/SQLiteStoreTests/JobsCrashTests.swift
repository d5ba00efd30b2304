import Conformance
import Glibc
import Jobs
import Logging
import NIOPosix
import Ports
import Synchronization
import Testing

@testable import SQLiteStore

/// A process with producers and workers is killed again and again. Two ledgers are kept outside of the database: what was acknowledged to
/// the producers, and when each job began and ended in which process.
@Suite struct JobsCrashTests {
    /// Lines that reach the kernel in one write, so that a kill cuts none.
    private struct Ledger: Sendable {
        private let file: Int32

        init(_ path: String) {
            file = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }

        func note(_ line: String) {
            _ = (line + "\n").withCString { write(file, $0, strlen($0)) }
        }

        static func lines(of path: String) -> [String] {
            guard let file = fopen(path, "r") else { return [] }
            defer { fclose(file) }
            var lines: [String] = []
            var buffer = [CChar](repeating: 0, count: 256)
            while fgets(&buffer, 256, file) != nil {
                lines.append(String(decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            return lines
        }
    }

    private final class Handler: JobHandler {
        private let ledger: Ledger
        private let last: Int?
        private let begun = Atomic(0)

        /// - Parameter last: the number of the job in whose midst the process is killed.
        init(ledger: Ledger, last: Int?) {
            self.ledger = ledger
            self.last = last
        }

        func run(_ job: RunningJob) async throws -> JobConclusion {
            ledger.note("begin \(job.claim.job)")
            if begun.add(1, ordering: .relaxed).newValue == last { kill(getpid(), SIGKILL) }
            // Other jobs are begun, and writes under way, when that one comes.
            for _ in 0..<50 { await Task.yield() }
            ledger.note("end \(job.claim.job)")
            return .done()
        }
    }

    private static func workers(_ store: SQLiteStore, _ ledger: Ledger, until last: Int? = nil) -> JobWorkers {
        JobWorkers(
            queue: store.jobs, handlers: ["k": Handler(ledger: ledger, last: last)], queues: ["q": QueueOptions(concurrency: 16)],
            clock: SystemClock(), random: SystemRandom(), worker: "w", logger: Logger(label: "drill") { _ in SwiftLogNoOpLogHandler() })
    }

    private struct Refusal: Error {}

    private static func runUntilKilled(_ directory: String, after limit: Int) async throws {
        let ran = Ledger(directory + "/ran")
        let acknowledged = Ledger(directory + "/acknowledged")
        let refused = Ledger(directory + "/refused")
        ran.note("boot")
        let harness = try SQLiteJobHarness(directory, random: SystemRandom())
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await workers(harness.store, ran, until: limit).run() }
            for _ in 0..<8 {
                group.addTask {
                    for number in 0... {
                        let job = NewJob(kind: "k", queue: "q", payload: [1], maxAttempts: 100)
                        // Every third is rolled back after it was enqueued: it must never run.
                        if number % 3 == 2 {
                            _ = try? await harness.transaction { jobs in
                                refused.note(try jobs.enqueue(job))
                                throw Refusal()
                            }
                        } else if let id = try? await harness.transaction({ try $0.enqueue(job) }) {
                            acknowledged.note(id)
                        }
                    }
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(3))) func killedProcessesLoseNothingAndRunNothingTwiceAtOnce() async throws {
        try await withTemporaryDirectory { directory in
            for cycle in 0..<20 {
                let limit = [1, 30, 100, 300, 10][cycle % 5] + cycle
                await #expect(processExitsWith: .signal(SIGKILL)) { [directory = directory as String, limit = limit as Int] in
                    try await JobsCrashTests.runUntilKilled(directory, after: limit)
                }
            }
            // The last process works off what is left.
            let ledger = Ledger(directory + "/ran")
            ledger.note("boot")
            let start = MonotonicClock.now
            let harness = try SQLiteJobHarness(directory, random: SystemRandom())
            #expect(MonotonicClock.now - start < 1_000_000_000)
            let workers = JobsCrashTests.workers(harness.store, ledger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await workers.run() }
                while true {
                    let counts = try await harness.queue.counts(of: "q")
                    if [.ready, .scheduled, .running].allSatisfy({ counts[$0, default: 0] == 0 }) { break }
                    await Task.yield()
                }
                await workers.drain(until: SystemClock().now() + 1000)
            }
            await harness.store.close()

            let acknowledged = Set(Ledger.lines(of: directory + "/acknowledged"))
            let refused = Set(Ledger.lines(of: directory + "/refused"))
            var running: Set<String> = []
            var ended: Set<String> = []
            var begun: Set<String> = []
            var overlaps = 0
            var interrupted = 0
            for line in Ledger.lines(of: directory + "/ran") {
                let parts = line.split(separator: " ").map(String.init)
                switch (parts.first, parts.last) {
                case ("begin", let id?):
                    if !running.insert(id).inserted { overlaps += 1 }
                    begun.insert(id)
                case ("end", let id?):
                    running.remove(id)
                    ended.insert(id)
                default:
                    interrupted += running.count
                    running = []
                }
            }
            let lost = acknowledged.subtracting(ended).count
            let ghosts = begun.intersection(refused).count
            print(
                "20 kills, \(acknowledged.count) acknowledged, \(interrupted) interrupted:",
                "LOST = \(lost), GHOST = \(ghosts), OVERLAP = \(overlaps)")
            #expect(acknowledged.count > 500 && refused.count > 100)
            // Each kill met at least the job that it came from.
            #expect(interrupted >= 20)
            #expect(lost == 0)
            #expect(ghosts == 0)
            #expect(overlaps == 0)
        }
    }
}
