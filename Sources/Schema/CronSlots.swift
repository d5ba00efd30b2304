package import Config
package import Expressions

/// The moments at which a schedule runs.
///
/// A time of the day that clocks skip is due when they have skipped it, and one that they show twice is due the first time. What runs in every
/// hour follows the hours as they pass, whatever clocks call them.
extension Cron {
    /// The first moment after that one, both in milliseconds since 1970; nil: there is none,
    /// which the reading of the file refuses (the 31st of February).
    package func next(after moment: Int64, in zone: Zone) -> Int64? {
        let second = Calendar.floorDivide(moment, 1_000)
        // Clocks are turned by less than a day.
        let today = Calendar.floorDivide(second + zone.offset(at: second), 86_400) - 1
        for day in today...today + Self.reach where holds(on: day) {
            let due = slots(of: day, in: zone).filter { $0 > second }.min()
            if let due { return due * 1_000 }
        }
        return nil
    }

    /// Days within which every date comes back: from the 29th of February 2096 to that of 2104.
    private static let reach: Int64 = 8 * 366 + 2

    private var runsEveryHour: Bool { hours == (1 << 24) - 1 }

    /// `day` counts from 1970-01-01.
    private func holds(on day: Int64) -> Bool {
        let (year, month) = Calendar.civil(day)
        guard months & 1 << UInt64(month) != 0 else { return false }
        let isDay = days & 1 << UInt64(day - Calendar.days(year: year, month: month) + 1) != 0
        // 1970-01-01 was a Thursday.
        let isWeekday = weekdays & 1 << UInt64(((day + 4) % 7 + 7) % 7) != 0
        return anyDay || anyWeekday ? isDay && isWeekday : isDay || isWeekday
    }

    /// In seconds since 1970, in no order.
    private func slots(of day: Int64, in zone: Zone) -> [Int64] {
        var found: [Int64] = []
        for hour: Int64 in 0..<24 where hours & 1 << UInt64(hour) != 0 {
            for minute: Int64 in 0..<60 where minutes & 1 << UInt64(minute) != 0 {
                let clock = day * 86_400 + hour * 3_600 + minute * 60
                let (before, after) = (zone.offset(at: clock - 86_400), zone.offset(at: clock + 86_400))
                let shown = Set([before, after]).map { clock - $0 }.filter { zone.offset(at: $0) + $0 == clock }
                if runsEveryHour {
                    found += shown
                } else {
                    found.append(shown.min() ?? Self.turn(between: clock - after, and: clock - before, in: zone))
                }
            }
        }
        return found
    }

    /// The second at which clocks are turned.
    private static func turn(between early: Int64, and late: Int64, in zone: Zone) -> Int64 {
        var (low, high) = (min(early, late), max(early, late))
        let before = zone.offset(at: low)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if zone.offset(at: middle) == before { low = middle } else { high = middle }
        }
        return high
    }
}
