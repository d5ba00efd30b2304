import Config
import Conformance
import Expressions
import Schema
import Testing

@Suite struct CronSlotTests {
    private static func schedule(_ cron: String, _ zone: String) throws -> Schedule {
        let text = """
            [app]
            timezone = "\(zone)"
            [schedules]
            it = { cron = "\(cron)", do = [{ job = "softdelete.prune" }] }
            """
        let loaded = try ConfigurationLoader(environment: [:], overrides: []).load(text: text, file: "atlas.toml")
        return try #require(try SchemaCompiler.compile(loaded.configuration).schedules.first)
    }

    @Test(arguments: [
        // Every slot once, strictly after the last.
        ("* * * * *", "UTC", "2026-11-21T00:00:00.000Z", ["2026-11-21T00:01:00.000Z", "2026-11-21T00:02:00.000Z"]),
        ("*/20 * * * *", "UTC", "2026-11-21T00:19:59.999Z", ["2026-11-21T00:20:00.000Z", "2026-11-21T00:40:00.000Z"]),
        ("0 9 * * *", "Asia/Tehran", "2026-11-21T05:30:00.000Z", ["2026-11-22T05:30:00.000Z"]),
        // Either day where both are named.
        ("0 12 13 * 5", "UTC", "2026-12-10T00:00:00.000Z", ["2026-12-11T12:00:00.000Z", "2026-12-13T12:00:00.000Z"]),
        ("0 0 * * 7", "UTC", "2026-11-21T00:00:00.000Z", ["2026-11-22T00:00:00.000Z", "2026-11-29T00:00:00.000Z"]),
        ("0 0 29 2 *", "UTC", "2096-03-01T00:00:00.000Z", ["2104-02-29T00:00:00.000Z"]),
        // Clocks skip 02:30: as soon as they have. They show it twice: the first time.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00.000Z", ["2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00.000Z", ["2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"]),
        ("10,50 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00.000Z", ["2026-03-29T01:00:00.000Z", "2026-03-30T00:10:00.000Z"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2027-04-03T12:00:00.000Z", ["2027-04-03T14:45:00.000Z", "2027-04-04T15:15:00.000Z"]),
        // What runs in every hour follows the hours as they pass.
        (
            "30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00.000Z",
            ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z", "2026-10-25T02:30:00.000Z"]
        ),
        ("0,30 * * * *", "Europe/Berlin", "2026-03-29T00:10:00.000Z", ["2026-03-29T00:30:00.000Z", "2026-03-29T01:00:00.000Z"]),
    ])
    func `each slot in its turn`(_ cron: String, _ zone: String, _ start: String, _ slots: [String]) throws {
        let schedule = try Self.schedule(cron, zone)
        var moment = try #require(Timestamp.parse(start))
        for slot in slots {
            moment = try #require(schedule.next(after: moment))
            #expect(Timestamp.text(moment) == slot)
        }
    }

    /// Minute by minute, where no clock is turned or every hour counts.
    @Test func `the next slot is the first minute that fits`() throws {
        let random = SeededRandom()
        func draw(_ below: Int) -> Int { random.bytes(2).reduce(0) { $0 << 8 | Int($1) } % below }
        var found = 0
        for _ in 0..<200 {
            let isEveryHour = draw(2) == 0
            let fields = [
                "\(draw(60))", isEveryHour ? "*" : "\(draw(24))", draw(3) == 0 ? "\(draw(28) + 1)" : "*", "*",
                draw(3) == 0 ? "\(draw(7))" : "*",
            ]
            let schedule = try Self.schedule(fields.joined(separator: " "), isEveryHour ? "Europe/Berlin" : "Asia/Kathmandu")
            // In the days about the end of October.
            let start: Int64 = 1_792_800_000 + Int64(draw(200_000))
            let expected = (1...4 * 1_440).lazy.map { Calendar.floorDivide(start, 60) * 60 + Int64($0) * 60 }.first { second in
                let shown = second + schedule.zone.offset(at: second)
                let day = Calendar.floorDivide(shown, 86_400)
                let (year, month) = Calendar.civil(day)
                let date = day - Calendar.days(year: year, month: month) + 1
                let isDate = fields[2] == "\(date)"
                let isWeekday = fields[4] == "\((day + 4) % 7)"
                let fits: Bool
                switch (fields[2], fields[4]) {
                case ("*", "*"): fits = true
                case (_, "*"): fits = isDate
                case ("*", _): fits = isWeekday
                default: fits = isDate || isWeekday
                }
                return fits && fields[0] == "\(shown / 60 % 60)" && (isEveryHour || fields[1] == "\(shown / 3_600 % 24)")
            }
            guard let expected else { continue }
            found += 1
            #expect(schedule.next(after: start * 1_000) == expected * 1_000, "\(fields) after \(start)")
        }
        #expect(found > 100)
    }
}
