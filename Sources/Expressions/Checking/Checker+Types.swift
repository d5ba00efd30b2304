/// Which types meet in which, and how.
extension Checker {
    /// The same value as that type, if nothing is lost.
    func convert(_ typed: Typed, to wanted: ValueType) -> Typed? {
        var result = typed
        switch (typed.type, wanted) {
        case (let type, wanted) where type == wanted: return result
        case (.null, _): break
        case (.int, .float): result.node = typed.node.asReal
        case (.int, .decimal(let scale)): result.node = Self.rescaled(typed.node, from: 0, to: scale)
        case (.decimal(let own), .decimal(let scale)) where own < scale: result.node = Self.rescaled(typed.node, from: own, to: scale)
        case (.float, .decimal(let scale)):
            guard let literal = typed.literal, literal.scale <= scale, let exact = literal.rescaled(to: scale) else { return nil }
            result.node = .constant(.decimal(exact))
        case (.date, .moment):
            guard let zone else { return nil }
            result.node = .midnight(typed.node, zone)
        case (.reference(let collection), .union(let collections)) where collections.contains(collection):
            result.node = .whole(typed.node, in: collection)
        case (.union(let own), .union(let collections)) where own.allSatisfy(collections.contains): break
        case (.list(.null), .list): break
        case (.json, _):
            guard case .parameter(.out(let path, _), _) = typed.node, wanted.isPartOfJSON else { return nil }
            result.node = .parameter(.out(path, wanted), wanted)
        default: return nil
        }
        result.type = wanted
        return result
    }

    /// The zone of the calendar; nil where the system does not know it.
    var zone: Zone? { Zone.named(model.timezone) }

    private static func rescaled(_ node: Node, from: Int, to: Int) -> Node {
        if case .constant(let value) = node, let units = value.whole, let exact = Decimal(units: units, scale: from).rescaled(to: to) {
            return .constant(.decimal(exact))
        }
        return .rescale(node, Rescale(from: from, to: to))
    }

    /// For a comparison: as a decimal with that many more digits, without ever leaving the range.
    static func widened(_ node: Node, from: Int, to: Int) -> Node {
        if case .constant(let value) = node, let units = value.whole, let exact = Decimal(units: units, scale: from).rescaled(to: to) {
            return .constant(.decimal(exact))
        }
        return from == to ? node : .widened(node, by: to - from)
    }

    /// A float that is written out, as the decimal that it is.
    static func exact(_ typed: Typed) -> Typed {
        guard let literal = typed.literal else { return typed }
        var result = typed
        result.node = .constant(.decimal(literal))
        result.type = .decimal(scale: literal.scale)
        return result
    }

    /// Brings values to one type: of int and float, float; of int and decimal, decimal; of date and moment, moment.
    mutating func unify(_ parts: [Typed], in place: String) throws(ExpressionFault) -> ([Typed], ValueType) {
        var parts = parts
        if parts.contains(where: { $0.type.isDecimal }) { parts = parts.map(Self.exact) }
        var type = ValueType.null
        for part in parts where !part.isOpen {
            if type == .null {
                type = part.type
            } else if let common = Self.common(type, part.type) {
                type = common
            } else {
                throw ExpressionFault(message: "\(place) cannot hold \(type.description) and \(part.description)", range: part.range)
            }
        }
        var result: [Typed] = []
        for part in parts {
            let closed = try close(part, as: type)
            result.append(convert(closed, to: type) ?? closed)
        }
        return (result, type)
    }

    static func common(_ a: ValueType, _ b: ValueType) -> ValueType? {
        switch (a, b) {
        case _ where a == b: a
        case (.null, _): b
        case (_, .null): a
        case (.int, .float), (.float, .int): .float
        case (.int, .decimal), (.decimal(scale: 0), .decimal): b
        case (.decimal, .int): a
        case (.decimal(let left), .decimal(let right)): .decimal(scale: max(left, right))
        case (.date, .moment), (.moment, .date): .moment
        case (.reference(let one), .union(let several)) where several.contains(one): b
        case (.union(let several), .reference(let one)) where several.contains(one): a
        case (.union(let left), .union(let right)) where left.contains(where: right.contains):
            .union(left + right.filter { !left.contains($0) })
        default: nil
        }
    }
}
