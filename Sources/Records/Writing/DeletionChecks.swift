internal import Expressions
internal import Schema

/// Checks of what is deleted, asked of what is left (03-expressions 7).
extension RecordWriter {
    /// Those of the record, and those of what went along with it: whoever deletes a user must not leave a tenant without an owner. What a check
    /// looks at may have gone too, as the order of an item: then it has nothing to say any more.
    func checkDeletions(of row: Row, in collection: Collection, among changes: ArraySlice<RecordChange>) throws {
        try check(row, in: collection)
        let deleted = changes.filter { $0.kind == .deleted && $0.row.id != row.id }
        guard !deleted.isEmpty else { return }
        let gone = Set(changes.filter { $0.kind == .deleted }.map(\.row.id))
        for change in deleted {
            guard let child = schema.collection(change.row.collection) else { continue }
            try check(change.old ?? change.row, in: child, unlessLookingAt: gone)
        }
    }

    private func check(_ row: Row, in collection: Collection, unlessLookingAt gone: Set<String> = []) throws {
        let checks = collection.behaviour.checks.filter(\.onDelete)
        guard !checks.isEmpty else { return }
        var scope = environment
        // Of a tenant's record `all.x` means that tenant's rows, wherever its deletion began (11-precisions 4).
        if let index = collection.shape.tenant, case .text(let id) = row.values[index], scope.tenant?.id != id,
            let tenants = schema.tenancy?.tenants
        {
            guard let tenant = try transaction.row(in: tenants.name, id: id) else { return }
            scope.tenant = tenant
        }
        for check in checks {
            let looksAtGone = check.rule.use.own.contains { field in
                let value = row.values[field]
                if case .text(let id) = value { return gone.contains(id) || UnionReference(value).map { gone.contains($0.id) } ?? false }
                return false
            }
            guard try looksAtGone || check.rule.isTrue(in: scope, row: row, rows: transaction) else {
                throw RecordError.checkFailed(status: check.status, message: check.message)
            }
        }
    }
}
