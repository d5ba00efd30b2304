package import Expressions
internal import JSON
package import NIOCore
internal import Ports
internal import Schema

/// What is left of a tenant that is gone goes by a job (11-precisions 39): it may be a lot.
extension RecordWriter {
    package static let erasureJob = "tenant.erase"

    func enqueueErasure(of tenant: String) throws {
        let payload: JSONValue = ["tenant": .string(tenant)]
        _ = try transaction.jobs.enqueue(
            NewJob(kind: Self.erasureJob, queue: "maintenance", payload: Array(payload.text.utf8), maxAttempts: 100))
    }

    /// Removes up to `limit` records of the tenant from the collection, live and hidden ones; gives how many.
    fileprivate func erase(_ tenant: String, from collection: Collection, limit: Int) throws -> Int {
        guard let field = collection.shape.anyTenant else { return 0 }
        let ids = try transaction.referrers(to: tenant, in: collection, by: collection.fields[field], limit: limit)
        for id in ids {
            // One may have taken another with it.
            if let row = try current(collection, id) { try remove(row, from: collection, isErasing: true) }
        }
        return ids.count
    }
}

extension Records {
    private static let erased = 100

    /// Removes all records of a tenant that is gone, some at a time. Its files come last, when nothing holds them any more; `discard` is given
    /// them before their records go, so that after a crash it is given them again.
    package func erase(tenant: String, on loop: any EventLoop, discard: ([Row]) async throws -> Void) async throws {
        for collection in schema.collections where collection.shape.tenant != nil {
            while !Task.isCancelled {
                let count = try await write(for: .system(now: clock.now()), on: loop) { writer, _ in
                    try writer.erase(tenant, from: collection, limit: Self.erased)
                }.get()
                if count == 0 { break }
            }
        }
        let media = schema.media
        guard let owner = media.shape.anyTenant else { return }
        while !Task.isCancelled {
            let files = try await write(for: .system(now: clock.now()), on: loop) { writer, transaction in
                let ids = try transaction.referrers(to: tenant, in: media, by: media.fields[owner], limit: Self.erased)
                return try ids.compactMap { try writer.current(media, $0) }
            }.get()
            if files.isEmpty { break }
            try await discard(files)
            _ = try await write(for: .system(now: clock.now()), on: loop) { writer, _ in
                try writer.erase(tenant, from: media, limit: Self.erased)
            }.get()
        }
    }
}
