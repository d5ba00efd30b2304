import NIOCore

/// Moments as text, without a calendar library: the proleptic Gregorian calendar in UTC.
struct Timestamp {
    var year: Int64
    var month: Int
    var day: Int
    /// 0 is Sunday.
    var weekday: Int
    var hour: Int
    var minute: Int
    var second: Int

    /// Days to civil date after Howard Hinnant, "chrono-compatible low-level date algorithms".
    init(seconds: Int64) {
        // Beyond the year 9999 the formats below have no room
        let seconds = min(max(seconds, -62_135_596_800), 253_402_300_799)
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let rest = Int(seconds - days * 86_400)
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
        weekday = Int(((days + 4) % 7 + 7) % 7)
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let index = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * index + 2) / 5 + 1)
        month = Int(index < 10 ? index + 3 : index - 9)
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// IMF-fixdate (RFC 9110 section 5.6.7): `Sat, 21 Nov 2026 01:47:39 GMT`.
    var httpDate: String {
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(weekdays[weekday]), \(Self.padded(day)) \(months[month - 1]) \(Self.padded(Int(year), 4)) \(clock) GMT"
    }

    /// RFC 3339 up to the seconds: `2026-11-21T01:47:39`.
    var rfc3339: String {
        "\(Self.padded(Int(year), 4))-\(Self.padded(month))-\(Self.padded(day))T\(clock)"
    }

    private var clock: String { "\(Self.padded(hour)):\(Self.padded(minute)):\(Self.padded(second))" }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

/// The two texts of the current second, made once per second and loop.
struct TimestampCache {
    private var second = Int64.min
    private(set) var httpDate = ""
    private(set) var rfc3339 = ""

    mutating func turn(to milliseconds: Int64) {
        let now = milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
        guard now != second else { return }
        second = now
        let moment = Timestamp(seconds: now)
        httpDate = moment.httpDate
        rfc3339 = moment.rfc3339
    }
}

extension ByteBuffer {
    /// `.123Z`, the end of an RFC 3339 moment.
    mutating func writeMilliseconds(_ milliseconds: Int64) {
        let part = Int((milliseconds % 1000 + 1000) % 1000)
        writeInteger(UInt8(ascii: "."))
        writeInteger(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: part / 100))
        writeInteger(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: part / 10 % 10))
        writeInteger(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: part % 10))
        writeInteger(UInt8(ascii: "Z"))
    }
}
