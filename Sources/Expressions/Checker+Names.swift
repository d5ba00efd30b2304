/// What a path stands for before it is clear how it is used.
enum Subject {
    case value(Typed)
    /// A row that is at hand.
    case row(RowPlace, CollectionModel)
    /// The caller's row.
    case caller(CollectionModel)
    /// Many rows, or a value of each: only `in`, `overlap` and aggregates take it.
    case many(Many)
    /// `all`, `input`, `request`: not values themselves.
    case namespace(String)
}

struct Many {
    var rows: RowSet
    var collection: CollectionModel
    /// Over `.inner(rows.level)`; at first the row itself.
    var value: Typed
    /// The to-many field itself, as a list of ids; nil once the path goes on.
    var list: Typed?
    /// Whether the path went on after the to-many step.
    var hasTail = false
}

extension Checker {
    static let hopLimit = 3

    mutating func resolve(_ syntax: Syntax) throws(ExpressionFault) -> Subject {
        switch syntax.form {
        case .name(let name): return try resolve(name, syntax.range)
        case .member(let base, let name, let nameRange): return try step(try resolve(base), name, nameRange, syntax.range)
        default: return .value(try value(syntax))
        }
    }

    /// A path where one value is wanted.
    func scalar(_ subject: Subject, _ range: Range<Int>) throws(ExpressionFault) -> Typed {
        switch subject {
        case .value(let typed): return typed
        case .row(let place, let collection):
            return Typed(
                node: .field(FieldAccess(place: place, index: Row.System.id, storage: .column("id"), isBool: false)),
                type: .reference(to: collection.name), range: range)
        case .caller(let users):
            return Typed(node: .parameter(.me(Row.System.id)), type: .reference(to: users.name), range: range)
        case .many(let many):
            if let list = many.list { return list }
            throw ExpressionFault(
                message: "a path through many records stands only in 'in', 'overlap' or an aggregate such as 'count(…)'", range: range)
        case .namespace(let name):
            throw ExpressionFault(message: "'\(name)' is no value; it is followed by '.' and a name", range: range)
        }
    }

    private mutating func resolve(_ name: String, _ range: Range<Int>) throws(ExpressionFault) -> Subject {
        if let inner = levels.last {
            if Self.isRoot(name), inner.field(name) == nil { return try root(name, range) }
            return try step(.row(.inner(levels.count - 1), inner), name, range, range)
        }
        if let collection = record, collection.field(name) != nil || collection.children.contains(where: { $0.name == name }) {
            return try step(.row(.this, collection), name, range, range)
        }
        if Self.isRoot(name) { return try root(name, range) }
        if let source = scope.macros[name] { return .value(try expand(name, source, range)) }
        throw unknown(name, range, "nothing here is called '\(name)'", among: visibleNames)
    }

    private var record: CollectionModel? { scope.collection.flatMap { model.collections[$0] } }

    private var visibleNames: [String] {
        var names = ["now", "all"]
        if let record {
            names += ["this"] + record.fields.map(\.name) + record.children.map(\.name)
            if scope.hasOld { names.append("old") }
        }
        if scope.hasCaller { names += ["me", "request"] }
        if !scope.input.isEmpty { names.append("input") }
        return names + scope.macros.keys.sorted()
    }

    private static func isRoot(_ name: String) -> Bool {
        ["this", "old", "me", "input", "request", "now", "all", "new", "member", "tenant", "given"].contains(name)
    }

    private func root(_ name: String, _ range: Range<Int>) throws(ExpressionFault) -> Subject {
        switch name {
        case "this":
            guard let record else { throw unknown(name, range, "there is no record here that 'this' could mean") }
            return .row(.this, record)
        case "old":
            guard scope.hasOld, let record else { throw unknown(name, range, "'old' is known in updates only") }
            return .row(.old, record)
        case "me":
            guard scope.hasCaller else { throw unknown(name, range, "no caller is known here: 'me' has no meaning") }
            guard let users = model.collections["users"] else { throw unknown(name, range, "'me' needs the collection 'users'") }
            return .caller(users)
        case "request":
            guard scope.hasCaller else { throw unknown(name, range, "no request is known here") }
            return .namespace(name)
        case "input":
            if scope.input.isEmpty { throw unknown(name, range, "there is no input here") }
            return .namespace(name)
        case "all": return .namespace(name)
        case "now": return .value(Typed(node: .parameter(.now), type: .moment, range: range))
        default: throw unknown(name, range, "'\(name)' is not known here")
        }
    }

    /// A named rule, read where it is used.
    private mutating func expand(_ name: String, _ source: String, _ range: Range<Int>) throws(ExpressionFault) -> Typed {
        if expanding.contains(name) {
            throw ExpressionFault(message: "the rule '\(name)' uses itself: \((expanding + [name]).joined(separator: " → "))", range: range)
        }
        expanding.append(name)
        defer { expanding.removeLast() }
        do {
            var typed = try condition(try Parser.parse(source))
            typed.range = range
            return typed
        } catch {
            throw ExpressionFault(message: "in the rule '\(name)': \(error.message)", range: range, suggestion: error.suggestion)
        }
    }

    // MARK: Steps of a path

    private mutating func step(
        _ subject: Subject, _ name: String, _ nameRange: Range<Int>, _ range: Range<Int>
    ) throws(ExpressionFault) -> Subject {
        switch subject {
        case .namespace("all"):
            guard let collection = model.collections[name] else {
                throw unknown(name, nameRange, "there is no collection '\(name)'", among: model.collections.keys.sorted())
            }
            return .many(many(.all, collection, range))
        case .namespace("input"):
            guard let type = scope.input[name] else {
                throw unknown(name, nameRange, "the input has no field '\(name)'", among: scope.input.keys.sorted())
            }
            return .value(Typed(node: .parameter(.input(name)), type: type, range: range))
        case .namespace:
            let parameters: [String: SQLParameter] = ["ip": .requestIP, "method": .requestMethod, "user_agent": .requestUserAgent]
            guard let parameter = parameters[name] else {
                throw unknown(name, nameRange, "a request has no '\(name)'", among: parameters.keys.sorted())
            }
            return .value(Typed(node: .parameter(parameter), type: .text, range: range))
        case .row(let place, let collection):
            if let field = collection.field(name) {
                let node = Node.field(
                    FieldAccess(place: place, index: field.index, storage: field.storage, isBool: field.type == .bool))
                return fieldSubject(node, field, 0, range)
            }
            // The id of the row itself is its owner's id.
            return try children(of: try scalar(subject, range), collection, name, nameRange, range, isAtHand: true)
        case .caller(let users):
            if let field = users.field(name) { return fieldSubject(.parameter(.me(field.index)), field, 0, range) }
            return try children(of: try scalar(subject, range), users, name, nameRange, range, isAtHand: true)
        case .value(let base):
            guard case .reference(let target) = base.type, let collection = model.collections[target] else {
                throw ExpressionFault(message: "\(base.description) has no fields", range: nameRange)
            }
            try checkHops(base.hops + 1, range)
            return try follow(base, collection, name, nameRange, range)
        case .many(var many):
            guard case .reference(let target) = many.value.type, let collection = model.collections[target] else {
                throw ExpressionFault(message: "\(many.value.description) has no fields", range: nameRange)
            }
            let next: Subject =
                if many.hasTail {
                    try follow(many.value, collection, name, nameRange, range)
                } else {
                    try step(.row(.inner(many.rows.level), many.collection), name, nameRange, range)
                }
            guard case .value(var typed) = next else {
                throw ExpressionFault(message: "a path may go through many records only once", range: nameRange)
            }
            typed.hops = many.value.hops + (many.hasTail ? 1 : 0)
            try checkHops(typed.hops, range)
            many.value = typed
            many.list = nil
            many.hasTail = true
            return .many(many)
        }
    }

    private func checkHops(_ hops: Int, _ range: Range<Int>) throws(ExpressionFault) {
        if hops > Self.hopLimit {
            throw ExpressionFault(message: "a path may follow at most \(Self.hopLimit) references", range: range)
        }
    }

    private func follow(
        _ base: Typed, _ collection: CollectionModel, _ name: String, _ nameRange: Range<Int>, _ range: Range<Int>
    ) throws(ExpressionFault) -> Subject {
        guard let field = collection.field(name) else {
            return try children(of: base, collection, name, nameRange, range, isAtHand: false)
        }
        switch field.storage {
        case .column(let column):
            var isReference = false
            if case .reference = field.type { isReference = true }
            let hop = Hop(target: Target(collection), index: field.index, column: column, isReference: isReference)
            return .value(
                Typed(node: .follow(base.node, hop), type: field.type, range: range, hops: base.hops + 1, field: field))
        case .members(let table):
            guard case .list(.reference(let name)) = field.type, let target = model.collections[name] else {
                throw ExpressionFault(message: "'\(field.name)' cannot be used in a path", range: nameRange)
            }
            let owner = Node.follow(base.node, .id(of: collection))
            return .many(many(.members(owner: owner, table: table), target, range, hops: base.hops + 1))
        case .pair, .member, .list:
            throw ExpressionFault(message: "'\(field.name)' cannot be used in a path", range: nameRange)
        }
    }

    private func fieldSubject(_ node: Node, _ field: FieldModel, _ hops: Int, _ range: Range<Int>) -> Subject {
        let typed = Typed(node: node, type: field.type, range: range, hops: hops, field: field)
        guard case .list(.reference(let name)) = field.type, let target = model.collections[name] else { return .value(typed) }
        var many = many(.list(node), target, range)
        many.list = typed
        return .many(many)
    }

    private func children(
        of owner: Typed, _ collection: CollectionModel, _ name: String, _ nameRange: Range<Int>, _ range: Range<Int>, isAtHand: Bool
    ) throws(ExpressionFault) -> Subject {
        guard let child = collection.children.first(where: { $0.name == name }), let target = model.collections[child.collection],
            case .column(let column)? = target.field(child.field)?.storage
        else {
            let names = collection.fields.map(\.name) + collection.children.map(\.name)
            let hint = levels.isEmpty ? "" : "; in 'where' a bare name is a field of the inner row, the record is 'this'"
            throw unknown(name, nameRange, "\(collection.name) has no field '\(name)'\(hint)", among: names)
        }
        let id = isAtHand ? owner.node : .follow(owner.node, .id(of: collection))
        return .many(many(.children(owner: id, column: column), target, range, hops: owner.hops))
    }

    private func many(_ origin: RowSet.Origin, _ collection: CollectionModel, _ range: Range<Int>, hops: Int = 0) -> Many {
        let level = levels.count
        let row = Node.field(
            FieldAccess(place: .inner(level), index: Row.System.id, storage: .column("id"), isBool: false))
        return Many(
            rows: RowSet(target: Target(collection), origin: origin, level: level), collection: collection,
            value: Typed(node: row, type: .reference(to: collection.name), range: range, hops: hops + 1))
    }
}

extension Hop {
    /// The step to the row itself: its id, if it is live.
    static func id(of collection: CollectionModel) -> Hop {
        Hop(target: Target(collection), index: Row.System.id, column: "id", isReference: true)
    }
}
