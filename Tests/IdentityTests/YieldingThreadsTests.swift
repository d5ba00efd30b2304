import CLinux
import Glibc
import NIOCore
import NIOEmbedded
import Testing

@testable import Identity

/// As root or with RLIMIT_NICE, which the tests have as the service has it. Time passes on the loop alone.
@Suite struct YieldingThreadsTests {
    private let loop = NIOAsyncTestingEventLoop()

    @Test func longWorkGivesWayAndComesBack() async throws {
        try #require(atlas_may_give_way())
        let threads = YieldingThreads(count: 1)
        let ways = try await threads.run(on: loop) { way in [atlas_gives_way(), way { atlas_gives_way() }, atlas_gives_way()] }.get()
        #expect(ways == [false, true, false])
        struct Fault: Error {}
        await #expect(throws: Fault.self) { try await threads.run(on: loop) { way in try way { throw Fault() } }.get() }
        #expect(try await threads.run(on: loop) { _ in atlas_gives_way() }.get() == false)
        await threads.shutdown()
    }

    @Test func whatHasWaitedLongEnoughRunsAsUsual() async throws {
        let threads = YieldingThreads(count: 1, patience: .seconds(1), recovery: .seconds(10))
        try await starve(threads)
        // What comes next does not begin by giving way, until some time has passed.
        #expect(try await threads.run(on: loop) { way in way { atlas_gives_way() } }.get() == false)
        await loop.advanceTime(by: .seconds(10))
        #expect(try await threads.run(on: loop) { way in way { atlas_gives_way() } }.get())
        try await starve(threads)
        await threads.shutdown()
    }

    /// Work that gives way and goes on until it is brought back.
    private func starve(_ threads: YieldingThreads) async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Bool.self)
        let work = threads.run(on: loop) { way in
            way {
                begin.yield(atlas_gives_way())
                while atlas_gives_way() { sched_yield() }
            }
        }
        for await gaveWay in begun {
            #expect(gaveWay)
            break
        }
        await loop.advanceTime(by: .seconds(1))
        try await work.get()
    }
}
