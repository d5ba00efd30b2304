/// `[auth]`
package struct Auth: Sendable {
    package enum Signup: String, Sendable, CaseIterable { case open, invite, closed }
    package enum Method: String, Sendable, CaseIterable { case password, otp }
    package enum Transport: String, Sendable, CaseIterable { case bearer, cookie }
    /// How one signs in.
    package var methods: [Method] = [.password]
    /// Where tokens may be; the first is used where the client does not choose.
    package var transport: [Transport] = [.bearer]
    package var signup = Signup.open
    /// Where it is written.
    package var signupAt: Location?
    /// A condition over the user; false closes the account (403 `ACCOUNT_INACTIVE`).
    package var activeWhen: Located<String>?
    package var accessTTL: Int64 = 15 * 60_000
    package var refreshTTL: Int64 = 30 * 86_400_000
    package var refreshGrace: Int64 = 60_000
    /// Characters.
    package var passwordMinimum = 8
    package var passwordMaximum = 256
    /// Failures in `passwordLockoutWindow` before the account is closed for the rest of it.
    package var passwordLockout = 5
    package var passwordLockoutWindow: Int64 = 15 * 60_000
    package enum PasswordClass: String, Sendable, CaseIterable { case upper, lower, digit, symbol }
    /// Of each at least one character.
    package var passwordRequire: [PasswordClass] = []
    package var otp = OTPSettings()
    package var verifyEmail = AddressProof(ttl: 86_400_000)
    package var reset = AddressProof(ttl: 3_600_000)
    /// Sessions of one user; the oldest ends when there are more.
    package var sessionMaximum = 20
    /// Who may make API keys; nil: nobody.
    package var apiKeysAllow: Located<String>?
    /// A second factor by an authenticator; nil: there is none.
    package var totp: TOTPSettings?
    package var oidc: [OIDCDeclaration] = []

    package init() {}

    /// Whether the file has codes sent to phones at all: to sign in, or to prove another number.
    package var sendsCodes: Bool { otp.notice != nil }
}

/// `auth.otp`: codes by SMS.
package struct OTPSettings: Sendable {
    package var digits = 6
    package var ttl: Int64 = 120_000
    /// Of one code.
    package var attempts = 3
    package var perPhone = Rate(count: 3, window: 3_600_000)
    /// ISO 3166 codes of the countries that codes are sent to; empty: all.
    package var countries: [String] = []
    /// All codes together; nil: no bound.
    package var budget: Rate?
    /// The `[notify.<n>]` that sends it.
    package var notice: Located<String>?

    package init() {}
}

/// `auth.verify_email`, `auth.reset`: a token by mail, and how long it may be used.
package struct AddressProof: Sendable {
    package var ttl: Int64
    package var notice: Located<String>?

    package init(ttl: Int64) {
        self.ttl = ttl
    }
}

/// `auth.totp`
package struct TOTPSettings: Sendable {
    /// A condition over the user; while it holds he must have an authenticator (403 `TOTP_REQUIRED`).
    package var require: Located<String>?
    /// What authenticators show; nil: `app.name`.
    package var issuer: String?

    package init() {}
}

/// `[auth.oidc.<name>]`: sign-in by another service (OpenID Connect).
package struct OIDCDeclaration: Sendable {
    package var name: String
    package var at: Location
    package var issuer = ""
    package var clientID = ""
    package var clientSecret: Secret?
    package var scopes = ["openid", "email", "profile"]
    package var label: String?

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
    }
}
