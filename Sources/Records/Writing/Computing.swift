internal import Expressions
internal import Ports
package import Schema

/// Keeps computed fields true, in the transaction that changes what they are made of (03-expressions 8).
extension RecordWriter {
    package static let refreshJob = "rollup.refresh"
    package static let refreshQueue = "maintenance"
    /// Milliseconds for which changes are gathered before a job refreshes what they mean for a parent.
    private static let refreshDelay: Int64 = 2_000

    /// All computed values of a new record, which no other refers to yet.
    func compute(_ row: inout Row, in collection: Collection) throws {
        for step in collection.behaviour.computation.steps {
            guard case .value(let expression) = step.source else { continue }
            row.values[step.field] = try value(of: expression, for: step.field, row, in: collection)
        }
    }

    /// Brings the values in line that depend on fields that have changed, and those that `asked` names; gives which of them changed.
    func recompute(_ row: inout Row, in collection: Collection, changed: Set<Int>, asked: Set<Int> = []) throws -> [Int] {
        var changed = changed
        var recomputed: [Int] = []
        for step in collection.behaviour.computation.steps {
            guard case .value(let expression) = step.source, asked.contains(step.field) || !step.reads.isDisjoint(with: changed) else {
                continue
            }
            if step.isAsync {
                try refreshLater(row.id, in: collection)
                continue
            }
            let value = try value(of: expression, for: step.field, row, in: collection)
            guard value != row.values[step.field] else { continue }
            row.values[step.field] = value
            changed.insert(step.field)
            recomputed.append(step.field)
        }
        return recomputed
    }

    /// What a change of a row means for the computed fields of its parents, and of theirs. To be called after every single change with the
    /// row as it was stored and as it is: a sum is kept by the difference of the two. Rows that are not live add nothing. A parent's version
    /// does not change: nobody edited it.
    func rollUp(from old: Row?, to new: Row?, in collection: Collection) throws {
        for rollUp in collection.behaviour.rollUps {
            let left = Self.parent(of: old, by: rollUp, in: collection)
            let entered = Self.parent(of: new, by: rollUp, in: collection)
            if left == entered {
                guard let left, let old, let new, rollUp.reads.contains(where: { old.values[$0] != new.values[$0] }) else { continue }
                try refresh(left, rollUp, removing: old, adding: new)
            } else {
                if let left { try refresh(left, rollUp, removing: old, adding: nil) }
                if let entered { try refresh(entered, rollUp, removing: nil, adding: new) }
            }
        }
    }

    /// Computes what a job refreshes of a record, and what depends on that.
    package func refreshAsync(_ collection: Collection, id: String) throws {
        guard let before = try current(collection, id) else { return }
        var after = before
        _ = try recompute(&after, in: collection) { step, changed in
            if step.isAsync { return step.recount }
            if case .value(let expression) = step.source, !step.reads.isDisjoint(with: changed) { return expression }
            return nil
        }
        if try store(after, instead: before, in: collection) { try rollUp(from: before, to: after, in: collection) }
    }

    /// Computes everything anew from what is stored, whatever was kept; gives the fields that were not true. Then so for the parents, whose
    /// sums may have been kept with the values that are now gone or without them, but for those in `later`, which are still to be recounted.
    package func recount(_ collection: Collection, id: String, later: Set<String> = []) throws -> Set<Int> {
        guard let before = try current(collection, id) else { return [] }
        var after = before
        let changed = try recompute(&after, in: collection) { step, _ in step.recount }
        guard try store(after, instead: before, in: collection) else { return [] }
        for rollUp in collection.behaviour.rollUps where rollUp.reads.contains(where: changed.contains) && !later.contains(rollUp.parent) {
            guard let parent = schema.collection(rollUp.parent), let id = Self.parent(of: after, by: rollUp, in: collection) else {
                continue
            }
            _ = try recount(parent, id: id, later: later)
        }
        return changed
    }

    private func recompute(
        _ row: inout Row, in collection: Collection, by expression: (Computation.Step, Set<Int>) -> Expression?
    ) throws -> Set<Int> {
        var changed: Set<Int> = []
        for step in collection.behaviour.computation.steps {
            guard let expression = expression(step, changed) else { continue }
            let value = try value(of: expression, for: step.field, row, in: collection)
            guard !Self.isSame(value, row.values[step.field]) else { continue }
            row.values[step.field] = value
            changed.insert(step.field)
        }
        return changed
    }

    /// Floats may be added in another order than before: what differs by no more than that does is true.
    private static func isSame(_ value: Value, _ stored: Value) -> Bool {
        guard case .float(let one) = value, case .float(let other) = stored else { return value == stored }
        return (one - other).magnitude <= 1e-12 * max(1, one.magnitude)
    }

    // MARK: Parents

    /// The parent to which a live row adds; nil where there is none.
    private static func parent(of row: Row?, by rollUp: RollUp, in collection: Collection) -> String? {
        guard let row, row.values[Row.System.deletedAt].isNull, case .text(let text) = row.values[rollUp.field] else { return nil }
        guard collection.fields[rollUp.field].targets.count > 1 else { return text }
        guard let union = UnionReference(text), union.collection == rollUp.parent else { return nil }
        return union.id
    }

    private func refresh(_ id: String, _ rollUp: RollUp, removing old: Row?, adding new: Row?) throws {
        guard let parent = schema.collection(rollUp.parent) else { return }
        if rollUp.isAsync { try refreshLater(id, in: parent) }
        guard !rollUp.sums.isEmpty || !rollUp.asked.isEmpty else { return }
        // Also where it is hidden: it must be true when it comes back.
        guard let before = try current(parent, id) else { return }
        var after = before
        var changed: Set<Int> = []
        for (field, sum) in rollUp.sums {
            let removed = try old.map { try sum.addend(of: $0) } ?? 0
            let added = try new.map { try sum.addend(of: $0) } ?? 0
            let (difference, overflow) = added.subtractingReportingOverflow(removed)
            if overflow { throw EvaluationError.overflow }
            if difference == 0 { continue }
            after.values[field] = try fitting(try sum.sum(after.values[field], adding: difference), for: field, in: parent)
            changed.insert(field)
        }
        _ = try recompute(&after, in: parent, changed: changed, asked: rollUp.asked)
        if try store(after, instead: before, in: parent) { try self.rollUp(from: before, to: after, in: parent) }
    }

    /// False when nothing differs.
    private func store(_ after: Row, instead before: Row, in collection: Collection) throws -> Bool {
        let differs = after.values.indices.filter { after.values[$0] != before.values[$0] }
        guard !differs.isEmpty else { return false }
        try transaction.update(after, in: collection, changed: differs)
        note(.updated, after, old: before)
        return true
    }

    /// One job for however many changes; it sees all that were committed before it runs.
    private func refreshLater(_ id: String, in collection: Collection) throws {
        let record = JobRecord(collection: collection.name, id: id)
        _ = try transaction.jobs.enqueue(
            NewJob(
                kind: Self.refreshJob, queue: Self.refreshQueue, runAt: environment.now + Self.refreshDelay,
                uniqueKey: "\(Self.refreshJob):\(collection.name):\(id)", record: record))
    }

    // MARK: Values

    private func value(of expression: Expression, for field: Int, _ row: Row, in collection: Collection) throws -> Value {
        try fitting(try expression.evaluate(in: environment, row: row, rows: transaction), for: field, in: collection)
    }

    /// The value, if it has no more digits than the field. Throws `EvaluationError.overflow`.
    private func fitting(_ value: Value, for field: Int, in collection: Collection) throws -> Value {
        guard case .decimal(let number) = value, case .decimal(let precision, _) = collection.fields[field].kind else { return value }
        guard String(number.units.magnitude).utf8.count <= precision else { throw EvaluationError.overflow }
        return value
    }
}
