package import Ports
internal import Schema
internal import Expressions

/// Whether what arose in a tenant is still somebody's who asks from outside of any (11-precisions 39).
extension RecordWriter {
    /// Whether who started the job of that record may follow it. Within a tenant that is for who may read the record there: not by a key of
    /// another tenant, nor after he has left. A record that is gone tells a key nothing.
    package func mayFollow(jobOf record: JobRecord?) throws -> Bool {
        guard let record, let collection = schema.collection(record.collection), let owner = collection.shape.anyTenant else { return true }
        guard let row = try current(collection, record.id) else { return caller.key == nil }
        guard case .text(let tenant) = row.values[owner] else { return true }
        if let key = caller.key, key.tenant != tenant { return false }
        return try mayRead(row, in: collection, of: tenant)
    }

    /// Whether the caller may read the row in its own tenant, by his membership there where he has one.
    func mayRead(_ row: Row, in collection: Collection, of tenant: String) throws -> Bool {
        guard let tenancy = schema.tenancy, let me = environment.me, let rule = collection.behaviour.read?.rule,
            let tenant = try transaction.row(in: tenancy.tenants.name, id: tenant)
        else { return false }
        var there = environment
        (there.tenant, there.member) = (tenant, try membership(of: me, in: tenant, tenancy))
        return try rule.expression.isTrue(in: there, row: row, rows: transaction)
    }
}
