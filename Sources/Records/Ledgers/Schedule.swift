internal import Expressions
internal import Ports
internal import Schema

/// The index of due times, kept true with the records (11-precisions 18).
extension RecordWriter {
    func schedule(_ change: RecordChange, in collection: Collection) throws {
        let ledger = transaction.ledgers.due
        let record = JobRecord(collection: collection.name, id: change.row.id)
        let before = try ledger.entries(of: record)
        let after: [DueEntry]
        switch change.kind {
        case .deleted where change.isFinal: after = []
        case .deleted:
            after = before.map { entry in
                var entry = entry
                if entry.standing == .waiting || entry.standing == .refused { entry.standing = .hidden }
                return entry
            }
        case .created, .updated, .restored:
            let isByClock = firing?.record == record && change.event == firing?.transition
            let index = collection.state?.index ?? 0
            let isTransition = collection.behaviour.transitions.contains { $0.name == change.event }
            let entered =
                isTransition || change.kind == .created || change.old.map { $0.values[index] != change.row.values[index] } ?? false
            after = try entries(
                of: change.row, in: collection, before: before, entered: entered && change.kind != .restored, isByClock: isByClock)
        }
        guard after != before else { return }
        try ledger.set(after, of: record)
        note(due: after)
    }

    /// The entries of a row that was there before the transitions were.
    func reschedule(_ row: Row, in collection: Collection) throws {
        let ledger = transaction.ledgers.due
        let record = JobRecord(collection: collection.name, id: row.id)
        let before = try ledger.entries(of: record)
        var after = try entries(of: row, in: collection, before: before, entered: false, isByClock: false)
        if !row.values[Row.System.deletedAt].isNull {
            for index in after.indices where after[index].standing == .waiting { after[index].standing = .hidden }
        }
        guard after != before else { return }
        try ledger.set(after, of: record)
        note(due: after)
    }

    /// - Parameter entered: the row has just come into its state.
    private func entries(
        of row: Row, in collection: Collection, before: [DueEntry], entered: Bool, isByClock: Bool
    ) throws -> [DueEntry] {
        guard let state = collection.state, case .text(let current) = row.values[state.index] else { return [] }
        let record = JobRecord(collection: collection.name, id: row.id)
        var entries: [DueEntry] = []
        for transition in collection.behaviour.transitions
        where transition.from.contains(current) && (transition.due != nil || transition.after != nil) {
            let previous = before.first { $0.transition == transition.name }
            guard let moment = try moment(of: transition, row, previous: previous, entered: entered) else { continue }
            entries.append(DueEntry(record: record, transition: transition.name, moment: moment))
        }
        // What the clock has fired it does not fire again for the same moment, in however many steps of its own the state comes back.
        // Anybody else's transition begins anew.
        var fired = entered && !isByClock ? [] : before.filter { $0.standing == .fired && $0.transition != firing?.transition }
        if isByClock, let firing, mayReturn(firing.transition, in: collection) {
            fired.append(DueEntry(record: record, transition: firing.transition, moment: firing.moment, standing: .fired))
        }
        for mark in fired {
            if let index = entries.firstIndex(where: { $0.transition == mark.transition }) {
                if entries[index].moment == mark.moment { entries[index].standing = .fired }
            } else {
                entries.append(mark)
            }
        }
        return entries.sorted { $0.transition < $1.transition }
    }

    /// Whether the clock alone may bring the transition about again.
    private func mayReturn(_ name: String, in collection: Collection) -> Bool {
        let clocked = collection.behaviour.transitions.filter { $0.due != nil || $0.after != nil }
        return clocked.count > 1 || clocked.contains { $0.name == name && $0.from.contains($0.to) }
    }

    private func moment(of transition: Transition, _ row: Row, previous: DueEntry?, entered: Bool) throws -> Int64? {
        if let due = transition.due {
            guard case .moment(let moment) = try due.evaluate(in: environment, row: row, rows: transaction) else { return nil }
            return moment
        }
        guard let after = transition.after else { return nil }
        if !entered, let previous, previous.standing != .fired { return previous.moment }
        // When a row of old came into its state nobody knows: not later than it was last changed.
        guard case .moment(let start) = row.values[Row.System.updatedAt] else { return nil }
        return start.addingReportingOverflow(after).partialValue
    }

    private func note(due entries: [DueEntry]) {
        for entry in entries where entry.standing == .waiting { earliestDue = min(earliestDue ?? .max, entry.moment) }
    }

    /// Fires what was due, if it still is.
    func fire(_ entry: DueEntry) throws {
        let ledger = transaction.ledgers.due
        let entries = try ledger.entries(of: entry.record)
        guard entries.contains(entry) else { return }
        guard let collection = schema.collection(entry.record.collection), let state = collection.state,
            let transition = collection.behaviour.transitions.first(where: { $0.name == entry.transition }),
            transition.due != nil || transition.after != nil,
            let row = try transaction.row(in: collection.name, id: entry.record.id), case .text(let current) = row.values[state.index],
            transition.from.contains(current)
        else { return try ledger.set(entries.filter { $0 != entry }, of: entry.record) }
        firing = entry
        _ = try fire(transition, of: collection, .id(row.id), input: [:])
    }
}
