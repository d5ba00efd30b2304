/// Durations and sizes as they stand in the file: a number with its unit.
enum Units {
    /// Milliseconds of `"15m"`, `"250ms"`, `"1h30m"`; nil for anything else and beyond 100 years.
    static func duration(_ text: String) -> Int64? {
        sum(text, ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000], limit: 3_155_760_000_000)
    }

    /// Bytes of `"10MB"` (decimal) or `"1MiB"` (binary).
    static func size(_ text: String) -> Int64? {
        sum(
            text,
            ["B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30],
            limit: 1 << 50)
    }

    private static func sum(_ text: String, _ units: [String: Int64], limit: Int64) -> Int64? {
        var rest = text[...]
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { !$0.isNumber }
            rest = rest.dropFirst(name.count)
            guard digits.count <= 15, let number = Int64(digits), let unit = units[String(name)] else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: unit)
            guard !overflow, product <= limit - total else { return nil }
            total += product
        }
        return total
    }
}
