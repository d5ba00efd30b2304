package import Ports
package import Schema
package import Expressions

/// Deletion, soft and final, and restoring.
extension RecordWriter {
    /// How many records one deletion may take with it; more is refused rather than holding up all other writes.
    private static let cascadeLimit = 10_000

    package func delete(_ collection: Collection, _ key: RecordKey, version: Int64? = nil) throws {
        let row = try readable(collection, key)
        try admit(collection.behaviour.delete, on: row, "you may not delete this")
        try match(version, row)
        for check in collection.behaviour.checks where check.onDelete {
            guard try holds(check.rule, row) else {
                throw RecordError.checkFailed(status: check.status, message: check.message)
            }
        }
        if collection.behaviour.deletesSoftly {
            try hide(row, in: collection, at: environment.now)
        } else {
            try remove(row, from: collection)
        }
        try runEffects(of: "deleted", in: collection, new: row, old: row)
    }

    /// Brings a deleted record back, with what was hidden together with it.
    package func restore(_ collection: Collection, _ key: RecordKey) throws -> Row {
        var access = Access(collection, life: .deleted, environment: environment, spansTenants: caller.isSystem)
        if !caller.isSystem {
            switch collection.behaviour.restore?.admission(for: environment) {
            case .everything: break
            case .matching(let condition): access.conditions = [condition]
            case .nothing, nil: throw caller.isAnonymous ? RecordError.unauthenticated : .notFound
            }
        }
        guard let row = try transaction.row(access, key: key) else { throw RecordError.notFound }
        let shown = try show(row, in: collection)
        try runEffects(of: "restored", in: collection, new: shown, old: row)
        return shown
    }

    /// Whoever is hidden with a parent bears the same `deleted_at`, by which a restore finds it again.
    private func hide(_ row: Row, in collection: Collection, at moment: Int64) throws {
        var hidden = row
        hidden.values[Row.System.deletedAt] = .moment(moment)
        hidden.values[Row.System.version] = .int(row.version &+ 1)
        hidden.values[Row.System.updatedAt] = .moment(moment)
        try transaction.update(
            hidden, in: collection, changed: [Row.System.deletedAt, Row.System.version, Row.System.updatedAt])
        note(.deleted, hidden)
        for (child, children) in try rows(referringTo: row.id, in: collection, where: { $0.onDelete == .cascade }) {
            for childRow in children where childRow.values[Row.System.deletedAt].isNull {
                try hide(childRow, in: child, at: moment)
            }
        }
        try rollUp(from: row, to: nil, in: collection)
    }

    private func show(_ row: Row, in collection: Collection) throws -> Row {
        let moment = row.values[Row.System.deletedAt]
        var shown = row
        shown.values[Row.System.deletedAt] = .null
        shown.values[Row.System.version] = .int(row.version &+ 1)
        shown.values[Row.System.updatedAt] = .moment(environment.now)
        try transaction.update(
            shown, in: collection, changed: [Row.System.deletedAt, Row.System.version, Row.System.updatedAt])
        note(.restored, shown)
        for (child, children) in try rows(referringTo: row.id, in: collection, where: { $0.onDelete == .cascade }) {
            for childRow in children where childRow.values[Row.System.deletedAt] == moment {
                _ = try show(childRow, in: child)
            }
        }
        try rollUp(from: nil, to: shown, in: collection)
        return shown
    }

    /// Removes a row for good, first settling every reference to it as its `on_delete` says.
    private func remove(_ row: Row, from collection: Collection) throws {
        for (child, children) in try rows(referringTo: row.id, in: collection, where: { $0.onDelete == .refuse }) {
            if !children.isEmpty { throw RecordError.inUse("records of '\(child.name)' still refer to it") }
        }
        for (child, children) in try rows(referringTo: row.id, in: collection, where: { $0.onDelete == .cascade }) {
            for childRow in children { try remove(childRow, from: child) }
        }
        for referrer in collection.behaviour.referrers where referrer.onDelete == .null {
            guard let child = schema.collection(referrer.collection) else { continue }
            for childRow in try rows(of: child, referringTo: row.id, by: referrer.field) {
                var changed = childRow
                changed.values[referrer.field] = childRow.values[referrer.field].removing(.text(row.id))
                try transaction.update(changed, in: child, changed: [referrer.field])
                note(.updated, changed)
            }
        }
        try transaction.remove(row, from: collection)
        note(.deleted, row)
        try rollUp(from: row, to: nil, in: collection)
    }

    private func rows(
        referringTo id: String, in collection: Collection, where isWanted: (Referrer) -> Bool
    ) throws -> [(Collection, [Row])] {
        try collection.behaviour.referrers.filter(isWanted).compactMap { referrer in
            guard let child = schema.collection(referrer.collection) else { return nil }
            return (child, try rows(of: child, referringTo: id, by: referrer.field))
        }
    }

    private func rows(of child: Collection, referringTo id: String, by field: Int) throws -> [Row] {
        let ids = try transaction.referrers(to: id, in: child, by: child.fields[field], limit: Self.cascadeLimit + 1)
        guard ids.count <= Self.cascadeLimit else {
            throw RecordError.inUse("more than \(Self.cascadeLimit) records of '\(child.name)' refer to it")
        }
        return try ids.compactMap {
            try transaction.row(Access(child, life: .any, environment: environment, spansTenants: true), key: .id($0))
        }
    }
}

extension Value {
    /// Without that reference: null, or the list without it.
    fileprivate func removing(_ reference: Value) -> Value {
        if case .list(let items) = self { .list(items.filter { $0 != reference }) } else { .null }
    }
}
