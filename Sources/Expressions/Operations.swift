/// Comparisons of values, as SQLite makes them.
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
        case (.int(let left), .float(let right)): return order(left, right)
        case (.float(let left), .int(let right)): return order(right, left).map { -$0 }
        default:
            guard let left = left.whole, let right = right.whole else { return nil }
            return left < right ? -1 : left > right ? 1 : 0
        }
    }

    private static func order(_ left: Double, _ right: Double) -> Int? {
        left < right ? -1 : left > right ? 1 : left == right ? 0 : nil
    }

    /// Exact, also where the int has more digits than a double holds.
    private static func order(_ left: Int64, _ right: Double) -> Int? {
        if right.isNaN { return nil }
        if right >= 0x1p63 { return -1 }
        if right < -0x1p63 { return 1 }
        let whole = Int64(right)
        if left != whole { return left < whole ? -1 : 1 }
        return order(Double(whole), right)
    }
}

/// Arithmetic as SQLite does it: whole numbers that leave their range become floats, which `Node.exact` then refuses.
enum Arithmetic {
    static func result(_ operation: ArithmeticOperator, _ left: Value, _ right: Value, _ type: ValueType) -> Value {
        if type != .float, let left = left.whole, let right = right.whole {
            return whole(operation, left, right, type)
        }
        guard let a = left.real, let b = right.real else { return .null }
        let result: Double
        switch operation {
        case .add: result = a + b
        case .subtract: result = a - b
        case .multiply: result = a * b
        case .divide:
            if b == 0 { return .null }
            result = a / b
        case .remainder:
            let divisor = whole(b)
            if divisor == 0 { return .null }
            result = Double(whole(a).remainderReportingOverflow(dividingBy: divisor).partialValue)
        }
        return result.isNaN ? .null : .float(result)
    }

    private static func whole(_ operation: ArithmeticOperator, _ left: Int64, _ right: Int64, _ type: ValueType) -> Value {
        let (value, overflow): (Int64, Bool)
        switch operation {
        case .add: (value, overflow) = left.addingReportingOverflow(right)
        case .subtract: (value, overflow) = left.subtractingReportingOverflow(right)
        case .multiply: (value, overflow) = left.multipliedReportingOverflow(by: right)
        case .divide, .remainder:
            if right == 0 { return .null }
            (value, overflow) = (left.remainderReportingOverflow(dividingBy: right).partialValue, false)
        }
        if overflow {
            let (a, b) = (Double(left), Double(right))
            return .float(operation == .add ? a + b : operation == .subtract ? a - b : a * b)
        }
        return switch type {
        case .moment: .moment(value)
        case .duration: .duration(value)
        default: .int(value)
        }
    }

    /// Half away from zero, by the steps of SQLite's `round` (func.c): beyond 2⁵² every double is whole.
    static func rounded(_ value: Double) -> Int64 {
        if value.magnitude > 4_503_599_627_370_496 { return whole(value) }
        return whole(value + (value < 0 ? -0.5 : 0.5))
    }

    static func roundedDown(_ value: Double) -> Int64 {
        let whole = whole(value)
        return Double(whole) > value && whole > .min ? whole - 1 : whole
    }

    static func roundedUp(_ value: Double) -> Int64 {
        let whole = whole(value)
        return Double(whole) < value && whole < .max ? whole + 1 : whole
    }

    /// Without its fraction; beyond 64 bits the nearest end (`CAST … AS INTEGER`, sqlite.org/lang_expr.html).
    static func whole(_ value: Double) -> Int64 {
        if value >= 0x1p63 { return .max }
        if value < -0x1p63 { return .min }
        return value.isNaN ? 0 : Int64(value)
    }
}

extension Value {
    /// The integer that stands for it in a database.
    fileprivate var whole: Int64? {
        switch self {
        case .int(let value), .moment(let value), .date(let value), .duration(let value): value
        case .bool(let value): value ? 1 : 0
        case .null, .float, .decimal, .text, .list: nil
        }
    }

    fileprivate var real: Double? {
        if case .float(let value) = self { value } else { whole.map(Double.init) }
    }
}

/// Functions over text; letters other than A to Z have no case here, as in SQLite.
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
