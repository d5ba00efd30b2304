package import Identity

/// Everything of identity (04-api, Identity): `/auth/…` and `/me/…`.
package struct AuthRoutes: Sendable {
    private let context: APIContext
    private let accounts: Accounts
    /// Nil: nobody signs in by a code.
    private let codes: PhoneSignIn?

    package init(_ context: APIContext, accounts: Accounts, codes: PhoneSignIn?) {
        self.context = context
        self.accounts = accounts
        self.codes = codes
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        SignedInAnswer.describe(in: &document)
        SignInRoutes(context, accounts: accounts).add(to: &routes, describing: &document)
        if let codes { OTPRoutes(context, codes: codes).add(to: &routes, describing: &document) }
        MeRoutes(context).add(to: &routes, describing: &document)
    }
}
