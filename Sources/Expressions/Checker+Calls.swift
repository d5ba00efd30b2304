extension Checker {
    mutating func call(
        _ name: String, _ arguments: [Syntax], _ condition: Syntax?, _ nameRange: Range<Int>, _ range: Range<Int>
    ) throws(ExpressionFault) -> Typed {
        if let kind = Aggregate.Kind(rawValue: name) { return try aggregate(kind, arguments, condition, range) }
        if let condition {
            throw ExpressionFault(message: "'where' stands only in count, sum, avg, min, max, exists and first", range: condition.range)
        }
        if name == "overlap" { return try overlap(arguments, range) }
        guard let function = Function(rawValue: name) else {
            if ["search", "date", "time", "money"].contains(name) {
                throw ExpressionFault(message: "'\(name)' cannot be used here", range: nameRange)
            }
            let known = Function.allCases.map(\.rawValue) + Aggregate.Kind.allCases.map(\.rawValue) + ["overlap"]
            throw unknown(name, nameRange, "there is no function '\(name)'", among: known)
        }
        switch function {
        case .if: return try choice(arguments, range)
        case .coalesce:
            try count(arguments, 1...100, function, range)
            var parts: [Typed] = []
            for argument in arguments { parts.append(try value(argument)) }
            let (unified, type) = try unify(parts, in: "coalesce")
            try refuseList(type, range)
            return Typed(node: .call(function, unified.map(\.node)), type: type, range: range)
        case .concat:
            try count(arguments, 1...100, function, range)
            var parts: [Node] = []
            for argument in arguments { parts.append(try self.argument(argument, of: [.text, .int], function).node) }
            return Typed(node: .call(function, parts), type: .text, range: range)
        case .random: return try random(arguments, range)
        default: break
        }
        try count(arguments, 1...1, function, range)
        switch function {
        case .lower, .upper:
            return Typed(node: .call(function, [try argument(arguments[0], of: [.text], function).node]), type: .text, range: range)
        case .len, .words:
            return Typed(node: .call(function, [try argument(arguments[0], of: [.text], function).node]), type: .int, range: range)
        case .round, .ceil, .floor:
            let typed = try argument(arguments[0], of: [.int, .float], function)
            return Typed(node: typed.type == .int ? typed.node : .call(function, [typed.node]), type: .int, range: range)
        case .abs:
            let typed = try argument(arguments[0], of: [.int, .float, .duration], function)
            return Typed(node: .call(function, [typed.node]), type: typed.type, range: range)
        default:
            let typed = try argument(arguments[0], of: [.moment, .date], function)
            if model.timezone != "UTC" {
                throw ExpressionFault(
                    message: "'\(name)' knows only the time zone UTC so far; app.timezone is '\(model.timezone)'", range: nameRange)
            }
            let moment = Self.convert(typed, to: .moment) ?? typed
            return Typed(node: .call(function, [moment.node]), type: function == .weekday ? .int : .moment, range: range)
        }
    }

    private func count(
        _ arguments: [Syntax], _ wanted: ClosedRange<Int>, _ function: Function, _ range: Range<Int>
    ) throws(ExpressionFault) {
        if wanted.contains(arguments.count) { return }
        let number = wanted.lowerBound == wanted.upperBound ? "\(wanted.lowerBound)" : "\(wanted.lowerBound) to \(wanted.upperBound)"
        throw ExpressionFault(
            message: "'\(function.rawValue)' takes \(number) value\(wanted.upperBound == 1 ? "" : "s"), found \(arguments.count)",
            range: range)
    }

    private mutating func argument(_ syntax: Syntax, of types: [ValueType], _ function: Function) throws(ExpressionFault) -> Typed {
        let typed = try value(syntax)
        if types.contains(typed.type), !typed.isOpen { return typed }
        let wanted = types.map(\.description).joined(separator: " or ")
        throw ExpressionFault(message: "'\(function.rawValue)' takes \(wanted), found \(typed.description)", range: typed.range)
    }

    private func refuseList(_ type: ValueType, _ range: Range<Int>) throws(ExpressionFault) {
        if case .list = type { throw ExpressionFault(message: "a list cannot stand here", range: range) }
    }

    private mutating func choice(_ arguments: [Syntax], _ range: Range<Int>) throws(ExpressionFault) -> Typed {
        try count(arguments, 3...3, .if, range)
        let condition = try condition(arguments[0])
        let (branches, type) = try unify([try value(arguments[1]), try value(arguments[2])], in: "if")
        try refuseList(type, range)
        return Typed(node: .call(.if, [condition.node] + branches.map(\.node)), type: type, range: range)
    }

    private mutating func random(_ arguments: [Syntax], _ range: Range<Int>) throws(ExpressionFault) -> Typed {
        guard allowsRandom, levels.isEmpty else {
            throw ExpressionFault(message: "'random' has no place in a condition", range: range)
        }
        try count(arguments, 1...1, .random, range)
        guard case .int(let length) = arguments[0].form, (1...256).contains(length) else {
            throw ExpressionFault(message: "'random' takes the number of characters, 1 to 256", range: arguments[0].range)
        }
        return Typed(node: .call(.random, [.constant(.int(length))]), type: .text, range: range)
    }

    private mutating func overlap(_ arguments: [Syntax], _ range: Range<Int>) throws(ExpressionFault) -> Typed {
        guard arguments.count == 2 else { throw ExpressionFault(message: "'overlap' takes two lists", range: range) }
        let (left, leftType, _) = try members(arguments[0])
        let (right, rightType, _) = try members(arguments[1])
        guard Self.common(leftType, rightType) != nil else {
            throw ExpressionFault(
                message: "\(ValueType.list(leftType).description) has nothing in common with \(ValueType.list(rightType).description)",
                range: range)
        }
        return Typed(node: .overlap(left, right), type: .int, range: range)
    }

    private mutating func aggregate(
        _ kind: Aggregate.Kind, _ arguments: [Syntax], _ condition: Syntax?, _ range: Range<Int>
    ) throws(ExpressionFault) -> Typed {
        guard arguments.count == 1 else {
            throw ExpressionFault(message: "'\(kind.rawValue)' takes one path and perhaps a 'where'", range: range)
        }
        let subject = try resolve(arguments[0])
        guard case .many(let many) = subject else {
            throw ExpressionFault(
                message: "'\(kind.rawValue)' takes many records: a back-reference, a list of references or 'all.<collection>'",
                range: arguments[0].range)
        }
        var rows = many.rows
        if let condition {
            levels.append(many.collection)
            defer { levels.removeLast() }
            rows.condition = try self.condition(condition).node
        }
        let valueNode: Node? = many.hasTail || kind == .first ? many.value.node : nil
        let type: ValueType
        switch kind {
        case .count: type = .int
        case .exists: type = .bool
        case .first: type = many.value.type
        case .sum, .avg, .min, .max:
            guard many.hasTail else {
                throw ExpressionFault(
                    message: "'\(kind.rawValue)' needs a field of the records, as in 'sum(items.total)'", range: arguments[0].range)
            }
            type = try aggregateType(kind, many.value)
        }
        return Typed(
            node: .aggregate(Aggregate(kind: kind, rows: rows, value: valueNode, type: type)), type: type, range: range)
    }

    private func aggregateType(_ kind: Aggregate.Kind, _ value: Typed) throws(ExpressionFault) -> ValueType {
        switch (kind, value.type) {
        case (.avg, .int), (.avg, .float): return .float
        case (.sum, .int), (.sum, .float), (.sum, .duration): return value.type
        case (.min, .int), (.min, .float), (.min, .duration), (.min, .moment), (.min, .date), (.min, .text),
            (.max, .int), (.max, .float), (.max, .duration), (.max, .moment), (.max, .date), (.max, .text):
            return value.type
        default: throw ExpressionFault(message: "'\(kind.rawValue)' cannot take \(value.description)", range: value.range)
        }
    }
}
