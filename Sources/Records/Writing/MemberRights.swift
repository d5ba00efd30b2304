internal import Expressions
internal import Ports
internal import Schema

/// What the rules of the members' collection say about one who may not be there.
extension RecordWriter {
    /// Whether the caller may remove that user from the tenant of the request: one of his memberships there, as he reads it, by the rule for its
    /// deletion. Of whom is no member, and of nobody in particular (nil), a new membership is asked about that holds nothing else.
    package func mayRemoveMember(_ user: String?) throws -> Bool {
        guard let tenancy = schema.tenancy, let tenant = environment.tenant, let rule = tenancy.members.behaviour.delete else {
            return false
        }
        let members = tenancy.members
        let system = Access(members, environment: environment)
        var isMember = false
        if let user {
            let ids = try transaction.referrers(to: user, in: members, by: members.fields[tenancy.user], limit: Self.membershipLimit)
            for id in ids {
                guard try transaction.row(system, key: .id(id)) != nil else { continue }
                isMember = true
                guard let access = access(to: members), let row = try transaction.row(access, key: .id(id)) else { continue }
                if try holds(rule.expression, row) { return true }
            }
        }
        if isMember { return false }
        var row = newRow(of: members)
        row.values[tenancy.tenant] = .text(tenant.id)
        if let user { row.values[tenancy.user] = .text(user) }
        return try holds(rule.expression, row)
    }

    private static let membershipLimit = 1_000
}
