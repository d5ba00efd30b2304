/// The check and normal form of `phone` fields: E.164, `+989121234567`, however the number is written.
///
/// Calling codes, lengths and first digits are checked against the numbering plans (`PhoneRegions`), not whether anybody has the number. Numbers that
/// cost the caller, such as premium rate, are refused where their first three digits tell; so are extensions and letters.
package enum PhoneNumber {
    /// Scalars of the longest text that can be a number with its separators.
    private static let longest = 60

    /// The number in E.164; nil when it cannot be one. A number that begins with neither `+` nor `00` belongs to the region (ISO 3166: "IR"); without a
    /// region there is none.
    package static func normalized(_ text: String, region: String?) -> String? {
        guard let (digits, hasPlus) = dialled(text) else { return nil }
        if hasPlus { return international(digits) }
        if digits.starts(with: [0, 0]) { return international(digits.dropFirst(2)) }
        guard let region, let plan = Plan.byRegion[region], let home = Plan.byCode[plan.code] else { return nil }
        if let number = national(digits, home) { return number }
        // People leave the plus away.
        let code = String(plan.code).utf8.map { $0 - UInt8(ascii: "0") }
        return digits.starts(with: code) ? national(digits.dropFirst(code.count), home) : nil
    }

    /// What to write, said to whoever has written something else.
    package static func advice(region: String?) -> String {
        let example = "with its country code, such as +98 912 123 4567"
        guard let region else { return "must be a phone number \(example)" }
        return "must be a phone number: of \(region), or \(example)"
    }

    /// The region (ISO 3166) that an E.164 number belongs to; nil for what `normalized` does not return.
    package static func country(of number: String) -> String? {
        guard let (digits, hasPlus) = dialled(number), hasPlus, let (plans, rest) = split(digits) else { return nil }
        return plans.first { $0.has(rest) }?.region
    }

    /// The region of a locale: "fa-IR" → "IR", "zh-Hant-TW" → "TW"; nil when it names none that has telephones.
    package static func region(ofLocale locale: String) -> String? {
        locale.split(whereSeparator: { $0 == "-" || $0 == "_" }).dropFirst().map { $0.uppercased() }.first { Plan.byRegion[$0] != nil }
    }

    /// The digits of any script that a text holds, and whether a plus stands before them; nil when it holds more than a number.
    private static func dialled(_ text: String) -> (digits: ArraySlice<UInt8>, hasPlus: Bool)? {
        var digits: [UInt8] = []
        var hasPlus = false
        for (index, scalar) in text.unicodeScalars.enumerated() {
            guard index < longest else { return nil }
            if scalar.properties.numericType == .decimal, let digit = scalar.properties.numericValue.flatMap({ UInt8(exactly: $0) }) {
                digits.append(digit)
                continue
            }
            switch scalar {
            case "+", "\u{FF0B}":
                guard !hasPlus, digits.isEmpty else { return nil }
                hasPlus = true
            case "-", "\u{2010}"..."\u{2015}", "\u{2212}", ".", "/", "(", ")", "\t": continue
            default:
                // Marks of direction come along when a number is copied out of a right-to-left text.
                let category = scalar.properties.generalCategory
                guard category == .spaceSeparator || category == .format else { return nil }
            }
        }
        // Two digits more than E.164 allows for 00, two for a trunk prefix.
        return (4...19).contains(digits.count) ? (digits[...], hasPlus) : nil
    }

    /// The plans of the calling code that the digits begin with, and what follows it. No code begins with another.
    private static func split(_ digits: ArraySlice<UInt8>) -> (plans: [Plan], national: ArraySlice<UInt8>)? {
        var code = 0
        for length in 1...3 {
            guard let digit = digits.dropFirst(length - 1).first else { return nil }
            code = code * 10 + Int(digit)
            if code == 0 { return nil }
            if let plans = Plan.byCode[code] { return (plans, digits.dropFirst(length)) }
        }
        return nil
    }

    private static func international(_ digits: ArraySlice<UInt8>) -> String? {
        split(digits).flatMap { national($0.national, $0.plans) }
    }

    /// A national number in E.164, without the trunk prefix with which it may be written.
    private static func national(_ digits: ArraySlice<UInt8>, _ plans: [Plan]) -> String? {
        guard let main = plans.last else { return nil }
        // E.164: at most 15 digits.
        let room = 15 - String(main.code).utf8.count
        let candidates = main.trunks.filter { digits.starts(with: $0) }.map { digits.dropFirst($0.count) } + [digits]
        for candidate in candidates where candidate.count <= room && plans.contains(where: { $0.has(candidate) }) {
            return "+\(main.code)" + candidate.map(String.init).joined()
        }
        return nil
    }
}

/// How the numbers of one region look.
private struct Plan: Sendable {
    /// Numbers of some lengths that begin with some prefix of so many digits within bounds.
    private struct Rule {
        var lengths: Set<Int>
        var beginnings: [(digits: Int, range: ClosedRange<Int>)]
    }

    let region: String
    let code: Int
    /// Longest first.
    let trunks: [[UInt8]]
    private let rules: [Rule]

    static let byCode = Dictionary(grouping: all, by: \.code)
    static let byRegion = Dictionary(all.map { ($0.region, $0) }, uniquingKeysWith: { first, _ in first })
    private static let all = PhoneRegions.text.split(separator: "\n").compactMap(Plan.init)

    private init?(_ line: Substring) {
        let words = line.split(separator: " ")
        guard words.count >= 3, let code = Int(words[1]) else { return nil }
        region = String(words[0])
        self.code = code
        trunks = words[2] == "-" ? [] : words[2].split(separator: ",").map { $0.utf8.map { $0 - UInt8(ascii: "0") } }
        rules = words.dropFirst(3).map { word in
            let halves = word.split(separator: ":")
            return Rule(
                lengths: Set(halves[0].split(separator: ",").compactMap { Int($0) }),
                beginnings: halves.dropFirst().flatMap { $0.split(separator: ",") }.compactMap { part in
                    let bounds = part.split(separator: "-")
                    guard let first = bounds.first, let low = Int(first), let high = bounds.last.flatMap({ Int($0) }), low <= high else {
                        return nil
                    }
                    return (first.utf8.count, low...high)
                })
        }
    }

    /// Whether a national number, without trunk prefix, belongs to the region.
    func has(_ number: ArraySlice<UInt8>) -> Bool {
        rules.contains { rule in
            rule.lengths.contains(number.count)
                && rule.beginnings.contains { digits, range in range.contains(number.prefix(digits).reduce(0) { $0 * 10 + Int($1) }) }
        }
    }
}
