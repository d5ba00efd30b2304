/// Reads the five fields of cron: `*`, numbers, ranges, lists, steps, and the English names of months and weekdays.
enum CronParser {
    private struct Field {
        var name: String
        var range: ClosedRange<Int>
        /// Three letters each, the first for the lowest value.
        var names: [String] = []
    }

    private static let minute = Field(name: "minute", range: 0...59)
    private static let hour = Field(name: "hour", range: 0...23)
    private static let day = Field(name: "day of the month", range: 1...31)
    private static let month = Field(
        name: "month", range: 1...12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
    /// Both 0 and 7 are Sunday.
    private static let weekday = Field(name: "weekday", range: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

    /// Days that months have, so that 30 February is found here and not by waiting for it.
    private static let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    static func parse(_ text: String) -> Result<Cron, Problem> {
        let parts = text.split { $0 == " " || $0 == "\t" }
        guard parts.count == 5 else {
            return .failure(
                Problem(
                    message: "a schedule has five fields, not \(parts.count)",
                    suggestion: "minute hour day month weekday, such as \"30 2 * * *\" for 02:30 every day"))
        }
        do throws(Problem) {
            var weekdays = try bits(parts[4], weekday)
            if weekdays & (1 << 7) != 0 { weekdays = weekdays & ~(1 << 7) | 1 }
            let cron = Cron(
                minutes: try bits(parts[0], minute), hours: try bits(parts[1], hour), days: try bits(parts[2], day),
                months: try bits(parts[3], month), weekdays: weekdays, anyDay: parts[2].hasPrefix("*"),
                anyWeekday: parts[4].hasPrefix("*"))
            let everHappens =
                !cron.anyWeekday
                || longest.enumerated().contains { index, length in
                    cron.months & (1 << UInt64(index + 1)) != 0 && cron.days & ((2 << UInt64(length)) - 1) != 0
                }
            return everHappens ? .success(cron) : .failure(Problem(message: "none of these months has that day"))
        } catch {
            return .failure(error)
        }
    }

    private static func bits(_ text: Substring, _ field: Field) throws(Problem) -> UInt64 {
        var bits: UInt64 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", omittingEmptySubsequences: false)
            var step = 1
            if halves.count == 2 {
                guard let number = number(halves[1]), (1...field.range.upperBound).contains(number) else {
                    throw Problem(message: "'\(halves[1])' is no step of a \(field.name)", suggestion: "such as */5")
                }
                step = number
            }
            guard halves.count <= 2, let head = halves.first else { throw refusal(part, field) }
            let range = try self.range(head, field, hasStep: halves.count == 2)
            for value in stride(from: range.lowerBound, through: range.upperBound, by: step) { bits |= 1 << UInt64(value) }
        }
        return bits
    }

    private static func range(_ text: Substring, _ field: Field, hasStep: Bool) throws(Problem) -> ClosedRange<Int> {
        if text == "*" { return field.range }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2, let first = ends.first, let last = ends.last else { throw refusal(text, field) }
        let low = try value(first, field)
        let high = ends.count == 1 && hasStep ? field.range.upperBound : try value(last, field)
        guard low <= high else {
            throw Problem(message: "'\(text)' runs backwards", suggestion: "write two ranges, parted by a comma")
        }
        return low...high
    }

    private static func value(_ text: Substring, _ field: Field) throws(Problem) -> Int {
        if let index = field.names.firstIndex(of: text.lowercased()) { return index + (field.range.lowerBound == 1 ? 1 : 0) }
        guard let number = number(text), field.range.contains(number) else { throw refusal(text, field) }
        return number
    }

    private static func number(_ text: Substring) -> Int? {
        (1...2).contains(text.utf8.count) && text.utf8.allSatisfy(Ascii.isDigit) ? Int(text) : nil
    }

    private static func refusal(_ text: Substring, _ field: Field) -> Problem {
        Problem(
            message: "'\(text)' is no \(field.name)",
            suggestion: "\(field.range.lowerBound) to \(field.range.upperBound), *, a-b, a,b or */n"
                + (field.names.isEmpty ? "" : ", or \(field.names.joined(separator: " "))"))
    }
}

extension Form where Value == Cron {
    static let cron = Form.setting("cron schedule", example: "\"30 2 * * *\"", pattern: "\\S+(\\s+\\S+){4}") { CronParser.parse($0) }
}
