internal import Config

/// Names in `server.limits`: a rate of what does not exist would hold nobody back, and say nothing of it.
extension SchemaCompiler {
    /// What stands below `/auth`; a rate of `auth.otp` is that of all routes below it.
    private static let auth = [
        "signup", "login", "refresh", "logout", "otp", "otp.request", "otp.verify", "password", "password.change", "password.forgot",
        "password.reset", "email", "email.verify", "email.resend", "email.change", "phone", "phone.change", "phone.verify", "totp",
        "totp.setup", "totp.confirm", "totp.disable", "totp.verify", "totp.recovery", "oidc", "oidc.exchange",
    ]

    mutating func checkRouteLimits() {
        for limit in configuration.server.limits {
            let parts = limit.name.value.split(separator: ".", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            if parts[0] == "auth" {
                guard !Self.auth.contains(parts[1]) else { continue }
                unknown("route", limit.name, among: Self.auth.map { "auth.\($0)" })
            } else if let declaration = declarations.first(where: { $0.name == parts[0] }) {
                let operations = operations(of: declaration) + (declaration.name == BuiltIns.media ? ["presign"] : [])
                guard !operations.contains(parts[1]) else { continue }
                unknown("operation", limit.name, among: operations.map { "\(parts[0]).\($0)" })
            }
        }
    }

    /// What `limits` of a collection may name.
    func operations(of declaration: CollectionDeclaration) -> [String] {
        ["list", "read", "create", "update", "delete", "restore"] + declaration.transitions.map(\.name) + declaration.actions.map(\.name)
    }
}
