internal import Config
internal import Expressions
internal import JSON
internal import Ports
internal import Records
internal import Schema

/// One question of `atlas why` within a transaction: finds caller, record and tenant, asks the rules in the order of a request.
struct Inquiry {
    let site: Site
    let transaction: any Transaction
    let now: Int64

    private var schema: Schema { site.schema }

    func answer(_ question: Why.Question, _ collection: Collection, _ rest: [String]) throws -> JSONValue {
        let me = try user(question.user)
        let row = try record(rest, of: collection)
        let isAboutRecord = !["list", "create"].contains(question.verb)
        if isAboutRecord, row == nil {
            guard collection.shape.isSingle || !rest.isEmpty else {
                throw Why.Refused(description: "'\(question.verb)' is asked of a record: name it, as in \(question.path)/<id>")
            }
            throw Why.Refused(description: "there is no record \(question.path)")
        }
        var environment = Environment(me: me, now: now)
        try place(&environment, question.tenant, row, in: collection)
        // A new record is looked at as the file would make it, without a body.
        let asked = isAboutRecord ? row : question.verb == "create" ? new(collection, environment) : nil
        let reasoning = Reasoning(
            schema: schema, configuration: site.configuration, collection: collection, environment: environment, row: asked,
            rows: transaction)
        var verdict = Verdict()
        try ask(question.verb, of: collection, asked, reasoning, &verdict)
        let fields = refusedFields(question.verb, of: collection, reasoning)
        return .object([
            "user": .string(me.map { "\(schema.users.name)/\($0.id)" } ?? "anonymous"), "verb": .string(question.verb),
            "record": .string(isAboutRecord ? "\(collection.name)/\(row?.id ?? "")" : collection.name),
            "allowed": .bool(verdict.reason == nil), "reason": .string(verdict.reason ?? "every rule that is asked holds"),
            "rules": .array(verdict.rules), "fields": .array(fields),
        ])
    }

    /// What the rules have said so far; the first that refuses is the reason.
    private struct Verdict {
        var rules: [JSONValue] = []
        var reason: String?

        mutating func add(_ outcome: (holds: Bool, answer: JSONValue), _ refusal: String) {
            rules.append(outcome.answer)
            if !outcome.holds, reason == nil { reason = refusal }
        }
    }

    // MARK: Rules

    private func ask(_ verb: String, of collection: Collection, _ row: Row?, _ reasoning: Reasoning, _ verdict: inout Verdict) throws {
        let behaviour = collection.behaviour
        let allow = site.configuration.collections.first { $0.name == collection.name }?.allow
        if let row, case .moment = row.values[Row.System.deletedAt], verb != "restore" {
            verdict.reason = "the record is deleted: it is found by nobody but who may restore it"
        }
        if verb != "create" {
            verdict.add(
                reasoning.asked("read", behaviour.read?.rule, written: allow?.read),
                refusal("read", behaviour.read?.rule, "it is not readable (\(reasoning.hiddenStatus(behaviour.read?.rule)))"))
        }
        switch verb {
        case "read": break
        case "list":
            guard let list = behaviour.list else { break }
            verdict.add(reasoning.asked("list", list.rule, written: allow?.list), refusal("list", list.rule, "lists leave it out"))
        case "create":
            verdict.add(
                reasoning.asked("create", behaviour.create, written: allow?.create),
                refusal("create", behaviour.create, "creating is refused (\(reasoning.refusedStatus))"))
        case "update":
            verdict.add(
                reasoning.asked("update", behaviour.update, written: allow?.update),
                refusal("update", behaviour.update, "changing is refused (\(reasoning.refusedStatus))"))
        case "delete":
            verdict.add(
                reasoning.asked("delete", behaviour.delete, written: allow?.delete),
                refusal("delete", behaviour.delete, "deleting is refused (\(reasoning.refusedStatus))"))
        case "restore":
            let rule = behaviour.restore?.rule
            verdict.add(
                reasoning.asked("restore", rule, written: allow?.restore),
                refusal("restore", rule, "restoring is refused (\(reasoning.refusedStatus))"))
        default: try askStep(verb, of: collection, row, reasoning, &verdict)
        }
    }

    private func refusal(_ name: String, _ rule: Rule?, _ meaning: String) -> String {
        rule == nil
            ? "nobody may \(name): no rule is written, and what is not written is refused" : "the rule '\(name)' is false: \(meaning)"
    }

    private func askStep(
        _ verb: String, of collection: Collection, _ row: Row?, _ reasoning: Reasoning, _ verdict: inout Verdict
    ) throws {
        let declared = site.configuration.collections.first { $0.name == collection.name }
        if let transition = collection.behaviour.transitions.first(where: { $0.name == verb }) {
            let written = declared?.transitions.first { $0.name == verb }?.allow
            let meaning = transition.isForJobs ? "only its job fires '\(verb)'" : "only the clock fires '\(verb)'"
            let refused =
                transition.allow == nil ? meaning : "the rule of '\(verb)' is false: firing is refused (\(reasoning.refusedStatus))"
            verdict.add(reasoning.asked(verb, transition.allow, written: written, input: transition.input), refused)
            if let state = collection.state, case .text(let value)? = row?.values[state.index], !transition.from.contains(value) {
                let from = transition.from.map { "'\($0)'" }.joined(separator: ", ")
                verdict.reason = verdict.reason ?? "\(state.name) is '\(value)', and '\(verb)' is fired from \(from) (409)"
            }
        } else if let action = collection.behaviour.actions.first(where: { $0.name == verb }) {
            let written = declared?.actions.first { $0.name == verb }?.allow
            let refused =
                action.allow == nil ? "nobody may '\(verb)'" : "the rule of '\(verb)' is false: it is refused (\(reasoning.refusedStatus))"
            verdict.add(reasoning.asked(verb, action.allow, written: written, input: action.input), refused)
        } else {
            let known =
                ["read", "list", "create", "update", "delete", "restore"] + collection.behaviour.transitions.map(\.name)
                + collection.behaviour.actions.map(\.name)
            throw Why.Refused(description: "'\(collection.name)' knows no '\(verb)'; known here: \(known.joined(separator: ", "))")
        }
    }

    /// Fields that answers leave out, or that a body may not hold.
    private func refusedFields(_ verb: String, of collection: Collection, _ reasoning: Reasoning) -> [JSONValue] {
        let right = ["create", "update"].contains(verb) ? "write" : "read"
        let declared = site.configuration.collections.first { $0.name == collection.name }?.fields ?? []
        return collection.fields.compactMap { field in
            guard !field.isPrivate, let rule = right == "read" ? field.read?.rule : field.write else { return nil }
            let written = declared.first { $0.name == field.name }.flatMap { right == "read" ? $0.read : $0.write }
            let outcome = reasoning.asked(right, rule, written: written)
            guard !outcome.holds, case .object(let members) = outcome.answer else { return nil }
            return .object([JSONMember(name: "field", value: .string(field.name))] + members)
        }
    }

    // MARK: Who and what

    private func user(_ name: String) throws -> Row? {
        if name == "anonymous" { return nil }
        var keys: [RecordKey] = UUIDv7.isUUID(name) ? [.id(name.lowercased())] : []
        for field in ["email", "phone", "username"].compactMap(schema.users.field) {
            keys.append(.field(field.index, .text(field.kind == .email ? name.lowercased() : name)))
        }
        for key in keys {
            if let row = try row(schema.users, key) { return row }
        }
        throw Why.Refused(
            description: "there is no user '\(name)': give an id, an e-mail address, a phone number or a username, or anonymous")
    }

    private func record(_ rest: [String], of collection: Collection) throws -> Row? {
        if collection.shape.isSingle { return try row(collection, .fields([], [])) }
        guard let first = rest.first else { return nil }
        if UUIDv7.isUUID(first) { return try row(collection, .id(first.lowercased())) }
        return try collection.lookup.flatMap { try row(collection, .field($0.index, .text(first))) }
    }

    private func row(_ collection: Collection, _ key: RecordKey) throws -> Row? {
        try transaction.row(Access(collection, life: .any, environment: Environment(now: now), spansTenants: true), key: key)
    }

    /// A record as it would begin, with what is stamped.
    private func new(_ collection: Collection, _ environment: Environment) -> Row {
        var row = Row(collection: collection.name, values: collection.fields.map(\.initial))
        row.values[Row.System.createdAt] = .moment(now)
        if let index = collection.shape.tenant, let tenant = environment.tenant { row.values[index] = .text(tenant.id) }
        for field in collection.fields {
            guard let stamp = field.stamp, let value = try? stamp.evaluate(in: environment, row: row, rows: transaction) else { continue }
            row.values[field.index] = value
        }
        return row
    }

    /// The tenant of the record, else the one that is named, else the caller's only one; and the caller's membership in it.
    private func place(_ environment: inout Environment, _ named: String?, _ row: Row?, in collection: Collection) throws {
        guard let tenancy = schema.tenancy else { return }
        var memberships: [Row] = []
        if let me = environment.me {
            let ids = try transaction.referrers(to: me.id, in: tenancy.members, by: tenancy.members.fields[tenancy.user], limit: 1_000)
            memberships = try ids.compactMap { try self.row(tenancy.members, .id($0)) }
        }
        func tenant(of row: Row, _ index: Int) throws -> Row? {
            guard case .text(let id) = row.values[index] else { return nil }
            return try self.row(tenancy.tenants, .id(id))
        }
        if let row, let index = collection.shape.anyTenant, !row.values[index].isNull {
            environment.tenant = try tenant(of: row, index)
        } else if let named {
            environment.tenant = try record([named], of: tenancy.tenants)
        } else if memberships.count == 1 {
            environment.tenant = try tenant(of: memberships[0], tenancy.tenant)
        }
        let id = environment.tenant?.id
        environment.member = memberships.first { $0.values[tenancy.tenant] == id.map { .text($0) } }
    }
}
