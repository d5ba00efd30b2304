/// Comparisons of values. An int beside a float has been made a float before.
enum Ordering {
    /// Whether `left` stands so to `right`; false when one of them is null.
    static func holds(_ comparison: ComparisonOperator, _ left: Value, _ right: Value) -> Bool {
        switch comparison {
        case .equal: return areEqual(left, right)
        case .notEqual: return !areEqual(left, right)
        default: break
        }
        guard let order = order(left, right) else { return false }
        return switch comparison {
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        default: order >= 0
        }
    }

    private static func areEqual(_ left: Value, _ right: Value) -> Bool {
        if case .text(let left) = left, case .text(let right) = right {
            return left.utf8.count == right.utf8.count && Text.order(left, right) == 0
        }
        return order(left, right) == 0
    }

    /// Negative, zero or positive; nil where there is no order.
    private static func order(_ left: Value, _ right: Value) -> Int? {
        switch (left, right) {
        case (.text(let left), .text(let right)):
            return Text.order(left, right)
        case (.float(let left), .float(let right)): return order(left, right)
        case (.decimal(let left), .decimal(let right)): return left < right ? -1 : right < left ? 1 : 0
        case (.decimal(let left), .int(let right)): return order(.decimal(left), .decimal(Decimal(units: right, scale: 0)))
        case (.int(let left), .decimal(let right)): return order(.decimal(Decimal(units: left, scale: 0)), .decimal(right))
        default:
            guard let left = left.whole, let right = right.whole else { return nil }
            return left < right ? -1 : left > right ? 1 : 0
        }
    }

    private static func order(_ left: Double, _ right: Double) -> Int? {
        left < right ? -1 : left > right ? 1 : left == right ? 0 : nil
    }
}

/// Arithmetic, the same for the evaluator and for the functions that SQLite is given: what leaves its range fails.
enum Arithmetic {
    /// Of whole numbers, moments and durations; `type` says of which kind the result is. Null when a side is, or by division by zero.
    static func result(_ operation: ArithmeticOperator, _ left: Value, _ right: Value, _ type: ValueType) throws -> Value {
        if type == .float {
            guard let left = left.real, let right = right.real else { return .null }
            return try real(operation, left, right)
        }
        guard let left = left.whole, let right = right.whole, let number = try whole(operation, left, right) else { return .null }
        return switch type {
        case .moment: .moment(number)
        case .duration: .duration(number)
        case .decimal(let scale): .decimal(Decimal(units: number, scale: scale))
        default: .int(number)
        }
    }

    /// Nil for division by zero.
    static func whole(_ operation: ArithmeticOperator, _ left: Int64, _ right: Int64) throws -> Int64? {
        let (value, overflow): (Int64, Bool)
        switch operation {
        case .add: (value, overflow) = left.addingReportingOverflow(right)
        case .subtract: (value, overflow) = left.subtractingReportingOverflow(right)
        case .multiply: (value, overflow) = left.multipliedReportingOverflow(by: right)
        case .divide, .remainder:
            if right == 0 { return nil }
            (value, overflow) = (left.remainderReportingOverflow(dividingBy: right).partialValue, false)
        }
        if overflow { throw EvaluationError.overflow }
        return value
    }

    /// Beyond the range of a double, at either end of its exponents, is an error, as PostgreSQL has it.
    static func real(_ operation: ArithmeticOperator, _ left: Double, _ right: Double) throws -> Value {
        let result: Double
        switch operation {
        case .add: result = left + right
        case .subtract: result = left - right
        case .multiply: result = left * right
        case .divide:
            if right == 0 { return .null }
            result = left / right
        case .remainder: return .null
        }
        let vanishes = result == 0 && left != 0 && (operation == .divide || operation == .multiply && right != 0)
        if !result.isFinite || vanishes { throw EvaluationError.overflow }
        return .float(result)
    }

    /// Null for a zero divisor.
    static func quotient(_ left: Int64, _ right: Int64, _ quotient: Quotient) throws -> Int64? {
        if right == 0 { return nil }
        let shift = Quotient.digits + quotient.right - quotient.left
        let (dividend, overflow) = Int128(left).multipliedReportingOverflow(by: Decimal.power(shift))
        guard !overflow, let exact = Decimal.quotient(dividend, Int128(right) * Decimal.power(-shift)),
            let rounded = Decimal.rescale(exact, from: Quotient.digits, to: quotient.scale), let result = Int64(exactly: rounded)
        else { throw EvaluationError.overflow }
        return result
    }

    static func rescaled(_ units: Int64, _ rescale: Rescale) throws -> Int64 {
        var result = Decimal.rescale(Int128(units), from: rescale.from, to: rescale.to)
        if rescale.from > rescale.to, rescale.mode != .round {
            let power = Decimal.power(rescale.from - rescale.to)
            let (whole, rest) = Int128(units).quotientAndRemainder(dividingBy: power)
            let isUp = rescale.mode == .ceil && rest > 0
            let isDown = rescale.mode == .floor && rest < 0
            result = whole + (isUp ? 1 : isDown ? -1 : 0)
        }
        guard let units = result.flatMap({ Int64(exactly: $0) }) else { throw EvaluationError.overflow }
        return units
    }

    /// A float as an int, by one of `round ceil floor`.
    static func whole(_ value: Double, _ function: Function) throws -> Int64 {
        let rounded =
            switch function {
            case .ceil: value.rounded(.up)
            case .floor: value.rounded(.down)
            default: value.rounded(.toNearestOrAwayFromZero)
            }
        guard let result = Int64(exactly: rounded) else { throw EvaluationError.overflow }
        return result
    }

    /// Half away from zero to that many digits, 0 to 15, by the nearest doubles on the way.
    static func rounded(_ value: Double, digits: Int64) throws -> Double {
        var power = 1.0
        for _ in 0..<Swift.min(Swift.max(digits, 0), 15) { power *= 10 }
        let shifted = value * power
        guard shifted.isFinite else { throw EvaluationError.overflow }
        return shifted.rounded(.toNearestOrAwayFromZero) / power
    }
}

extension Value {
    /// The integer that stands for it in a database.
    var whole: Int64? {
        switch self {
        case .int(let value), .moment(let value), .date(let value), .duration(let value): value
        case .decimal(let value): value.units
        case .bool(let value): value ? 1 : 0
        case .null, .float, .text, .list: nil
        }
    }

    var real: Double? {
        if case .float(let value) = self { value } else { whole.map(Double.init) }
    }
}

/// Functions over text; letters other than A to Z have no case here, as in SQLite and in the collation "C".
enum Text {
    static func lowercased(_ text: String) -> String { map(text, 0x41...0x5A) { $0 + 32 } }

    static func uppercased(_ text: String) -> String { map(text, 0x61...0x7A) { $0 - 32 } }

    /// By bytes, as SQLite's BINARY; `String`'s own comparison would follow canonical equivalence.
    static func order(_ left: String, _ right: String) -> Int {
        let fast = left.utf8.withContiguousStorageIfAvailable { left in
            right.utf8.withContiguousStorageIfAvailable { right in byteOrder(left, right) }
        }
        if case .some(.some(let result)) = fast { return result }
        return byteOrder(Array(left.utf8), Array(right.utf8))
    }

    private static func byteOrder(_ left: some RandomAccessCollection<UInt8>, _ right: some RandomAccessCollection<UInt8>) -> Int {
        for (a, b) in zip(left, right) where a != b { return a < b ? -1 : 1 }
        return left.count < right.count ? -1 : left.count > right.count ? 1 : 0
    }

    private static func map(_ text: String, _ range: ClosedRange<UInt8>, _ change: (UInt8) -> UInt8) -> String {
        String(decoding: text.utf8.map { range.contains($0) ? change($0) : $0 }, as: UTF8.self)
    }

    /// Runs of anything but space, tab and the line ends U+000A to U+000D.
    static func words(_ text: String) -> Int64 {
        var count: Int64 = 0
        var isInside = false
        for byte in text.utf8 {
            let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
            if !isSpace, !isInside { count += 1 }
            isInside = !isSpace
        }
        return count
    }
}
