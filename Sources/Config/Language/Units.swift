import Text

/// Amounts with their units: nothing is a bare number of seconds or bytes.
enum Units {
    /// Milliseconds. A year is 365 days: it measures how long something is kept, not a calendar.
    static let durations: KeyValuePairs<String, Int64> = [
        "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000,
    ]
    /// Micrometres; a point is 1/72 inch.
    static let lengths: KeyValuePairs<String, Int64> = ["mm": 1_000, "cm": 10_000, "in": 25_400, "pt": 353]
    /// Bytes.
    static let sizes: KeyValuePairs<String, Int64> = [
        "B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000, "KiB": 1 << 10, "MiB": 1 << 20,
        "GiB": 1 << 30, "TiB": 1 << 40,
    ]

    static func parse(_ text: String, _ units: KeyValuePairs<String, Int64>) -> Result<Int64, Problem> {
        let digits = text.prefix { ("0"..."9").contains($0) }
        let unit = text.dropFirst(digits.count)
        let names = units.map(\.key)
        guard !digits.isEmpty else { return .failure(Problem(message: "it begins with a whole number")) }
        guard let factor = units.first(where: { $0.key == unit })?.value else {
            let meant =
                unit.isEmpty
                ? nil
                : names.first { $0.lowercased() == unit.lowercased() } ?? names.first { $0.hasPrefix(unit) }
                    ?? NearestName.of(String(unit), among: names)
            let units = "the units are \(names.joined(separator: ", "))"
            return .failure(
                unit.isEmpty
                    ? Problem(message: "the unit is missing", suggestion: units)
                    : Problem(message: "'\(unit)' is no unit here", suggestion: meant.map { "did you mean '\(digits)\($0)'?" } ?? units))
        }
        guard let count = Int64(digits), case (let amount, false) = count.multipliedReportingOverflow(by: factor) else {
            return .failure(Problem(message: "it is too large"))
        }
        return .success(amount)
    }

    static func pattern(_ units: KeyValuePairs<String, Int64>) -> String {
        "[0-9]+(\(units.map(\.key).joined(separator: "|")))"
    }
}

extension Form where Value == Int64 {
    /// Milliseconds, at most a hundred years.
    static func duration(atLeast least: Int64 = 1) -> Form {
        amount("duration", example: "15m", unit: "s", Units.durations, least...(36_525 * 86_400_000))
    }

    /// Micrometres, at most two metres.
    static let length = amount("length", example: "20mm", unit: "mm", Units.lengths, 0...2_000_000)

    /// Bytes.
    static let size = amount("size", example: "10MB", unit: "B", Units.sizes, 1...(1 << 50))

    private static func amount(
        _ what: String, example: String, unit: String, _ units: KeyValuePairs<String, Int64>, _ range: ClosedRange<Int64>
    ) -> Form {
        let form = Form.setting(what, example: "\"\(example)\"", pattern: Units.pattern(units)) { text in
            Units.parse(text, units).flatMap { amount in
                if amount < range.lowerBound {
                    return .failure(Problem(message: "the \(what) is too short", suggestion: "it must be above 0"))
                }
                return amount <= range.upperBound ? .success(amount) : .failure(Problem(message: "the \(what) is too large"))
            }
        }
        return Form(shape: form.shape) { node, reading in
            if case .integer(let number) = node.value {
                reading.report(
                    "a \(what) needs its unit", node,
                    suggestion:
                        "write \"\(number)\(unit)\" or, say, \"\(example)\"; the units are \(units.map(\.key).joined(separator: ", "))")
                return nil
            }
            return form.read(node, reading)
        }
    }
}
