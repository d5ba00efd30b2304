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
                let effects = declared.effects.compactMap {
                    effect($0, after: event.value, of: collection, collections: collections)
                }
                for effect in effects { graph.add(effect, after: event, collections: collections, jobs: configuration.jobs) }
                guard !effects.isEmpty else { continue }
                handlers[event.value, default: []].append(EventHandler(when: when, effects: effects))
            }
        }
        for webhook in configuration.webhooks {
            for event in webhook.events {
                guard let collection = eventCollection(event, collections: collections),
                    let call = webhookCall(webhook, of: event.value, about: collection, at: event.at, collections: collections)
                else { continue }
                handlers[event.value, default: []].append(EventHandler(effects: [.deliver(call)]))
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
    private static let otherSubjects: Set<String> = ["alert"]

    /// The collection that the event is about; nil inside where it is about none, nil outside where there is no such event.
    private mutating func eventCollection(_ event: Located<String>, collections: [Collection]) -> Collection?? {
        let parts = event.value.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            faults.append(Fault("an event is '<collection>.<what happens>'", at: event.at, length: event.value.count))
            return nil
        }
        // What happens to an account is about its user.
        if parts[0] == "auth" { return collections.first { $0.name == BuiltIns.users } }
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

    /// - Parameter event: the collection of the record that it happens to; nil: no record.
    mutating func effect(
        _ declared: EffectDeclaration, after name: String, of event: Collection?, collections: [Collection]
    ) -> Effect? {
        let scope = Scope(hasOld: event != nil, hasNew: event != nil, event: event?.name)
        var each: RowSelection?
        if let source = declared.each {
            each = rows(source, where: declared.where, in: scope)
            if each == nil { return nil }
        }
        switch declared.kind {
        case .update:
            guard let rows = rows(declared.target, where: declared.where, in: scope) else { return nil }
            var settings: [String: [FieldSetting]] = [:]
            for target in rows.collections.compactMap({ name in collections.first { $0.name == name } }) {
                settings[target.name] = effectSettings(declared.set, fields: target.fields, row: target.name, event: event)
            }
            return .update(Effect.RowsUpdate(rows: rows, settings: settings))
        case .insert:
            guard let target = collections.first(where: { $0.name == declared.target.value }) else {
                unknown("collection", declared.target, among: collections.map(\.name))
                return nil
            }
            checkTenant(of: target, declared, each: each, after: name, of: event, collections: collections)
            var settings: [String: [FieldSetting]] = [:]
            for row in each?.collections ?? [""] {
                settings[row] = effectSettings(declared.set, fields: target.fields, row: row.isEmpty ? nil : row, event: event)
            }
            return .insert(Effect.RowInsertion(collection: target.name, each: each, settings: settings))
        case .job, .document, .export:
            return work(declared, on: each?.collections ?? event.map { [$0.name] } ?? []).map {
                .work(Effect.WorkStart(work: $0, each: each))
            }
        case .notify: return sending(declared, each: each, of: event?.name).map { .notify($0) }
        case .webhook:
            guard let webhook = configuration.webhooks.first(where: { $0.name == declared.target.value }) else { return nil }
            return webhookCall(webhook, of: name, about: event, at: declared.target.at, collections: collections).map { .deliver($0) }
        }
    }

    /// What follows from something that is in no tenant says itself into which tenant it puts a record: the request may name none, or one
    /// that has nothing to do with it, and the clock names none.
    private mutating func checkTenant(
        of target: Collection, _ declared: EffectDeclaration, each: RowSelection?, after name: String, of event: Collection?,
        collections: [Collection]
    ) {
        guard let tenants = configuration.tenancy?.tenant.value, target.shape.tenant != nil, event?.shape.anyTenant == nil,
            !declared.set.contains(where: { $0.field.value == Desugaring.tenant }),
            // An effect of several events is told once.
            !faults.contains(where: { $0.at == declared.target.at })
        else { return }
        /// How a row says its tenant.
        func path(_ root: String, _ row: Collection?) -> String? {
            guard let row else { return nil }
            if row.name == tenants { return root }
            if row.shape.tenant != nil { return "\(root).\(Desugaring.tenant)" }
            return row.fields.first { $0.kind == .reference(to: tenants) }.map { "\(root).\($0.name)" }
        }
        let row = each.flatMap { each in collections.first { [$0.name] == each.collections } }
        report(
            "a record of '\(target.name)' is in a tenant, and '\(name)' in none", declared.target,
            suggestion: "add tenant = \"= \(path("this", row) ?? path("new", event) ?? "…")\" to 'set'")
    }

    /// Rows as `update` and `each` name them.
    private mutating func rows(_ source: Located<String>, where condition: Located<String>?, in scope: Scope) -> RowSelection? {
        let rows = located(source, in: scope) { compiler throws(ExpressionFault) in try compiler.rows(source.value, in: scope) }
        guard let rows, let condition else { return rows }
        return located(condition, in: scope) { compiler throws(ExpressionFault) in
            try compiler.narrow(rows, by: condition.value, in: scope)
        }
    }

    /// What the file calls by that name, if it can work on records of these collections; none: without a record.
    private mutating func work(_ declared: EffectDeclaration, on collections: [String]) -> Work? {
        let name = declared.target
        switch declared.kind {
        case .job:
            guard let job = configuration.jobs.first(where: { $0.name == name.value }) else {
                return configuration.work(.builtIn, name.value, queue: "maintenance")
            }
            if let wanted = job.record, !collections.contains(wanted.value) || collections.count > 1 {
                faults.append(
                    Fault(
                        "the job '\(name.value)' works on records of '\(wanted.value)', and there is \(Self.described(collections)) here",
                        at: name.at, length: name.value.unicodeScalars.count))
            }
            return configuration.work(.job, name.value, queue: job.queue?.value ?? "default")
        case .document:
            let document = configuration.documents.first { $0.name == name.value }
            if let document, collections != [document.of.value] {
                faults.append(
                    Fault(
                        "the document '\(name.value)' is made of '\(document.of.value)', and there is \(Self.described(collections)) here",
                        at: name.at, length: name.value.unicodeScalars.count))
            }
            return configuration.work(.document, name.value, queue: "documents")
        default: return configuration.work(.export, name.value, queue: "exports")
        }
    }

    private static func described(_ collections: [String]) -> String {
        collections.isEmpty ? "no record" : "'\(collections.joined(separator: "' or '"))'"
    }

    private mutating func effectSettings(
        _ assignments: [Assignment], fields: [Field], row: String?, event: Collection?
    ) -> [FieldSetting] {
        settings(
            assignments, fields: fields,
            in: Scope(collection: row, hasOld: event != nil, hasNew: event != nil, event: event?.name, macros: macros))
    }
}

extension Configuration {
    /// Tries are those of the queue.
    func work(_ kind: Work.Kind, _ name: String, queue: String) -> Work {
        let attempts = queues.first { $0.name == queue }?.attempts ?? 5
        return Work(kind: kind, name: name, queue: queue, attempts: attempts)
    }
}
