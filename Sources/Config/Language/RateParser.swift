import Text

/// Reads rates: a count, a window whose unit may carry a number, for whom it is counted, and a burst.
enum RateParser {
    private static let units: KeyValuePairs<String, Int64> = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    /// How it is written, for whoever has written something else.
    static let form = "write it as \"10/s\", \"100/m per ip\", \"5/15m\" or \"10/s per ip burst 20\""
    /// More than any machine answers; and products with it stay far from overflow.
    private static let limit = 1_000_000_000

    static func parse(_ text: String) -> Result<Rate, Problem> {
        var words = text.split(separator: " ")[...]
        guard let amount = words.popFirst() else { return .failure(Problem(message: "it is empty", suggestion: form)) }
        let parts = amount.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = number(parts[0]) else {
            return .failure(Problem(message: "it is no rate", suggestion: form))
        }
        let digits = parts[1].prefix { ("0"..."9").contains($0) }
        let unit = String(parts[1].dropFirst(digits.count))
        guard let length = units.first(where: { $0.key == unit })?.value, let number = digits.isEmpty ? 1 : number(digits) else {
            return .failure(
                Problem(
                    message: "'\(parts[1])' is no window",
                    suggestion: NearestName.phrase(for: unit, among: units.map(\.key)) ?? "the units are s, m, h, d"))
        }
        guard case (let window, false) = length.multipliedReportingOverflow(by: Int64(number)), window <= 366 * 86_400_000 else {
            return .failure(Problem(message: "the window is longer than a year"))
        }
        var rate = Rate(count: count, window: window)
        while let word = words.popFirst() {
            let value = words.popFirst() ?? ""
            switch word {
            case "per" where rate.scope == nil:
                guard let scope = Rate.Scope(rawValue: String(value)) else {
                    let known = Rate.Scope.allCases.map(\.rawValue)
                    return .failure(
                        Problem(
                            message: "'\(value)' is nobody for whom is counted",
                            suggestion: NearestName.phrase(for: String(value), among: known) ?? "\"per ip\", \"per user\" or \"per key\""))
                }
                rate.scope = scope
            case "burst":
                guard let burst = self.number(value) else {
                    return .failure(Problem(message: "'\(value)' is no number of requests", suggestion: form))
                }
                rate.burst = burst
            default:
                return .failure(
                    Problem(
                        message: "'\(word)' does not belong here",
                        suggestion: NearestName.phrase(for: String(word), among: ["per", "burst"]) ?? form))
            }
        }
        return .success(rate)
    }

    private static func number(_ text: Substring) -> Int? {
        guard (1...10).contains(text.utf8.count), text.utf8.allSatisfy(Ascii.isDigit), let number = Int(text) else { return nil }
        return (1...limit).contains(number) ? number : nil
    }
}

extension Form where Value == Rate {
    static let rate = Form.setting(
        "rate", example: "\"10/s per ip burst 20\"", pattern: "[0-9]+/[0-9]*[smhd]( per (ip|user|key))?( burst [0-9]+)?"
    ) { RateParser.parse($0) }
}
