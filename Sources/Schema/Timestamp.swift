/// RFC 3339 moments as milliseconds since 1970-01-01T00:00:00Z, years 0001 to 9999.
package enum Timestamp {
    package static let earliest: Int64 = -62_135_596_800_000
    package static let latest: Int64 = 253_402_300_799_999

    /// `2026-11-20T12:34:56.789Z`
    package static func text(_ moment: Int64) -> String {
        let day = Int64((Double(moment) / 86_400_000).rounded(.down))
        let rest = moment - day * 86_400_000
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let time = "\(padded(rest / 3_600_000, 2)):\(padded(rest / 60_000 % 60, 2)):\(padded(rest / 1_000 % 60, 2))"
        return "\(CalendarDate.text(day))T\(time).\(padded(rest % 1_000, 3))Z"
    }

    /// `2026-11-20T12:34:56.789Z`, with any offset and up to nine decimals (cut to milliseconds); nil for anything else.
    package static func parse(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 35, let day = CalendarDate.parse(bytes[0..<10]),
            bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), let hour = digits(bytes[11..<13]), hour < 24, let minute = digits(bytes[14..<16]),
            minute < 60, let second = digits(bytes[17..<19]), second < 61
        else { return nil }
        var position = 19
        var milliseconds: Int64 = 0
        if bytes[position] == UInt8(ascii: ".") {
            let start = position + 1
            position = start
            while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39 { position += 1 }
            guard position > start, position - start <= 9 else { return nil }
            for index in 0..<3 {
                milliseconds = milliseconds * 10 + (start + index < position ? Int64(bytes[start + index]) - 0x30 : 0)
            }
        }
        guard position < bytes.count, let offset = offset(bytes[position...]) else { return nil }
        // A leap second counts as the last one of its minute.
        let seconds = hour * 3_600 + minute * 60 + min(second, 59) - offset * 60
        let moment = day * 86_400_000 + seconds * 1_000 + milliseconds
        return moment >= earliest && moment <= latest ? moment : nil
    }

    /// Minutes east of Greenwich.
    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let bytes = Array(bytes)
        if bytes.count == 1 { return bytes[0] == UInt8(ascii: "Z") || bytes[0] == UInt8(ascii: "z") ? 0 : nil }
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"), let hours = digits(bytes[1..<3]), hours < 24,
            let minutes = digits(bytes[4..<6]), minutes < 60
        else { return nil }
        switch bytes[0] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }

    static func digits(_ bytes: ArraySlice<UInt8>) -> Int64? {
        var number: Int64 = 0
        for byte in bytes {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            number = number * 10 + Int64(byte - 0x30)
        }
        return number
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, years 0001 to 9999.
package enum CalendarDate {
    /// `2026-11-20`; nil for anything else.
    package static func parse(_ text: String) -> Int64? { parse(Array(text.utf8)[...]) }

    static func parse(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let start = bytes.startIndex
        guard bytes.count == 10, bytes[start + 4] == UInt8(ascii: "-"), bytes[start + 7] == UInt8(ascii: "-"),
            let year = Timestamp.digits(bytes[start..<start + 4]), year >= 1,
            let month = Timestamp.digits(bytes[start + 5..<start + 7]), (1...12).contains(month),
            let day = Timestamp.digits(bytes[start + 8..<start + 10]), day >= 1, day <= length(ofMonth: month, in: year)
        else { return nil }
        return days(year: year, month: month, day: day)
    }

    static func length(ofMonth month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Howard Hinnant's algorithm (chrono-compatible calendar algorithms, days_from_civil).
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension CalendarDate {
    /// `2026-11-20` of days since 1970-01-01 (Hinnant, "chrono-Compatible Low-Level Date Algorithms": civil_from_days).
    package static func text(_ days: Int64) -> String {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }
}

/// ISO 8601 durations without years and months, in milliseconds.
package enum ISODuration {
    /// `P7D`, `P1DT1H1M1.5S`; `PT0S` for nothing.
    package static func text(_ milliseconds: Int64) -> String {
        var rest = milliseconds.magnitude
        var text = milliseconds < 0 ? "-P" : "P"
        if rest >= 86_400_000 { text += "\(rest / 86_400_000)D" }
        rest %= 86_400_000
        if rest == 0 { return milliseconds == 0 ? "PT0S" : text }
        text += "T"
        if rest >= 3_600_000 { text += "\(rest / 3_600_000)H" }
        rest %= 3_600_000
        if rest >= 60_000 { text += "\(rest / 60_000)M" }
        rest %= 60_000
        if rest == 0 { return text }
        let thousandths = rest % 1_000
        text += "\(rest / 1_000)"
        if thousandths > 0 {
            var digits = String(1_000 + thousandths).dropFirst()
            while digits.hasSuffix("0") { digits.removeLast() }
            text += ".\(digits)"
        }
        return text + "S"
    }

    /// `PT15M`, `P7D`, `P1DT2H3M4.5S`, `P2W`; nil for anything else, for negative ones and beyond 100 years.
    package static func parse(_ text: String) -> Int64? {
        var bytes = Array(text.utf8)[...]
        guard bytes.popFirst() == UInt8(ascii: "P"), !bytes.isEmpty, text.utf8.count <= 40 else { return nil }
        let dateUnits: [(UInt8, Int64)] = [(UInt8(ascii: "W"), 604_800_000), (UInt8(ascii: "D"), 86_400_000)]
        let timeUnits: [(UInt8, Int64)] = [
            (UInt8(ascii: "H"), 3_600_000), (UInt8(ascii: "M"), 60_000), (UInt8(ascii: "S"), 1_000),
        ]
        var units = dateUnits[...]
        var isTime = false
        var total: Int64 = 0
        while let byte = bytes.first {
            if byte == UInt8(ascii: "T"), !isTime {
                isTime = true
                units = timeUnits[...]
                bytes.removeFirst()
                if bytes.isEmpty { return nil }
                continue
            }
            let whole = bytes.prefix { $0 >= 0x30 && $0 <= 0x39 }
            guard !whole.isEmpty, whole.count <= 12, let number = Timestamp.digits(whole) else { return nil }
            bytes = bytes.dropFirst(whole.count)
            var thousandths: Int64 = 0
            if bytes.first == UInt8(ascii: ".") {
                let fraction = bytes.dropFirst().prefix { $0 >= 0x30 && $0 <= 0x39 }
                guard isTime, !fraction.isEmpty, fraction.count <= 3, let digits = Timestamp.digits(fraction) else { return nil }
                thousandths = digits * [0, 100, 10, 1][fraction.count]
                bytes = bytes.dropFirst(1 + fraction.count)
                guard bytes.first == UInt8(ascii: "S") else { return nil }
            }
            guard let letter = bytes.popFirst(), let place = units.firstIndex(where: { $0.0 == letter }) else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: units[place].1)
            guard !overflow, product <= 3_155_760_000_000 else { return nil }
            total += product + thousandths
            units = units[(place + 1)...]
        }
        return total <= 3_155_760_000_000 ? total : nil
    }
}
