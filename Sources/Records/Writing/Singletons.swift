internal import Expressions
package import NIOCore
internal import Ports
internal import Schema

/// `single = true`: a collection has exactly one record, in a collection of tenants each of them.
extension RecordWriter {
    /// The singletons of a tenant that has just been made.
    func createSingletons(of tenant: Row) throws {
        guard tenant.collection == schema.tenancy?.tenants.name else { return }
        for collection in schema.collections where collection.shape.isSingle && collection.shape.tenant != nil {
            try createSingleton(collection, of: tenant)
        }
    }

    /// Makes the one record unless it is there: defaults and stamps, whatever is required. `tenant` is whose, in a collection of tenants.
    fileprivate func createSingleton(_ collection: Collection, of tenant: Row?) throws {
        var scope = environment
        scope.tenant = tenant
        guard try transaction.row(Access(collection, life: .any, environment: scope), key: .fields([], [])) == nil else { return }
        var row = newRow(of: collection)
        if let index = collection.shape.tenant { row.values[index] = tenant.map { .text($0.id) } ?? .null }
        for field in collection.fields {
            if let stamp = field.stamp { row.values[field.index] = try stamp.evaluate(in: scope, row: row, rows: transaction) }
        }
        try draw(&row, in: collection)
        try compute(&row, in: collection)
        row.number = try transaction.insert(row, into: collection)
        note(.created, row)
    }
}

extension Records {
    /// How many tenants are looked at in one transaction.
    private static let looked = 100

    /// Makes the one record of each singleton that has none yet, with defaults. `loop` is any.
    package func makeSingletons(on loop: any EventLoop) async throws {
        let singles = schema.collections.filter(\.shape.isSingle)
        let common = singles.filter { $0.shape.tenant == nil }
        if !common.isEmpty {
            try await write(for: .system(now: clock.now()), on: loop) { writer, _ in
                for collection in common { try writer.createSingleton(collection, of: nil) }
            }.get()
        }
        guard common.count < singles.count, let tenants = schema.tenancy?.tenants else { return }
        var place: Int64? = 0
        while let start = place {
            place = try await write(for: .system(now: clock.now()), on: loop) { writer, transaction in
                let (ids, last) = try transaction.walk.ids(in: tenants, after: start, limit: Self.looked)
                for id in ids {
                    guard let tenant = try transaction.row(in: tenants.name, id: id) else { continue }
                    try writer.createSingletons(of: tenant)
                }
                return ids.count < Self.looked ? nil : last
            }.get()
        }
    }
}
