/// Ways to sign in that give away what they should keep, and times that do not fit each other.
extension Caveats {
    static let signIn: [@Sendable (WholeFile) -> [Fault]] = [cookies, issuers]
    static let lifetimes: [@Sendable (WholeFile) -> [Fault]] = [sessions, codes, tokens]

    /// Without HTTPS a cookie cannot be `Secure`, and is read by whoever listens (RFC 6265, 8.3).
    @Sendable private static func cookies(_ file: WholeFile) -> [Fault] {
        let url = file.configuration.app.baseURL
        guard file.configuration.auth.transport.contains(.cookie), url.hasPrefix("http:"), !Network.isLoopback(url: url) else { return [] }
        return file.warning(
            "sessions go in cookies, and in the clear: they are not 'Secure' here", at: "app.base_url",
            next: "write https:// where a proxy before Atlas does TLS, or transport = [\"bearer\"]")
    }

    @Sendable private static func issuers(_ file: WholeFile) -> [Fault] {
        file.configuration.auth.oidc.filter { $0.issuer.hasPrefix("http:") && !Network.isLoopback(url: $0.issuer) }.flatMap { service in
            file.warning(
                "whoever is on the way to '\(service.name)' can sign in as anybody: the issuer has no TLS",
                at: "auth.oidc.\(service.name).issuer", next: "write https://")
        }
    }

    @Sendable private static func sessions(_ file: WholeFile) -> [Fault] {
        let auth = file.configuration.auth
        guard auth.accessTTL > auth.refreshTTL else { return [] }
        return file.warning(
            "an access token lives longer than what renews it: no session could be renewed in time", at: "auth.access_ttl",
            or: ["auth.refresh_ttl"], next: "access_ttl is minutes, refresh_ttl days")
    }

    @Sendable private static func codes(_ file: WholeFile) -> [Fault] {
        let otp = file.configuration.auth.otp
        guard otp.perPhone.count == 1, otp.perPhone.window > otp.ttl else { return [] }
        return file.warning(
            "a code is over before its number may have another", at: "auth.otp.per_phone", or: ["auth.otp.ttl"],
            next: "a longer 'ttl', or more codes in the time of 'per_phone'")
    }

    /// What is sent must be read before it is over; and what lies in a mailbox for years is a key under the mat.
    @Sendable private static func tokens(_ file: WholeFile) -> [Fault] {
        let auth = file.configuration.auth
        let second: Int64 = 1_000
        let day = 86_400 * second
        var sent: [(key: String, ttl: Int64, least: Int64, most: Int64, usual: String)] = [
            ("auth.otp.ttl", auth.otp.ttl, 20 * second, day, "120s"),
            ("auth.verify_email.ttl", auth.verifyEmail.ttl, 60 * second, 366 * day, "24h"),
            ("auth.reset.ttl", auth.reset.ttl, 60 * second, 31 * day, "1h"),
        ]
        if let invitations = file.configuration.tenancy?.invitations {
            sent.append(("tenancy.invitations.ttl", invitations.ttl, 60 * second, 366 * day, "7d"))
        }
        return sent.flatMap { key, ttl, least, most, usual in
            if ttl < least { return file.warning("it is over before anybody has read it", at: key, next: "usual is \"\(usual)\"") }
            if ttl > most {
                return file.warning("whoever finds the message may use it for very long", at: key, next: "usual is \"\(usual)\"")
            }
            return []
        }
    }
}
