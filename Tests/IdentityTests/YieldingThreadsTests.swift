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
        let ways = try await threads.run(on: loop) { way in [atlas_gives_way(), way { atlas_gives_way() }, atlas_gives_way()] }.get()
        #expect(ways == [false, true, false])
        struct Fault: Error {}
        await #expect(throws: Fault.self) { try await threads.run(on: loop) { way in try way { throw Fault() } }.get() }
        #expect(try await threads.run(on: loop) { _ in atlas_gives_way() }.get() == false)
        await threads.shutdown()
    }

    @Test func whatHasWaitedLongEnoughRunsAsUsual() async throws {
        let threads = YieldingThreads(count: 1, patience: .milliseconds(20), recovery: .hours(1))
        // It ends when it has been brought back.
        let first = try await threads.run(on: loop) { way in
            way {
                let gaveWay = atlas_gives_way()
                while atlas_gives_way() { sched_yield() }
                return gaveWay
            }
        }.get()
        #expect(first)
        // And the next does not begin by giving way.
        #expect(try await threads.run(on: loop) { way in way { atlas_gives_way() } }.get() == false)
        await threads.shutdown()
    }

    @Test func afterItsRecoveryWorkGivesWayAgain() async throws {
        let threads = YieldingThreads(count: 1, patience: .milliseconds(20), recovery: .zero)
        for _ in 0..<2 {
            let gaveWay = try await threads.run(on: loop) { way in
                way {
                    let gaveWay = atlas_gives_way()
                    while atlas_gives_way() { sched_yield() }
                    return gaveWay
                }
            }.get()
            #expect(gaveWay)
        }
        await threads.shutdown()
    }
}
