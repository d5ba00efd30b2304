internal import Expressions
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
        guard let field = collection.shape.tenant else { return 0 }
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

    /// Removes all records of a tenant that is gone, some at a time.
    package func erase(tenant: String, on loop: any EventLoop) async throws {
        for collection in schema.collections where collection.shape.tenant != nil {
            while !Task.isCancelled {
                let count = try await write(for: .system(now: clock.now()), on: loop) { writer, _ in
                    try writer.erase(tenant, from: collection, limit: Self.erased)
                }.get()
                if count == 0 { break }
            }
        }
    }
}
