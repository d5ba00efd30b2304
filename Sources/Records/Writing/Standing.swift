internal import Expressions
internal import Ports
internal import Schema

extension Caller {
    /// The caller as he is in this transaction. What he asks may have waited behind the very write that took his rights: rules are asked of who
    /// he is when it is done, not when he came. Throws `.unauthenticated` where his session, key or account has ended since, `.notFound` where
    /// the tenant has. Of one that is not active any more its members are told so; to others it is nothing (11-precisions 54).
    func renewed(in schema: Schema, _ transaction: any Transaction) throws -> Caller {
        guard !isSystem, let session, let me = environment.me else { return self }
        let isOpen =
            if let key { try transaction.apiKeys.key(key.id) != nil } else { try transaction.accounts.session(session) != nil }
        let judged = Environment(now: environment.now)
        guard isOpen, try !transaction.accounts.isClosed(me.id), let user = try transaction.row(in: schema.users.name, id: me.id),
            try schema.activeWhen?.isTrue(in: judged, row: user) ?? true
        else { throw RecordError.unauthenticated }
        var caller = self
        caller.environment.me = user
        guard let tenancy = schema.tenancy, let tenant = environment.tenant else { return caller }
        guard let row = try transaction.row(Access(tenancy.tenants, environment: judged), key: .id(tenant.id)) else {
            throw RecordError.notFound
        }
        caller.environment.tenant = row
        caller.environment.member = try environment.member.flatMap { former in
            let access = Access(tenancy.members, environment: judged, spansTenants: true)
            guard let member = try transaction.row(access, key: .id(former.id)),
                member.values[tenancy.user] == former.values[tenancy.user], member.values[tenancy.tenant] == former.values[tenancy.tenant]
            else { return nil }
            return member
        }
        guard try tenancy.activeWhen?.isTrue(in: judged, row: row) ?? true else {
            throw caller.environment.member == nil ? RecordError.notFound : .tenantInactive
        }
        return caller
    }
}
