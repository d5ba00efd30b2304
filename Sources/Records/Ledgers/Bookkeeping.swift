internal import Expressions
internal import JSON
internal import Ports
internal import Schema

/// What is written down about records, in the same transaction as they: due times, revisions, audit.
extension RecordWriter {
    /// Brings the ledgers in line with everything that was written. Called once, when all is written.
    func settle() throws {
        for change in changes {
            guard let collection = schema.collection(change.row.collection) else { continue }
            if collection.behaviour.isClocked { try schedule(change, in: collection) }
            if let revisions = collection.behaviour.revisions { try revise(change, revisions, in: collection) }
            if collection.behaviour.isAudited { try audit(change, in: collection) }
        }
        try announce()
    }

    // MARK: Revisions

    /// Creation and each change of a listed field keep what the fields hold then (11-precisions 55).
    private func revise(_ change: RecordChange, _ revisions: Revisions, in collection: Collection) throws {
        let record = JobRecord(collection: collection.name, id: change.row.id)
        if change.isFinal { return try transaction.ledgers.revisions.remove(record) }
        let row = change.row
        let differs = revisions.fields.contains { index in
            change.old.map { $0.values[index] != row.values[index] || $0.payloads[index] != row.payloads[index] }
                ?? (change.kind == .created)
        }
        guard differs else { return }
        let values = revisions.fields.map { JSONMember(name: collection.fields[$0].name, value: row.json(collection.fields[$0])) }
        _ = try transaction.ledgers.revisions.append(
            JSONValue.object(values).text, of: record, editor: environment.me?.id, at: environment.now, keep: revisions.keep)
    }

    // MARK: Audit

    private func audit(_ change: RecordChange, in collection: Collection) throws {
        // Computed fields that follow other records are nobody's change: they give no version either.
        if change.kind == .updated, change.event == nil, change.old.map({ $0.version == change.row.version }) ?? true { return }
        let new = change.isFinal ? nil : change.row
        var members: [JSONMember] = []
        for field in collection.fields.dropFirst(Row.System.count) where !field.isPrivate && field.kind != .token {
            let before = change.old?.json(field) ?? .null
            let after = new?.json(field) ?? .null
            if before != after { members.append(JSONMember(name: field.name, value: ["old": before, "new": after])) }
        }
        var entry = AuditEntry(
            id: newID(), record: JobRecord(collection: collection.name, id: change.row.id), at: environment.now,
            action: change.event ?? change.kind.rawValue, changes: JSONValue.object(members).text)
        if let tenant = collection.shape.anyTenant, case .text(let id) = change.row.values[tenant] { entry.tenant = id }
        try append(entry, by: environment.me)
    }

    /// What happened to an account, by the user himself as far as one can tell.
    func audit(_ event: String, of user: Row, in tenant: String? = nil, changes: JSONValue = .object([])) throws {
        var entry = AuditEntry(
            id: newID(), record: JobRecord(collection: user.collection, id: user.id), at: environment.now, action: event,
            changes: changes.text)
        entry.tenant = tenant
        try append(entry, by: environment.me ?? user)
    }

    private func append(_ entry: AuditEntry, by actor: Row?) throws {
        var entry = entry
        entry.actor = actor?.id
        entry.actorName = actor.flatMap(nameOfUser)
        // Empty for what no request does.
        if !environment.request.ip.isEmpty { entry.ip = environment.request.ip }
        if !environment.request.userAgent.isEmpty { entry.userAgent = String(environment.request.userAgent.prefix(Self.longestAgent)) }
        entry.requestID = caller.requestID
        try transaction.ledgers.audit.append(entry)
    }

    private static let longestAgent = 500

    /// As he is called now: he may be gone when it is read.
    private func nameOfUser(_ user: Row) -> String? {
        for name in ["name", "username", "email", "phone"] {
            if case .text(let text) = user.value(name, in: schema.users), !text.isEmpty { return text }
        }
        return nil
    }
}
