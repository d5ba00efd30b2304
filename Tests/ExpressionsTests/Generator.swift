import SeededNumbers

@testable import Expressions

/// Random models, rows and well-typed expressions over them.
struct Generator {
    var random: SeededGenerator
    let model: Model
    static let names = ["users", "alpha", "beta", "gamma"]
    private static let texts = ["", "a", "A", "b", "ab", "é", "it's", "two words", " x  y\tz ", "ß", "\u{1}\u{2} \u{2}\u{1}", "日本"]
    private static let markup = [
        "<p>one</p><p>two <b>th</b>ree</p>", "a<br />b", "<a href=\"/x y\">z</a>", "<", "a < b > c", "<<b>>", "<b", "</em >x</em>",
        "<ab>c</ab>",
        "<a<b>c", "<i/>x<em\ty>z", "é<sup>日</sup>", "<>", "<p class=\"a b c\">&lt;b&gt;</p>",
    ]
    private static let enumeration = ["on", "off", "a"]

    init(seed: UInt64) {
        random = SeededGenerator(state: seed)
        var collections: [CollectionModel] = []
        var references: [(child: String, field: String, parent: String)] = []
        for name in Self.names {
            let fields: [(String, ValueType, [String]?)] = [
                ("t1", .text, nil), ("t2", .text, Self.enumeration), ("i1", .int, nil), ("i2", .int, nil), ("f1", .float, nil),
                ("h1", .text, nil), ("b1", .bool, nil), ("m1", .moment, nil), ("d1", .date, nil), ("u1", .duration, nil),
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
                if field.name == "h1" { collection.fields[index].isMarkup = true }
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
        case .text where field.isMarkup: return .text((0..<3).map { _ in random.pick(Self.markup) }.joined())
        case .text: return .text(random.pick(field.allowed ?? Self.texts))
        case .moment: return .moment(Int64(random.below(100) - 30) * 43_200_001)
        case .date: return .date(Int64(random.below(40) - 10))
        case .duration: return .duration(Int64(random.below(9) - 4) * 43_200_000)
        case .reference(let target): return .text("\(target)\(random.below(count + 1) + 1)")
        case .null, .list, .json: return .null
        }
    }
}
