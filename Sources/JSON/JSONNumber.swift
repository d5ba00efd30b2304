/// A JSON number exactly as it was written, for comparing: 1, 1.0 and 10e-1 are equal. Any number has room: its exponent is kept, not its size.
package struct JSONNumber: Sendable, Hashable {
    /// Decimal digits 0…9 without zeros at either end; none is zero.
    private let digits: [UInt8]
    /// The value is the digits as a whole number × 10^exponent. An exponent beyond ±10^15 is cut there: no two such numbers meet in practice.
    private let exponent: Int
    private let isNegative: Bool

    /// Nil when the value is no number.
    package init?(_ value: JSONValue) {
        switch value {
        case .integer(let number): self.init(String(number))
        case .number(let text): self.init(text)
        default: return nil
        }
    }

    /// Of a text that the grammar of JSON takes for a number.
    private init(_ text: String) {
        var digits: [UInt8] = []
        var exponent = 0
        var isFraction = false
        var isNegative = false
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                exponent += Self.exponent(rest)
                rest = rest.suffix(0)
            default:
                if !digits.isEmpty || byte != UInt8(ascii: "0") { digits.append(byte - UInt8(ascii: "0")) }
                if isFraction { exponent -= 1 }
            }
        }
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        self.digits = digits
        self.exponent = digits.isEmpty ? 0 : exponent
        self.isNegative = isNegative && !digits.isEmpty
    }

    private static func exponent(_ text: Substring.UTF8View) -> Int {
        var number = 0
        for byte in text where byte >= UInt8(ascii: "0") {
            number = min(number * 10 + Int(byte - UInt8(ascii: "0")), 1_000_000_000_000_000)
        }
        return text.first == UInt8(ascii: "-") ? -number : number
    }

    package var isInteger: Bool { exponent >= 0 }
    package var isPositive: Bool { !isNegative && !digits.isEmpty }

    /// The same as a count from 0; nil when it is none or beyond 10^9.
    package var count: Int? {
        guard isInteger, !isNegative, digits.count + exponent <= 9 else { return nil }
        return (digits + Array(repeating: 0, count: exponent)).reduce(0) { $0 * 10 + Int($1) }
    }

    /// Whether this is a whole multiple of `unit`, exactly. A unit of more than 18 digits has none but zero (`isUnit`).
    package func isMultiple(of unit: JSONNumber) -> Bool {
        if digits.isEmpty { return true }
        // These digits end in no zero, so no power of ten divides them.
        guard unit.isUnit, exponent >= unit.exponent else { return false }
        let modulus = unit.digits.reduce(UInt64(0)) { $0 * 10 + UInt64($1) }
        func product(_ a: UInt64, _ b: UInt64) -> UInt64 { modulus.dividingFullWidth(a.multipliedFullWidth(by: b)).remainder }
        var remainder = digits.reduce(UInt64(0)) { (product($0, 10 % modulus) + UInt64($1) % modulus) % modulus }
        var power = 10 % modulus
        var zeros = exponent - unit.exponent
        while zeros > 0 {
            if zeros & 1 == 1 { remainder = product(remainder, power) }
            power = product(power, power)
            zeros >>= 1
        }
        return remainder == 0
    }

    /// Whether it can serve as the unit of `isMultiple`.
    package var isUnit: Bool { isPositive && digits.count <= 18 }
}

extension JSONNumber: Comparable {
    package static func < (a: JSONNumber, b: JSONNumber) -> Bool {
        if a.isNegative != b.isNegative { return a.isNegative }
        return a.isNegative ? b.isSmaller(than: a) : a.isSmaller(than: b)
    }

    /// The comparison without signs.
    private func isSmaller(than other: JSONNumber) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        let place = digits.count + exponent
        let otherPlace = other.digits.count + other.exponent
        return place == otherPlace ? digits.lexicographicallyPrecedes(other.digits) : place < otherPlace
    }
}
