import CLinux
import Glibc
import NIOCore
import NIOEmbedded
import Synchronization
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

    @Test func whatGivesWayKeepsToAProcessorOfItsOwn() async throws {
        let all = atlas_permitted_processors(nil, 0)
        let threads = YieldingThreads(count: 2)
        let counts = try await threads.run(on: loop) { way in
            [way { atlas_permitted_processors(nil, 0) }, atlas_permitted_processors(nil, 0)]
        }.get()
        #expect(counts == [1, all])
        // Each is there until the other is too.
        let met = Atomic(0)
        let works = (0..<2).map { _ in
            threads.run(on: loop) { way in
                way {
                    met.add(1, ordering: .sequentiallyConsistent)
                    while met.load(ordering: .sequentiallyConsistent) < 2 { sched_yield() }
                    var own: CInt = -1
                    return atlas_permitted_processors(&own, 1) == 1 ? own : -1
                }
            }
        }
        var own: Set<CInt> = []
        for work in works { own.insert(try await work.get()) }
        #expect(!own.contains(-1))
        #expect(own.count == min(2, Int(all)))
        await threads.shutdown()
    }

    /// Work that gives way and goes on until it is brought back.
    private func starve(_ threads: YieldingThreads) async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Bool.self)
        let work = threads.run(on: loop) { way in
            way {
                begin.yield(atlas_gives_way())
                while atlas_gives_way() { sched_yield() }
                return atlas_permitted_processors(nil, 0)
            }
        }
        for await gaveWay in begun {
            #expect(gaveWay)
            break
        }
        await loop.advanceTime(by: .seconds(1))
        #expect(try await work.get() == atlas_permitted_processors(nil, 0))
    }
}
