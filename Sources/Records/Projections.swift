internal import Expressions
package import Ports
package import Schema
internal import Synchronization

/// What a caller gets to see of a collection's records: which fields, which expansions.
///
/// The default form depends only on the outcomes of a few rules, so it is built once for each combination of them.
package final class Projections: Sendable {
    private struct Key: Hashable {
        var collection: Int
        /// What the rules involved said, in the order of building.
        var outcomes: [Int]
        var isNew: Bool
    }

    private let schema: Schema
    private let media: Projection
    private let known = Mutex<[Key: Projection]>([:])

    package init(schema: Schema) {
        self.schema = schema
        let parts = schema.media.fields.filter { !$0.isPrivate && Self.mediaFields.contains($0.name) }
        self.media = Projection(parts: parts.map { Projection.Part(field: $0) })
    }

    /// 04-api: the form of a media object inside a record.
    private static let mediaFields: Set<String> = [
        "id", "kind", "status", "mime", "size", "width", "height", "alt", "url", "variants", "thumbhash", "color",
    ]

    /// The form of an answer without `?fields=` and `?expand=`; of the answer to a creation with what is revealed once.
    package func standard(_ collection: Collection, for caller: Caller, isNew: Bool = false) -> Projection {
        let isNew = isNew && collection.revealsOnce
        if caller.isSystem {
            return build(collection, fields: nil, expanded: collection.behaviour.expanded, for: caller, isNew: isNew)
        }
        let key = Key(collection: collection.number, outcomes: outcomes(collection, for: caller), isNew: isNew)
        if let projection = known.withLock({ $0[key] }) { return projection }
        let projection = build(collection, fields: nil, expanded: collection.behaviour.expanded, for: caller, isNew: isNew)
        known.withLock { $0[key] = projection }
        return projection
    }

    /// The form that a client asked for; `id` is always there.
    package func custom(_ collection: Collection, fields: Set<Int>?, expanded: [Expandable], for caller: Caller) -> Projection {
        build(collection, fields: fields, expanded: expanded, for: caller)
    }

    private func outcomes(_ collection: Collection, for caller: Caller) -> [Int] {
        var outcomes: [Int] = []
        func note(_ rule: AccessRule?) {
            switch rule?.admission(for: caller.environment) {
            case nil: break
            case .everything: outcomes.append(0)
            case .nothing: outcomes.append(-1)
            case .matching(let condition): outcomes.append(condition.number)
            }
        }
        for field in collection.fields where field.read != nil { note(field.read) }
        for expandable in collection.behaviour.expanded {
            for target in targets(of: expandable, in: collection) {
                note(target.behaviour.read)
                for field in target.fields where field.read != nil { note(field.read) }
            }
        }
        return outcomes
    }

    private func build(
        _ collection: Collection, fields: Set<Int>?, expanded: [Expandable], for caller: Caller, isNew: Bool = false
    ) -> Projection {
        let parts = parts(collection, fields: fields, for: caller, isNew: isNew)
        let nested = collection.shape.children.indices.filter { collection.shape.children[$0].isNested }.map { Expandable.children($0) }
        let all = (fields == nil ? nested : []) + expanded.filter { !nested.contains($0) }
        let expansions = all.compactMap { expandable in expansion(expandable, of: collection, for: caller) }
        return Projection(parts: parts, expansions: expansions, media: media)
    }

    private func expansion(_ expandable: Expandable, of collection: Collection, for caller: Caller) -> Projection.Expansion? {
        let targets = targets(of: expandable, in: collection).map { target in
            Projection.Expansion.Target(
                target, conditions: conditions(of: target, for: caller),
                projection: Projection(parts: self.parts(target, fields: nil, for: caller), media: media),
                card: target.behaviour.card.map { card in
                    Projection(parts: card.map { Projection.Part(field: target.fields[$0]) }, media: media)
                })
        }
        guard let first = targets.first else { return nil }
        switch expandable {
        case .field(let index):
            let field = collection.fields[index]
            return Projection.Expansion(name: field.name, source: .reference(field), targets: targets)
        case .children(let index):
            let children = collection.shape.children[index]
            let order = first.collection.behaviour.order.map {
                RecordList.Order(field: first.collection.fields[$0.field], descending: $0.descending)
            }
            return Projection.Expansion(
                name: children.name, source: .children(first.collection.fields[children.field], order: order), targets: targets,
                isInline: children.isNested)
        }
    }

    private func targets(of expandable: Expandable, in collection: Collection) -> [Collection] {
        switch expandable {
        case .field(let index): collection.fields[index].targets.compactMap { schema.collection($0) }
        case .children(let index): [schema.collection(collection.shape.children[index].collection)].compactMap { $0 }
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
    private func conditions(of collection: Collection, for caller: Caller) -> [Condition]? {
        if caller.isSystem { return [] }
        switch collection.behaviour.read?.admission(for: caller.environment) {
        case .everything: return []
        case .matching(let condition): return [condition]
        case .nothing, nil: return nil
        }
    }
}
