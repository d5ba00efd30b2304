import Text

/// The functions that generated SQL calls and SQLite lacks. Its store registers each on every connection, deterministic and innocuous
/// (sqlite.org/c3ref/create_function.html); PostgreSQL has those that it needs from `PostgreSQLFunctions`.
package enum StoreFunction: String, Sendable, CaseIterable {
    // Arithmetic that fails instead of leaving the integers, or the finite floats.
    case add = "atlas_add"
    case subtract = "atlas_subtract"
    case multiply = "atlas_multiply"
    case addReal = "atlas_add_real"
    case subtractReal = "atlas_subtract_real"
    case multiplyReal = "atlas_multiply_real"
    case divideReal = "atlas_divide_real"
    /// Units, units, scale of the left, of the right, of the result.
    case divide = "atlas_divide"
    /// Units, scale, scale of the result, `round`, `ceil` or `floor`.
    case rescale = "atlas_rescale"
    /// A float, `round`, `ceil` or `floor`; an int.
    case toInt = "atlas_int"
    /// A float, digits.
    case roundReal = "atlas_round_real"
    /// Units, scale; a text.
    case write = "atlas_decimal"
    case words = "atlas_words"
    case wordsOfMarkup = "atlas_words_of_markup"
    case fold = "atlas_fold"
    /// A moment, `day month year weekday`, a zone.
    case calendar = "atlas_calendar"
    /// A date, a zone; a moment.
    case midnight = "atlas_midnight"

    package var name: String { rawValue }

    package var argumentCount: Int {
        switch self {
        case .words, .wordsOfMarkup, .fold: 1
        case .divide: 5
        case .rescale: 4
        case .calendar: 3
        default: 2
        }
    }

    /// The result, of kind int, float or text; null when an argument is. Throws `EvaluationError.overflow`.
    package func callAsFunction(_ arguments: [Value]) throws -> Value {
        guard arguments.count == argumentCount, !arguments.contains(.null) else { return .null }
        let ints = arguments.map { $0.whole ?? 0 }
        func scale(_ index: Int) -> Int { Int(truncatingIfNeeded: Swift.min(Swift.max(ints[index], 0), 18)) }
        switch self {
        case .add: return try Arithmetic.result(.add, arguments[0], arguments[1], .int)
        case .subtract: return try Arithmetic.result(.subtract, arguments[0], arguments[1], .int)
        case .multiply: return try Arithmetic.result(.multiply, arguments[0], arguments[1], .int)
        case .addReal: return try Arithmetic.result(.add, arguments[0], arguments[1], .float)
        case .subtractReal: return try Arithmetic.result(.subtract, arguments[0], arguments[1], .float)
        case .multiplyReal: return try Arithmetic.result(.multiply, arguments[0], arguments[1], .float)
        case .divideReal: return try Arithmetic.result(.divide, arguments[0], arguments[1], .float)
        case .divide:
            let quotient = Quotient(left: scale(2), right: scale(3), scale: scale(4))
            return try Arithmetic.quotient(ints[0], ints[1], quotient).map { .int($0) } ?? .null
        case .rescale:
            guard case .text(let name) = arguments[3], let mode = Rescale.Mode(rawValue: name) else { return .null }
            return .int(try Arithmetic.rescaled(ints[0], Rescale(from: scale(1), to: scale(2), mode: mode)))
        case .toInt:
            guard let value = arguments[0].real, case .text(let name) = arguments[1], let function = Function(rawValue: name) else {
                return .null
            }
            return .int(try Arithmetic.whole(value, function))
        case .roundReal: return try arguments[0].real.map { .float(try Arithmetic.rounded($0, digits: ints[1])) } ?? .null
        case .write: return .text(Decimal(units: ints[0], scale: scale(1)).description)
        case .words:
            guard case .text(let text) = arguments[0] else { return .null }
            return .int(Text.words(text))
        case .wordsOfMarkup:
            guard case .text(let text) = arguments[0] else { return .null }
            return .int(Text.words(Markup.plain(text)))
        case .fold:
            guard case .text(let text) = arguments[0] else { return .null }
            return .text(LetterFolding.fold(text))
        case .calendar:
            guard case .text(let name) = arguments[1], let function = Function(rawValue: name), case .text(let zoneName) = arguments[2],
                let zone = Zone.named(zoneName)
            else { return .null }
            return Calendar.value(function, of: ints[0], in: zone)?.whole.map { .int($0) } ?? .null
        case .midnight:
            guard case .text(let zoneName) = arguments[1], let zone = Zone.named(zoneName) else { return .null }
            return Calendar.midnight(ints[0], in: zone).map { .int($0) } ?? .null
        }
    }
}

/// The aggregate functions that generated SQL calls and SQLite lacks: exact sums, whatever the order of the rows, and their averages.
package enum StoreAggregate: String, Sendable, CaseIterable {
    /// Of ints; 0 of no rows.
    case sum = "atlas_sum"
    /// Of floats; 0.0 of no rows.
    case sumReal = "atlas_sum_real"
    /// Of ints or floats, a float; null of no rows.
    case averageReal = "atlas_average_real"
    /// Of units; the scale of the value, that of the result.
    case average = "atlas_average"

    package var name: String { rawValue }

    package var argumentCount: Int { self == .average ? 3 : 1 }

    /// What is known of the rows so far; begins with all zero.
    package struct State: Sendable, BitwiseCopyable {
        var whole: Int128 = 0
        var real: Double = 0
        var count: Int64 = 0
        var scales: (value: Int64, result: Int64) = (0, 0)

        package init() {}
    }

    package func add(_ arguments: [Value], to state: inout State) {
        guard let value = arguments.first, !value.isNull else { return }
        state.count += 1
        switch self {
        case .sum, .average: state.whole += Int128(value.whole ?? 0)
        case .sumReal, .averageReal: state.real += value.real ?? 0
        }
        if self == .average, arguments.count == 3 { state.scales = (arguments[1].whole ?? 0, arguments[2].whole ?? 0) }
    }

    /// Throws `EvaluationError.overflow`.
    package func result(of state: State) throws -> Value {
        switch self {
        case .sum:
            guard let sum = Int64(exactly: state.whole) else { throw EvaluationError.overflow }
            return .int(sum)
        case .sumReal:
            guard state.real.isFinite else { throw EvaluationError.overflow }
            return .float(state.real)
        case .averageReal:
            guard state.real.isFinite else { throw EvaluationError.overflow }
            return state.count == 0 ? .null : .float(state.real / Double(state.count))
        case .average:
            if state.count == 0 { return .null }
            let shift = Quotient.digits - Int(truncatingIfNeeded: Swift.min(Swift.max(state.scales.value, 0), 18))
            let (dividend, overflow) = state.whole.multipliedReportingOverflow(by: Decimal.power(shift))
            guard !overflow, let exact = Decimal.quotient(dividend, Int128(state.count) * Decimal.power(-shift)),
                let rounded = Decimal.rescale(
                    exact, from: Quotient.digits, to: Int(truncatingIfNeeded: Swift.min(Swift.max(state.scales.result, 0), 18))),
                let units = Int64(exactly: rounded)
            else { throw EvaluationError.overflow }
            return .int(units)
        }
    }
}
