import Testing

@testable import Expressions

/// Functions and operators at the ends of their ranges, in both back ends. The values come as parameters, so that nothing is folded.
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

    private func agree(_ sources: [String], _ a: (ValueType, [Value]), _ b: (ValueType, [Value])) throws {
        let database = try Database(Model())
        for source in sources {
            let expression = try ExpressionCompiler(model: Model()).compile(source, in: Scope(input: ["a": a.0, "b": b.0]), as: .anything)
            let fragment = expression.sql(.sqlite, alias: "t")
            for first in a.1 + [.null] {
                for second in b.1 + [.null] {
                    let environment = Environment(input: ["a": first, "b": second])
                    let evaluated = try? expression.evaluate(in: environment)
                    let values = fragment.parameters.map { environment.value(of: $0) }
                    let found = try? database.rows("SELECT \(fragment.text)", values, [expression.type]).first?.first
                    #expect(evaluated == found, "\(source) of \(first) and \(second)")
                }
            }
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
}
