/// `[auth]`
extension Language {
    static let auth = Section<Auth>(
        keys: [
            Key("methods", .list(.choice()), \.methods, initial: "[\"password\"]", "how one signs in"),
            Key(
                "signup", .choice(), \.signup, initial: "\"open\"",
                "who may make an account: everybody, whoever holds an invitation, or nobody"),
            Key(
                "transport", .oneOrList(.choice()).filled("nobody could sign in", "write transport = [\"bearer\"]"), \.transport,
                initial: "[\"bearer\"]",
                "where tokens may be: in the answer, in cookies; the first where the client does not say"
            ),
            Key("active_when", .expression, \.activeWhen, "condition over the user; while it is false the account is closed"),
            Key("access_ttl", .duration(), \.accessTTL, initial: "\"15m\"", "life of an access token"),
            Key("refresh_ttl", .duration(), \.refreshTTL, initial: "\"30d\"", "life of a session that is not used"),
            Key(
                "refresh_grace", .duration(atLeast: 0), \.refreshGrace, initial: "\"60s\"",
                "how long a spent refresh token gives the same answer again"),
            Key("password", password, \.self, "what a password must be, and when guessing ends"),
            Key("otp", otp, \.otp, "codes by SMS"),
            Key("verify_email", proof("\"24h\""), \.verifyEmail, "proof of an address, by mail"),
            Key("reset", proof("\"1h\""), \.reset, "a new password, by mail"),
            Key("sessions", sessions, \.self, "how many one user has"),
            Key("api_keys", apiKeys, \.self, "keys for programs; each acts as its maker"),
            Key("totp", totp, \.totp, initial: "false", "a second factor by an authenticator"),
            Key("oidc", oidc, \.oidc, "sign-in by other services (OpenID Connect)"),
        ]
    ) { auth, table, reading in
        auth.signupAt = table["signup"]?.node.at
        if auth.methods.isEmpty, table["oidc"] == nil, let methods = table["methods"] {
            reading.report("nobody could sign in", methods.node, suggestion: "write methods = [\"password\"]")
        }
        if auth.methods.contains(.otp), table["otp"]?.node.table?["notify"] == nil, let methods = table["methods"] {
            reading.report(
                "the method \"otp\" needs 'notify' in [auth.otp]", methods.node, suggestion: "name the message that holds the code")
        }
    }

    static let password = Section<Auth>(
        keys: [
            Key("min", .integer(1...1_024), \.passwordMinimum, initial: "8", "fewest characters"),
            Key("max", .integer(1...1_024), \.passwordMaximum, initial: "256", "most characters"),
            Key("lockout", lockout, \.passwordLockoutRate, initial: "\"5/15m\"", "failures within a time that close the login"),
            Key(
                "require", .list(.choice()), \.passwordRequire, initial: "[]", "of each at least one character"),
        ]
    ) { auth, table, reading in
        guard auth.passwordMinimum > auth.passwordMaximum, let member = table["min"] ?? table["max"] else { return }
        reading.report("'min' is above 'max'", member.node, suggestion: "min is \(auth.passwordMinimum), max is \(auth.passwordMaximum)")
    }

    /// The account is counted, and its address more generously.
    private static let lockout = bound("a lock-out", example: "5/15m")

    /// A rate whose key says already for whom is counted: so many in a time, and nothing besides.
    private static func bound(_ what: String, example: String) -> Form<Rate> {
        .setting("rate", example: "\"\(example)\"", pattern: "[0-9]+/[0-9]*[smhd]") { text in
            let words = text.split(separator: " ")
            let bare = words.first.map(String.init) ?? ""
            switch RateParser.parse(bare) {
            case .success where words.count > 1:
                return .failure(Problem(message: "\(what) is a count and a time, and nothing besides", suggestion: "write \"\(bare)\""))
            case .failure(let problem) where problem.suggestion == RateParser.form:
                return .failure(Problem(message: problem.message))
            case let rate: return rate
            }
        }
    }

    static let otp = Section<OTPSettings>(keys: [
        Key("digits", .integer(4...10), \.digits, initial: "6", "of a code"),
        Key("ttl", .duration(), \.ttl, initial: "\"120s\"", "life of a code"),
        Key("attempts", .integer(1...100), \.attempts, initial: "3", "of one code"),
        Key("per_phone", bound("the bound of one number", example: "3/h"), \.perPhone, initial: "\"3/h\"", "codes for one number"),
        Key("countries", .list(.country), \.countries, initial: "[]", "where codes are sent to, such as `[\"IR\"]`; empty: everywhere"),
        Key("budget", bound("a budget", example: "1000/d"), \.budget, "all codes together, such as `\"1000/d\"`"),
        Key("notify", .notice, \.notice, "the notification that sends it; `code` in its text"),
    ])

    static func proof(_ ttl: String) -> Section<AddressProof> {
        Section(keys: [
            Key("ttl", .duration(), \.ttl, initial: ttl, "life of the token"),
            Key("notify", .notice, \.notice, isRequired: true, "the notification that sends it; `token` in its text"),
        ])
    }

    private static let sessions = Section<Auth>(keys: [
        Key("max", .integer(1...100_000), \.sessionMaximum, initial: "20", "the oldest ends when there are more")
    ])

    private static let apiKeys = Section<Auth>(keys: [Key("allow", .expression, \.apiKeysAllow, "who may make them")])

    private static let totp = Form<TOTPSettings?>.preset(totpSection) { TOTPSettings() }

    private static let totpSection = Section<TOTPSettings>(keys: [
        Key(
            "require", .expression, \.require,
            "condition over the user; while it holds, nothing but setting up an authenticator is open to whoever has none"),
        Key("issuer", .text(), \.issuer, "what authenticators show; `app.name` unless said"),
    ])

    private static let oidc = Form<[OIDCDeclaration]>.byName("service", shape: oidcSection.shape) { member, reading in
        Form.table(oidcSection) { _ in OIDCDeclaration(name: member.name, at: member.at) }.read(member.node, reading)
    }

    static let oidcSection = Section<OIDCDeclaration>(keys: [
        Key("issuer", .url, \.issuer, isRequired: true, "whose `/.well-known/openid-configuration` is read"),
        Key("client_id", .text(), \.clientID, isRequired: true, "how the service knows this site"),
        Key("client_secret", .secret, \.clientSecret, isRequired: true, "and the proof of it"),
        Key(
            "scopes", .list(.text()), \.scopes, initial: "[\"openid\", \"email\", \"profile\"]", "what the service is asked for"),
        Key("label", .text(), \.label, "how people call it"),
    ]) { service, table, reading in
        // OpenID Connect Core 1.0, 3.1.2.1: without it the answer says nobody's name.
        guard let scopes = table["scopes"], !service.scopes.contains("openid") else { return }
        reading.report("without the scope \"openid\" nobody is named, and nobody could sign in", scopes.node, suggestion: "add \"openid\"")
    }
}

extension Auth {
    fileprivate var passwordLockoutRate: Rate {
        get { Rate(count: passwordLockout, window: passwordLockoutWindow) }
        set {
            passwordLockout = newValue.count
            passwordLockoutWindow = newValue.window
        }
    }
}
