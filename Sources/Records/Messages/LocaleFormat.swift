package import Expressions
internal import Schema

/// Writes `date`, `time` and `money` for readers of a locale (11-precisions 36): the order, calendar, digits and separators of its language.
/// A language that is not known here reads ISO dates.
package struct LocaleFormat: Sendable {
    private struct Style: Sendable {
        enum Order: Sendable { case iso, dayFirst(String), monthFirst, named([String]), persian }
        var order = Order.iso
        /// The digit zero.
        var zero: Unicode.Scalar = "0"
        var group = ","
        var point = "."
    }

    private let style: Style
    private let zone: Zone

    /// - Parameter timezone: an IANA name; UTC where the system has none of it.
    package init(locale: String, timezone: String) {
        zone = Zone.named(timezone) ?? .utc
        style = Self.style(of: locale)
    }

    package func text(_ format: Environment.Format) -> String {
        switch format {
        case .date(.moment(let moment)): date(local(moment).day)
        case .date(.date(let day)): date(day)
        case .time(.moment(let moment)): time(local(moment).second)
        case .money(let amount, let currency): "\(number(amount))\u{00A0}\(currency)"
        case .date, .time: ""
        }
    }

    // MARK: Parts

    private func local(_ moment: Int64) -> (day: Int64, second: Int64) {
        let utc = Self.floor(moment, 1_000)
        let second = utc + zone.offset(at: utc)
        let day = Self.floor(second, 86_400)
        return (day, second - day * 86_400)
    }

    private func date(_ day: Int64) -> String {
        let iso = CalendarDate.text(day)
        let parts = iso.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3 else { return iso }
        let (year, month, date) = (parts[0], parts[1], parts[2])
        switch style.order {
        case .iso: return digits(iso)
        case .dayFirst(let separator): return digits([padded(date), padded(month), "\(year)"].joined(separator: separator))
        case .monthFirst: return "\(Self.english[month - 1]) \(date), \(year)"
        case .named(let months): return "\(date) \(months[month - 1]) \(year)"
        case .persian:
            let persian = PersianDate(day: day)
            return digits("\(persian.year)/\(padded(persian.month))/\(padded(persian.day))")
        }
    }

    private func time(_ second: Int64) -> String {
        digits("\(padded(Int(second / 3_600))):\(padded(Int(second / 60 % 60)))")
    }

    private func number(_ value: Value) -> String {
        let plain: String
        switch value {
        case .int(let number): plain = "\(number)"
        case .decimal(let number): plain = number.description
        case .float(let number): plain = "\(number)"
        default: return ""
        }
        guard !plain.contains(where: { $0 == "e" || $0 == "n" }) else { return plain }
        let isNegative = plain.hasPrefix("-")
        let parts = plain.drop { $0 == "-" }.split(separator: ".", maxSplits: 1)
        var grouped = ""
        let whole = Array(parts.first ?? "0")
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % 3 == 0 { grouped += style.group }
            grouped.append(digit)
        }
        let fraction = parts.count > 1 ? style.point + parts[1] : ""
        return (isNegative ? "-" : "") + digits(grouped + fraction)
    }

    private func digits(_ text: String) -> String {
        guard style.zero != "0" else { return text }
        var written = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isDigit = scalar >= "0" && scalar <= "9"
            written.append(isDigit ? Unicode.Scalar(style.zero.value + scalar.value - 0x30) ?? scalar : scalar)
        }
        return String(written)
    }

    private func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func floor(_ a: Int64, _ b: Int64) -> Int64 {
        let quotient = a / b
        return a % b < 0 ? quotient - 1 : quotient
    }

    private static let english = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func style(of locale: String) -> Style {
        let parts = locale.lowercased().split(separator: "-")
        switch parts.first.map(String.init) ?? "" {
        case "en": return Style(order: parts.last == "us" ? .monthFirst : .named(english))
        case "fa": return Style(order: .persian, zero: "\u{06F0}", group: "\u{066C}", point: "\u{066B}")
        case "ar": return Style(order: .dayFirst("/"), zero: "\u{0660}", group: "\u{066C}", point: "\u{066B}")
        case "de", "tr", "da", "nb", "no": return Style(order: .dayFirst("."), group: ".", point: ",")
        case "fr": return Style(order: .dayFirst("/"), group: "\u{202F}", point: ",")
        case "es", "it", "pt", "nl", "el": return Style(order: .dayFirst("/"), group: ".", point: ",")
        case "ru", "uk", "pl", "cs", "fi", "bg": return Style(order: .dayFirst("."), group: "\u{00A0}", point: ",")
        case "sv": return Style(order: .iso, group: "\u{00A0}", point: ",")
        default: return Style()
        }
    }
}

/// A day of the Solar Hijri calendar, by the cycle of 33 years that agrees with the observed one from 1343 to 1472 (1964 to 2093).
package struct PersianDate: Sendable, Equatable {
    package var year: Int
    /// From 1.
    package var month: Int
    package var day: Int

    /// - Parameter day: since 1970-01-01.
    package init(day: Int64) {
        // 1 Farvardin 1387 is 2008-03-20, the first day of a cycle: 1387 = 42 × 33 + 1.
        let offset = Int(day) - 13_958
        let cycle = Self.floor(offset, Self.daysOfCycle)
        var rest = offset - cycle * Self.daysOfCycle
        var year = 0
        while rest >= 365 + (Self.isLeap(year) ? 1 : 0) {
            rest -= 365 + (Self.isLeap(year) ? 1 : 0)
            year += 1
        }
        self.year = 1_387 + cycle * 33 + year
        month = rest < 186 ? rest / 31 + 1 : (rest - 186) / 30 + 7
        self.day = rest < 186 ? rest % 31 + 1 : (rest - 186) % 30 + 1
    }

    private static let daysOfCycle = 33 * 365 + 8

    /// - Parameter year: of the cycle, from 0.
    private static func isLeap(_ year: Int) -> Bool { [1, 5, 9, 13, 17, 22, 26, 30].contains((year + 1) % 33) }

    private static func floor(_ a: Int, _ b: Int) -> Int {
        let quotient = a / b
        return a % b < 0 ? quotient - 1 : quotient
    }
}
