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
        let threads = YieldingThreads(count: 1, processors: [])
        let ways = try await threads.run(on: loop) { way in [atlas_gives_way(), way { atlas_gives_way() }, atlas_gives_way()] }.get()
        #expect(ways == [false, true, false])
        struct Fault: Error {}
        await #expect(throws: Fault.self) { try await threads.run(on: loop) { way in try way { throw Fault() } }.get() }
        #expect(try await threads.run(on: loop) { _ in atlas_gives_way() }.get() == false)
        await threads.shutdown()
    }

    @Test func whatHasWaitedLongEnoughRunsAsUsual() async throws {
        let threads = YieldingThreads(count: 1, processors: permitted(), patience: .seconds(1), recovery: .seconds(10))
        try await starve(threads)
        // What comes next does not begin by giving way, until some time has passed.
        #expect(try await threads.run(on: loop) { way in way { atlas_gives_way() } }.get() == false)
        await loop.advanceTime(by: .seconds(10))
        #expect(try await threads.run(on: loop) { way in way { atlas_gives_way() } }.get())
        try await starve(threads)
        await threads.shutdown()
    }

    @Test func whatGivesWayKeepsToAProcessorOfItsOwn() async throws {
        let all = permitted()
        let threads = YieldingThreads(count: 1, processors: all)
        let seen = try await threads.run(on: loop) { way in [way(permitted), permitted()] }.get()
        #expect(seen[0].count == 1 && all.contains(seen[0][0]) && seen[1] == all)
        // Each is there until all are.
        let met = Atomic(0)
        let works = all.map { _ in
            threads.run(on: loop) { way in
                way {
                    met.add(1, ordering: .sequentiallyConsistent)
                    while met.load(ordering: .sequentiallyConsistent) < all.count { sched_yield() }
                    return permitted()
                }
            }
        }
        var own: [[CInt]] = []
        for work in works { own.append(try await work.get()) }
        #expect(own.sorted { $0[0] < $1[0] } == all.map { [$0] })
        await threads.shutdown()
    }

    /// Beside a program that keeps its processor busy.
    @Test func whatHasWaitedMayGoElsewhere() async throws {
        let all = permitted()
        let threads = YieldingThreads(count: 1, processors: all, patience: .seconds(1))
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let work = threads.run(on: loop) { way in
            way {
                begin.yield()
                while permitted() != all { sched_yield() }
                return atlas_gives_way()
            }
        }
        for await _ in begun { break }
        await loop.advanceTime(by: .milliseconds(500))
        #expect(try await work.get())
        #expect(try await threads.run(on: loop) { way in way(permitted) }.get().count == 1)
        await threads.shutdown()
    }

    /// Where passwords do not give way, only as many are worked on at once as the others can spare.
    @Test func fewRunAsUsualAtOnce() async throws {
        let threads = YieldingThreads(count: 1, processors: Array(permitted().prefix(2)))
        try await starve(threads)
        let running = Atomic(0)
        let most = Atomic(0)
        let works = (0..<20).map { _ in
            threads.run(on: loop) { way in
                way {
                    most.max(running.add(1, ordering: .sequentiallyConsistent).newValue, ordering: .sequentiallyConsistent)
                    for _ in 0..<100 { sched_yield() }
                    running.subtract(1, ordering: .sequentiallyConsistent)
                }
            }
        }
        for work in works { try await work.get() }
        #expect(most.load(ordering: .sequentiallyConsistent) == 1)
        await threads.shutdown()
    }

    /// Work that gives way and goes on until it is brought back.
    private func starve(_ threads: YieldingThreads) async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Bool.self)
        let work = threads.run(on: loop) { way in
            way {
                begin.yield(atlas_gives_way())
                while atlas_gives_way() { sched_yield() }
                return permitted()
            }
        }
        for await gaveWay in begun {
            #expect(gaveWay)
            break
        }
        await loop.advanceTime(by: .seconds(1))
        #expect(try await work.get() == permitted())
    }
}

private func permitted() -> [CInt] {
    var numbers = [CInt](repeating: 0, count: 1024)
    return Array(numbers[..<Int(atlas_permitted_processors(&numbers, 1024))])
}
