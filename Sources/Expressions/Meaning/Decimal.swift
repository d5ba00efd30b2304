/// An exact decimal number: `units` divided by ten to the power `scale`. Equal by value: 1.5 is 1.50.
package struct Decimal: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let units: Int64
    /// Digits behind the point, 0 to 18.
    package let scale: Int

    /// What fields may declare as `scale`, and what a product may come to.
    package static let scales = 0...18
    /// Digits that a number as read may have at most.
    package static let precision = 18

    /// A scale outside of `scales` becomes the nearest inside.
    package init(units: Int64, scale: Int) {
        self.units = units
        self.scale = Swift.min(Swift.max(scale, Self.scales.lowerBound), Self.scales.upperBound)
    }

    /// Reads `-12.50`: digits, perhaps a sign before them and a point with digits behind it. Nil for anything else and for more than
    /// 18 digits (leading zeros apart).
    package init?(_ text: String) {
        var rest = text.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        var units: Int64 = 0
        var digits = 0
        var scale: Int?
        var isEmpty = true
        for byte in rest {
            if byte == UInt8(ascii: "."), scale == nil, !isEmpty {
                scale = 0
                isEmpty = true
                continue
            }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            isEmpty = false
            if digits > 0 || byte != UInt8(ascii: "0") { digits += 1 }
            scale = scale.map { $0 + 1 }
            guard digits <= Self.precision, scale ?? 0 <= Self.scales.upperBound else { return nil }
            units = units * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        if isEmpty { return nil }
        self.init(units: isNegative ? -units : units, scale: scale ?? 0)
    }

    /// The same number with that many digits behind the point, half away from zero; nil where it leaves the range.
    package func rescaled(to scale: Int) -> Decimal? {
        Self.rescale(Int128(units), from: self.scale, to: scale).flatMap { Int64(exactly: $0) }.map { Decimal(units: $0, scale: scale) }
    }

    /// Half away from zero. Exact for every 64-bit number and scales up to 18.
    static func rescale(_ units: Int128, from: Int, to: Int) -> Int128? {
        if to >= from {
            let (result, overflow) = units.multipliedReportingOverflow(by: power(to - from))
            return overflow ? nil : result
        }
        return quotient(units, power(from - to))
    }

    /// The whole number nearest to the quotient, half away from zero; nil for a zero divisor and where it leaves the range.
    static func quotient(_ dividend: Int128, _ divisor: Int128) -> Int128? {
        if divisor == 0 { return nil }
        let (whole, overflow) = dividend.dividedReportingOverflow(by: divisor)
        if overflow { return nil }
        let rest = (dividend % divisor).magnitude
        // `rest * 2 >= |divisor|` without leaving the range.
        if rest < divisor.magnitude - rest { return whole }
        return (dividend < 0) == (divisor < 0) ? whole + 1 : whole - 1
    }

    /// Ten to that power, 0 to 36.
    static func power(_ exponent: Int) -> Int128 {
        var result: Int128 = 1
        for _ in 0..<Swift.min(Swift.max(exponent, 0), 36) { result *= 10 }
        return result
    }

    package static func < (left: Decimal, right: Decimal) -> Bool {
        let scale = Swift.max(left.scale, right.scale)
        return Int128(left.units) * power(scale - left.scale) < Int128(right.units) * power(scale - right.scale)
    }

    package static func == (left: Decimal, right: Decimal) -> Bool { !(left < right) && !(right < left) }

    package func hash(into hasher: inout Hasher) {
        var (units, scale) = (units, scale)
        while scale > 0, units % 10 == 0 { (units, scale) = (units / 10, scale - 1) }
        hasher.combine(units)
        hasher.combine(scale)
    }

    /// With all digits of its scale: `12.50`.
    package var description: String {
        if scale == 0 { return String(units) }
        let digits = String(units.magnitude)
        let padded = String(repeating: "0", count: Swift.max(0, scale + 1 - digits.count)) + digits
        return (units < 0 ? "-" : "") + padded.dropLast(scale) + "." + padded.suffix(scale)
    }
}
