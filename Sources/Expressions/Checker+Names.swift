/// What a path stands for before it is clear how it is used.
indirect enum Subject {
    case value(Typed)
    /// A row that is at hand.
    case row(RowPlace, CollectionModel)
    /// A row of the environment: its values are parameters.
    case held(HeldRow, CollectionModel)
    /// Many rows, or a value of each: only `in`, `overlap` and aggregates take it.
    case many(Many)
    /// The same path through each target of a reference to several collections; all but one are empty.
    case either([Many])
    /// A part of a row that has parts itself: `location` of `location.lat`.
    case object(Subject, path: String, itself: Typed?)
    /// `all`, `input`, `request`, the beginning of a name of the scope: not values themselves.
    case namespace(String)

    /// What `in`, `overlap` and aggregates take of it.
    var alternatives: [Many]? {
        switch self {
        case .many(let many): [many]
        case .either(let several): several
        default: nil
        }
    }
}

enum HeldRow: String {
    case me, member, tenant, given, to, old, new

    func parameter(_ index: Int) -> SQLParameter {
        switch self {
        case .me: .me(index)
        case .member: .member(index)
        case .tenant: .tenant(index)
        case .given: .given(index)
        case .to: .to(index)
        case .old: .old(index)
        case .new: .new(index)
        }
    }
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
            let type = ValueType.reference(to: collection.name)
            return Typed(
                node: .field(FieldAccess(place: place, index: Row.System.id, storage: .column("id"), type: type)), type: type, range: range)
        case .held(let row, let collection):
            let type = ValueType.reference(to: collection.name)
            return Typed(node: .parameter(row.parameter(Row.System.id), type), type: type, range: range)
        case .many, .either:
            if case .many(let many) = subject, let list = many.list { return list }
            throw ExpressionFault(
                message: "a path through many records stands only in 'in', 'overlap' or an aggregate such as 'count(…)'", range: range)
        case .object(_, let path, let itself):
            if let itself { return itself }
            throw ExpressionFault(message: "'\(path)' has parts and is no value; it is followed by '.' and one of them", range: range)
        case .namespace(let name):
            throw ExpressionFault(message: "'\(name)' is no value; it is followed by '.' and a name", range: range)
        }
    }

    private mutating func resolve(_ name: String, _ range: Range<Int>) throws(ExpressionFault) -> Subject {
        if let inner = levels.last {
            if Self.roots.contains(name), !inner.has(name) { return try root(name, range) }
            return try step(.row(.inner(levels.count - 1), inner), name, range, range)
        }
        if let collection = record, collection.has(name) { return try step(.row(.this, collection), name, range, range) }
        if scope.names[name] != nil || scope.names.keys.contains(where: { $0.hasPrefix(name + ".") }) { return try named(name, range) }
        if Self.roots.contains(name) { return try root(name, range) }
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
        if scope.hasNew { names.append("new") }
        if scope.hasCaller { names += ["me", "request"] + (model.member == nil ? [] : ["member"]) }
        if model.tenant != nil { names.append("tenant") }
        if scope.given != nil { names.append("given") }
        if !scope.input.isEmpty { names.append("input") }
        return names + scope.names.keys.sorted() + scope.macros.keys.sorted()
    }

    private static let roots: Set<String> = [
        "this", "old", "new", "me", "member", "tenant", "given", "to", "input", "request", "now", "out", "all",
    ]

    private func root(_ name: String, _ range: Range<Int>) throws(ExpressionFault) -> Subject {
        if scope.isComputed, !["this", "input"].contains(name) {
            throw unknown(name, range, "a computed value sees its own record and its children only, not '\(name)'; such a value is stamped")
        }
        switch name {
        case "this":
            guard let record else { throw unknown(name, range, "there is no record here that 'this' could mean") }
            return .row(.this, record)
        case "old":
            guard scope.hasOld, let record = try event(range) ?? record else {
                throw unknown(name, range, "'old' is known in updates only")
            }
            return .held(.old, record)
        case "new":
            guard scope.hasNew else { throw unknown(name, range, "'new' is known in effects and transitions only") }
            if let event = try event(range) { return .held(.new, event) }
            guard let record else { throw unknown(name, range, "there is no record here that 'new' could mean") }
            return .row(.this, record)
        case "me":
            guard scope.hasCaller else { throw unknown(name, range, "no caller is known here: 'me' has no meaning") }
            return .held(.me, try collection("users", of: "'me'", range))
        case "member":
            guard let member = model.member else { throw unknown(name, range, "'member' is known only where [tenancy] is declared") }
            guard scope.hasCaller else { throw unknown(name, range, "no caller is known here: 'member' has no meaning") }
            return .held(.member, try collection(member, of: "'member'", range))
        case "tenant":
            guard let tenant = model.tenant else { throw unknown(name, range, "'tenant' is known only where [tenancy] is declared") }
            return .held(.tenant, try collection(tenant, of: "'tenant'", range))
        case "given":
            guard let given = scope.given else { throw unknown(name, range, "'given' is known only in a view that has one") }
            return .held(.given, try collection(given, of: "'given'", range))
        case "to":
            guard let to = scope.to else { throw unknown(name, range, "'to' is known in messages only") }
            return .held(.to, try collection(to, of: "'to'", range))
        case "request":
            guard scope.hasCaller else { throw unknown(name, range, "no request is known here") }
            return .namespace(name)
        case "input":
            if scope.input.isEmpty { throw unknown(name, range, "there is no input here") }
            return .namespace(name)
        case "out":
            guard scope.hasOut else { throw unknown(name, range, "'out' is known in the 'set' of a job only") }
            return .value(Typed(node: .parameter(.out([], .json), .json), type: .json, range: range))
        case "all": return .namespace(name)
        default: return .value(Typed(node: .parameter(.now, .moment), type: .moment, range: range))
        }
    }

    private func collection(_ name: String, of root: String, _ range: Range<Int>) throws(ExpressionFault) -> CollectionModel {
        guard let collection = model.collections[name] else {
            throw ExpressionFault(message: "\(root) needs the collection '\(name)'", range: range)
        }
        return collection
    }

    /// The collection of `old` and `new`, where it is not that of the record.
    private func event(_ range: Range<Int>) throws(ExpressionFault) -> CollectionModel? {
        guard let event = scope.event else { return nil }
        return try collection(event, of: "the event", range)
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

    /// A name of the scope, or the beginning of one.
    private func named(_ name: String, _ range: Range<Int>) throws(ExpressionFault) -> Subject {
        if let type = scope.names[name] { return .value(Typed(node: .parameter(.name(name), type), type: type, range: range)) }
        if scope.names.keys.contains(where: { $0.hasPrefix(name + ".") }) { return .namespace(name) }
        throw unknown(name, range, "nothing here is called '\(name)'", among: scope.names.keys.sorted())
    }

    // MARK: Steps of a path

    private mutating func step(
        _ subject: Subject, _ name: String, _ nameRange: Range<Int>, _ range: Range<Int>
    ) throws(ExpressionFault) -> Subject {
        switch subject {
        case .namespace(let space): return try step(in: space, name, nameRange, range)
        case .object(let base, let path, _):
            let whole = "\(path).\(name)"
            let fields = base.parts(of: path, in: model)
            guard fields.contains(where: { $0 == whole || $0.hasPrefix(whole + ".") }) else {
                throw unknown(
                    name, nameRange, "'\(path)' has no part '\(name)'", among: fields.map { String($0.dropFirst(path.utf8.count + 1)) })
            }
            return try step(base, whole, nameRange, range)
        case .row(let place, let collection):
            if let field = collection.field(name), !collection.hasParts(name) {
                let access = FieldAccess(place: place, index: field.index, storage: field.storage, type: field.type)
                return fieldSubject(.field(access), field, range)
            }
            if collection.hasParts(name) { return object(subject, name, collection, range) }
            // The id of the row itself is its owner's id.
            return try children(of: try scalar(subject, range), collection, name, nameRange, range, isAtHand: true)
        case .held(let row, let collection):
            if collection.hasParts(name) { return object(subject, name, collection, range) }
            if let field = collection.field(name) { return fieldSubject(.parameter(row.parameter(field.index), field.type), field, range) }
            return try children(of: try scalar(subject, range), collection, name, nameRange, range, isAtHand: true)
        case .value(let base):
            switch base.type {
            case .reference(let target):
                guard let collection = model.collections[target] else { break }
                try checkHops(base.hops + 1, range)
                return try follow(base, collection, name, nameRange, range)
            case .union(let targets): return try follow(base, targets, name, nameRange, range)
            case .json:
                guard case .parameter(.out(let path, _), _) = base.node else { break }
                return .value(Typed(node: .parameter(.out(path + [name], .json), .json), type: .json, range: range))
            default: break
            }
            throw ExpressionFault(message: "\(base.description) has no fields", range: nameRange)
        case .many(let many): return .many(try step(many, name, nameRange, range))
        case .either(let several):
            var alternatives: [Many] = []
            for many in several { alternatives.append(try step(many, name, nameRange, range)) }
            return .either(alternatives)
        }
    }

    private func step(in space: String, _ name: String, _ nameRange: Range<Int>, _ range: Range<Int>) throws(ExpressionFault) -> Subject {
        switch space {
        case "all":
            guard let collection = model.collections[name] else {
                throw unknown(name, nameRange, "there is no collection '\(name)'", among: model.collections.keys.sorted())
            }
            return .many(ofTenant(many(.all, collection, range)))
        case "input" where scope.input[name] != nil || scope.names.isEmpty:
            guard let type = scope.input[name] else {
                throw unknown(name, nameRange, "the input has no field '\(name)'", among: scope.input.keys.sorted())
            }
            return .value(Typed(node: .parameter(.input(name), type), type: type, range: range))
        case "request":
            let parameters: [String: SQLParameter] = ["ip": .requestIP, "method": .requestMethod, "user_agent": .requestUserAgent]
            guard let parameter = parameters[name] else {
                throw unknown(name, nameRange, "a request has no '\(name)'", among: parameters.keys.sorted())
            }
            return .value(Typed(node: .parameter(parameter, .text), type: .text, range: range))
        default:
            let known = scope.names.keys.filter { $0.hasPrefix(space + ".") }.map { String($0.dropFirst(space.utf8.count + 1)) }
            let whole = "\(space).\(name)"
            guard known.contains(where: { $0 == name || $0.hasPrefix(name + ".") }) else {
                throw unknown(name, nameRange, "'\(space)' has no '\(name)'", among: known.sorted())
            }
            return try named(whole, range)
        }
    }

    /// `all.x` means the rows of the record's tenant, where it has one (11-precisions 4).
    private func ofTenant(_ many: Many) -> Many {
        guard many.collection.isTenant, let inner = many.collection.field("tenant") else { return many }
        let own: Node
        if let record, record.isTenant, let field = record.field("tenant") {
            own = .field(FieldAccess(place: .this, index: field.index, storage: field.storage, type: field.type))
        } else if scope.isOfTenant {
            own = .parameter(.tenant(Row.System.id), inner.type)
        } else {
            return many
        }
        var result = many
        let access = FieldAccess(place: .inner(many.rows.level), index: inner.index, storage: inner.storage, type: inner.type)
        result.rows.condition = .compare(.equal, .field(access), own)
        return result
    }

    private mutating func step(_ many: Many, _ name: String, _ nameRange: Range<Int>, _ range: Range<Int>) throws(ExpressionFault) -> Many {
        var many = many
        if case .list = many.rows.origin { try refuseInComputed(name, nameRange) }
        let base: Subject = many.hasTail ? .value(many.value) : .row(.inner(many.rows.level), many.collection)
        guard case .value(var typed) = try step(base, name, nameRange, range) else {
            throw ExpressionFault(message: "a path may go through many records only once", range: nameRange)
        }
        typed.hops = many.value.hops + (many.hasTail ? 1 : 0)
        try checkHops(typed.hops, range)
        many.value = typed
        many.list = nil
        many.hasTail = true
        return many
    }

    /// A parent's change would have to rewrite an unbounded number of children (11-precisions 6).
    func refuseInComputed(_ name: String, _ range: Range<Int>) throws(ExpressionFault) {
        if scope.isComputed {
            throw ExpressionFault(
                message: "a computed value cannot read '\(name)' of another record; it may look down to children, the rest is stamped",
                range: range)
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
        try refuseInComputed(name, nameRange)
        guard let field = collection.field(name), !collection.hasParts(name) else {
            if collection.hasParts(name) { return object(.value(base), name, collection, range) }
            return try children(of: base, collection, name, nameRange, range, isAtHand: false)
        }
        if case .members(let table) = field.storage {
            guard case .list(.reference(let name)) = field.type, let target = model.collections[name] else {
                throw ExpressionFault(message: "'\(field.name)' cannot be used in a path", range: nameRange)
            }
            let owner = Node.follow(base.node, .id(of: collection))
            return .many(many(.members(owner: owner, table: table), target, range, hops: base.hops + 1))
        }
        let hop = Hop(target: Target(collection), index: field.index, storage: field.storage, type: field.type)
        return .value(Typed(node: .follow(base.node, hop), type: field.type, range: range, hops: base.hops + 1, field: field))
    }

    /// Through a reference to several collections: what all of them have, with one type (11-precisions 9).
    private mutating func follow(
        _ base: Typed, _ targets: [String], _ name: String, _ nameRange: Range<Int>, _ range: Range<Int>
    ) throws(ExpressionFault) -> Subject {
        var values: [Typed] = []
        var several: [Many] = []
        for target in targets {
            guard let collection = model.collections[target] else { continue }
            guard collection.has(name) else {
                throw unknown(
                    name, nameRange, "\(target) has no field '\(name)'; a path through \(base.description) uses what all of them have",
                    among: collection.fields.map(\.name) + collection.children.map(\.name))
            }
            var part = base
            part.node = .part(base.node, of: target)
            part.type = .reference(to: target)
            part.field = nil
            try checkHops(base.hops + 1, range)
            switch try follow(part, collection, name, nameRange, range) {
            case .value(let typed): values.append(typed)
            case .many(let many): several.append(many)
            default: throw ExpressionFault(message: "'\(name)' cannot be used in a path through several collections", range: nameRange)
            }
        }
        guard let first = values.first else {
            if several.allSatisfy({ $0.value.type == several.first?.value.type }), !several.isEmpty { return .either(several) }
            throw differing(name, targets, nameRange)
        }
        guard several.isEmpty, values.allSatisfy({ $0.type == first.type }), first.type != .json else {
            throw differing(name, targets, nameRange)
        }
        if case .list = first.type { throw differing(name, targets, nameRange) }
        var result = first
        result.node = values.count == 1 ? first.node : .call(.coalesce, values.map(\.node))
        if !values.allSatisfy({ $0.field?.allowed == first.field?.allowed }) { result.field = nil }
        return .value(result)
    }

    private func differing(_ name: String, _ targets: [String], _ range: Range<Int>) -> ExpressionFault {
        ExpressionFault(message: "'\(name)' is not of one type in \(targets.joined(separator: ", "))", range: range)
    }

    private func object(_ base: Subject, _ name: String, _ collection: CollectionModel, _ range: Range<Int>) -> Subject {
        var itself: Typed?
        if let field = collection.field(name) {
            switch base {
            case .row(let place, _):
                let access = FieldAccess(place: place, index: field.index, storage: field.storage, type: field.type)
                itself = Typed(node: .field(access), type: field.type, range: range, field: field)
            case .held(let row, _):
                itself = Typed(node: .parameter(row.parameter(field.index), field.type), type: field.type, range: range, field: field)
            default: break
            }
        }
        return .object(base, path: name, itself: itself)
    }

    private func fieldSubject(_ node: Node, _ field: FieldModel, _ range: Range<Int>) -> Subject {
        let typed = Typed(node: node, type: field.type, range: range, field: field)
        guard case .list(.reference(let name)) = field.type, let target = model.collections[name] else { return .value(typed) }
        var many = many(.list(node), target, range)
        many.list = typed
        return .many(many)
    }

    private func children(
        of owner: Typed, _ collection: CollectionModel, _ name: String, _ nameRange: Range<Int>, _ range: Range<Int>, isAtHand: Bool
    ) throws(ExpressionFault) -> Subject {
        guard let child = collection.children.first(where: { $0.name == name }), let target = model.collections[child.collection],
            let storage = target.field(child.field)?.storage, storage.isReference
        else {
            let names = collection.fields.map(\.name) + collection.children.map(\.name)
            let hint = levels.isEmpty ? "" : "; in 'where' a bare name is a field of the inner row, the record is 'this'"
            throw unknown(name, nameRange, "\(collection.name) has no field '\(name)'\(hint)", among: names)
        }
        let id = isAtHand ? owner.node : .follow(owner.node, .id(of: collection))
        return .many(many(.children(owner: id, storage: storage, collection: collection.name), target, range, hops: owner.hops))
    }

    private func many(_ origin: RowSet.Origin, _ collection: CollectionModel, _ range: Range<Int>, hops: Int = 0) -> Many {
        let level = levels.count
        let type = ValueType.reference(to: collection.name)
        let row = Node.field(FieldAccess(place: .inner(level), index: Row.System.id, storage: .column("id"), type: type))
        return Many(
            rows: RowSet(target: Target(collection), origin: origin, level: level), collection: collection,
            value: Typed(node: row, type: type, range: range, hops: hops + 1))
    }
}

extension Subject {
    /// The fields that are parts of that one.
    fileprivate func parts(of path: String, in model: Model) -> [String] {
        let collection: CollectionModel? =
            switch self {
            case .row(_, let collection), .held(_, let collection): collection
            case .value(let typed): if case .reference(let name) = typed.type { model.collections[name] } else { nil }
            default: nil
            }
        return collection?.fields.map(\.name).filter { $0.hasPrefix(path + ".") } ?? []
    }
}

extension CollectionModel {
    /// Whether a path may go on with that name.
    fileprivate func has(_ name: String) -> Bool {
        field(name) != nil || hasParts(name) || children.contains { $0.name == name }
    }

    fileprivate func hasParts(_ name: String) -> Bool { fields.contains { $0.name.hasPrefix(name + ".") } }
}

extension FieldModel.Storage {
    /// Whether it may hold a reference to one record.
    fileprivate var isReference: Bool {
        switch self {
        case .column, .pair, .member: true
        case .members, .list: false
        }
    }
}

extension Hop {
    /// The step to the row itself: its id, if it is live.
    static func id(of collection: CollectionModel) -> Hop {
        Hop(target: Target(collection), index: Row.System.id, storage: .column("id"), type: .reference(to: collection.name))
    }
}
