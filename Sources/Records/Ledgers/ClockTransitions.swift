internal import Expressions
package import NIOCore
package import Ports
internal import Schema

/// Transitions that the clock fires, seen from whoever watches the clock.
extension Records {
    /// Rows looked at in one transaction while the index is made anew.
    private static let batch = 500

    /// Fires all that is due, the earliest first, each in a transaction of its own. What a check or rule stands against is told to `refused`
    /// and stays until its record changes. Gives when the next is due; throws when the store fails.
    package func fireDue(
        on loop: any EventLoop, refused: @Sendable (DueEntry, any Error) -> Void
    ) async throws -> Int64? {
        while !Task.isCancelled {
            let now = clock.now()
            let due = try await store.transaction(on: loop) { try $0.ledgers.due.due(by: now, limit: 100) }.get()
            if due.isEmpty { break }
            for entry in due where !Task.isCancelled {
                do {
                    try await write(for: .system(now: clock.now()), on: loop) { writer, _ in try writer.fire(entry) }.get()
                } catch let error as StoreError {
                    throw error
                } catch {
                    refused(entry, error)
                    try await setAside(entry, on: loop)
                }
            }
        }
        return try await store.transaction(on: loop) { try $0.ledgers.due.next() }.get()
    }

    private func setAside(_ entry: DueEntry, on loop: any EventLoop) async throws {
        try await store.transaction(on: loop) { transaction in
            var entries = try transaction.ledgers.due.entries(of: entry.record)
            // It may have moved in between.
            guard let index = entries.firstIndex(of: entry) else { return }
            entries[index].standing = .refused
            try transaction.ledgers.due.set(entries, of: entry.record)
        }.get()
    }

    /// Makes the index anew for collections whose clock transitions are others than those it was made for. To be called before `fireDue`, for
    /// each schema; cut short by a crash it begins again.
    package func alignDue(on loop: any EventLoop) async throws {
        for collection in schema.collections {
            let clocked = collection.behaviour.transitions.filter { $0.due != nil || $0.after != nil }
            let plan = clocked.map(\.clockPlan).joined(separator: "\n")
            let note = "clock:\(collection.name)"
            let known = try await store.transaction(on: loop) { try $0.ledgers.upkeep.note(note) }.get() ?? ""
            if known == plan { continue }
            let names = clocked.map(\.name)
            try await store.transaction(on: loop) { try $0.ledgers.due.keep(names, of: collection.name) }.get()
            var place: Int64? = clocked.isEmpty ? nil : 0
            while let start = place {
                place = try await write(for: .system(now: clock.now()), on: loop) { writer, transaction in
                    let (ids, last) = try transaction.walk.ids(in: collection, after: start, limit: Self.batch)
                    let access = Access(collection, life: .any, environment: writer.environment, spansTenants: true)
                    for id in ids {
                        if let row = try transaction.row(access, key: .id(id)) { try writer.reschedule(row, in: collection) }
                    }
                    return ids.isEmpty ? nil : last
                }.get()
            }
            try await store.transaction(on: loop) { try $0.ledgers.upkeep.setNote(note, plan) }.get()
        }
    }
}

extension Transition {
    /// What decides when the clock fires it.
    fileprivate var clockPlan: String {
        "\(name): \(from.joined(separator: ",")) \(due.map { "at \($0.source)" } ?? "after \(after ?? 0)")"
    }
}
