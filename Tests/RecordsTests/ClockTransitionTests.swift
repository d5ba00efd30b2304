import Conformance
import Expressions
import JSON
import NIOCore
import Ports
import Schema
import Testing

@testable import Records

@Suite struct ClockTransitionTests {
    private static let posts = """
        [collections.posts]
        soft_delete = true
        [collections.posts.allow]
        read = "true"
        update = "true"
        [collections.posts.fields]
        title        = "string"
        note         = "string"
        status       = { type = "state", values = ["draft", "scheduled", "published", "retired"] }
        publish_at   = "datetime"
        published_at = { type = "datetime", readonly = true }
        [collections.posts.transitions]
        schedule = { from = "draft", to = "scheduled", allow = "true" }
        publish  = { from = "draft", to = "published", allow = "true" }
        forget   = { from = "draft", to = "retired", allow = "true" }
        unpublish = { from = ["scheduled", "published"], to = "draft", allow = "true" }
        """
    private static let goLive =
        #"go_live = { from = "scheduled", to = "published", at = "publish_at", set = { published_at = "= now" }, "#
        + #"checks = [{ rule = "title != null", message = "no title" }] }"#
    private static let retire = #"retire = { from = "published", to = "retired", after = "10m" }"#
    private static let full = [posts, goLive, retire].joined(separator: "\n")

    private static let start: Int64 = 1_800_000_000_000
    private static func at(_ seconds: Int64) -> String { Timestamp.text(start + seconds * 1_000) }

    private static func scheduled(_ bench: Bench, in seconds: Int64, title: String? = "T") async throws -> Row {
        let row = try await bench.create("posts", ["title": title.map { .string($0) } ?? .null, "publish_at": .string(at(seconds))])
        return try await bench.fire("schedule", row)
    }

    @Test func firesAtItsMomentAndOnce() async throws {
        try await Bench.run(
            (
                Self.full,
                { bench in
                    let row = try await Self.scheduled(bench, in: 60)
                    #expect(try await bench.fireDue().next == Self.start + 60_000)
                    #expect(try await bench.text("status", of: row) == "scheduled")
                    bench.clock.advance(by: 60_000)
                    // What comes next is the transition after it.
                    #expect(try await bench.fireDue().next == Self.start + 660_000)
                    let published = try #require(try await bench.row(row))
                    #expect(published.version == row.version + 1)
                    #expect(try await bench.fireDue().next == Self.start + 660_000)
                    #expect(try await bench.row(row)?.version == published.version)
                    bench.clock.advance(by: 600_000)
                    #expect(try await bench.fireDue().next == nil)
                    #expect(try await bench.text("status", of: row) == "retired")
                }
            ))
    }

    @Test func followsItsFieldsAndLeavesWithItsState() async throws {
        try await Bench.run(
            (
                Self.full,
                { bench in
                    let row = try await Self.scheduled(bench, in: 60)
                    _ = try await bench.update(row, ["publish_at": .string(Self.at(120))])
                    #expect(try await bench.fireDue().next == Self.start + 120_000)
                    _ = try await bench.update(row, ["publish_at": .null])
                    #expect(try await bench.fireDue().next == nil)
                    // Already due: at once.
                    _ = try await bench.update(row, ["publish_at": .string(Self.at(-5))])
                    _ = try await bench.fireDue()
                    #expect(try await bench.text("status", of: row) == "published")
                    let other = try await Self.scheduled(bench, in: 60)
                    _ = try await bench.fire("unpublish", other)
                    bench.clock.advance(by: 60_000)
                    _ = try await bench.fireDue()
                    #expect(try await bench.text("status", of: other) == "draft")
                }
            ))
    }

    @Test func aRefusalStaysUntilTheRowChanges() async throws {
        try await Bench.run(
            (
                Self.full,
                { bench in
                    let row = try await Self.scheduled(bench, in: -1, title: nil)
                    let other = try await Self.scheduled(bench, in: 0)
                    let first = try await bench.fireDue()
                    // It holds up nobody else.
                    #expect(first.refused == 1)
                    #expect(try await bench.text("status", of: other) == "published")
                    #expect(try await bench.fireDue().refused == 0)
                    _ = try await bench.update(row, ["note": "still no title"])
                    #expect(try await bench.fireDue().refused == 1)
                    _ = try await bench.update(row, ["title": "now"])
                    #expect(try await bench.fireDue().refused == 0)
                    #expect(try await bench.text("status", of: row) == "published")
                }
            ))
    }

    @Test func hiddenRecordsWaitUntilTheyAreRestored() async throws {
        try await Bench.run(
            (
                Self.full,
                { bench in
                    let row = try await Self.scheduled(bench, in: 0)
                    _ = try await bench.fireDue()
                    try await bench.delete(row)
                    bench.clock.advance(by: 700_000)
                    #expect(try await bench.fireDue().next == nil)
                    #expect(try await bench.text("status", of: row) == "published")
                    // `after` counts from entering the state, the time in hiding included.
                    _ = try await bench.restore(row)
                    _ = try await bench.fireDue()
                    #expect(try await bench.text("status", of: row) == "retired")
                }
            ))
    }

    @Test func otherTransitionsInTheFileMakeTheIndexAnew() async throws {
        try await Bench.run(
            (
                Self.posts,
                { bench in
                    try await bench.records.alignDue(on: bench.loop)
                    _ = try await Self.scheduled(bench, in: 30)
                    #expect(try await bench.fireDue().next == nil)
                }
            ),
            (
                Self.full,
                { bench in
                    try await bench.records.alignDue(on: bench.loop)
                    #expect(try await bench.fireDue().next == Self.start + 30_000)
                    bench.clock.advance(by: 30_000)
                    #expect(try await bench.fireDue().next == Self.start + 630_000)
                }
            ),
            (
                [Self.posts, Self.goLive].joined(separator: "\n"),
                { bench in
                    try await bench.records.alignDue(on: bench.loop)
                    #expect(try await bench.fireDue().next == nil)
                }
            ))
    }

    /// A store opened again fires what fell due while nobody watched.
    @Test func catchesUpAtStart() async throws {
        try await Bench.run(
            (
                Self.full,
                { bench in
                    _ = try await Self.scheduled(bench, in: 30)
                    bench.clock.advance(by: 60_000)
                }
            ),
            (
                Self.full,
                { bench in
                    try await bench.records.alignDue(on: bench.loop)
                    #expect(try await bench.fireDue().next == Self.start + 660_000)
                }
            ))
    }

    /// States that lead back to each other by the clock alone: each moment counts once.
    @Test func aCircleOfTheClockEnds() async throws {
        let text = """
            [collections.lamps.allow]
            read = "true"
            update = "true"
            [collections.lamps.fields]
            state = { type = "state", values = ["off", "on"] }
            on_at = "datetime"
            off_at = "datetime"
            [collections.lamps.transitions]
            light = { from = "off", to = "on", at = "on_at" }
            dim   = { from = "on", to = "off", at = "off_at" }
            """
        try await Bench.run(
            (
                text,
                { bench in
                    let row = try await bench.create("lamps", ["on_at": .string(Self.at(-2)), "off_at": .string(Self.at(-1))])
                    #expect(try await bench.fireDue().next == nil)
                    #expect(try await bench.row(row)?.version == 3)
                    // Another moment is another firing.
                    _ = try await bench.update(row, ["on_at": .string(Self.at(-1))])
                    _ = try await bench.fireDue()
                    #expect(try await bench.text("state", of: row) == "on")
                }
            ))
    }
}
