/// Rates that are counted for somebody who never comes there.
extension Caveats {
    @Sendable static func limits(_ file: WholeFile) -> [Fault] {
        let configuration = file.configuration
        let hasKeys = configuration.auth.apiKeysAllow != nil
        return (configuration.server.limits + configuration.collections.flatMap(\.limits)).compactMap { limit in
            let name = limit.name.value
            let area = name.prefix { $0 != "." }
            switch limit.rate.scope {
            case .key where !hasKeys:
                return warning(
                    "there are no API keys here: this is counted for each user", limit,
                    "write \"per user\", or api_keys = { allow = \"…\" } in [auth]")
            case .key where closedToKeys.contains(String(area)) && name.contains("."):
                return warning(
                    "no API key comes here: this is counted for each \(strangers.contains(name) ? "address" : "user")", limit,
                    "write \"per \(strangers.contains(name) ? "ip" : "user")\"")
            case .user where strangers.contains(name):
                return warning("nobody is signed in here: this is counted for each address", limit, "write \"per ip\"")
            default: return nil
            }
        }
    }

    /// What accounts are asked for themselves (04-api, Further).
    private static let closedToKeys: Set = ["auth", "me", "admin"]

    /// Routes for those who are not signed in yet.
    private static let strangers: Set = [
        "auth.signup", "auth.login", "auth.refresh", "auth.otp", "auth.otp.request", "auth.otp.verify", "auth.password.forgot",
        "auth.password.reset", "auth.totp.verify", "auth.oidc", "auth.oidc.exchange",
    ]

    private static func warning(_ message: String, _ limit: LimitDeclaration, _ next: String) -> Fault {
        Fault(message, at: limit.name.at, length: limit.name.value.unicodeScalars.count, suggestion: next, severity: .warning)
    }
}
