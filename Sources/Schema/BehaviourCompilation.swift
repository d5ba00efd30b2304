internal import Config
internal import Expressions

/// Rules, transitions, checks, filters and orders of one collection.
extension SchemaCompiler {
    mutating func collection(_ number: Int, _ declaration: CollectionDeclaration) -> Collection {
        let fields = fields(of: declaration)
        let names = fields.map(\.name)
        var behaviour = Behaviour()
        behaviour.read = accessRule(declaration.allow.read, of: declaration.name)
        behaviour.list = accessRule(declaration.allow.list, of: declaration.name)
        behaviour.create = rule(declaration.allow.create, of: declaration.name)
        behaviour.update = rule(declaration.allow.update, of: declaration.name)
        behaviour.delete = rule(declaration.allow.delete, of: declaration.name)
        behaviour.restore = accessRule(declaration.allow.restore, of: declaration.name)
        behaviour.transitions = transitions(of: declaration, fields: fields)
        behaviour.isClocked = behaviour.transitions.contains { $0.due != nil || $0.after != nil }
        behaviour.checks = declaration.checks.compactMap { check($0, of: declaration.name, input: [:]) }
        behaviour.filters = filters(of: declaration)
        behaviour.actions = actions(of: declaration, fields: fields)
        behaviour.deletesSoftly = declaration.softDelete != nil
        behaviour.deletionSets = settings(declaration.softDelete?.set ?? [], fields: fields, of: declaration.name, input: [:])
        behaviour.retain = declaration.softDelete?.retain
        behaviour.isAudited = declaration.isAudited
        behaviour.revisions = declaration.revisions.map { declared in
            Revisions(fields: declared.fields.compactMap { index(of: $0, among: names) }, keep: declared.keep)
        }
        behaviour.cache = declaration.cache.map { CacheTimes(list: $0.list, item: $0.item, stale: $0.stale) }
        behaviour.sitemap = sitemap(of: declaration)
        behaviour.limits = Dictionary(declaration.limits.map { ($0.name.value, $0.rate) }) { first, _ in first }
        let shape = shape(of: declaration, fields: fields)
        behaviour.order = order(declaration.order, fields: fields)
        behaviour.sortable = Set([Row.System.id, Row.System.createdAt, Row.System.updatedAt])
            .union(declaration.sort.compactMap { index(of: $0, among: names) })
        behaviour.expanded = declaration.expand.compactMap { expandable($0, fields: fields, children: shape.children) }
        if !declaration.card.isEmpty {
            behaviour.card = [Row.System.id] + declaration.card.compactMap { index(of: $0, among: names) }
        }
        behaviour.referrers = referrers(to: declaration.name)
        behaviour.rollUps = rollUps(of: declaration.name)
        behaviour.computation.steps = computations[declaration.name]?.steps ?? []
        behaviour.parentChecks = parentChecks(of: declaration.name)
        check(behaviour, shape, of: declaration)
        let lookup = declaration.lookup.flatMap { index(of: $0, among: names) }.map { fields[$0] }
        if let lookup, let place = declaration.lookup, !isUnique(lookup, in: declaration) {
            faults.append(Fault("a lookup must be a unique field", at: place.at, length: place.value.count))
        }
        return Collection(
            number: number, name: declaration.name,
            path: (declaration.path?.value ?? declaration.name).split(separator: "/").map(String.init),
            model: model.collections[declaration.name] ?? CollectionModel(name: declaration.name, table: declaration.name, fields: []),
            fields: fields, lookup: lookup, uniqueKeys: uniqueKeys(of: declaration, fields: fields),
            indexes: indexes(of: declaration, fields: fields, order: behaviour.order), shape: shape, behaviour: behaviour)
    }

    private mutating func index(of name: Located<String>, among names: [String]) -> Int? {
        let index = names.firstIndex(of: name.value)
        if index == nil { unknown("field", name, among: names) }
        return index
    }

    private mutating func expandable(_ name: Located<String>, fields: [Field], children: [Children]) -> Expandable? {
        if let index = fields.firstIndex(where: { $0.name == name.value }) {
            switch fields[index].kind {
            case .reference, .references, .union: return .field(index)
            // Media is always written whole.
            case .media, .medias: return nil
            default:
                faults.append(Fault("'\(name.value)' is no reference", at: name.at, length: name.value.count))
                return nil
            }
        }
        if let index = children.firstIndex(where: { $0.name == name.value }) { return .children(index) }
        unknown("reference or children", name, among: fields.filter { !$0.targets.isEmpty }.map(\.name) + children.map(\.name))
        return nil
    }

    /// `-published_at` is descending. The default is `-created_at` (11-precisions 20).
    private mutating func order(_ declared: [Located<String>], fields: [Field]) -> [Index.Part] {
        if declared.isEmpty { return [Index.Part(field: Row.System.createdAt, descending: true)] }
        return parts(declared, fields: fields)
    }

    private mutating func parts(_ declared: [Located<String>], fields: [Field]) -> [Index.Part] {
        declared.compactMap { part in
            let descending = part.value.hasPrefix("-")
            var name = part
            if descending {
                name.value.removeFirst()
                name.at.column += 1
            }
            return index(of: name, among: fields.map(\.name)).map { Index.Part(field: $0, descending: descending) }
        }
    }

    // MARK: Keys and indexes

    private func isUnique(_ field: Field, in declaration: CollectionDeclaration) -> Bool {
        declaration.fields.contains { $0.name == field.name && $0.unique }
            || declaration.unique.contains { $0.fields.map(\.value) == [field.name] && $0.when == nil }
    }

    private mutating func uniqueKeys(of declaration: CollectionDeclaration, fields: [Field]) -> [UniqueKey] {
        var keys: [UniqueKey] = []
        for (declared, field) in zip(declaration.fields, fields.dropFirst(Row.System.count)) where declared.unique {
            keys.append(UniqueKey(name: "\(declaration.name)_\(field.name)_key", fields: [field.index]))
        }
        let key = declaration.key.isEmpty ? [] : [UniqueDeclaration(fields: declaration.key)]
        for unique in declaration.unique + key {
            let indexes = unique.fields.compactMap { index(of: $0, among: fields.map(\.name)) }
            let name = "\(declaration.name)_\(indexes.map { fields[$0].name }.joined(separator: "_"))_key"
            let condition = unique.when.flatMap {
                expression($0, in: Scope(collection: declaration.name, hasCaller: false, macros: macros), as: .condition)
            }
            keys.append(UniqueKey(name: name, fields: indexes, condition: condition))
        }
        return keys
    }

    /// Declared indexes, one for each reference (children are found by it), and one for the default order of lists.
    private mutating func indexes(of declaration: CollectionDeclaration, fields: [Field], order: [Index.Part]) -> [Index] {
        var wanted: [[Index.Part]] = []
        for (declared, field) in zip(declaration.fields, fields.dropFirst(Row.System.count)) where field.column != nil {
            let isReference = field.target != nil
            if declared.index || isReference { wanted.append([Index.Part(field: field.index)]) }
        }
        wanted += declaration.indexes.map { parts($0, fields: fields) }
        wanted.append(order)
        var indexes: [Index] = []
        for parts in wanted where !parts.isEmpty {
            let name = parts.map { fields[$0.field].name + ($0.descending ? "_desc" : "") }.joined(separator: "_")
            let index = Index(name: "\(declaration.name)_\(name)_idx", parts: parts)
            if !indexes.contains(index) { indexes.append(index) }
        }
        return indexes
    }

    // MARK: Relations

    private func referrers(to target: String) -> [Referrer] {
        var referrers: [Referrer] = []
        for declaration in declarations {
            for field in declaration.fields {
                if field.type.value == .list || field.type.value == .object {
                    // What stands inside a value keeps its target: nobody could say what is to become of the rest of it.
                    if let index = model.collections[declaration.name]?.field(field.name)?.index, partTargets(of: field).contains(target) {
                        referrers.append(Referrer(collection: declaration.name, field: index, onDelete: .refuse))
                    }
                    continue
                }
                let targets = [.media, .medias].contains(field.type.value) ? [BuiltIns.media] : field.to.map(\.value)
                // A tenant goes at once, and what is in it by a job (11-precisions 39).
                if field.name == Desugaring.tenant, declaration.isTenant || arisesInTenants(declaration) { continue }
                guard targets.contains(target), let index = model.collections[declaration.name]?.field(field.name)?.index else { continue }
                let isToMany = [.refs, .medias].contains(field.type.value)
                let onDelete: Field.OnDelete =
                    switch field.onDelete {
                    // A member that goes for good leaves the lists it is in; a file in use stays (08-media).
                    case .refuse: isToMany && target != BuiltIns.media ? .null : .refuse
                    case .cascade: .cascade
                    case .null: .null
                    }
                referrers.append(Referrer(collection: declaration.name, field: index, onDelete: onDelete))
            }
        }
        return referrers
    }

    private func partTargets(of field: FieldDeclaration) -> Set<String> {
        func targets(_ type: FieldDeclaration.Kind, _ to: [String]) -> Set<String> {
            [.media, .medias].contains(type) ? [BuiltIns.media] : Set(to)
        }
        let single = field.of.map { targets($0.value, field.to.map(\.value)) } ?? []
        return field.fields.reduce(single) { $0.union(targets($1.type.value, $1.to.map(\.value))).union(partTargets(of: $1)) }
    }

    /// The checks of other collections that look at rows of this one.
    private func parentChecks(of child: String) -> [ParentCheck] {
        guard let shape = model.collections[child] else { return [] }
        return declarations.flatMap { parent in
            (model.collections[parent.name]?.children ?? []).filter { $0.collection == child }.compactMap { relation in
                let checks = parent.checks.indices.filter {
                    ExpressionCompiler(model: model).names(in: parent.checks[$0].rule.value).contains(relation.name)
                }
                guard let field = shape.field(relation.field)?.index, !checks.isEmpty else { return nil }
                return ParentCheck(field: field, parent: parent.name, checks: checks)
            }
        }
    }

    // MARK: Transitions, checks, filters

    private mutating func transitions(of declaration: CollectionDeclaration, fields: [Field]) -> [Transition] {
        guard !declaration.transitions.isEmpty else { return [] }
        guard let state = declaration.fields.first(where: { $0.type.value == .state }) else {
            faults.append(
                Fault(
                    "'\(declaration.name)' has transitions but no field of type state", at: declaration.transitions[0].at,
                    suggestion: "give one field type = \"state\" and values"))
            return []
        }
        let values = state.values.map(\.value)
        return declaration.transitions.map { declared in
            for name in declared.from + [declared.to] where !values.contains(name.value) {
                unknown("state", name, among: values)
            }
            var transition = Transition(name: declared.name, from: declared.from.map(\.value), to: declared.to.value)
            transition.input = parts(declared.input)
            let input = Dictionary(transition.input.map { ($0.name, $0.model.type) }) { first, _ in first }
            transition.allow = rule(declared.allow, of: declaration.name)
            transition.isForJobs = declared.by == .job
            transition.after = declared.after
            transition.due = declared.due.flatMap {
                expression($0, in: Scope(collection: declaration.name, hasCaller: false, macros: macros), as: .value(.moment))
            }
            transition.sets = settings(declared.set, fields: fields, of: declaration.name, input: input)
            transition.checks = declared.checks.compactMap { check($0, of: declaration.name, input: input) }
            return transition
        }
    }

    private mutating func actions(of declaration: CollectionDeclaration, fields: [Field]) -> [Action] {
        declaration.actions.map { declared in
            var action = Action(name: declared.name)
            action.input = parts(declared.input)
            let input = Dictionary(action.input.map { ($0.name, $0.model.type) }) { first, _ in first }
            action.allow = rule(declared.allow, of: declaration.name)
            action.sets = settings(declared.set, fields: fields, of: declaration.name, input: input)
            action.checks = declared.checks.compactMap { check($0, of: declaration.name, input: input) }
            action.work = work(of: declared)
            return action
        }
    }

    private mutating func settings(
        _ assignments: [Assignment], fields: [Field], of collection: String, input: [String: ValueType]
    ) -> [FieldSetting] {
        settings(assignments, fields: fields, in: Scope(collection: collection, hasOld: true, hasNew: true, input: input, macros: macros))
    }

    /// `set = { … }`, each value fitting its field.
    mutating func settings(_ assignments: [Assignment], fields: [Field], in scope: Scope) -> [FieldSetting] {
        assignments.compactMap { assignment in
            guard let index = index(of: assignment.field, among: fields.map(\.name)) else { return nil }
            switch assignment.source {
            case .literal(let literal):
                guard let value = value(of: literal, for: fields[index].model) else {
                    faults.append(Fault("this value does not fit the field '\(assignment.field.value)'", at: assignment.at))
                    return nil
                }
                return FieldSetting(field: index, source: .value(value))
            case .expression(let source):
                if doubtful.contains(assignment.field.value) { return nil }
                return expression(source, in: scope, as: .value(fields[index].model.type)).map {
                    FieldSetting(field: index, source: .expression($0))
                }
            }
        }
    }

    private mutating func check(_ declared: CheckDeclaration, of collection: String, input: [String: ValueType]) -> Check? {
        let scope = Scope(collection: collection, hasOld: true, input: input, macros: macros)
        guard let rule = expression(declared.rule, in: scope, as: .condition) else { return nil }
        var check = Check(rule: rule, message: declared.message, status: declared.status)
        check.onCreate = declared.on.contains(.create)
        check.onUpdate = declared.on.contains(.update)
        check.onDelete = declared.on.contains(.delete)
        return check
    }

    private mutating func filters(of declaration: CollectionDeclaration) -> [DeclaredFilter] {
        declaration.filters.compactMap { declared in
            let scope = Scope(collection: declaration.name, hasFilterValue: true, macros: macros)
            guard let expression = expression(declared.expression, in: scope, as: .condition) else { return nil }
            let type = ExpressionCompiler(model: model).filterValueType(of: expression)
            var place = expression.fieldOfFilterValue
            if place?.collection == nil { place?.collection = declaration.name }
            return DeclaredFilter(name: declared.name, condition: condition(expression), valueType: type, comparedWith: place)
        }
    }
}
