internal import Expressions
package import NIOCore
package import Ports
internal import Schema

/// Whether what arose in a tenant is still somebody's who asks from outside of any (11-precisions 39).
struct Following {
    let schema: Schema
    let caller: Caller
    let environment: Environment
    let rows: any RowFinding

    /// Whether who started the job of that record may follow it. Within a tenant that is for who may read the record there: not by a key of
    /// another tenant, nor after he has left. A record that is gone tells a key nothing.
    func mayFollow(jobOf record: JobRecord?) throws -> Bool {
        guard let record, let collection = schema.collection(record.collection), let owner = collection.shape.anyTenant else { return true }
        let access = Access(collection, life: .any, environment: environment, spansTenants: true)
        guard let row = try rows.row(access, key: .id(record.id)) else { return caller.key == nil }
        guard case .text(let tenant) = row.values[owner] else { return true }
        if let key = caller.key, key.tenant != tenant { return false }
        return try mayRead(row, in: collection, of: tenant)
    }

    /// Whether the caller may read the row in its own tenant, by his membership there where he has one. Of one that is not active nobody reads.
    func mayRead(_ row: Row, in collection: Collection, of tenant: String) throws -> Bool {
        guard let tenancy = schema.tenancy, let me = environment.me, let rule = collection.behaviour.read?.rule,
            let tenant = try rows.row(in: tenancy.tenants.name, id: tenant),
            try tenancy.activeWhen?.isTrue(in: Environment(now: environment.now), row: tenant) ?? true
        else { return false }
        var there = environment
        there.tenant = tenant
        there.member = try rows.row(Access(tenancy.members, environment: there), key: .fields([tenancy.user], [.text(me.id)]))
        return try rule.expression.isTrue(in: there, row: row, rows: rows)
    }
}

extension RecordWriter {
    private var following: Following { Following(schema: schema, caller: caller, environment: environment, rows: transaction) }

    /// Whether the caller, who started the job of that record, may follow it.
    package func mayFollow(jobOf record: JobRecord?) throws -> Bool { try following.mayFollow(jobOf: record) }

    /// Whether the caller may read the row in its own tenant.
    func mayRead(_ row: Row, in collection: Collection, of tenant: String) throws -> Bool {
        try following.mayRead(row, in: collection, of: tenant)
    }
}

extension Records {
    /// The job as its starter may see it now; nil for everybody else. Asks nothing of the writer.
    package func job(_ id: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<JobStatus?> {
        guard let me = caller.environment.me else { return loop.makeSucceededFuture(nil) }
        let schema = schema
        return store.snapshot(on: loop) { snapshot in
            let following = Following(schema: schema, caller: caller, environment: caller.environment, rows: snapshot)
            guard let job = try snapshot.job(id), job.startedBy == me.id, try following.mayFollow(jobOf: job.record) else { return nil }
            return job
        }
    }
}
