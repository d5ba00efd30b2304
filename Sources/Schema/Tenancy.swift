internal import Config
package import Expressions

/// `[tenancy]` as compiled: how a request says which tenant it is about, and who its members are.
package struct Tenancy: Sendable {
    package var tenants: Collection
    package var members: Collection
    /// The fields of a member that hold its user and its tenant.
    package var user: Int
    package var tenant: Int
    /// What names it in a request: a header, a query parameter.
    package var header: String?
    package var query: String?
    /// Whether the caller's single membership decides where nothing is named.
    package var takesSingle = false
    /// A condition over the tenant; while it is false its members are refused.
    package var activeWhen: Expression?
    /// Nil: members are made by other means.
    package var invitations: Invitations?

    package init(tenants: Collection, members: Collection, user: Int, tenant: Int) {
        self.tenants = tenants
        self.members = members
        self.user = user
        self.tenant = tenant
    }

    /// What a request may name its tenant by, said to whoever has not; empty where nothing but a single membership decides.
    package var naming: String {
        let ways = [header.map { "the header \($0)" }, query.map { "the query parameter '\($0)'" }].compactMap { $0 }
        return ways.isEmpty ? "" : "send \(ways.joined(separator: " or ")) with its id or lookup"
    }
}

/// `tenancy.invitations`, its fields by index.
package struct Invitations: Sendable {
    package var collection: Collection
    /// Milliseconds.
    package var lifetime: Int64
    package var email: Int
    package var token: Int
    package var inviter: Int
    package var expiresAt: Int
    package var status: Int
    /// What becomes what of the member.
    package var offered: [(invitation: Int, member: Int)]

    /// The fields that are not the member's.
    static let own: Set<String> = ["email", "token", "inviter", "expires_at", "status", Desugaring.tenant]

    package static let pending = "PENDING"
    package static let accepted = "ACCEPTED"
    package static let expired = "EXPIRED"

    /// Nil where the file has spoiled a field of it, which is told elsewhere.
    init?(_ preset: InvitationPreset, _ collections: [Collection], members: Collection) {
        guard let collection = collections.first(where: { $0.name == "invitations" }), let email = collection.field("email"),
            let token = collection.field("token"), let inviter = collection.field("inviter"),
            let expiresAt = collection.field("expires_at"), let status = collection.field("status")
        else { return nil }
        self.collection = collection
        lifetime = preset.ttl
        (self.email, self.token, self.inviter) = (email.index, token.index, inviter.index)
        (self.expiresAt, self.status) = (expiresAt.index, status.index)
        offered = collection.fields.dropFirst(Row.System.count).compactMap { field in
            Self.own.contains(field.name) ? nil : members.field(field.name).map { (field.index, $0.index) }
        }
    }
}

extension SchemaCompiler {
    /// Names alone, before anything is compiled.
    mutating func checkTenancy() {
        guard let declared = configuration.tenancy else {
            // A faulty [tenancy] is told of where it is written.
            for collection in declarations where collection.isTenant && !doubtful.contains("tenant") {
                faults.append(
                    Fault(
                        "'\(collection.name)' belongs to tenants, and the file has no [tenancy]", at: collection.at,
                        length: collection.name.count, suggestion: "add [tenancy] with tenant and member"))
            }
            return
        }
        if let tenants = declarations.first(where: { $0.name == declared.tenant.value }), tenants.isTenant {
            faults.append(
                Fault(
                    "'\(tenants.name)' are the tenants themselves: a tenant is in none", at: tenants.at, length: tenants.name.count,
                    suggestion: "take tenant = true away from it"))
            doubtful.formUnion(["tenant", "member"])
        }
        for name in [declared.tenant, declared.member] where !declarations.contains(where: { $0.name == name.value }) {
            unknown("collection", name, among: declarations.map(\.name))
            doubtful.formUnion(["tenant", "member"])
        }
        if let members = declarations.first(where: { $0.name == declared.member.value }) {
            let isOfUser = members.fields.contains { $0.type.value == .ref && $0.to.map(\.value) == [BuiltIns.users] }
            if !members.isTenant || !isOfUser {
                faults.append(
                    Fault(
                        members.isTenant ? "a member refers to a user" : "members belong to a tenant", at: declared.member.at,
                        length: declared.member.value.count,
                        suggestion: members.isTenant
                            ? "add user = { type = \"ref\", to = \"users\", required = true, unique = true } to its fields"
                            : "add tenant = true to [collections.\(members.name)]"))
                doubtful.formUnion(["tenant", "member"])
            }
        }
        model.tenant = declared.tenant.value
        model.member = declared.member.value
    }

    mutating func tenancy(_ collections: [Collection]) -> Tenancy? {
        guard let declared = configuration.tenancy, let tenants = collections.first(where: { $0.name == declared.tenant.value }),
            let members = collections.first(where: { $0.name == declared.member.value }), let tenant = members.shape.tenant,
            let user = members.fields.first(where: { $0.kind == .reference(to: BuiltIns.users) })
        else { return nil }
        let activeWhen = standing(declared.activeWhen, "'active_when'", of: tenants.name, root: "tenant", noun: "tenant")
        var tenancy = Tenancy(tenants: tenants, members: members, user: user.index, tenant: tenant)
        tenancy.activeWhen = activeWhen
        tenancy.invitations = declared.invitations.flatMap { Invitations($0, collections, members: members) }
        for resolver in declared.resolve {
            switch resolver {
            case .header(let name): tenancy.header = tenancy.header ?? name
            case .query(let name): tenancy.query = tenancy.query ?? name
            case .only: tenancy.takesSingle = true
            }
        }
        return tenancy
    }
}
