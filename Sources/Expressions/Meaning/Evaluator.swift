import Text

/// An expression that has no value over these rows.
package enum EvaluationError: Error, Sendable, Equatable {
    /// A whole number or a decimal left the 64 bits that it has, or a float its exponents.
    case overflow
    /// `random` was asked where `Environment.random` is not set.
    case noRandomness
}

/// Walks a checked expression over rows in memory.
struct Evaluator {
    let environment: Environment
    let row: Row?
    let rows: (any RowSource)?

    func isTrue(_ node: Node) throws -> Bool {
        if case .bool(true) = try value(node) { true } else { false }
    }

    func value(_ node: Node) throws -> Value {
        switch node {
        case .constant(let value): return value
        case .parameter(let parameter, _): return environment.plainValue(of: parameter)
        case .field(let access): return field(access)
        case .follow(let base, let hop):
            guard case .text(let id) = try value(base), let target = try rows?.row(in: hop.target.collection, id: id) else { return .null }
            return target.value(at: hop.index)
        case .and(let parts):
            for part in parts where try !isTrue(part) { return .bool(false) }
            return .bool(true)
        case .or(let parts):
            for part in parts where try isTrue(part) { return .bool(true) }
            return .bool(false)
        case .not(let part): return .bool(try !isTrue(part))
        case .isNull(let part): return .bool(try value(part).isNull)
        case .compare(let comparison, let left, let right):
            return .bool(Ordering.holds(comparison, try value(left), try value(right)))
        case .between(let operand, let lower, let upper):
            let value = try value(operand)
            let isAbove = Ordering.holds(.greaterOrEqual, value, try self.value(lower))
            let isBelow = Ordering.holds(.lessOrEqual, value, try self.value(upper))
            return .bool(isAbove && isBelow)
        case .contains(let element, let members):
            let value = try value(element)
            return .bool(try items(members).contains { Ordering.holds(.equal, $0, value) })
        case .overlap(let left, let right):
            let right = try items(right)
            var common: [Value] = []
            for item in try items(left)
            where right.contains(where: { Ordering.holds(.equal, item, $0) })
                && !common.contains(where: { Ordering.holds(.equal, item, $0) })
            { common.append(item) }
            return .int(Int64(common.count))
        case .arithmetic(let operation, let left, let right, let type):
            return try Arithmetic.result(operation, try value(left), try value(right), type)
        case .negative(let part, let type):
            return try Arithmetic.result(.subtract, type == .float ? .float(0) : .int(0), try value(part), type)
        case .quotient(let left, let right, let quotient):
            guard let left = try value(left).whole, let right = try value(right).whole,
                let units = try Arithmetic.quotient(left, right, quotient)
            else { return .null }
            return .decimal(Decimal(units: units, scale: quotient.scale))
        case .rescale(let part, let rescale):
            guard let units = try value(part).whole else { return .null }
            let result = try Arithmetic.rescaled(units, rescale)
            return rescale.isInt ? .int(result) : .decimal(Decimal(units: result, scale: rescale.to))
        case .widened(let part, _): return try value(part)
        case .real(let part):
            if case .int(let whole) = try value(part) { return .float(Double(whole)) }
            return .null
        case .midnight(let part, let zone):
            guard case .date(let day) = try value(part) else { return .null }
            return Calendar.midnight(day, in: zone).map { .moment($0) } ?? .null
        case .calendar(let function, let part, let zone):
            guard case .moment(let moment) = try value(part) else { return .null }
            return Calendar.value(function, of: moment, in: zone) ?? .null
        case .written(let part, let scale):
            return try value(part).whole.map { .text(Decimal(units: $0, scale: scale).description) } ?? .null
        case .part(let part, let collection):
            guard case .text(let text) = try value(part), text.utf8.starts(with: (collection + ":").utf8) else { return .null }
            return .text(String(text.unicodeScalars.dropFirst(collection.unicodeScalars.count + 1)))
        case .whole(let part, let collection):
            guard case .text(let id) = try value(part) else { return .null }
            return .text("\(collection):\(id)")
        case .call(let function, let arguments): return try call(function, arguments)
        case .list(let items):
            var values: [Value] = []
            for item in items {
                let value = try value(item)
                if !value.isNull { values.append(value) }
            }
            return .list(values)
        case .question(let question): return try answer(question)
        // `prepared` has put a question in its place.
        case .aggregate: return .null
        }
    }

    private func field(_ access: FieldAccess) -> Value {
        switch access.place {
        case .this: row?.value(at: access.index) ?? .null
        case .inner: .null
        }
    }

    private func items(_ members: Members) throws -> [Value] {
        switch members {
        case .values(let nodes): return try nodes.map { try value($0) }
        case .list(let node):
            if case .list(let values) = try value(node) { return values }
            return []
        case .rows: return []
        }
    }

    private func answer(_ question: Question) throws -> Value {
        guard let rows else { return .null }
        let fragment = rows.dialect == .sqlite ? question.sqlite : question.postgresql
        let type = question.type
        let values = fragment.parameters.map { parameter in
            switch parameter {
            case .outer(let index): (row?.value(at: index) ?? .null).scalar
            default: environment.value(of: parameter)
            }
        }
        let answer = try rows.value(of: SQLQuery(text: fragment.text, values: values, type: type))
        switch (type, answer) {
        case (.bool, .int(let value)): return .bool(value != 0)
        case (.float, .int(let value)): return .float(Double(value))
        case (.decimal(let scale), .int(let value)): return .decimal(Decimal(units: value, scale: scale))
        default: return answer
        }
    }

    private func call(_ function: Function, _ arguments: [Node]) throws -> Value {
        switch function {
        case .if: return try isTrue(arguments[0]) ? value(arguments[1]) : value(arguments[2])
        case .coalesce:
            for argument in arguments {
                let value = try value(argument)
                if !value.isNull { return value }
            }
            return .null
        case .concat:
            var text = ""
            for argument in arguments {
                if case .text(let part) = try value(argument) { text += part }
            }
            return .text(text)
        case .random:
            guard let random = environment.random else { throw EvaluationError.noRandomness }
            guard case .int(let length) = try value(arguments[0]) else { return .null }
            return .text(random(Int(length)))
        case .search:
            guard case .text(let text) = try value(arguments[0]), case .text(let part) = try value(arguments[1]) else { return .null }
            return .bool(LetterFolding.contains(text, part))
        case .date, .time, .money: return try formatted(function, arguments)
        case .round where arguments.count == 2:
            guard case .float(let number) = try value(arguments[0]), case .int(let digits) = try value(arguments[1]) else { return .null }
            return .float(try Arithmetic.rounded(number, digits: digits))
        default: break
        }
        switch (function, try value(arguments[0])) {
        case (.lower, .text(let text)): return .text(Text.lowercased(text))
        case (.upper, .text(let text)): return .text(Text.uppercased(text))
        case (.len, .text(let text)): return .int(Int64(text.unicodeScalars.count))
        case (.words, .text(let text)): return .int(Text.words(text))
        case (.wordsOfMarkup, .text(let text)): return .int(Text.words(Markup.plain(text)))
        case (.round, .float(let value)), (.ceil, .float(let value)), (.floor, .float(let value)):
            return .int(try Arithmetic.whole(value, function))
        case (.abs, .decimal(let value)):
            guard value.units != .min else { throw EvaluationError.overflow }
            return .decimal(Decimal(units: Swift.abs(value.units), scale: value.scale))
        case (.abs, .float(let value)): return .float(value.magnitude)
        case (.abs, .int(let value)):
            guard value != .min else { throw EvaluationError.overflow }
            return .int(Swift.abs(value))
        case (.abs, .duration(let value)):
            guard value != .min else { throw EvaluationError.overflow }
            return .duration(Swift.abs(value))
        default: return .null
        }
    }
}

extension Evaluator {
    private func formatted(_ function: Function, _ arguments: [Node]) throws -> Value {
        let first = try value(arguments[0])
        guard let format = environment.format, !first.isNull else { return .null }
        switch function {
        case .date: return .text(format(.date(first)))
        case .time: return .text(format(.time(first)))
        default:
            guard case .text(let currency) = try value(arguments[1]) else { return .null }
            return .text(format(.money(first, currency: currency)))
        }
    }
}

extension Row {
    /// The value there, null beyond the end.
    func value(at index: Int) -> Value { values.indices.contains(index) ? values[index] : .null }
}
