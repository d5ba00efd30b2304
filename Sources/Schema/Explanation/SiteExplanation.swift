package import Config
internal import Expressions

/// The desugared form of a file (02-config, `atlas explain`): what it comes to, in the words of the file. No setting stands in it, and so no
/// secret.
package struct SiteExplanation: Sendable {
    let schema: Schema
    let configuration: Configuration
    let routes: [ExplainedRoute]

    package init(_ schema: Schema, _ configuration: Configuration) {
        self.schema = schema
        self.configuration = configuration
        routes = SiteRoutes.all(schema, configuration)
    }

    /// What a caller without credentials may do: the first thing to look at.
    package var publicSurface: ExplainedTable {
        var rows = signInRoutes.filter(\.isPublic).map(\.row)
        for kind in configuration.media {
            guard let rule = schema.mediaKinds[kind.name]?.allow, !rule.isNeverForAnonymous else { continue }
            rows.append(["POST", "/media (\(kind.name))", rule.expression.source])
        }
        for route in routes {
            for method in route.methods where method.isPublic {
                rows.append([method.name, route.path, method.admits])
            }
        }
        return ExplainedTable("public surface", columns: ["method", "path", "rule"], rows: rows)
    }

    /// Everything about one collection.
    package func tables(of collection: Collection) -> [ExplainedTable] {
        let name = collection.name
        let own = SiteRoutes.routes(of: collection, in: schema).map { [$0.path, $0.summary] }
        return [
            ExplainedTable("rights", of: name, columns: ["operation", "rule"], rows: rights(of: collection)),
            ExplainedTable(
                "transitions", of: name, columns: ["transition", "from and to", "who", "sets"], rows: transitions(of: collection)),
            ExplainedTable("effects", of: name, columns: ["depth", "event", "effect"], rows: effects(of: collection)),
            ExplainedTable("routes", of: name, columns: ["path", "rules"], rows: own),
            ExplainedTable("fields", of: name, columns: ["field", "type", "value", "read", "write"], rows: fields(of: collection)),
            ExplainedTable("roll-ups", of: name, columns: ["field", "kept", "cost"], rows: rollUps(of: collection)),
            ExplainedTable("table", of: name, columns: ["name", "holds"], rows: storage(of: collection)),
            ExplainedTable("keys and indexes", of: name, columns: ["kind", "fields", "when"], rows: indexes(of: collection)),
        ].filter { !$0.rows.isEmpty }
    }

    // MARK: What is stored

    private func storage(of collection: Collection) -> [[String]] {
        var rows = [[collection.model.table, "\(collection.fields.flatMap(\.columns).count) columns"]]
        for field in collection.fields {
            guard let table = field.membersTable else { continue }
            rows.append([
                table,
                "members of \(field.name)" + (field.parts.isEmpty ? "" : ", with \(field.parts.map(\.name).joined(separator: ", "))"),
            ])
        }
        if collection.isSoftDeleted {
            let how = collection.behaviour.deletesSoftly ? "deleted records are hidden" : "records are hidden with what they cascade from"
            rows.append(["deleted_at", how + (collection.behaviour.retain.map { ", for \($0 / 86_400_000) days" } ?? "")])
        }
        return rows
    }

    /// What every record has stands in one row.
    private func fields(of collection: Collection) -> [[String]] {
        let system = collection.fields.filter { $0.valueText == "system" }
        let names = system.map(\.name).joined(separator: ", ")
        return [["every record's", "", "system", "", "the server: \(names)"]]
            + collection.fields.filter { $0.valueText != "system" }.map(row)
    }

    private func row(_ field: Field) -> [String] {
        [
            field.name, field.typeText, field.valueText, field.isAnswered ? field.read?.rule.expression.source ?? "" : "nobody",
            field.writeText,
        ]
    }

    private func indexes(of collection: Collection) -> [[String]] {
        func names(_ fields: [Int]) -> String { fields.map { collection.fields[$0].name }.joined(separator: ", ") }
        var rows = collection.uniqueKeys.map { ["unique", names($0.fields), $0.condition?.source ?? ""] }
        rows += collection.indexes.map { index in
            ["index", index.parts.map { ($0.descending ? "-" : "") + collection.fields[$0.field].name }.joined(separator: ", "), ""]
        }
        let searched = collection.fields.filter { $0.search != nil }.sorted { ($0.search ?? 0, $0.index) < ($1.search ?? 0, $1.index) }
        if !searched.isEmpty { rows.append(["search", names(searched.map(\.index)), ""]) }
        return rows
    }

    // MARK: Who may do what

    private func rights(of collection: Collection) -> [[String]] {
        let behaviour = collection.behaviour
        var rows = [
            ["read", behaviour.read?.rule.expression.source ?? "nobody"], ["create", creation(of: collection)],
            ["update", behaviour.update?.expression.source ?? "nobody"], ["delete", behaviour.delete?.expression.source ?? "nobody"],
        ]
        if let list = behaviour.list { rows.insert(["list", "\(list.rule.expression.source), and read"], at: 1) }
        if behaviour.deletesSoftly { rows.append(["restore", behaviour.restore?.rule.expression.source ?? "nobody"]) }
        rows += behaviour.actions.map { [$0.name, $0.allow?.expression.source ?? "nobody"] }
        return rows
    }

    /// Files are made by uploads, of which each kind has its rule.
    private func creation(of collection: Collection) -> String {
        collection === schema.media ? "by upload: see 'uploads'" : collection.behaviour.create?.expression.source ?? "nobody"
    }

    private func transitions(of collection: Collection) -> [[String]] {
        let declared = configuration.collections.first { $0.name == collection.name }
        return collection.behaviour.transitions.map { transition in
            let who =
                if let due = transition.due {
                    "the clock at \(due.source)"
                } else if let after = transition.after {
                    "the clock after \(after / 1000) s"
                } else {
                    transition.isForJobs ? "its job" : transition.allow?.expression.source ?? "nobody"
                }
            let sets = declared?.transitions.first { $0.name == transition.name }?.set ?? []
            return [
                transition.name, "\(transition.from.joined(separator: ", ")) → \(transition.to)", who,
                sets.map(\.text).joined(separator: ", "),
            ]
        }
    }

    // MARK: What follows

    /// Depth first, as they run; what an effect causes stands below it, one deeper.
    private func effects(of collection: Collection) -> [[String]] {
        let events =
            ["created", "updated", "deleted", "restored"] + collection.behaviour.transitions.map(\.name)
            + collection.behaviour.actions.map(\.name)
        var rows: [[String]] = []
        for event in events {
            var path: [String] = []
            follow("\(collection.name).\(event)", &path, &rows)
        }
        return rows
    }

    private func follow(_ event: String, _ path: inout [String], _ rows: inout [[String]]) {
        guard !path.contains(event), path.count < 16 else { return }
        path.append(event)
        defer { path.removeLast() }
        for declared in configuration.on where declared.events.contains(where: { $0.value == event }) {
            for effect in declared.effects {
                let when = declared.when.map { " when \($0.value)" } ?? ""
                rows.append(["\(path.count)", event + when, effect.text])
                for next in following(effect, of: event) { follow(next, &path, &rows) }
            }
        }
        for webhook in configuration.webhooks where webhook.events.contains(where: { $0.value == event }) {
            rows.append(["\(path.count)", event, "webhook \(webhook.name)"])
        }
    }

    /// The events that an effect itself brings.
    private func following(_ effect: EffectDeclaration, of event: String) -> [String] {
        switch effect.kind {
        case .insert: return ["\(effect.target.value).created"]
        case .job:
            guard let job = configuration.jobs.first(where: { $0.name == effect.target.value }), let record = job.record else { return [] }
            return [job.states.start, job.states.done, job.states.failed].compactMap { $0.map { "\(record.value).\($0.value)" } }
        case .update:
            var found: [String] = []
            for case .update(let update) in (schema.handlers[event] ?? []).flatMap(\.effects)
            where update.rows.source == effect.target.value {
                for (name, settings) in update.settings.sorted(by: { $0.key < $1.key }) {
                    guard let collection = schema.collection(name) else { continue }
                    found += EffectGraph.events(of: settings, in: collection).filter { !found.contains($0) }
                }
            }
            return found
        case .notify, .webhook, .document, .export: return []
        }
    }

    private func rollUps(of collection: Collection) -> [[String]] {
        collection.behaviour.computation.steps.compactMap { step in
            let field = collection.fields[step.field]
            guard !field.isKeptSum else { return nil }
            if step.isAsync { return [field.name, "refreshed by a job", "a job for each change of \(children(step)); it lags behind"] }
            switch step.source {
            case .sum(let sum):
                return [field.name, "kept by differences", "one update of \(collection.name) for each change of \(sum.collection)"]
            case .value where step.asked.isEmpty:
                return [field.name, "from the record and its sums", "nothing beside the write"]
            case .value:
                return [field.name, "asked again", "a query over \(children(step)) for each of their changes"]
            }
        }
    }

    private func children(_ step: Computation.Step) -> String {
        Set(step.asked.map(\.collection)).sorted().joined(separator: ", ")
    }
}
