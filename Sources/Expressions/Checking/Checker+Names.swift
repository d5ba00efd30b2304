/// Names, and what a path stands for where one value is wanted.
extension Checker {
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
        if let record, let fault = manyReferences(from: name, to: record, range) { throw fault }
        throw unknown(name, range, "nothing here is called '\(name)'", among: visibleNames)
    }

    var record: CollectionModel? { scope.collection.flatMap { model.collections[$0] } }

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
            var fault = ExpressionFault(message: "in the rule '\(name)': \(error.message)", range: range, suggestion: error.suggestion)
            fault.origin = error.origin ?? ExpressionFault.Origin(rule: name, message: error.message, range: error.range)
            throw fault
        }
    }

    /// A name of the scope, or the beginning of one.
    func named(_ name: String, _ range: Range<Int>) throws(ExpressionFault) -> Subject {
        if let type = scope.names[name] { return .value(Typed(node: .parameter(.name(name), type), type: type, range: range)) }
        if scope.names.keys.contains(where: { $0.hasPrefix(name + ".") }) { return .namespace(name) }
        throw unknown(name, range, "nothing here is called '\(name)'", among: scope.names.keys.sorted())
    }
}
