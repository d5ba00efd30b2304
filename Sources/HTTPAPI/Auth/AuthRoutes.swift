package import Identity

/// What `/auth` and `/me` are made of.
package struct IdentityServices: Sendable {
    package var accounts: Accounts
    package var sessions: Sessions
    package var passwords: Passwords
    package var reset: PasswordReset
    package var addresses: Addresses
    package var keys: SigningKeys
    /// Nil: nobody signs in by a code.
    package var codes: PhoneSignIn?
    /// Nil: nobody may have any.
    package var apiKeys: APIKeys?
    /// Nil: there are no other services.
    package var services: OIDCSignIn?

    package init(
        accounts: Accounts, sessions: Sessions, passwords: Passwords, reset: PasswordReset, addresses: Addresses, keys: SigningKeys,
        codes: PhoneSignIn?
    ) {
        self.reset = reset
        self.addresses = addresses
        self.codes = codes
        self.accounts = accounts
        self.sessions = sessions
        self.passwords = passwords
        self.keys = keys
    }
}

/// Everything of identity (04-api, Identity): `/auth/…` and `/me/…`.
package struct AuthRoutes: Sendable {
    private let context: APIContext
    /// With the tenant of the request.
    private let tenants: APIContext
    let identity: IdentityServices

    /// What a person does about himself he does wherever he belongs; API keys alone are of a tenant.
    package init(_ context: APIContext, _ identity: IdentityServices) {
        self.context = context.personal
        tenants = context
        self.identity = identity
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        SignedInAnswer.describe(in: &document)
        SignInRoutes(context, identity).add(to: &routes, describing: &document)
        PasswordRoutes(context, identity).add(to: &routes, describing: &document)
        if let codes = identity.codes { OTPRoutes(context, codes: codes).add(to: &routes, describing: &document) }
        AddressRoutes(context, identity).add(to: &routes, describing: &document)
        if let keys = identity.apiKeys {
            APIKeyRoutes(tenants, keys: keys).add(to: &routes, describing: &document)
            TenantKeyRoutes(tenants, keys: keys)?.add(to: &routes, describing: &document)
        }
        if let factors = identity.accounts.secondFactors {
            TOTPRoutes(context, accounts: identity.accounts, factors: factors).add(to: &routes, describing: &document)
        }
        if let services = identity.services { OIDCRoutes(context, services: services).add(to: &routes, describing: &document) }
        MeRoutes(context, identity).add(to: &routes, describing: &document)
        SessionRoutes(context, identity.sessions).add(to: &routes, describing: &document)
        KeyRoutes(context, identity.keys).add(to: &routes, describing: &document)
    }
}
