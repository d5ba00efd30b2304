/// Days, months and years of moments as a zone's clocks show them (proleptic Gregorian calendar).
package enum Calendar {
    /// The years 0 to 9999, as RFC 3339 writes them. What lies outside has no day, month or year.
    static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999
    /// The days of `range`, counted from 1970-01-01.
    static let days: ClosedRange<Int64> = -719_528...2_932_896

    /// The value of `day month year weekday`; nil outside of `range`.
    static func value(_ function: Function, of moment: Int64, in zone: Zone) -> Value? {
        guard range.contains(moment) else { return nil }
        let second = floorDivide(moment, 1000)
        let day = floorDivide(second + zone.offset(at: second), 86_400)
        switch function {
        case .day: return midnight(day, in: zone).map { .moment($0) }
        // 1970-01-01 was a Thursday.
        case .weekday: return .int((day % 7 + 10) % 7 + 1)
        case .month:
            let (year, month) = civil(day)
            return midnight(days(year: year, month: month), in: zone).map { .moment($0) }
        case .year: return midnight(days(year: civil(day).year, month: 1), in: zone).map { .moment($0) }
        default: return nil
        }
    }

    /// The moment at which a date begins; nil outside of `days`.
    static func midnight(_ day: Int64, in zone: Zone) -> Int64? {
        days.contains(day) ? zone.midnight(day) * 1000 : nil
    }

    package static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
        let quotient = a / b
        return a % b < 0 ? quotient - 1 : quotient
    }

    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    package static func civil(_ day: Int64) -> (year: Int64, month: Int64) {
        let shifted = day + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month)
    }

    /// `days_from_civil` of the first of a month.
    package static func days(year: Int64, month: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
