/// `[tenancy]`: many organisations in one site.
package struct TenancyDeclaration: Sendable {
    /// How a request says which tenant it is about.
    package enum Resolver: Sendable, Equatable {
        /// The tenant's id or lookup in a header, or in a query parameter.
        case header(String)
        case query(String)
        /// The caller's single membership.
        case only
    }

    package var at: Location
    /// The collections of the tenants and of their members.
    package var tenant: Located<String>
    package var member: Located<String>
    /// Asked in this order.
    package var resolve: [Resolver] = [.header("X-Tenant"), .only]
    /// A condition over the tenant; while it is false its members get 403 `TENANT_INACTIVE`.
    package var activeWhen: Located<String>?
    /// Presets; nil: off.
    package var invitations: InvitationPreset?
    package var hooks: HookPreset?

    package init(at: Location) {
        self.at = at
        tenant = Located("", at: at)
        member = Located("", at: at)
    }
}

/// `tenancy.invitations`
package struct InvitationPreset: Sendable {
    package var ttl: Int64 = 7 * 86_400_000
    /// The `[notify.<n>]` that sends them; nil: the one called `invitation`, where there is one.
    package var notice: Located<String>?

    package init() {}
}

/// `tenancy.hooks`: endpoints of webhooks that tenants keep.
package struct HookPreset: Sendable {
    /// Of one tenant.
    package var maximum = 20

    package init() {}
}
