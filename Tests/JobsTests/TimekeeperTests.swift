import Conformance
import Logging
import Ports
import Synchronization
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1))) struct TimekeeperTests {
    private struct Broken: Error {}

    /// When it was worked.
    private final class Moments: Sendable {
        private let moments = Mutex<[Int64]>([])
        func add(_ moment: Int64) { moments.withLock { $0.append(moment) } }
        var all: [Int64] { moments.withLock { $0 } }
    }

    /// Works at once, at the moment it was told, and earlier when it is woken for an earlier one; nothing in between.
    @Test func worksWhenSomethingIsDue() async throws {
        let clock = ManualClock(1_000)
        let keeper = Timekeeper(clock: clock, logger: Logger(label: "test"))
        let moments = Moments()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await keeper.run {
                    let now = clock.now()
                    moments.add(now)
                    return now < 5_000 ? 5_000 : 9_000
                }
            }
            await clock.waitForSleeper(until: 5_000)
            keeper.wake(at: 2_000)
            await clock.waitForSleeper(until: 2_000)
            clock.advance(by: 1_000)
            await clock.waitForSleeper(until: 5_000)
            clock.advance(by: 3_000)
            await clock.waitForSleeper(until: 9_000)
            keeper.stop()
        }
        #expect(moments.all == [1_000, 2_000, 5_000])
    }

    @Test func triesAgainAfterAFailure() async throws {
        let clock = ManualClock(1_000)
        let keeper = Timekeeper(clock: clock, logger: Logger(label: "test"))
        let runs = Moments()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await keeper.run {
                    runs.add(clock.now())
                    if runs.all.count == 1 { throw Broken() }
                    return 10_000
                }
            }
            await clock.waitForSleeper(until: 2_000)
            clock.advance(by: 1_000)
            await clock.waitForSleeper(until: 10_000)
            group.cancelAll()
        }
        #expect(runs.all == [1_000, 2_000])
    }
}
