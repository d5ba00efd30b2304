internal import Expressions
internal import Ports
internal import Schema

/// Checks that name a back-reference also run when such a child changes (11-precisions 19): at the end of the operation, when all its
/// children are as they are to be.
extension RecordWriter {
    /// To be called once, when everything else is done. A parent that is gone by then has nothing to check.
    func runParentChecks() throws {
        var done: Set<PendingCheck> = []
        for change in changes {
            guard let collection = schema.collection(change.row.collection) else { continue }
            for parentCheck in collection.behaviour.parentChecks {
                for row in [change.old, change.row].compactMap({ $0 }) {
                    guard let id = Self.parent(of: row, by: parentCheck, in: collection) else { continue }
                    for check in parentCheck.checks {
                        let pending = PendingCheck(collection: parentCheck.parent, id: id, check: check)
                        if done.insert(pending).inserted { try run(pending) }
                    }
                }
            }
        }
    }

    private func run(_ pending: PendingCheck) throws {
        guard let parent = schema.collection(pending.collection), let row = try transaction.row(in: pending.collection, id: pending.id)
        else { return }
        try runChecks([parent.behaviour.checks[pending.check]].filter(\.onUpdate), on: row, old: row)
    }

    private static func parent(of row: Row, by check: ParentCheck, in collection: Collection) -> String? {
        guard case .text(let text) = row.values[check.field] else { return nil }
        guard collection.fields[check.field].targets.count > 1 else { return text }
        return UnionReference(text).flatMap { $0.collection == check.parent ? $0.id : nil }
    }
}

/// A check of a parent that a change of its children has called for.
private struct PendingCheck: Hashable {
    var collection: String
    var id: String
    /// Its index in the parent's `Behaviour.checks`.
    var check: Int
}
