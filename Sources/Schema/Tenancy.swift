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

    package init(tenants: Collection, members: Collection, user: Int, tenant: Int) {
        self.tenants = tenants
        self.members = members
        self.user = user
        self.tenant = tenant
    }
}

extension SchemaCompiler {
    /// Names alone, before anything is compiled.
    mutating func checkTenancy() {
        guard let declared = configuration.tenancy else {
            for collection in declarations where collection.isTenant {
                faults.append(
                    Fault(
                        "'\(collection.name)' belongs to tenants, and the file has no [tenancy]", at: collection.at,
                        length: collection.name.count, suggestion: "add [tenancy] with tenant and member"))
            }
            return
        }
        for name in [declared.tenant, declared.member] where !declarations.contains(where: { $0.name == name.value }) {
            unknown("collection", name, among: declarations.map(\.name))
            doubtful.formUnion(["tenant", "member"])
        }
        if let members = declarations.first(where: { $0.name == declared.member.value }) {
            if !members.isTenant {
                faults.append(
                    Fault(
                        "members belong to a tenant", at: declared.member.at, length: declared.member.value.count,
                        suggestion: "add tenant = true to [collections.\(members.name)]"))
            }
            if !members.fields.contains(where: { $0.type.value == .ref && $0.to.map(\.value) == [BuiltIns.users] }) {
                faults.append(
                    Fault(
                        "a member refers to a user", at: declared.member.at, length: declared.member.value.count,
                        suggestion: "add user = { type = \"ref\", to = \"users\", required = true } to its fields"))
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
        let activeWhen = declared.activeWhen.flatMap {
            expression($0, in: Scope(collection: tenants.name, hasCaller: false, macros: macros), as: .condition)
        }
        var tenancy = Tenancy(tenants: tenants, members: members, user: user.index, tenant: tenant)
        tenancy.activeWhen = activeWhen
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
