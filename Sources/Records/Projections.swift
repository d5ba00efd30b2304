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

    /// The form of an answer without `?fields=` and `?expand=`.
    package func standard(_ collection: Collection, for caller: Caller) -> Projection {
        if caller.isSystem {
            return build(collection, fields: nil, expanded: collection.behaviour.expanded, for: caller)
        }
        let key = Key(collection: collection.number, outcomes: outcomes(collection, for: caller))
        if let projection = known.withLock({ $0[key] }) { return projection }
        let projection = build(collection, fields: nil, expanded: collection.behaviour.expanded, for: caller)
        known.withLock { $0[key] = projection }
        return projection
    }

    /// The form that a client asked for; `id` is always there.
    package func custom(_ collection: Collection, fields: Set<Int>?, expanded: [Int], for caller: Caller) -> Projection {
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
        for index in collection.behaviour.expanded {
            guard let name = collection.fields[index].target, let target = schema.collection(name) else { continue }
            note(target.behaviour.read)
            for field in target.fields where field.read != nil { note(field.read) }
        }
        return outcomes
    }

    private func build(_ collection: Collection, fields: Set<Int>?, expanded: [Int], for caller: Caller) -> Projection {
        let parts = parts(collection, fields: fields, for: caller)
        let expansions = expanded.compactMap { index -> Projection.Expansion? in
            let field = collection.fields[index]
            guard let name = field.target, let target = schema.collection(name) else { return nil }
            return Projection.Expansion(
                field: field, target: target, conditions: conditions(of: target, for: caller),
                projection: Projection(parts: self.parts(target, fields: nil, for: caller), media: media),
                card: target.behaviour.card.map { card in
                    Projection(parts: card.map { Projection.Part(field: target.fields[$0]) }, media: media)
                })
        }
        return Projection(parts: parts, expansions: expansions, media: media)
    }

    private func parts(_ collection: Collection, fields: Set<Int>?, for caller: Caller) -> [Projection.Part] {
        collection.fields.compactMap { field in
            if field.isPrivate { return nil }
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
