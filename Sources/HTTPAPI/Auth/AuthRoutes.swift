package import Identity

/// Everything of identity (04-api, Identity): `/auth/…` and `/me/…`.
package struct AuthRoutes: Sendable {
    private let context: APIContext
    private let accounts: Accounts

    package init(_ context: APIContext, accounts: Accounts) {
        self.context = context
        self.accounts = accounts
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        SignedInAnswer.describe(in: &document)
        SignInRoutes(context, accounts: accounts).add(to: &routes, describing: &document)
        MeRoutes(context).add(to: &routes, describing: &document)
    }
}
