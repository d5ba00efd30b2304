extension Checker {
    mutating func call(
        _ name: String, _ arguments: [Syntax], _ condition: Syntax?, _ nameRange: Range<Int>, _ range: Range<Int>
    ) throws(ExpressionFault) -> Typed {
        if let kind = Aggregate.Kind(rawValue: name) { return try aggregate(kind, arguments, condition, range) }
        if let condition, name == "overlap" || Function(rawValue: name) != nil {
            throw ExpressionFault(message: "'where' stands only in count, sum, avg, min, max, exists and first", range: condition.range)
        }
        if name == "overlap" { return try overlap(arguments, range) }
        guard let function = Function(rawValue: name) else {
            let known =
                Function.named.filter { scope.isText || !$0.isOfTexts }.map(\.rawValue) + Aggregate.Kind.allCases.map(\.rawValue) + [
                    "overlap"
                ]
            throw unknown(name, nameRange, "there is no function '\(name)'", among: known)
        }
        if function.isOfTexts { return try textFunction(function, arguments, nameRange, range) }
        if function.isCalendar { return try calendar(function, arguments, nameRange, range) }
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
            for argument in arguments {
                let found = try value(argument)
                let typed = found.isOpen ? try close(found, as: .text) : Self.exact(found)
                switch typed.type {
                case .decimal(let scale): parts.append(.written(typed.node, scale: scale))
                case .int: parts.append(.written(typed.node, scale: 0))
                case .text, .null: parts.append(typed.node)
                default:
                    throw ExpressionFault(
                        message: "'concat' takes a text, an int or a decimal, found \(typed.description)", range: typed.range)
                }
            }
            return Typed(node: .call(function, parts), type: .text, range: range)
        case .random: return try random(arguments, range)
        case .search: return try search(arguments, range)
        case .round: return try round(arguments, range)
        default: break
        }
        try count(arguments, 1...1, function, range)
        switch function {
        case .lower, .upper:
            return Typed(node: .call(function, [try argument(arguments[0], of: [.text], function).node]), type: .text, range: range)
        case .len, .words:
            let typed = try argument(arguments[0], of: [.text], function)
            let isMarkup = function == .words && typed.field?.isMarkup == true
            return Typed(node: .call(isMarkup ? .wordsOfMarkup : function, [typed.node]), type: .int, range: range)
        case .ceil, .floor:
            let typed = try number(arguments[0], function)
            let mode: Rescale.Mode = function == .ceil ? .ceil : .floor
            return Typed(node: Self.whole(typed, function, mode), type: .int, range: range)
        default:
            let typed = try value(arguments[0])
            guard typed.type.scale != nil || typed.type == .float || typed.type == .duration, !typed.isOpen else {
                throw ExpressionFault(message: "'abs' takes a number or a duration, found \(typed.description)", range: typed.range)
            }
            return Typed(node: .call(.abs, [typed.node]), type: typed.type, range: range)
        }
    }

    private mutating func number(_ syntax: Syntax, _ function: Function) throws(ExpressionFault) -> Typed {
        let typed = try value(syntax)
        if typed.type.scale != nil || typed.type == .float, !typed.isOpen { return typed }
        throw ExpressionFault(message: "'\(function.rawValue)' takes a number, found \(typed.description)", range: typed.range)
    }

    private static func whole(_ typed: Typed, _ function: Function, _ mode: Rescale.Mode) -> Node {
        switch typed.type {
        case .decimal(let scale): .rescale(typed.node, Rescale(from: scale, to: 0, mode: mode, isInt: true))
        case .float: .call(function, [typed.node])
        default: typed.node
        }
    }

    /// `round(x)` is an int, `round(x, n)` has n digits behind the point.
    private mutating func round(_ arguments: [Syntax], _ range: Range<Int>) throws(ExpressionFault) -> Typed {
        try count(arguments, 1...2, .round, range)
        let typed = try number(arguments[0], .round)
        guard arguments.count == 2 else {
            if case .decimal = typed.type {
                let fused = typed.node.rounded(to: 0)
                let scale = fused == nil ? typed.type.scale ?? 0 : 0
                let node = Node.rescale(fused ?? typed.node, Rescale(from: scale, to: 0, isInt: true))
                return Typed(node: node, type: .int, range: range)
            }
            return Typed(node: Self.whole(typed, .round, .round), type: .int, range: range)
        }
        guard case .int(let digits) = arguments[1].form, (0...15).contains(digits) else {
            throw ExpressionFault(message: "'round' takes the number of digits, 0 to 15", range: arguments[1].range)
        }
        if typed.type == .float {
            return Typed(node: .call(.round, [typed.node, .constant(.int(digits))]), type: .float, range: range)
        }
        let type = ValueType.decimal(scale: Int(digits))
        if let fused = typed.node.rounded(to: Int(digits)) { return Typed(node: fused, type: type, range: range) }
        return Typed(node: .rescale(typed.node, Rescale(from: typed.type.scale ?? 0, to: Int(digits))), type: type, range: range)
    }

    private mutating func search(_ arguments: [Syntax], _ range: Range<Int>) throws(ExpressionFault) -> Typed {
        try count(arguments, 2...2, .search, range)
        let field = try argument(arguments[0], of: [.text], .search)
        let part = try close(try value(arguments[1]), as: .text)
        guard part.type == .text else {
            throw ExpressionFault(message: "'search' takes a text, found \(part.description)", range: part.range)
        }
        return Typed(node: .call(.search, [field.node, part.node]), type: .bool, range: range)
    }

    private mutating func calendar(
        _ function: Function, _ arguments: [Syntax], _ nameRange: Range<Int>, _ range: Range<Int>
    ) throws(ExpressionFault) -> Typed {
        try count(arguments, 1...1, function, range)
        guard let zone else {
            throw ExpressionFault(message: "the system knows no time zone '\(model.timezone)' (app.timezone)", range: nameRange)
        }
        let typed = try argument(arguments[0], of: [.moment, .date], function)
        let moment = convert(typed, to: .moment) ?? typed
        return Typed(node: .calendar(function, moment.node, zone), type: function == .weekday ? .int : .moment, range: range)
    }

    /// `date(x)`, `time(x)`, `money(x, currency)` (11-precisions 36).
    private mutating func textFunction(
        _ function: Function, _ arguments: [Syntax], _ nameRange: Range<Int>, _ range: Range<Int>
    ) throws(ExpressionFault) -> Typed {
        guard scope.isText, levels.isEmpty else {
            throw ExpressionFault(message: "'\(function.rawValue)' is known in texts only", range: nameRange)
        }
        var parts: [Node] = []
        if function == .money {
            try count(arguments, 2...2, function, range)
            parts.append(Self.exact(try number(arguments[0], function)).node)
            parts.append(try argument(arguments[1], of: [.text], function).node)
        } else {
            try count(arguments, 1...1, function, range)
            let types: [ValueType] = function == .date ? [.moment, .date] : [.moment]
            parts.append(try argument(arguments[0], of: types, function).node)
        }
        return Typed(node: .call(function, parts), type: .text, range: range)
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
        let left = try members(arguments[0])
        let right = try members(arguments[1])
        var sum: Node?
        for (leftMembers, leftItem) in left {
            for (rightMembers, rightItem) in right {
                guard leftItem.type == rightItem.type || leftItem.type == .null || rightItem.type == .null else {
                    throw ExpressionFault(
                        message:
                            "\(ValueType.list(leftItem.type).description) has nothing in common with \(ValueType.list(rightItem.type).description)",
                        range: range)
                }
                let node = Node.overlap(leftMembers, rightMembers)
                sum = sum.map { .arithmetic(.add, $0, node, .int) } ?? node
            }
        }
        return Typed(node: sum ?? .constant(.int(0)), type: .int, range: range)
    }

    private mutating func aggregate(
        _ kind: Aggregate.Kind, _ arguments: [Syntax], _ condition: Syntax?, _ range: Range<Int>
    ) throws(ExpressionFault) -> Typed {
        guard arguments.count == 1 else {
            throw ExpressionFault(message: "'\(kind.rawValue)' takes one path and perhaps a 'where'", range: range)
        }
        guard let alternatives = try resolve(arguments[0]).alternatives else {
            throw ExpressionFault(
                message: "'\(kind.rawValue)' takes many records: a back-reference, a list of references or 'all.<collection>'",
                range: arguments[0].range)
        }
        var nodes: [Node] = []
        var type = ValueType.null
        for many in alternatives {
            let aggregate = try aggregate(kind, many, condition, arguments[0].range)
            type = aggregate.type
            nodes.append(.aggregate(aggregate))
        }
        let node: Node
        if nodes.count == 1 {
            node = nodes[0]
        } else {
            // All but one are empty.
            switch kind {
            case .exists: node = .or(nodes)
            case .count, .sum: node = nodes.dropFirst().reduce(nodes[0]) { .arithmetic(.add, $0, $1, type) }
            case .avg, .min, .max, .first: node = .call(.coalesce, nodes)
            }
        }
        return Typed(node: node, type: type, range: range)
    }

    private mutating func aggregate(
        _ kind: Aggregate.Kind, _ many: Many, _ condition: Syntax?, _ range: Range<Int>
    ) throws(ExpressionFault) -> Aggregate {
        var rows = many.rows
        if let condition {
            if case .list = rows.origin { try refuseInComputed("where", condition.range) }
            levels.append(many.collection)
            defer { levels.removeLast() }
            let node = try self.condition(condition).node
            rows.condition = rows.condition.map { .and([$0, node]) } ?? node
        }
        let valueNode: Node? = many.hasTail || kind == .first ? many.value.node : nil
        let type: ValueType
        switch kind {
        case .count: type = .int
        case .exists: type = .bool
        case .first: type = many.value.type
        case .sum, .avg, .min, .max:
            guard many.hasTail else {
                throw ExpressionFault(message: "'\(kind.rawValue)' needs a field of the records, as in 'sum(items.total)'", range: range)
            }
            type = try aggregateType(kind, many.value)
        }
        return Aggregate(kind: kind, rows: rows, value: valueNode, type: type, itemType: many.value.type)
    }

    private func aggregateType(_ kind: Aggregate.Kind, _ value: Typed) throws(ExpressionFault) -> ValueType {
        switch (kind, value.type) {
        case (.avg, .decimal): return .decimal(scale: Quotient.digits)
        case (.sum, .decimal), (.min, .decimal), (.max, .decimal): return value.type
        case (.avg, .int), (.avg, .float): return .float
        case (.sum, .int), (.sum, .float), (.sum, .duration): return value.type
        case (.min, .int), (.min, .float), (.min, .duration), (.min, .moment), (.min, .date), (.min, .text),
            (.max, .int), (.max, .float), (.max, .duration), (.max, .moment), (.max, .date), (.max, .text):
            return value.type
        default: throw ExpressionFault(message: "'\(kind.rawValue)' cannot take \(value.description)", range: value.range)
        }
    }
}

extension Node {
    /// A quotient or an average of decimals with fewer digits: rounded at once, so that the digits between need no room.
    fileprivate func rounded(to digits: Int) -> Node? {
        switch self {
        case .quotient(let left, let right, var quotient) where quotient.scale == Quotient.digits && digits < Quotient.digits:
            quotient.scale = digits
            return .quotient(left, right, quotient)
        case .aggregate(var aggregate)
        where aggregate.kind == .avg && aggregate.type == .decimal(scale: Quotient.digits) && digits < Quotient.digits:
            aggregate.type = .decimal(scale: digits)
            return .aggregate(aggregate)
        default: return nil
        }
    }
}
