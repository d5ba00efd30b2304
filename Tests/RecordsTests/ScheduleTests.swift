import Conformance
import JSON
import NIOCore
import Ports
import Schema
import Synchronization
import Testing

@testable import Records

@Suite struct ScheduleTests {
    private static func site(_ schedules: String) -> String {
        """
        [collections.log.allow]
        read = "true"
        [collections.log.fields]
        text = { type = "string", unique = true }
        at   = "datetime"
        [schedules]
        \(schedules)
        """
    }
    private static let tick = #"tick = { cron = "*/10 * * * *", do = [{ insert = "log", set = { at = "= now" } }] }"#
    private static let start: Int64 = 1_800_000_000_000
    private static let minute: Int64 = 60_000

    @Test func `each slot once, and one for all that nobody watched`() async throws {
        try await Bench.run(
            (
                Self.site(Self.tick),
                { bench in
                    #expect(try await bench.runSchedules().next == Self.start + 10 * Self.minute)
                    #expect(try await bench.count("log") == 0)
                    bench.clock.advance(by: 10 * Self.minute)
                    #expect(try await bench.runSchedules().next == Self.start + 20 * Self.minute)
                    #expect(try await bench.count("log") == 1)
                    _ = try await bench.runSchedules()
                    #expect(try await bench.count("log") == 1)
                    // Three that watch at once.
                    bench.clock.advance(by: 10 * Self.minute)
                    async let (first, second, third) = (bench.runSchedules(), bench.runSchedules(), bench.runSchedules())
                    _ = try await (first, second, third)
                    #expect(try await bench.count("log") == 2)
                    bench.clock.advance(by: 35 * Self.minute)
                    #expect(try await bench.runSchedules().next == Self.start + 60 * Self.minute)
                    #expect(try await bench.count("log") == 3)
                    // Nobody watches for a day.
                    bench.clock.advance(by: 1_440 * Self.minute)
                }
            ),
            (
                Self.site(Self.tick),
                { bench in
                    let next = try await bench.runSchedules().next
                    #expect(next == Self.start + 1_500 * Self.minute)
                    #expect(try await bench.count("log") == 4)
                    bench.clock.advance(by: 30 * Self.minute)
                }
            ),
            (
                // Another time: what is past was not its own.
                Self.site(Self.tick.replacing("*/10", with: "7")),
                { bench in
                    let next = try await bench.runSchedules().next
                    #expect(next == Self.start + 1_567 * Self.minute)
                    #expect(try await bench.count("log") == 4)
                }
            ))
    }

    @Test func `what refuses is told, leaves nothing behind and waits for its next slot`() async throws {
        let twice = #"{ insert = "log", set = { text = "one" } }"#
        let site = Self.site("again = { cron = \"*/10 * * * *\", do = [\(twice), \(twice)] }\n" + Self.tick)
        try await Bench.run(
            (
                site,
                { bench in
                    _ = try await bench.runSchedules()
                    bench.clock.advance(by: 10 * Self.minute)
                    let ran = try await bench.runSchedules()
                    #expect(ran.refused == ["again"] && ran.next == Self.start + 20 * Self.minute)
                    #expect(try await bench.count("log") == 1)
                    #expect(try await bench.runSchedules().refused == [])
                }
            ))
    }

    @Test func `built-in work is enqueued, and a schedule runs when it is asked to`() async throws {
        let site = Self.site(#"clean = { cron = "0 4 * * *", do = [{ job = "softdelete.prune" }, { job = "sitemap.rebuild" }] }"#)
        try await Bench.run(
            (
                site,
                { bench in
                    #expect(try await bench.records.runSchedule("clean", on: bench.loop))
                    #expect(try await bench.records.runSchedule("nothing", on: bench.loop) == false)
                    let jobs = try await bench.write { _, transaction in
                        try transaction.jobLog.page(queue: "maintenance", state: .ready, limit: 10, offset: 0).jobs
                    }
                    #expect(jobs.map(\.kind) == ["sitemap.rebuild", "softdelete.prune"])
                    // That was none of its slots.
                    #expect(try await bench.runSchedules().next == Self.start + 20 * 60 * Self.minute)
                }
            ))
    }
}

extension Bench {
    fileprivate func runSchedules() async throws -> (next: Int64?, refused: [String]) {
        let refused = Mutex<[String]>([])
        let next = try await records.runSchedules(on: loop) { schedule, _ in refused.withLock { $0.append(schedule.name) } }
        return (next, refused.withLock { $0 })
    }

    fileprivate func count(_ name: String) async throws -> Int {
        let collection = try collection(name)
        return try await write { _, transaction in try transaction.walk.ids(in: collection, after: 0, limit: 1_000).ids.count }
    }
}
