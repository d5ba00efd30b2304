/// `[app]`, `[server]`, `[database]`, `[storage]`, `[log]`, `[auth]`
extension Language {
    static let app = Section<App>(
        keys: [
            Key("name", .text(), \.name, initial: "\"Atlas\"", "what the site is called"),
            Key("base_url", .url, \.baseURL, initial: "\"http://127.0.0.1:8080\"", "where clients reach the API; links are built from it"),
            Key("locale", .locale, \.locale, initial: "\"en\"", "language of the content (BCP 47): slugs, order of texts"),
            Key("timezone", .timezone, \.timezone, initial: "\"UTC\"", "zone of `day()`, `month()`, `year()` in expressions"),
            Key(
                "data_dir", .directory, \.dataDirectory, initial: "\"data\"",
                "database, files and keys; relative to the file that names it"),
            Key(
                "master_key", .masterKey, \.masterKey,
                "secret that seals secrets and signs tokens; without it made at first start in data_dir"),
        ], later: ["site_url"])

    static let server = Section<Server>(
        keys: [
            Key(
                "http", .oneOrList(.address), \.http, initial: "[\"127.0.0.1:8080\"]",
                "addresses to listen on; `:8080` is every IPv4 address, port 0 any free one"),
            Key(
                "trusted_proxies", .list(.network), \.trustedProxies, initial: "[]",
                "proxies whose X-Forwarded-For and request ids are believed"),
            Key("cors", .list(.origin), \.cors, initial: "[]", "origins whose pages may call the API"),
            Key("max_body", .size, \.maxBody, initial: "\"1MiB\"", "largest body but uploads, which `media.<kind>.max` bounds"),
            Key("grace", .duration(atLeast: 0), \.grace, initial: "\"30s\"", "how long a stop waits for requests and jobs"),
            Key("threads", .integer(0...1_024), \.threads, initial: "0", "threads that serve; 0 is one for each core"),
            Key("connection", connection, \.self, "limits of one connection"),
        ],
        later: ["https", "microcache", "compress", "static", "proxy", "allow_private", "limits"])

    static let connection = Section<Server>(keys: [
        Key("header_timeout", .duration(), \.headerTimeout, initial: "\"10s\"", "until the head of a request is whole"),
        Key("body_timeout", .duration(), \.bodyTimeout, initial: "\"30s\"", "silence while a body arrives"),
        Key("write_timeout", .duration(), \.writeTimeout, initial: "\"30s\"", "silence while an answer is taken"),
        Key("keepalive_timeout", .duration(), \.keepAliveTimeout, initial: "\"75s\"", "an idle connection closes after this"),
        Key("keepalive_requests", .integer(1...1_000_000_000), \.keepAliveRequests, initial: "1000", "requests on one connection"),
        Key("keepalive_lifetime", .duration(), \.keepAliveLifetime, initial: "\"1h\"", "age at which a connection closes"),
        Key("max_header", .smallSize, \.maxHeader, initial: "\"16KiB\"", "all header fields together"),
        Key("max_header_fields", .integer(1...10_000), \.maxHeaderFields, initial: "100", "number of header fields"),
        Key("max_uri", .smallSize, \.maxURI, initial: "\"8KiB\"", "length of a request's target"),
    ])

    static let database = Section<Database>(
        keys: [
            Key("url", .databaseURL, \.url, initial: "\"sqlite:atlas.db\"", "a file in `app.data_dir`, or an absolute path"),
            Key(
                "durability", .choice(), \.durability, initial: "\"full\"",
                "`full`: an answered write survives a power cut; `normal`: the last ones may not"),
            Key("readers", .integer(0...1_024), \.readers, initial: "0", "threads for scans and counts; 0 is one for each core"),
        ], later: ["pool", "pool_size"])

    static let storage = Section<Storage>(
        keys: [
            Key("driver", .choice(later: ["s3"]), \.driver, initial: "\"local\"", "where files go"),
            Key("dir", .path, \.directory, initial: "\"files\"", "their directory; in `app.data_dir` when relative"),
        ],
        later: ["endpoint", "region", "bucket", "path_style", "public_url", "access_key", "secret_key", "presign_ttl"])

    static let log = Section<Log>(keys: [
        Key("level", .choice(), \.level, initial: "\"info\"", "the least that is worth a line"),
        Key("format", .choice(), \.format, initial: "\"auto\"", "`auto`: text on a terminal, JSON lines otherwise"),
        Key("access", .bool, \.access, initial: "true", "one JSON line for each request"),
    ])

    static let auth = Section<Auth>(
        keys: [
            Key("signup", .choice(), \.signup, initial: "\"open\"", "who may make an account: everybody, or nobody"),
            Key("active_when", .expression, \.activeWhen, "condition over the user; while it is false the account is closed"),
            Key("access_ttl", .duration(), \.accessTTL, initial: "\"15m\"", "life of an access token"),
            Key("refresh_ttl", .duration(), \.refreshTTL, initial: "\"30d\"", "life of a session that is not used"),
            Key(
                "refresh_grace", .duration(atLeast: 0), \.refreshGrace, initial: "\"60s\"",
                "how long a spent refresh token gives the same answer again"),
            Key("password", password, \.self, "what a password must be, and when guessing ends"),
        ],
        later: ["methods", "transport", "otp", "verify_email", "reset", "sessions", "api_keys", "totp", "oidc"])

    static let password = Section<Auth>(
        keys: [
            Key("min", .integer(1...1_024), \.passwordMinimum, initial: "8", "fewest characters"),
            Key("max", .integer(1...1_024), \.passwordMaximum, initial: "256", "most characters"),
            Key("lockout", .integer(1...1_000), \.passwordLockout, initial: "5", "failures within the window that close the login"),
            Key("lockout_window", .duration(), \.passwordLockoutWindow, initial: "\"15m\"", "that window"),
        ], later: ["require"]
    ) { auth, table, reading in
        guard auth.passwordMinimum > auth.passwordMaximum, let member = table["min"] ?? table["max"] else { return }
        reading.report("'min' is above 'max'", member.node, suggestion: "min is \(auth.passwordMinimum), max is \(auth.passwordMaximum)")
    }
}

extension Form where Value == String {
    /// A directory, absolute after reading.
    static let directory = Form(shape: path.shape) { node, reading in
        path.read(node, reading).map { reading.absolute($0, in: node.at.file) }
    }
}

extension Form where Value == Secret {
    /// 256 bits are what the keys derived from it are worth.
    static let masterKey = Form(shape: secret.shape) { node, reading in
        guard let secret = secret.read(node, reading) else { return nil }
        if secret.bytes.count < 32 {
            reading.warn("the key is short", node, suggestion: "make one with: openssl rand -hex 32")
        }
        return secret
    }
}

extension Form where Value == Int {
    /// Bytes, at most 1 MiB.
    static let smallSize = Form(shape: Form<Int64>.size.shape) { node, reading in
        guard let bytes = Form<Int64>.size.read(node, reading) else { return nil }
        guard bytes <= 1 << 20 else {
            reading.report("the size is too large", node, suggestion: "at most \"1MiB\"")
            return nil
        }
        return Int(bytes)
    }
}
