import Glibc
import Synchronization

/// A time zone of the system's database (`/usr/share/zoneinfo`): how far its clocks are ahead of UTC, and when that changes.
/// Equal by name.
package struct Zone: Sendable, Hashable {
    package let name: String
    private let table: Table

    package static let utc = Zone(name: "UTC", table: Table(transitions: [], offsets: [], first: 0, rule: nil))
    private static let known = Mutex<[String: Zone]>(["UTC": utc])

    /// The zone of that IANA name; nil where the system has none. Reads its file once.
    package static func named(_ name: String) -> Zone? {
        known.withLock { known in
            if let zone = known[name] { return zone }
            let isName = name.utf8.allSatisfy {
                ($0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z")) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
                    || [UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+")].contains($0)
            }
            guard isName, !name.isEmpty, !name.hasPrefix("/"), let bytes = contents(of: "/usr/share/zoneinfo/\(name)"),
                let table = Table(bytes)
            else { return nil }
            let zone = Zone(name: name, table: table)
            known[name] = zone
            return zone
        }
    }

    private static func contents(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "rbe") else { return nil }
        defer { fclose(file) }
        // The largest of the database has 4 KB.
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        let count = fread(&bytes, 1, bytes.count, file)
        return count > 0 && count < bytes.count ? Array(bytes[..<count]) : nil
    }

    /// How many seconds the zone's clocks are ahead of UTC at that second since 1970.
    package func offset(at second: Int64) -> Int64 { table.offset(at: second) }

    /// The first moment, in seconds since 1970, at which the zone's clocks show that midnight; where they skip it, the moment at which
    /// they would have shown it. `day` counts from 1970-01-01.
    func midnight(_ day: Int64) -> Int64 {
        let clock = day * 86_400
        let before = offset(at: clock - 86_400)
        let after = offset(at: clock + 86_400)
        let earlier = clock - before
        if offset(at: earlier) == before { return earlier }
        let later = clock - after
        return offset(at: later) == after ? later : earlier
    }

    package static func == (left: Zone, right: Zone) -> Bool { left.name == right.name }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// The contents of a TZif file (RFC 9636), the part with 64-bit times.
private struct Table: Sendable {
    /// Seconds since 1970, ascending, and the offset from each on.
    let transitions: [Int64]
    let offsets: [Int64]
    /// Before the first transition.
    let first: Int64
    /// After the last.
    let rule: YearlyRule?

    init(transitions: [Int64], offsets: [Int64], first: Int64, rule: YearlyRule?) {
        (self.transitions, self.offsets, self.first, self.rule) = (transitions, offsets, first, rule)
    }

    init?(_ bytes: [UInt8]) {
        func number(_ start: Int, _ size: Int) -> Int64? {
            guard start >= 0, start + size <= bytes.count else { return nil }
            var value: UInt64 = bytes[start] >= 0x80 ? .max : 0
            for byte in bytes[start..<start + size] { value = value << 8 | UInt64(byte) }
            return Int64(bitPattern: value)
        }
        /// The counts of a header: UTC marks, standard marks, leap seconds, transitions, types, letters.
        func counts(_ start: Int) -> [Int]? {
            guard start + 44 <= bytes.count, bytes[start..<start + 4].elementsEqual("TZif".utf8) else { return nil }
            let counts = (0..<6).compactMap { number(start + 20 + $0 * 4, 4).map(Int.init) }
            return counts.allSatisfy { (0...bytes.count).contains($0) } ? counts : nil
        }
        guard let old = counts(0), bytes[4] >= UInt8(ascii: "2") else { return nil }
        let header = 44 + old[3] * 5 + old[4] * 6 + old[5] + old[2] * 8 + old[1] + old[0]
        guard let new = counts(header) else { return nil }
        let times = header + 44
        let kinds = times + new[3] * 8
        let types = kinds + new[3]
        func offset(_ type: Int) -> Int64? { type < new[4] ? number(types + type * 6, 4) : nil }
        var transitions: [Int64] = []
        var offsets: [Int64] = []
        for index in 0..<new[3] {
            guard let time = number(times + index * 8, 8), kinds + index < bytes.count, let offset = offset(Int(bytes[kinds + index]))
            else {
                return nil
            }
            transitions.append(time)
            offsets.append(offset)
        }
        guard let first = offset(0) else { return nil }
        let footer = types + new[4] * 6 + new[5] + new[2] * 12 + new[1] + new[0]
        var rule: YearlyRule?
        if footer < bytes.count {
            rule = YearlyRule(bytes[footer...].dropFirst().prefix { $0 != 0x0A })
        }
        self.init(transitions: transitions, offsets: offsets, first: first, rule: rule)
    }

    func offset(at second: Int64) -> Int64 {
        guard let last = transitions.last, second >= transitions[0] else {
            return transitions.isEmpty ? rule?.offset(at: second) ?? first : first
        }
        if second >= last, let rule { return rule.offset(at: second) }
        var (low, high) = (0, transitions.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if transitions[middle] <= second { low = middle } else { high = middle }
        }
        return offsets[low]
    }
}

/// What holds after the last transition of a file: `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX, "TZ").
private struct YearlyRule: Sendable {
    private var standard: Int64 = 0
    /// With the days on which it begins and ends.
    private var summer: (offset: Int64, begin: Day, end: Day)?

    private enum Form { case month(Int64, Int64, Int64), dayWithoutLeap(Int64), day(Int64) }

    private struct Day {
        var form: Form
        /// Seconds of the clock after midnight.
        var time: Int64
    }

    init?(_ text: ArraySlice<UInt8>) {
        var rest = text
        guard Self.name(&rest), let west = Self.time(&rest) else { return nil }
        standard = -west
        if rest.isEmpty { return }
        guard Self.name(&rest) else { return nil }
        var offset = standard + 3600
        if rest.first != UInt8(ascii: ",") {
            guard let west = Self.time(&rest) else { return nil }
            offset = -west
        }
        guard let begin = Self.day(&rest), let end = Self.day(&rest), rest.isEmpty else { return nil }
        summer = (offset, begin, end)
    }

    private static func name(_ rest: inout ArraySlice<UInt8>) -> Bool {
        let start = rest.startIndex
        if rest.first == UInt8(ascii: "<") {
            rest = rest.drop { $0 != UInt8(ascii: ">") }.dropFirst()
        } else {
            rest = rest.drop { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }
        }
        return rest.startIndex > start
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        rest = rest.dropFirst(digits.count)
        return digits.count > 4 ? nil : Int64(String(decoding: digits, as: UTF8.self))
    }

    /// `-3:30`, in seconds.
    private static func time(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        guard var seconds = number(&rest).map({ $0 * 3600 }) else { return nil }
        for unit: Int64 in [60, 1] where rest.first == UInt8(ascii: ":") {
            rest.removeFirst()
            guard let part = number(&rest) else { return nil }
            seconds += part * unit
        }
        return isNegative ? -seconds : seconds
    }

    /// `,M3.5.0/2`
    private static func day(_ rest: inout ArraySlice<UInt8>) -> Day? {
        guard rest.popFirst() == UInt8(ascii: ","), let kind = rest.first else { return nil }
        let form: Form
        switch kind {
        case UInt8(ascii: "M"):
            rest.removeFirst()
            guard let month = number(&rest), (1...12).contains(month), rest.popFirst() == UInt8(ascii: "."), let week = number(&rest),
                rest.popFirst() == UInt8(ascii: "."), let weekday = number(&rest)
            else { return nil }
            form = .month(month, week, weekday)
        case UInt8(ascii: "J"):
            rest.removeFirst()
            guard let day = number(&rest) else { return nil }
            form = .dayWithoutLeap(day)
        default:
            guard let day = number(&rest) else { return nil }
            form = .day(day)
        }
        var seconds: Int64 = 7200
        if rest.first == UInt8(ascii: "/") {
            rest.removeFirst()
            guard let time = time(&rest) else { return nil }
            seconds = time
        }
        return Day(form: form, time: seconds)
    }

    func offset(at second: Int64) -> Int64 {
        guard let summer else { return standard }
        let year = Calendar.civil(Calendar.floorDivide(second + standard, 86_400)).year
        let begin = Self.clock(summer.begin, year) - standard
        let end = Self.clock(summer.end, year) - summer.offset
        let isSummer = begin < end ? second >= begin && second < end : second >= begin || second < end
        return isSummer ? summer.offset : standard
    }

    /// What the clock shows when that day's change is due, in seconds since 1970 as if it were UTC.
    private static func clock(_ day: Day, _ year: Int64) -> Int64 {
        let number: Int64
        switch day.form {
        case .month(let month, let week, let weekday):
            let first = Calendar.days(year: year, month: month)
            let next = month == 12 ? Calendar.days(year: year + 1, month: 1) : Calendar.days(year: year, month: month + 1)
            // 1970-01-01 was a Thursday, 4 where Sunday is 0.
            let firstWeekday = ((first + 4) % 7 + 7) % 7
            var day = first + (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
            while day >= next { day -= 7 }
            number = day
        case .dayWithoutLeap(let day):
            let start = Calendar.days(year: year, month: 1)
            let isLeap = Calendar.days(year: year + 1, month: 1) - start == 366
            number = start + day - 1 + (isLeap && day >= 60 ? 1 : 0)
        case .day(let day): number = Calendar.days(year: year, month: 1) + day
        }
        return number * 86_400 + day.time
    }
}
