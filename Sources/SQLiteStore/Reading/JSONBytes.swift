import Expressions
import Glibc

/// JSON under construction in memory of its own: one copy into the response at the end instead of a bounds-checked write per member.
/// Kept by its reader from one answer to the next.
final class JSONBytes {
    private(set) var base: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private var capacity: Int

    /// What is kept between answers at most.
    private static let keptCapacity = 1 << 20

    init() {
        capacity = 16 << 10
        base = .allocate(capacity: capacity)
    }

    deinit { base.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    func clear() {
        count = 0
        guard capacity > JSONBytes.keptCapacity else { return }
        base.deallocate()
        capacity = 16 << 10
        base = .allocate(capacity: capacity)
    }

    /// Room for that many more bytes.
    @inline(__always)
    private func reserve(_ more: Int) {
        if capacity - count < more { grow(more) }
    }

    @inline(never)
    private func grow(_ more: Int) {
        let larger = max(capacity * 2, count + more)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: base, count: count)
        base.deallocate()
        base = moved
        capacity = larger
    }

    @inline(__always)
    func append(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count += 1
    }

    @inline(__always)
    func append(_ source: UnsafePointer<UInt8>, _ length: Int) {
        reserve(length)
        (base + count).update(from: source, count: length)
        count += length
    }

    func append(_ text: StaticString) { append(text.utf8Start, text.utf8CodeUnitCount) }

    func append(ascii text: String) {
        var text = text
        text.withUTF8 { if let start = $0.baseAddress { append(start, $0.count) } }
    }

    // MARK: Values

    /// A string with its quotes, escaped as RFC 8259 section 7 asks and no more. The bytes are UTF-8.
    func append(string source: UnsafeBufferPointer<UInt8>) {
        let length = source.count
        // Six bytes for each is the most that escaping can take; long texts rarely need any.
        reserve(length + 2)
        base[count] = UInt8(ascii: "\"")
        count += 1
        guard let start = source.baseAddress else { return append(UInt8(ascii: "\"")) }
        var index = 0
        while index < length {
            let plain = JSONBytes.plainPrefix(start + index, length - index)
            append(start + index, plain)
            index += plain
            guard index < length else { break }
            appendEscape(start[index])
            index += 1
        }
        append(UInt8(ascii: "\""))
    }

    /// The number of leading bytes that need no escape, eight at a time
    /// (https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord).
    @inline(__always)
    private static func plainPrefix(_ start: UnsafePointer<UInt8>, _ length: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let raw = UnsafeRawPointer(start)
        var index = 0
        while length - index >= 8 {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let control = (word &- ones &* 0x20) & ~word
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let found = (control | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash) & highs
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < length {
            let byte = start[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return index }
            index += 1
        }
        return length
    }

    private func appendEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x0C: append("\\f")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        default:
            let digits: StaticString = "0123456789abcdef"
            append("\\u00")
            append(digits.utf8Start[Int(byte >> 4)])
            append(digits.utf8Start[Int(byte & 15)])
        }
    }

    func append(integer: Int64) {
        reserve(20)
        var magnitude = integer.magnitude
        if integer < 0 { append(UInt8(ascii: "-")) }
        var digits = 1
        var bound: UInt64 = 10
        while magnitude >= bound {
            digits += 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        var position = digits
        while position > 0 {
            position -= 1
            base[count + position] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: magnitude % 10)
            magnitude /= 10
        }
        count += digits
    }

    /// The shortest decimal that reads back as the same double; what JSON cannot say (infinity, NaN) is null.
    /// A decimal as a JSON string: `"-0.05"` of -5 and two digits after the point.
    func append(decimal units: Int64, scale: Int) {
        append(UInt8(ascii: "\""))
        append(ascii: Decimal(units: units, scale: scale).description)
        append(UInt8(ascii: "\""))
    }

    func append(double: Double) {
        guard double.isFinite else { return append("null") }
        if let whole = Int64(exactly: double) {
            append(integer: whole)
        } else {
            append(ascii: double.description)
        }
    }

    /// RFC 3339 in UTC with milliseconds, in quotes. Years outside 0 to 9999 take the digits they need.
    func append(moment milliseconds: Int64) {
        let (days, rest) = JSONBytes.floored(milliseconds, by: 86_400_000)
        append(UInt8(ascii: "\""))
        appendDay(days)
        append(UInt8(ascii: "T"))
        append(rest / 3_600_000, digits: 2)
        append(UInt8(ascii: ":"))
        append(rest / 60_000 % 60, digits: 2)
        append(UInt8(ascii: ":"))
        append(rest / 1000 % 60, digits: 2)
        append(UInt8(ascii: "."))
        append(rest % 1000, digits: 3)
        append("Z\"")
    }

    func append(date days: Int64) {
        append(UInt8(ascii: "\""))
        appendDay(days)
        append(UInt8(ascii: "\""))
    }

    /// ISO 8601 in quotes: days, hours, minutes and seconds with up to three decimals ("P7D", "PT15M", "P1DT0.5S").
    func append(duration milliseconds: Int64) {
        append(UInt8(ascii: "\""))
        if milliseconds < 0 { append(UInt8(ascii: "-")) }
        append(UInt8(ascii: "P"))
        let whole = Int64(clamping: milliseconds.magnitude)
        let days = whole / 86_400_000
        let rest = whole % 86_400_000
        if days > 0 {
            append(integer: days)
            append(UInt8(ascii: "D"))
        }
        if rest > 0 || days == 0 { appendTime(rest) }
        append(UInt8(ascii: "\""))
    }

    private func appendTime(_ milliseconds: Int64) {
        append(UInt8(ascii: "T"))
        let hours = milliseconds / 3_600_000
        let minutes = milliseconds / 60_000 % 60
        let seconds = milliseconds / 1000 % 60
        var fraction = milliseconds % 1000
        if hours > 0 {
            append(integer: hours)
            append(UInt8(ascii: "H"))
        }
        if minutes > 0 {
            append(integer: minutes)
            append(UInt8(ascii: "M"))
        }
        guard seconds > 0 || fraction > 0 || milliseconds == 0 else { return }
        append(integer: seconds)
        if fraction > 0 {
            var digits = 3
            while fraction % 10 == 0 {
                fraction /= 10
                digits -= 1
            }
            append(UInt8(ascii: "."))
            append(fraction, digits: digits)
        }
        append(UInt8(ascii: "S"))
    }

    /// Days since 1970 as year, month, day (https://howardhinnant.github.io/date_algorithms.html, civil_from_days).
    private func appendDay(_ days: Int64) {
        // Bounds keep the arithmetic from overflowing; they lie some 2,000,000 years away.
        let shifted = min(max(days, -800_000_000), 800_000_000) + 719_468
        let (era, dayOfEra) = JSONBytes.floored(shifted, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        if (0...9999).contains(year) { append(year, digits: 4) } else { append(integer: year) }
        append(UInt8(ascii: "-"))
        append(month, digits: 2)
        append(UInt8(ascii: "-"))
        append(day, digits: 2)
    }

    private func append(_ number: Int64, digits: Int) {
        reserve(digits)
        var rest = number
        var position = digits
        while position > 0 {
            position -= 1
            base[count + position] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += digits
    }

    /// Quotient and remainder with a remainder from 0.
    private static func floored(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
