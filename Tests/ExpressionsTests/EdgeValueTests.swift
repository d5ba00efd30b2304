import SeededNumbers
import Testing

@testable import Expressions

/// Functions and operators at the ends of their ranges, in both databases and the evaluator. The values come as parameters, so that nothing is folded.
@Suite struct EdgeValueTests {
    static let ints: [Int64] = [.min, .min + 1, -9_007_199_254_740_993, -1, 0, 1, 7, 9_007_199_254_740_993, 1 << 62, .max - 1, .max]
    static let floats: [Double] = [
        -1e300, -9_223_372_036_854_775_808, -9_007_199_254_740_992, -2.5, -0.5, -0.0, 0.49999999999999994, 0.5, 1.5, 2.5,
        4_503_599_627_370_497.5,
        9_007_199_254_740_992, 0x1p63, 1e300,
    ]
    static let texts = [
        "", " ", "a", "Straße", "ÉÀ é", " one\ttwo\u{0B}three\u{0C}four\r\nfive ", "\u{1}\u{2} \u{1}", "\u{2} \u{1}", "a  b   c", "یک دو‌سه",
        "👩‍👩‍👧", "e\u{301}",
        "é", "z", "Z", "a\u{A0}b",
    ]
    static let moments: [Int64] = [
        .min, Calendar.range.lowerBound - 1, -62_167_219_200_000, -62_167_219_200_001, -86_400_001, -86_400_000, -1001, -1, 0, 1,
        951_782_400_000,
        951_868_799_999, 4_107_542_400_000, 4_102_444_799_999, Calendar.range.upperBound, Calendar.range.upperBound + 1, .max,
    ]

    private func agree(
        _ sources: [String], _ a: (ValueType, [Value]), _ b: (ValueType, [Value]), timezone: String = "UTC"
    ) throws {
        let model = Model(timezone: timezone)
        let database = try Database(model)
        let postgresql = try PostgreSQL(model)
        for source in sources {
            let expression = try ExpressionCompiler(model: model).compile(source, in: Scope(input: ["a": a.0, "b": b.0]), as: .anything)
            let sqlite = expression.sql(.sqlite, alias: "t")
            let other = expression.sql(.postgresql, alias: "t").numbered
            for first in a.1 + [.null] {
                for second in b.1 + [.null] {
                    let environment = Environment(input: ["a": first, "b": second])
                    let evaluated = try outcome { try expression.evaluate(in: environment) }
                    let asked = try outcome {
                        let values = sqlite.parameters.map { environment.value(of: $0) }
                        return try database.rows("SELECT \(sqlite.text)", values, [expression.type]).first?.first ?? .list([])
                    }
                    let askedToo = try outcome {
                        let values = other.parameters.map { environment.value(of: $0) }
                        return try postgresql.rows("SELECT \(other.text)", values, [expression.type]).first?.first ?? .list([])
                    }
                    #expect(evaluated == asked, "\(source) of \(first) and \(second), SQLite")
                    #expect(evaluated == askedToo, "\(source) of \(first) and \(second), PostgreSQL")
                }
            }
        }
    }

    /// The value, or nil for one that left its range; any other error fails.
    private func outcome(_ body: () throws -> Value) throws -> Value? {
        do {
            return try body()
        } catch EvaluationError.overflow {
            return nil
        } catch let failure as Database.Failure where failure.description.hasPrefix("integer overflow") {
            return nil
        } catch let failure as PostgreSQL.Failure where failure.isOverflow {
            return nil
        }
    }

    private static let comparisons = ["==", "!=", "<", "<=", ">", ">="].map { "input.a \($0) input.b" }

    @Test func wholeNumbers() throws {
        let ints = (ValueType.int, Self.ints.map { Value.int($0) })
        let operations = ["+", "-", "*", "/", "%"].map { "input.a \($0) input.b" }
        try agree(Self.comparisons + operations, ints, ints)
        try agree(
            ["(input.a + input.b) * 2 - input.a", "-(input.a * input.b)", "abs(input.a)", "(input.a + input.b) % input.b"], ints, ints)
        let durations = (ValueType.duration, [Value.duration(.max), .duration(-3)])
        try agree(["input.a * input.b"], durations, ints)
        try agree(["input.a + input.b", "input.a - input.b", "-input.a", "abs(input.a)"], durations, durations)
    }

    @Test func floats() throws {
        let ints = (ValueType.int, Self.ints.map { Value.int($0) })
        let floats = (ValueType.float, Self.floats.map { Value.float($0) })
        let operations = ["+", "-", "*", "/"].map { "input.a \($0) input.b" }
        try agree(Self.comparisons + operations + ["input.a in [input.b]", "input.a in 0..input.b"], floats, floats)
        try agree(Self.comparisons + operations + ["coalesce(input.a, input.b)"], ints, floats)
        try agree(["round(input.a)", "ceil(input.a)", "floor(input.a)", "abs(input.a)", "-input.a == input.b"], floats, floats)
    }

    @Test func texts() throws {
        let texts = (ValueType.text, Self.texts.map { Value.text($0) })
        try agree(
            Self.comparisons + ["len(input.a)", "words(input.a)", "lower(input.a)", "upper(input.a)", "concat(input.a, input.b)"], texts,
            texts)
    }

    @Test func calendar() throws {
        let moments = (ValueType.moment, Self.moments.map { Value.moment($0) })
        let functions = ["day(input.a)", "month(input.a)", "year(input.a)", "weekday(input.a)"]
        try agree(functions + Self.comparisons + ["input.a - input.b"], moments, moments)
        try agree(["input.a + input.b", "input.a - input.b"], moments, (.duration, [.duration(1), .duration(.min), .duration(.max)]))
    }

    @Test func decimals() throws {
        let units: [Int64] = [
            .min, .min + 1, -999_999_999_999_999_999, -151, -150, -149, -50, -1, 0, 1, 49, 50, 149, 150, 151, 3_333,
            999_999_999_999_999_999, .max,
        ]
        func decimals(_ scale: Int) -> (ValueType, [Value]) {
            (.decimal(scale: scale), units.map { .decimal(Decimal(units: $0, scale: scale)) })
        }
        let operations = ["+", "-", "*", "/"].map { "input.a \($0) input.b" }
        let roundings = (0...3).map { "round(input.a / input.b, \($0))" } + (0...3).map { "round(input.a, \($0))" }
        let whole = ["round(input.a)", "ceil(input.a)", "floor(input.a)", "abs(input.a)", "-input.a", "concat(input.a, ' ', input.b)"]
        try agree(Self.comparisons + operations + roundings + whole, decimals(2), decimals(2))
        try agree(Self.comparisons + operations + roundings + ["input.a in [input.b, 0.5]"], decimals(2), decimals(12))
        try agree(Self.comparisons + operations + roundings, decimals(0), decimals(18))
        try agree(Self.comparisons + operations + ["round(input.b / input.a, 2)"], decimals(4), (.int, Self.ints.map { .int($0) }))
    }

    @Test func roundedFloats() throws {
        let floats = (ValueType.float, Self.floats.map { Value.float($0) } + [.float(1.005), .float(-2.675), .float(1e-300)])
        try agree((0...3).map { "round(input.a, \($0))" } + ["round(input.a, 15)"], floats, (.int, [.int(0)]))
    }

    @Test func search() throws {
        let texts = (
            ValueType.text,
            (Self.texts + [
                "ÀÉ", "strasse", "يك", "۱۲۳", "123", "tiếng Việt", "TIENG", "ΆΛΦΑ", "αλφα", "%", "\\", "Ærø", "STRAẞE", "Ǣ", "aero", "ŉ",
                "\u{200C}", "²", "أ",
            ]).map { Value.text($0) }
        )
        try agree(["search(input.a, input.b)", "not search(input.a, input.b)"], texts, texts)
    }

    /// Moments around changes of clocks, and anywhere; PostgreSQL has its own copy of the zones.
    @Test(arguments: [
        "Asia/Tehran", "Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu",
        "Africa/Casablanca",
    ])
    func zones(_ timezone: String) throws {
        var random = SeededGenerator(state: 21)
        let zone = try #require(Zone.named(timezone))
        var moments = Self.moments
        for _ in 0..<60 { moments.append(Int64.random(in: -2_000_000_000_000...4_200_000_000_000, using: &random)) }
        // Hours in which the offset changes, between 1970 and 2100.
        var hour: Int64 = 0
        while hour < 130 * 8766, moments.count < 200 {
            if zone.offset(at: hour * 3600) != zone.offset(at: (hour + 1) * 3600) {
                moments += [hour * 3_600_000 - 1, hour * 3_600_000, (hour + 1) * 3_600_000 - 1, (hour + 1) * 3_600_000]
                hour += Int64(random.below(8766 * 4))
            }
            hour += 1
        }
        let functions = ["day(input.a)", "month(input.a)", "year(input.a)", "weekday(input.a)"]
        try agree(functions, (.moment, moments.map { .moment($0) }), (.int, []), timezone: timezone)
        let dates =
            [Int64.min, -719_529, -719_528, 2_932_896, 2_932_897, .max] + moments.map { $0 / 86_400_000 }.filter { $0.magnitude < 50_000 }
        try agree(["input.a + 0s", "day(input.a)"], (.date, dates.map { .date($0) }), (.int, []), timezone: timezone)
    }
}
