import Testing

@testable import Expressions

@Suite struct DecimalTests {
    @Test(arguments: [
        ("0", 0, 0), ("-0", 0, 0), ("12", 12, 0), ("12.50", 1250, 2), ("-0.05", -5, 2), ("+1.5", 15, 1), ("007.10", 710, 2),
        ("0.000000000000000001", 1, 18), ("999999999999999999", 999_999_999_999_999_999, 0),
    ])
    func reads(_ text: String, _ units: Int64, _ scale: Int) throws {
        let decimal = try #require(Decimal(text))
        #expect(decimal.units == units && decimal.scale == scale)
        #expect(Decimal(decimal.description) == decimal)
    }

    @Test(arguments: [
        "", "-", ".5", "5.", "1e3", "1.2.3", "--1", "1 ", "١", "1000000000000000000", "0.0000000000000000001", "1,5", "0x1", "NaN",
    ])
    func refuses(_ text: String) { #expect(Decimal(text) == nil) }

    @Test func comparesByValue() {
        #expect(Decimal(units: 150, scale: 2) == Decimal(units: 15, scale: 1))
        #expect(Decimal(units: 150, scale: 2).hashValue == Decimal(units: 15, scale: 1).hashValue)
        #expect(Decimal(units: .max, scale: 0) > Decimal(units: .max, scale: 18))
        #expect(Decimal(units: .min, scale: 0) < Decimal(units: -1, scale: 18))
        #expect(Decimal(units: 1, scale: 40).scale == 18 && Decimal(units: 1, scale: -1).scale == 0)
    }

    @Test(arguments: [
        ("2.5", 0, "3"), ("-2.5", 0, "-3"), ("2.4999", 0, "2"), ("-2.4999", 2, "-2.50"), ("1.5", 4, "1.5000"), ("0.05", 1, "0.1"),
        ("-0.04", 1, "0.0"), ("1", 18, "1.000000000000000000"), ("10", 18, nil), ("9.99", 1, "10.0"),
    ])
    func rounds(_ text: String, _ scale: Int, _ expected: String?) {
        #expect(Decimal(text)?.rescaled(to: scale)?.description == expected)
    }
}
