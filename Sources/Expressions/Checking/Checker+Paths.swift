/// The steps of a path.
extension Checker {
    static let hopLimit = 3

    mutating func step(
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

    /// `all.x` means the rows of the tenant of the event's record, or of the record, where it has one (11-precisions 4).
    private func ofTenant(_ many: Many) -> Many {
        guard many.collection.isTenant, let inner = many.collection.field("tenant") else { return many }
        let own: Node
        if let event = scope.event.flatMap({ model.collections[$0] }), event.isTenant, let field = event.field("tenant") {
            let row = scope.hasNew ? HeldRow.new : .old
            own = .parameter(row.parameter(field.index), field.type)
        } else if let record, record.isTenant, let field = record.field("tenant") {
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
            if let fault = manyReferences(from: name, to: collection, nameRange) { throw fault }
            let names = collection.fields.map(\.name) + collection.children.map(\.name)
            let hint = levels.isEmpty ? "" : "; in 'where' a bare name is a field of the inner row, the record is 'this'"
            throw unknown(name, nameRange, "\(collection.name) has no field '\(name)'\(hint)", among: names)
        }
        let id = isAtHand ? owner.node : .follow(owner.node, .id(of: collection))
        return .many(many(.children(owner: id, storage: storage, collection: collection.name), target, range, hops: owner.hops))
    }

    /// Why a collection's name does not stand for the records that refer here: several of its references do, and none is more than the others.
    func manyReferences(from name: String, to collection: CollectionModel, _ range: Range<Int>) -> ExpressionFault? {
        let references = model.collections[name]?.fields.filter { field in
            field.storage.isReference && field.type.collections.contains(collection.name)
                && !collection.children.contains { $0.collection == name && $0.field == field.name }
        }
        guard let references, references.count > 1 else { return nil }
        let names = references.map { "'\($0.name)'" }.joined(separator: " and ")
        return ExpressionFault(
            message: "'\(name)' refers to \(collection.name) by \(names): say with as = \"…\" what its records are called by each",
            range: range)
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
