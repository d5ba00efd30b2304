/// Days, months and years of moments, in UTC (proleptic Gregorian calendar).
enum Calendar {
    static let millisecondsPerDay: Int64 = 86_400_000
    /// What SQLite's date functions accept: the years -4713 to 9999 (sqlite.org/lang_datefunc.html).
    static let range: ClosedRange<Int64> = -210_866_760_000_000...253_402_300_799_999

    /// The value of `day month year weekday`; nil outside of `range`.
    static func value(_ function: Function, of moment: Int64) -> Value? {
        guard range.contains(moment) else { return nil }
        let day = floorDivide(moment, millisecondsPerDay)
        switch function {
        case .day: return .moment(day * millisecondsPerDay)
        // 1970-01-01 was a Thursday.
        case .weekday: return .int((day % 7 + 10) % 7 + 1)
        case .month:
            let (year, month) = civil(day)
            return .moment(days(year: year, month: month) * millisecondsPerDay)
        case .year: return .moment(days(year: civil(day).year, month: 1) * millisecondsPerDay)
        default: return nil
        }
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
        let quotient = a / b
        return a % b < 0 ? quotient - 1 : quotient
    }

    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    private static func civil(_ day: Int64) -> (year: Int64, month: Int64) {
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
    private static func days(year: Int64, month: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
