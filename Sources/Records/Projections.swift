internal import Expressions
package import Ports
package import Schema
internal import Synchronization

/// What a caller gets to see of a collection's records: which fields, which expansions.
///
/// A form depends only on what is asked for and on the outcomes of a few rules, so it is built once for each combination of them: stores know
/// forms by identity, and prepare their statements once for each.
package final class Projections: Sendable {
    private struct StandardKey: Hashable {
        var collection: Int
        /// What `rules` said, in their order.
        var outcomes: [Int]
        var isNew: Bool
        var scopes: Scopes?
    }

    private struct Key: Hashable {
        var standard: StandardKey
        var fields: Set<Int>?
        var expanded: Expansions
    }

    private let schema: Schema
    private let media: Projection
    /// The id alone, by number of the collection.
    private let identities: [Projection]
    /// What the standard forms write out, and the rules that they depend on, by number of the collection.
    private let standards: [(expanded: Expansions, rules: [AccessRule])]
    private let known = Mutex<[StandardKey: Projection]>([:])
    /// Forms that clients asked for; forgotten all at once when there are many.
    private let asked = Mutex<[Key: Projection]>([:])
    private static let askedLimit = 512

    package init(schema: Schema) {
        self.schema = schema
        let parts = schema.media.fields.filter { !$0.isPrivate && Self.mediaFields.contains($0.name) }
        self.media = Projection(parts: parts.map { Projection.Part(field: $0) })
        standards = schema.collections.map { collection in
            let expanded = Expansions(standardOf: collection)
            var rules: [AccessRule] = []
            schema.collectRules(of: collection, expanded, into: &rules)
            return (expanded, rules)
        }
        identities = schema.collections.map { Projection(parts: [Projection.Part(field: $0.fields[Row.System.id])]) }
    }

    /// 04-api: the form of a media object inside a record.
    private static let mediaFields: Set<String> = [
        "id", "kind", "status", "mime", "size", "width", "height", "alt", "url", "variants", "thumbhash", "color",
    ]

    /// The id and nothing else.
    package func identity(_ collection: Collection) -> Projection { identities[collection.number] }

    /// The form of an answer without `?fields=` and `?expand=`; of the answer to a creation with what is revealed once.
    package func standard(_ collection: Collection, for caller: Caller, isNew: Bool = false) -> Projection {
        let isNew = isNew && collection.revealsOnce
        let standard = standards[collection.number]
        if caller.isSystem { return build(collection, fields: nil, expanded: standard.expanded, for: caller, isNew: isNew) }
        // Anybody may think of new scopes: their forms are of those that are forgotten.
        if caller.key?.scopes != nil {
            return isNew
                ? build(collection, fields: nil, expanded: standard.expanded, for: caller, isNew: true)
                : custom(collection, fields: nil, expanded: nil, for: caller)
        }
        let key = StandardKey(collection: collection.number, outcomes: Self.outcomes(of: standard.rules, for: caller), isNew: isNew)
        if let projection = known.withLock({ $0[key] }) { return projection }
        let projection = build(collection, fields: nil, expanded: standard.expanded, for: caller, isNew: isNew)
        known.withLock { $0[key] = projection }
        return projection
    }

    /// The form that a client asked for; `id` is always there. `expanded` nil: as in the standard form.
    package func custom(_ collection: Collection, fields: Set<Int>?, expanded: Expansions?, for caller: Caller) -> Projection {
        let expanded = expanded ?? standards[collection.number].expanded
        if caller.isSystem { return build(collection, fields: fields, expanded: expanded, for: caller) }
        var rules: [AccessRule] = []
        schema.collectRules(of: collection, expanded, into: &rules)
        let standard = StandardKey(
            collection: collection.number, outcomes: Self.outcomes(of: rules, for: caller), isNew: false, scopes: caller.key?.scopes)
        let key = Key(standard: standard, fields: fields, expanded: expanded)
        if let projection = asked.withLock({ $0[key] }) { return projection }
        let projection = build(collection, fields: fields, expanded: expanded, for: caller)
        asked.withLock { asked in
            if asked.count >= Self.askedLimit { asked.removeAll() }
            asked[key] = projection
        }
        return projection
    }

    private static func outcomes(of rules: [AccessRule], for caller: Caller) -> [Int] {
        rules.map { rule in
            switch rule.admission(for: caller.environment) {
            case .everything: 0
            case .nothing: -1
            case .matching(let condition): condition.number
            }
        }
    }

    private func build(
        _ collection: Collection, fields: Set<Int>?, expanded: Expansions, for caller: Caller, isNew: Bool = false
    ) -> Projection {
        let parts = parts(collection, fields: fields, for: caller, isNew: isNew)
        let expansions = collection.branches(of: expanded, withNested: fields == nil).compactMap { expandable, within in
            expansion(expandable, within, of: collection, for: caller)
        }
        return Projection(parts: parts, expansions: expansions, media: media)
    }

    private func expansion(
        _ expandable: Expandable, _ within: Expansions, of collection: Collection, for caller: Caller
    ) -> Projection.Expansion? {
        let targets = schema.targets(of: expandable, in: collection).map { target in
            Projection.Expansion.Target(
                target, conditions: conditions(of: target, listed: collection.lists(expandable), for: caller),
                projection: build(target, fields: nil, expanded: within, for: caller),
                card: target.behaviour.card.map { card in
                    Projection(parts: card.map { Projection.Part(field: target.fields[$0]) }, media: media)
                })
        }
        guard let first = targets.first else { return nil }
        // An empty list would say that there are none: of what a key is not for nothing is said.
        if case .children = expandable, !caller.isWithinScopes("read", of: first.collection.name) { return nil }
        switch expandable {
        case .field(let index):
            let field = collection.fields[index]
            return Projection.Expansion(name: field.name, source: .reference(field), targets: targets)
        case .children(let index):
            let children = collection.shape.children[index]
            // Nested rows come in the order in which they were written, unless their collection has an order of its own.
            let declared = first.collection.behaviour.order
            let isDefault = declared == [Index.Part(field: Row.System.createdAt, descending: true)]
            let order = declared.map {
                RecordList.Order(
                    field: first.collection.fields[$0.field], descending: $0.descending && !(isDefault && children.isNested))
            }
            return Projection.Expansion(
                name: children.name, source: .children(first.collection.fields[children.field], order: order), targets: targets,
                isInline: children.isNested)
        }
    }

    private func parts(
        _ collection: Collection, fields: Set<Int>?, for caller: Caller, isNew: Bool = false
    ) -> [Projection.Part] {
        collection.fields.compactMap { field in
            if !field.isAnswered, !(isNew && field.revealsOnce) { return nil }
            if let fields, field.index != Row.System.id, !fields.contains(field.index) { return nil }
            guard let read = field.read, !caller.isSystem else { return Projection.Part(field: field) }
            switch read.admission(for: caller.environment) {
            case .everything: return Projection.Part(field: field)
            case .nothing: return nil
            case .matching(let condition): return Projection.Part(field: field, condition: condition)
            }
        }
    }

    /// The conditions under which the caller reads rows of the collection; nil: never.
    private func conditions(of collection: Collection, listed: Bool, for caller: Caller) -> [Condition]? {
        if caller.isSystem { return [] }
        if let scopes = caller.key?.scopes, !scopes.permits("read", in: collection.name) { return nil }
        guard let rules = collection.behaviour.readRules(listed: listed) else { return nil }
        var conditions: [Condition] = []
        for rule in rules {
            switch rule.admission(for: caller.environment) {
            case .everything: continue
            case .matching(let condition): conditions.append(condition)
            case .nothing: return nil
            }
        }
        return conditions
    }
}

extension Schema {
    /// All rules that the form of a record depends on.
    fileprivate func collectRules(of collection: Collection, _ expanded: Expansions, into rules: inout [AccessRule]) {
        rules += collection.fields.compactMap(\.read)
        for (expandable, within) in collection.branches(of: expanded, withNested: true) {
            for target in targets(of: expandable, in: collection) {
                rules += target.behaviour.readRules(listed: collection.lists(expandable)) ?? []
                collectRules(of: target, within, into: &rules)
            }
        }
    }
}

extension Collection {
    /// Whether expanding it lists rows that one would otherwise have to know of; nested ones are parts of the record.
    fileprivate func lists(_ expandable: Expandable) -> Bool {
        guard case .children(let index) = expandable else { return false }
        return !shape.children[index].isNested
    }
}
