internal import Expressions
package import NIOCore
internal import Ports
internal import Schema

/// What goes for good when its time is over.
extension Records {
    private static let batch = 200

    /// Removes what was deleted longer ago than its collection retains it. What other records hold on to stays. Gives how many went.
    package func pruneDeleted(on loop: any EventLoop) async throws -> Int {
        var gone = 0
        for collection in schema.collections {
            guard let retain = collection.behaviour.retain, collection.behaviour.deletesSoftly else { continue }
            let limit = clock.now() - retain
            var place: Int64? = 0
            while let start = place, !Task.isCancelled {
                let (ids, last) = try await store.transaction(on: loop) {
                    try $0.ledgers.upkeep.hidden(in: collection, before: limit, after: start, limit: Self.batch)
                }.get()
                for id in ids where !Task.isCancelled {
                    do {
                        // One at a time, since it may take many others with it.
                        try await write(for: .system(now: clock.now()), on: loop) { writer, _ in try writer.purge(collection, id) }.get()
                        gone += 1
                    } catch RecordError.inUse {
                        continue
                    }
                }
                place = ids.isEmpty ? nil : last
            }
        }
        return gone
    }

    /// Removes audit entries that are older than `[audit] keep`.
    package func pruneAudit(on loop: any EventLoop) async throws {
        let moment = clock.now() - schema.audit.keep
        while !Task.isCancelled,
            try await store.transaction(on: loop, { try $0.ledgers.audit.prune(before: moment, limit: Self.batch) }).get() > 0
        {}
    }

    /// Removes deliveries that were begun more than 30 days ago and wait for nothing.
    package func pruneDeliveries(on loop: any EventLoop) async throws {
        let moment = clock.now() - 30 * 86_400_000
        while !Task.isCancelled,
            try await store.transaction(on: loop, { try $0.ledgers.deliveries.prune(before: moment, limit: Self.batch) }).get() > 0
        {}
    }

    /// Removes what streams were told of too long ago.
    package func pruneEvents(on loop: any EventLoop) async throws {
        let moment = clock.now() - EventRetention.age
        while !Task.isCancelled,
            try await store.transaction(on: loop, { try $0.ledgers.events.prune(before: moment, limit: Self.batch) }).get() > 0
        {}
    }

    /// Invitations that nobody has accepted in time say so.
    package func expireInvitations(on loop: any EventLoop) async throws {
        guard let plan = schema.tenancy?.invitations else { return }
        let collection = plan.collection
        var place: Int64? = 0
        while let start = place, !Task.isCancelled {
            place = try await write(for: .system(now: clock.now()), on: loop) { writer, transaction in
                let (ids, last) = try transaction.walk.ids(in: collection, after: start, limit: Self.batch)
                for id in ids {
                    guard let row = try transaction.row(in: collection.name, id: id), row.values[plan.status] == .text(Invitations.pending),
                        case .moment(let end) = row.values[plan.expiresAt], end <= writer.now
                    else { continue }
                    _ = try writer.set([plan.status: .text(Invitations.expired), plan.token: .null], of: collection, id: id)
                }
                return ids.isEmpty ? nil : last
            }.get()
        }
    }
}
