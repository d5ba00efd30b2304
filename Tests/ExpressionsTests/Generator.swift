@testable import Expressions

/// Random models, rows and well-typed expressions over them.
struct Generator {
    var random: Randomness
    let model: Model
    static let names = ["users", "alpha", "beta", "gamma"]
    private static let texts = ["", "a", "A", "b", "ab", "é", "it's", "two words", " x  y\tz ", "ß", "\u{1}\u{2} \u{2}\u{1}", "日本"]
    private static let enumeration = ["on", "off", "a"]

    init(seed: UInt64) {
        random = Randomness(state: seed)
        var collections: [CollectionModel] = []
        var references: [(child: String, field: String, parent: String)] = []
        for name in Self.names {
            let fields: [(String, ValueType, [String]?)] = [
                ("t1", .text, nil), ("t2", .text, Self.enumeration), ("i1", .int, nil), ("i2", .int, nil), ("f1", .float, nil),
                ("b1", .bool, nil), ("m1", .moment, nil), ("d1", .date, nil), ("u1", .duration, nil),
            ]
            let targets = ["users", random.pick(Self.names), random.pick(Self.names)]
            let union = ["users", random.pick(["alpha", "beta", "gamma"])]
            let relations: [(String, ValueType, [String]?)] = [
                ("r1", .reference(to: targets[0]), nil), ("r2", .reference(to: targets[1]), nil),
                ("l1", .list(.reference(to: targets[2])), nil), ("l2", .list(.reference(to: "users")), nil), ("x1", .union(union), nil),
                ("g1", .list(.text), nil), ("p1", .decimal(scale: 2), nil), ("p2", .decimal(scale: 4), nil),
                ("o.t", .text, nil), ("o.i", .int, nil), ("o.p", .decimal(scale: 2), nil), ("o.b", .bool, nil), ("o.in.f", .float, nil),
            ]
            references += [(name, "r1", targets[0]), (name, "r2", targets[1]), (name, "x1", union[0]), (name, "x1", union[1])]
            let tenant: [(String, ValueType, [String]?)] =
                name == "beta" || name == "gamma" ? [("tenant", .reference(to: "alpha"), nil)] : []
            var collection = Blog.collection(name, softDelete: !random.one(in: 3), fields + relations + tenant)
            collection.isTenant = !tenant.isEmpty
            for index in collection.fields.indices {
                let field = collection.fields[index]
                if case .union = field.type { collection.fields[index].storage = .pair(collection: "x1_kind", id: "x1_id") }
                if field.type == .list(.text) { collection.fields[index].storage = .list(column: "g1") }
                if field.name.hasPrefix("o.") {
                    collection.fields[index].storage = .member(
                        column: "o", path: field.name.dropFirst(2).split(separator: ".").map(String.init))
                }
            }
            collections.append(collection)
        }
        for index in collections.indices {
            collections[index].children = references.filter { $0.parent == collections[index].name }.map {
                ChildModel(name: "\($0.child)_\($0.field)", collection: $0.child, field: $0.field)
            }
        }
        let zones = ["UTC", "Asia/Tehran", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana"]
        model = Model(collections: collections, timezone: random.pick(zones), tenant: "alpha", member: "beta")
    }

    // MARK: Rows

    mutating func rows(perCollection count: Int, into rows: Rows) throws {
        for name in Self.names {
            let collection = model.collections[name]
            for number in 1...count {
                var values: [Value] = []
                for field in collection?.fields ?? [] {
                    switch field.name {
                    case "id": values.append(.text("\(name)\(number)"))
                    case "deleted_at": values.append(random.one(in: 4) ? .moment(1) : .null)
                    default: values.append(storedValue(field, count))
                    }
                }
                try rows.insert(Row(collection: name, number: Int64(number), values: values))
            }
        }
    }

    private mutating func storedValue(_ field: FieldModel, _ count: Int) -> Value {
        if case .list(.reference(let target)) = field.type {
            return .list((1...count).filter { _ in random.one(in: 4) }.map { .text("\(target)\($0)") })
        }
        if field.type == .list(.text) { return .list((0..<random.below(4)).map { _ in .text(random.pick(Self.texts)) }) }
        if random.one(in: 4) { return .null }
        switch field.type {
        case .bool: return .bool(random.one(in: 2))
        case .int: return .int(random.one(in: 20) ? random.pick([.max, .min, 1 << 62, 9_007_199_254_740_993]) : Int64(random.below(7)) - 2)
        case .float:
            // Small halves: their sums are exact in whatever order they are added.
            return .float(Double(random.below(9) - 3) / 2)
        case .decimal(let scale):
            let units =
                random.one(in: 20) ? random.pick([999_999_999_999_999_999, -999_999_999_999_999_999]) : Int64(random.below(4000)) - 1000
            return .decimal(Decimal(units: units, scale: scale))
        case .union(let targets):
            let target = random.pick(targets)
            return .text("\(target):\(target)\(random.below(count + 1) + 1)")
        case .text: return .text(random.pick(field.allowed ?? Self.texts))
        case .moment: return .moment(Int64(random.below(100) - 30) * 43_200_001)
        case .date: return .date(Int64(random.below(40) - 10))
        case .duration: return .duration(Int64(random.below(9) - 4) * 43_200_000)
        case .reference(let target): return .text("\(target)\(random.below(count + 1) + 1)")
        case .null, .list, .json: return .null
        }
    }

    // MARK: Expressions

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
        switch random.below(20) {
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
            case 1: return "words(\(sub(.text, &self)))"
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
