package import Expressions
internal import JSON
package import Ports
package import Schema

/// Deletion, soft and final, and restoring.
extension RecordWriter {
    /// How many records one deletion may take with it; more is refused rather than holding up all other writes.
    private static let cascadeLimit = 10_000

    package func delete(_ collection: Collection, _ key: RecordKey, version: Int64? = nil) throws {
        let row = try readable(collection, key)
        try admit(collection.behaviour.delete, to: "delete", on: row, "you may not delete this")
        try match(version, row)
        let before = changes.count
        if collection.behaviour.deletesSoftly {
            try hide(row, in: collection, at: environment.now)
        } else {
            try remove(row, from: collection)
        }
        try checkDeletions(of: row, in: collection, among: changes[before...])
        try cancelJobs(of: row, in: collection, isGone: true)
        try runEffects(of: "deleted", in: collection, new: row, old: row)
    }

    /// Brings a deleted record back, with what was hidden together with it. Whoever cannot read it gets 404, whoever reads it alone 403.
    package func restore(_ collection: Collection, _ key: RecordKey, version: Int64? = nil) throws -> Row {
        try caller.demand("read", in: collection.name)
        guard var access = access(to: collection) else { throw RecordError.notFound }
        access.life = .deleted
        guard let row = try transaction.row(access, key: key) else { throw RecordError.notFound }
        try admit(collection.behaviour.restore?.rule, to: "restore", on: row, "you may not restore this")
        try match(version, row)
        if let hidden = try hiddenParent(of: row, in: collection) {
            throw RecordError.checkFailed(status: 409, message: "what it belongs to in '\(hidden)' is deleted: restore that")
        }
        let shown = try show(row, in: collection)
        try runEffects(of: "restored", in: collection, new: shown, old: row)
        return shown
    }

    /// The collection of a parent that is not live, without which the row may not be.
    private func hiddenParent(of row: Row, in collection: Collection) throws -> String? {
        for field in collection.fields where field.onDelete == .cascade {
            guard let reference = reference(row.values[field.index], of: field), reference.collection != collection.name else { continue }
            if try transaction.row(in: reference.collection, id: reference.id) == nil { return reference.collection }
        }
        return nil
    }

    /// Where a reference to one record leads.
    private func reference(_ value: Value, of field: Field) -> UnionReference? {
        if case .union = field.kind { return UnionReference(value) }
        guard case .text(let id) = value, let target = field.target else { return nil }
        return UnionReference(collection: target, id: id)
    }

    /// Removes a deleted record for good; nothing when it is not there, or there again.
    func purge(_ collection: Collection, _ id: String) throws {
        let access = Access(collection, life: .deleted, environment: environment, spansTenants: true)
        if let row = try transaction.row(access, key: .id(id)) { try remove(row, from: collection) }
    }

    /// Whoever is hidden with a parent bears the same `deleted_at`, by which a restore finds it again.
    private func hide(_ row: Row, in collection: Collection, at moment: Int64) throws {
        var hidden = row
        try replace(&hidden, in: collection)
        hidden.values[Row.System.deletedAt] = .moment(moment)
        try update(&hidden, old: row, in: collection, at: moment)
        note(.deleted, hidden, old: row)
        try rollUp(from: row, to: hidden, in: collection)
        for (child, children) in try ids(referringTo: row.id, in: collection, where: { $0.hides(childrenOf: collection) }) {
            for id in children {
                // Read when its turn comes: what was hidden before it may have hidden it, or changed what is computed of it.
                guard let childRow = try current(child, id), childRow.values[Row.System.deletedAt].isNull else { continue }
                try hide(childRow, in: child, at: moment)
            }
        }
    }

    private func show(_ row: Row, in collection: Collection) throws -> Row {
        let moment = row.values[Row.System.deletedAt]
        var shown = row
        putBack(&shown, in: collection)
        shown.values[Row.System.deletedAt] = .null
        try update(&shown, old: row, in: collection, at: environment.now)
        note(.restored, shown, old: row)
        try rollUp(from: row, to: shown, in: collection)
        for (child, children) in try ids(referringTo: row.id, in: collection, where: { $0.hides(childrenOf: collection) }) {
            for id in children {
                guard let childRow = try current(child, id), childRow.values[Row.System.deletedAt] == moment,
                    try hiddenParent(of: childRow, in: child) == nil
                else { continue }
                _ = try show(childRow, in: child)
            }
        }
        return try current(collection, row.id) ?? shown
    }

    /// Stores what differs, computed fields included, as a new version.
    private func update(_ row: inout Row, old: Row, in collection: Collection, at moment: Int64) throws {
        let differs = Set(row.values.indices.filter { row.values[$0] != old.values[$0] })
        let recomputed = try recompute(&row, in: collection, changed: differs)
        row.values[Row.System.version] = .int(old.version &+ 1)
        row.values[Row.System.updatedAt] = .moment(moment)
        try transaction.update(
            row, in: collection, changed: differs.union(recomputed).union([Row.System.version, Row.System.updatedAt]).sorted())
    }

    /// Applies `soft_delete.set`, keeping what it replaces.
    private func replace(_ row: inout Row, in collection: Collection) throws {
        guard let place = collection.shape.replaced else { return }
        let old = row
        try apply(collection.behaviour.deletionSets, to: &row, old: old, in: collection, scope: environment)
        let replaced = collection.behaviour.deletionSets.map { setting in
            JSONMember(name: collection.fields[setting.field].name, value: old.json(collection.fields[setting.field]))
        }
        row.values[place] = .text(JSONValue.object(replaced).text)
    }

    /// What no longer fits its field stays as the deletion has set it.
    private func putBack(_ row: inout Row, in collection: Collection) {
        guard let place = collection.shape.replaced, case .text(let text) = row.values[place] else { return }
        row.values[place] = .null
        guard case .object(let members)? = try? JSONParser.parse(text) else { return }
        for member in members {
            guard let field = collection.field(member.name), let value = try? field.value(from: member.value, path: field.name) else {
                continue
            }
            row.values[field.index] = value
        }
    }

    /// Removes a row for good, first settling every reference to it as its `on_delete` says. `isErasing`: whatever refers to it; what would
    /// refuse becomes null.
    func remove(_ row: Row, from collection: Collection, isErasing: Bool = false) throws {
        if !isErasing {
            for (child, children) in try ids(referringTo: row.id, in: collection, where: { $0.onDelete == .refuse }) {
                if !children.isEmpty { throw RecordError.inUse("records of '\(child.name)' still refer to it") }
            }
        }
        for (child, children) in try ids(referringTo: row.id, in: collection, where: { $0.onDelete == .cascade }) {
            for id in children {
                if let childRow = try current(child, id) { try remove(childRow, from: child, isErasing: isErasing) }
            }
        }
        for referrer in collection.behaviour.referrers where referrer.onDelete == .null || isErasing && referrer.onDelete == .refuse {
            guard let child = schema.collection(referrer.collection) else { continue }
            for id in try ids(of: child, referringTo: row.id, by: referrer.field) {
                if let childRow = try current(child, id) { try forget(row, in: childRow, of: child, by: referrer.field) }
            }
        }
        // What was computed of it may have changed with its children.
        let last = try current(collection, row.id) ?? row
        try transaction.remove(last, from: collection)
        note(.deleted, last, old: last, isFinal: true)
        try rollUp(from: last, to: nil, in: collection)
        if collection.name == schema.tenancy?.tenants.name { try enqueueErasure(of: last.id) }
    }

    private func forget(_ target: Row, in row: Row, of collection: Collection, by field: Int) throws {
        var changed = row
        let reference = UnionReference(collection: target.collection, id: target.id).text
        changed.remove(collection.fields[field].targets.count > 1 ? reference : target.id, at: field)
        try update(&changed, old: row, in: collection, at: environment.now)
        note(.updated, changed, old: row)
        try rollUp(from: row, to: changed, in: collection)
    }

    private func ids(
        referringTo id: String, in collection: Collection, where isWanted: (Referrer) -> Bool
    ) throws -> [(Collection, [String])] {
        try collection.behaviour.referrers.filter(isWanted).compactMap { referrer in
            guard let child = schema.collection(referrer.collection) else { return nil }
            return (child, try ids(of: child, referringTo: id, by: referrer.field))
        }
    }

    private func ids(of child: Collection, referringTo id: String, by field: Int) throws -> [String] {
        let ids = try transaction.referrers(to: id, in: child, by: child.fields[field], limit: Self.cascadeLimit + 1)
        guard ids.count <= Self.cascadeLimit else {
            throw RecordError.inUse("more than \(Self.cascadeLimit) records of '\(child.name)' refer to it")
        }
        return ids
    }

    /// The row as it now is, live or not.
    func current(_ collection: Collection, _ id: String) throws -> Row? {
        try transaction.row(Access(collection, life: .any, environment: environment, spansTenants: true), key: .id(id))
    }
}

extension Row {
    /// Makes a reference null, or takes one member with its payload out of a list.
    fileprivate mutating func remove(_ reference: String, at index: Int) {
        guard case .list(let members) = values[index] else {
            values[index] = .null
            return
        }
        let kept = members.indices.filter { members[$0] != .text(reference) }
        values[index] = .list(kept.map { members[$0] })
        if let payloads = payloads[index] { self.payloads[index] = kept.map { payloads.indices.contains($0) ? payloads[$0] : nil } }
    }
}

extension Referrer {
    /// Whether a soft deletion hides the rows that refer by this. In its own collection it does not: a thread keeps its shape, with
    /// `{id, deleted: true}` in the place of what is gone (11-precisions 13).
    fileprivate func hides(childrenOf collection: Collection) -> Bool {
        onDelete == .cascade && self.collection != collection.name
    }
}
