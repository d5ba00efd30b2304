import CLinux
import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import Identity

/// As root or with RLIMIT_NICE, which the tests have as the service has it.
@Suite struct YieldingThreadsTests {
    private let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()

    @Test func longWorkGivesWayAndComesBack() async throws {
        try #require(atlas_may_give_way())
        let threads = YieldingThreads(count: 1, patience: .hours(1))
        let kinds = try await threads.run(on: loop) { way in [sched_getscheduler(0), way { sched_getscheduler(0) }, sched_getscheduler(0)] }.get()
        #expect(kinds == [SCHED_OTHER, SCHED_IDLE, SCHED_OTHER])
        struct Fault: Error {}
        await #expect(throws: Fault.self) { try await threads.run(on: loop) { way in try way { throw Fault() } }.get() }
        #expect(try await threads.run(on: loop) { _ in sched_getscheduler(0) }.get() == SCHED_OTHER)
        await threads.shutdown()
    }

    @Test func whatHasWaitedLongEnoughRunsAsUsual() async throws {
        let threads = YieldingThreads(count: 1, patience: .milliseconds(20), recovery: .hours(1))
        // It ends when it has been brought back.
        let first = try await threads.run(on: loop) { way in
            way {
                let kind = sched_getscheduler(0)
                while sched_getscheduler(0) == SCHED_IDLE { sched_yield() }
                return kind
            }
        }.get()
        #expect(first == SCHED_IDLE)
        // And the next does not begin by giving way.
        #expect(try await threads.run(on: loop) { way in way { sched_getscheduler(0) } }.get() == SCHED_OTHER)
        await threads.shutdown()
    }

    @Test func afterItsRecoveryWorkGivesWayAgain() async throws {
        let threads = YieldingThreads(count: 1, patience: .milliseconds(20), recovery: .zero)
        for _ in 0..<2 {
            let kind = try await threads.run(on: loop) { way in
                way {
                    let kind = sched_getscheduler(0)
                    while sched_getscheduler(0) == SCHED_IDLE { sched_yield() }
                    return kind
                }
            }.get()
            #expect(kind == SCHED_IDLE)
        }
        await threads.shutdown()
    }
}
