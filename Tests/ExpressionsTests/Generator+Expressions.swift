import SeededNumbers

@testable import Expressions

/// Well-typed expressions over the model.
extension Generator {
    /// Where names are looked up: the collection of bare names, and that of `this`.
    struct Place {
        var bare: String
        var outermost: String
    }

    static let input: [String: ValueType] = [
        "n": .int, "s": .text, "who": .reference(to: "users"), "many": .list(.text), "p": .decimal(scale: 2), "f": .float,
        "ns": .list(.int),
    ]

    mutating func condition(_ place: Place, _ depth: Int) -> String {
        if depth <= 0 { return random.one(in: 2) ? leafCondition(place) : "\(value(.bool, place, 0))" }
        switch random.below(23) {
        case 20: return "search(\(value(.text, place, depth - 1)), \(value(.text, place, depth - 1)))"
        case 21:
            let other = random.one(in: 2) ? reference("users", place, depth - 1) : row(place).prefix + "x1"
            return "(\(row(place).prefix)x1 \(random.pick(["==", "!="])) \(other))"
        case 22: return "(x1 \(random.pick(["in", "not in"])) [\(reference("users", place, depth - 1)), null, new.x1])"
        case 0, 1, 2: return "(\(condition(place, depth - 1)) and \(condition(place, depth - 1)))"
        case 3, 4, 5: return "(\(condition(place, depth - 1)) or \(condition(place, depth - 1)))"
        case 6, 7: return "not (\(condition(place, depth - 1)))"
        case 8: return "\(path(.bool, place))"
        case 9: return "if(\(condition(place, depth - 1)), \(value(.bool, place, depth - 1)), \(value(.bool, place, depth - 1)))"
        case 10: return "exists(\(rows(place, depth)))"
        case 11, 12:
            let type = scalar()
            return "(\(value(type, place, depth - 1)) \(random.pick(["==", "!="])) null)"
        case 13: return membership(place, depth)
        case 14: return "(me \(random.pick(["==", "!="])) null)"
        case 15: return "(\(value(.bool, place, depth - 1)) \(random.pick(["==", "!="])) (\(condition(place, depth - 1))))"
        default: return comparison(place, depth)
        }
    }

    private mutating func leafCondition(_ place: Place) -> String {
        random.pick([
            "me.b1", "member.b1", "tenant.t2 == 'on'", "given.i1 > 0", "old.t1 == t1", "new == this", "o.b", "x1 == me", "x1 == new.x1",
            "me in x1.l2", "'a' in g1", "x1.b1", "search(t1, 'A')", "this == given", "me.t2 == 'on'", "me != null", "r1 == me",
            "t2 == 'off'", "i1 > 0", "b1", "true", "false", "request.method == 'GET'",
        ])
    }

    private mutating func comparison(_ place: Place, _ depth: Int) -> String {
        var type = scalar()
        let ordered = ["==", "!=", "<", "<=", ">", ">="]
        if case .reference = type {
            return "(\(value(type, place, depth - 1)) \(random.pick(["==", "!="])) \(value(type, place, depth - 1)))"
        }
        let left = value(type, place, depth - 1)
        if type == .int, random.one(in: 3) { type = random.pick([.float, .decimal(scale: 2)]) }
        if case .decimal = type, random.one(in: 2) { type = random.pick([.int, .decimal(scale: 4), .decimal(scale: 2)]) }
        if type == .date, random.one(in: 3) { type = .moment }
        let right = value(type, place, depth - 1)
        if random.one(in: 6) { return "(\(left) \(random.pick(["in", "not in"])) \(right)..\(value(type, place, depth - 1)))" }
        return "(\(left) \(random.pick(ordered)) \(right))"
    }

    private mutating func membership(_ place: Place, _ depth: Int) -> String {
        let word = random.pick(["in", "not in"])
        if random.one(in: 3) {
            let type = random.pick([ValueType.text, .int, .reference(to: "users"), .decimal(scale: 2), .float, .moment])
            let items = (0..<random.below(4)).map { _ in value(type, place, depth - 1) }
            return "(\(value(type, place, depth - 1)) \(word) [\(items.joined(separator: ", "))])"
        }
        if random.one(in: 6) { return "(\(value(.text, place, depth - 1)) \(word) \(random.pick(["input.many", "g1", "given.g1"])))" }
        if random.one(in: 8) { return "(\(value(.int, place, depth - 1)) \(word) input.ns)" }
        if random.one(in: 6) { return "(\(value(.reference(to: "users"), place, depth - 1)) \(word) \(row(place).prefix)x1.l2)" }
        if random.one(in: 6) { return "(x1 \(word) \(many(place).source).x1)" }
        let (source, collection) = many(place)
        let type = random.pick([ValueType.text, .int, .reference(to: "users")])
        if random.one(in: 3) { return "(\(value(.reference(to: collection), place, depth - 1)) \(word) \(source))" }
        return "(\(value(type, place, depth - 1)) \(word) \(source).\(field(type)))"
    }

    private mutating func scalar() -> ValueType {
        random.pick([
            .text, .int, .int, .float, .bool, .moment, .date, .duration, .decimal(scale: 2), .decimal(scale: 4), .reference(to: "users"),
            .reference(to: random.pick(Self.names)),
        ])
    }

    private mutating func field(_ type: ValueType) -> String {
        switch type {
        case .text: random.pick(["t1", "t2", "id", "o.t"])
        case .int: random.pick(["i1", "i2", "o.i"])
        case .float: random.pick(["f1", "o.in.f"])
        case .bool: random.pick(["b1", "o.b"])
        case .decimal(let scale): scale == 2 ? random.pick(["p1", "o.p"]) : "p2"
        case .moment: random.pick(["m1", "created_at"])
        case .date: "d1"
        case .duration: "u1"
        case .reference, .null, .list, .json, .union: "r1"
        }
    }

    /// A value of that type; what has none at hand is taken from a whole collection.
    mutating func value(_ type: ValueType, _ place: Place, _ depth: Int) -> String {
        if case .reference(let target) = type { return reference(target, place, depth) }
        if depth <= 0 || random.one(in: 3) { return random.one(in: 3) ? literal(type) : path(type, place) }
        switch random.below(8) {
        case 0: return "if(\(condition(place, depth - 1)), \(value(type, place, depth - 1)), \(value(type, place, depth - 1)))"
        case 1: return "coalesce(\(value(type, place, depth - 1)), \(value(type, place, depth - 1)))"
        case 2: return type == .bool ? path(type, place) : aggregate(type, place, depth)
        default: return operation(type, place, depth)
        }
    }

    private mutating func operation(_ type: ValueType, _ place: Place, _ depth: Int) -> String {
        func sub(_ type: ValueType, _ generator: inout Generator) -> String { generator.value(type, place, depth - 1) }
        switch type {
        case .text:
            switch random.below(4) {
            case 3: return "concat(\(sub(.decimal(scale: 2), &self)), \(sub(.text, &self)))"
            case 0: return "lower(\(sub(.text, &self)))"
            case 1: return "upper(\(sub(.text, &self)))"
            default: return "concat(\(sub(.text, &self)), \(sub(.int, &self)))"
            }
        case .int:
            switch random.below(9) {
            case 0: return "len(\(sub(.text, &self)))"
            case 1: return random.one(in: 2) ? "words(\(row(place).prefix)h1)" : "words(\(sub(.text, &self)))"
            case 2: return "-\(sub(.int, &self))"
            case 3:
                let type = random.pick([ValueType.float, .decimal(scale: 2), .decimal(scale: 4)])
                return "\(random.pick(["round", "ceil", "floor"]))(\(sub(type, &self)))"
            case 4: return "abs(\(sub(.int, &self)))"
            case 5: return "weekday(\(sub(.moment, &self)))"
            case 6: return "overlap(\(many(place).source).t1, \(many(place).source).t2)"
            default: return "(\(sub(.int, &self)) \(random.pick(["+", "-", "*", "%"])) \(sub(.int, &self)))"
            }
        case .decimal(let scale):
            let other = ValueType.decimal(scale: random.pick([2, 4]))
            switch random.below(6) {
            case 0:
                return "round(\(sub(other, &self)) \(random.pick(["/", "*"])) \(sub(random.one(in: 3) ? .int : other, &self)), \(scale))"
            case 1: return "round(\(sub(other, &self)), \(scale))"
            case 2: return "(\(sub(type, &self)) * \(sub(.int, &self)))"
            case 3: return "\(random.pick(["abs(", "-("]))\(sub(type, &self)))"
            default: return "(\(sub(type, &self)) \(random.pick(["+", "-"])) \(sub(random.one(in: 3) ? .int : type, &self)))"
            }
        case .float where random.one(in: 5): return "round(\(sub(.float, &self)), \(random.below(4)))"
        case .float:
            return random.one(in: 3)
                ? "(\(sub(.int, &self)) / \(sub(.int, &self)))"
                : "(\(sub(.float, &self)) \(random.pick(["+", "-", "*", "/"])) \(sub(random.one(in: 2) ? .int : .float, &self)))"
        case .moment:
            return random.one(in: 2)
                ? "\(random.pick(["day", "month", "year"]))(\(sub(random.one(in: 2) ? .moment : .date, &self)))"
                : "(\(sub(random.one(in: 3) ? .date : .moment, &self)) \(random.pick(["+", "-"])) \(sub(.duration, &self)))"
        case .duration:
            return random.pick([
                "(\(sub(.moment, &self)) - \(sub(.moment, &self)))", "(\(sub(.duration, &self)) + \(sub(.duration, &self)))",
                "(\(sub(.duration, &self)) * \(literal(.int)))", "abs(\(sub(.duration, &self)))", "-\(sub(.duration, &self))",
            ])
        case .bool: return "(\(condition(place, depth - 1)))"
        case .date, .reference, .list, .null, .json, .union: return path(type, place)
        }
    }

    private mutating func aggregate(_ type: ValueType, _ place: Place, _ depth: Int) -> String {
        if type == .int, random.one(in: 2) { return "count(\(rows(place, depth)))" }
        let (source, collection) = many(place)
        var kind = random.pick(["min", "max", "first"])
        if case .decimal(let scale) = type, random.one(in: 3) {
            return "round(avg(\(source).\(random.pick(["p1", "p2"]))\(condition(of: collection, place, depth))), \(scale))"
        }
        if type != .text, type != .moment, type != .date, random.one(in: 2) { kind = "sum" }
        if type == .float, random.one(in: 3) { kind = "avg" }
        let item = kind == "avg" ? field(random.one(in: 2) ? .int : .float) : field(type)
        return "\(kind)(\(source).\(item)\(condition(of: collection, place, depth)))"
    }

    private mutating func rows(_ place: Place, _ depth: Int) -> String {
        let (source, collection) = many(place)
        return source + condition(of: collection, place, depth)
    }

    private mutating func condition(of collection: String, _ place: Place, _ depth: Int) -> String {
        if random.one(in: 3) { return "" }
        return " where \(condition(Place(bare: collection, outermost: place.outermost), min(depth - 1, 2)))"
    }

    /// A path to many rows and their collection.
    private mutating func many(_ place: Place) -> (source: String, collection: String) {
        if random.one(in: 4) {
            let name = random.pick(Self.names)
            return ("all.\(name)", name)
        }
        let (prefix, collection) = row(place)
        if random.one(in: 6) { return (prefix + "x1.l2", "users") }
        let target = model.collections[collection]
        if let child = target.map({ $0.children }).flatMap({ $0.isEmpty ? nil : random.pick($0) }), random.one(in: 2) {
            return (prefix + child.name, child.collection)
        }
        if case .list(.reference(let members))? = target?.field("l1")?.type { return (prefix + "l1", members) }
        return ("all.users", "users")
    }

    /// The beginning of a path, with its dot, to a row at hand.
    private mutating func row(_ place: Place) -> (prefix: String, collection: String) {
        var (prefix, collection) = random.pick([
            ("", place.bare), ("", place.bare), ("", place.bare), ("this.", place.outermost), ("me.", "users"), ("member.", "beta"),
            ("given.", "gamma"), ("new.", place.outermost), ("old.", place.outermost),
        ])
        var hops = 0
        while hops < 2, random.one(in: 3) {
            let name = random.pick(["r1", "r2"])
            guard case .reference(let target)? = model.collections[collection]?.field(name)?.type else { break }
            prefix += "\(name)."
            collection = target
            hops += 1
        }
        return (prefix, collection)
    }

    private mutating func path(_ type: ValueType, _ place: Place) -> String {
        if type == .int, random.one(in: 8) { return "input.n" }
        if type == .text, random.one(in: 8) { return random.pick(["input.s", "request.method"]) }
        if type == .moment, random.one(in: 8) { return "now" }
        if type == .float, random.one(in: 8) { return "input.f" }
        if type == .decimal(scale: 2), random.one(in: 8) { return "input.p" }
        if type != .duration, random.one(in: 8) { return row(place).prefix + "x1." + field(type) }
        if random.one(in: 10) {
            let name = random.pick(Self.names)
            return "first(all.\(name)\(condition(of: name, place, 1))).\(field(type))"
        }
        return row(place).prefix + field(type)
    }

    private mutating func reference(_ target: String, _ place: Place, _ depth: Int) -> String {
        if target == "users", random.one(in: 3) { return random.pick(["me", "me", "input.who"]) }
        if target == place.outermost, random.one(in: 4) { return "this" }
        for _ in 0..<6 {
            let (prefix, collection) = row(place)
            for name in ["r1", "r2"] where model.collections[collection]?.field(name)?.type == .reference(to: target) {
                return prefix + name
            }
        }
        return "first(all.\(target)\(condition(of: target, place, depth)))"
    }

    private mutating func literal(_ type: ValueType) -> String {
        switch type {
        case .text: "'\(random.pick(["on", "off", "a", "A", "it''s", "é"]))'"
        case .int: random.one(in: 12) ? "9223372036854775807" : "\(random.below(5))"
        case .float: "\(Double(random.below(7)) / 2)"
        case .bool: random.pick(["true", "false"])
        case .moment: "now"
        case .date: "d1"
        case .duration: random.pick(["12h", "1d", "5s"])
        case .decimal(let scale): random.one(in: 3) ? "\(random.below(9))" : "\(random.below(30)).\(scale == 2 ? "25" : "0625")"
        case .reference, .list, .null, .json, .union: "null"
        }
    }
}
