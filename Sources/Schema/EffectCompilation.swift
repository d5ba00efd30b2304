internal import Config
internal import Expressions

/// `[[on]]`: events of collections and what follows from them in the same transaction.
extension SchemaCompiler {
    /// By event: `posts.created`. Messages, jobs and documents are the business of those who deliver them.
    mutating func handlers(for collections: [Collection]) -> [String: [EventHandler]] {
        var handlers: [String: [EventHandler]] = [:]
        var graph = EffectGraph()
        for declared in configuration.on {
            for event in declared.events {
                guard let collection = eventCollection(event, collections: collections) else { continue }
                let scope = Scope(hasOld: true, hasNew: true, event: collection?.name, macros: [:])
                let when = declared.when.flatMap { expression($0, in: scope, as: .condition) }
                let effects = declared.effects.compactMap { effect($0, of: collection, collections: collections) }
                for effect in effects { graph.add(effect, after: event, collections: collections) }
                guard !effects.isEmpty else { continue }
                handlers[event.value, default: []].append(EventHandler(when: when, effects: effects))
            }
        }
        if let loop = graph.loop {
            faults.append(
                Fault(
                    "these effects never end: \(loop.events.joined(separator: " → "))", at: loop.at,
                    suggestion: "let one of them depend on a 'when' of another event"))
        }
        return handlers
    }

    private static let ownEvents = ["created", "updated", "deleted", "restored"]
    private static let otherSubjects: Set<String> = ["auth", "alert"]

    /// The collection that the event is about; nil inside where it is about none, nil outside where there is no such event.
    private mutating func eventCollection(_ event: Located<String>, collections: [Collection]) -> Collection?? {
        let parts = event.value.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            faults.append(Fault("an event is '<collection>.<what happens>'", at: event.at, length: event.value.count))
            return nil
        }
        if Self.otherSubjects.contains(parts[0]) { return .some(nil) }
        guard let collection = collections.first(where: { $0.name == parts[0] }) else {
            unknown("collection", Located(parts[0], at: event.at), among: collections.map(\.name))
            return nil
        }
        let known =
            Self.ownEvents + collection.behaviour.transitions.map(\.name) + collection.behaviour.actions.map(\.name)
        guard known.contains(parts[1]) else {
            var at = event.at
            at.column += parts[0].unicodeScalars.count + 1
            unknown("event", Located(parts[1], at: at), among: known)
            return nil
        }
        return collection
    }

    private mutating func effect(_ declared: EffectDeclaration, of event: Collection?, collections: [Collection]) -> Effect? {
        let scope = Scope(hasOld: true, hasNew: true, event: event?.name)
        switch declared.kind {
        case .update:
            guard let rows = rows(declared.target, in: scope) else { return nil }
            var settings: [String: [FieldSetting]] = [:]
            for target in rows.type.collections.compactMap({ name in collections.first { $0.name == name } }) {
                settings[target.name] = effectSettings(declared.set, fields: target.fields, row: target.name, event: event)
            }
            return .update(Effect.RowsUpdate(rows: rows, settings: settings))
        case .insert:
            guard let target = collections.first(where: { $0.name == declared.target.value }) else {
                unknown("collection", declared.target, among: collections.map(\.name))
                return nil
            }
            let each = declared.each.flatMap { rows($0, in: scope) }
            if declared.each != nil, each == nil { return nil }
            var settings: [String: [FieldSetting]] = [:]
            for row in each?.type.collections ?? [""] {
                settings[row] = effectSettings(declared.set, fields: target.fields, row: row.isEmpty ? nil : row, event: event)
            }
            return .insert(Effect.RowInsertion(collection: target.name, each: each, settings: settings))
        case .job, .notify, .webhook, .document, .export:
            return nil
        }
    }

    /// An expression that leads to records.
    private mutating func rows(_ source: Located<String>, in scope: Scope) -> Expression? {
        guard let rows = expression(source, in: scope, as: .anything) else { return nil }
        if rows.type.collections.isEmpty {
            faults.append(
                Fault("this leads to no records", at: source.at, length: source.value.count, suggestion: "a reference, such as new.author"))
            return nil
        }
        return rows
    }

    private mutating func effectSettings(
        _ assignments: [Assignment], fields: [Field], row: String?, event: Collection?
    ) -> [FieldSetting] {
        settings(
            assignments, fields: fields, in: Scope(collection: row, hasOld: true, hasNew: true, event: event?.name, macros: macros))
    }
}

extension ValueType {
    /// The collections that a reference, or a list of them, may lead to.
    package var collections: [String] {
        switch self {
        case .reference(let name): [name]
        case .union(let names): names
        case .list(let item): item.collections
        default: []
        }
    }
}
