import Text

/// `[server]`, `[tls]`
extension Language {
    static let server = Section<Server>(
        keys: [
            Key(
                "http", .oneOrList(.address), \.http, initial: "[\"127.0.0.1:8080\"]",
                "addresses to listen on; `:8080` is every IPv4 address, port 0 any free one"),
            Key("https", .oneOrList(.address), \.https, initial: "[]", "addresses of TLS, such as `:443`").notInForce,
            Key(
                "trusted_proxies", .list(.network), \.trustedProxies, initial: "[]",
                "proxies whose X-Forwarded-For and request ids are believed"),
            Key("cors", .list(.origin), \.cors, initial: "[]", "origins whose pages may call the API"),
            Key("max_body", .size, \.maxBody, initial: "\"1MiB\"", "largest body but uploads, which `media.<kind>.max` bounds"),
            Key("grace", .duration(atLeast: 0), \.grace, initial: "\"30s\"", "how long a stop waits for requests and jobs"),
            Key("threads", .integer(0...1_024), \.threads, initial: "0", "threads that serve; 0 is one for each core"),
            Key("connection", connection, \.self, "limits of one connection"),
            Key(
                "limits", routeLimits, \.limits,
                "how often a route may be called: `default`, `\"auth.otp\"`, `\"<collection>.<action>\"`"
            ),
            Key(
                "microcache", .duration(atLeast: 0), \.microcache, initial: "\"0s\"",
                "how long an anonymous GET's answer is kept; a write drops what it touches"
            ).notInForce,
            Key("compress", .bool, \.compress, initial: "true", "answers from 1 KiB, where the client takes it").notInForce,
            Key("static", staticFiles, \.staticFiles, "the files of a front end").notInForce,
            Key("proxy", .list(proxy), \.proxies, initial: "[]", "servers beside Atlas that get what it does not route").notInForce,
            Key(
                "allow_private", .list(.network), \.allowPrivate, initial: "[]",
                "private addresses that URLs from data may reach"),
        ])

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

    /// The rate of a route. Names are known by their first part; what may follow it is the schema's matter.
    static let routeLimits = Form<[LimitDeclaration]>(
        shape: .named("route", Form<Rate>.rate.shape, pattern: "default|[a-z][a-z0-9_]*\\.[a-z0-9_.]+")
    ) { node, reading in
        guard let table = node.table else {
            reading.report("a table is expected here, not \(node.kind)", node, suggestion: "write limits = { default = \"100/m per ip\" }")
            return nil
        }
        return table.members.compactMap { member in
            checkRoute(member, reading)
            return Form<Rate>.rate.read(member.node, reading).map {
                LimitDeclaration(name: Located(member.name, at: member.at), rate: $0)
            }
        }
    }

    private static func checkRoute(_ member: TOMLMember, _ reading: Reading) {
        guard member.name != "default" else { return }
        let parts = member.name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty }) else {
            reading.report(
                "'\(member.name)' is no route", key: member,
                suggestion: NearestName.phrase(for: member.name, among: ["default"])
                    ?? "write default, or area.action in quotes, such as \"auth.login\"")
            return
        }
        let areas = ["auth", "me", "search", "exports", "events", "batch", "admin", "audit", "views"]
        let known = areas + reading.names.collections
        guard !known.contains(parts[0]) else { return }
        reading.report(
            "unknown collection '\(parts[0])'", key: member,
            suggestion: NearestName.phrase(for: parts[0], among: known) ?? "a collection, or one of \(areas.joined(separator: ", "))")
    }

    private static let staticFiles = Form<StaticFiles?>.optionalTable(staticSection) { _ in StaticFiles() }

    static let staticSection = Section<StaticFiles>(keys: [
        Key("dir", existingDirectory, \.directory, isRequired: true, "where they are"),
        Key("fallback", .path, \.fallback, "what is served where no file is, such as `index.html`"),
    ])

    /// Missing is a warning: the front end may be put there later.
    private static let existingDirectory = Form<String>(shape: Form<String>.directory.shape) { node, reading in
        guard let path = Form<String>.directory.read(node, reading) else { return nil }
        if !Files.isDirectory(path) { reading.warn("there is no directory \(path)", node) }
        return path
    }

    private static let proxy = Form.table(proxySection) { ProxyDeclaration(at: $0.at) }

    static let proxySection = Section<ProxyDeclaration>(keys: [
        Key("host", .hostName, \.host, "the host that it answers for; every one unless said"),
        Key("path", .urlPath, \.path, initial: "\"/\"", "the beginning of the paths that go there"),
        Key("to", .oneOrList(.url).filled("a proxy has at least one upstream"), \.to, isRequired: true, "its URL, or those of several"),
        Key("health", .urlPath, \.health, "a path that answers 2xx while it is well"),
    ])

    static let tls = Section<TLSSettings>(
        keys: [
            Key("mode", .choice(), \.mode, initial: "\"off\"", "`acme` gets certificates by itself, `files` reads them"),
            Key("domains", .list(.hostName), \.domains, initial: "[]", "the names; each has its certificate"),
            Key("email", .mailbox, \.email, "whom the authority may write to"),
            Key(
                "directory", .url, \.directory, initial: "\"https://acme-v02.api.letsencrypt.org/directory\"",
                "the authority (RFC 8555)"),
            Key("fallback", .url, \.fallback, "the authority that is asked when it fails"),
            Key("eab", externalAccount, \.externalAccount, "an account that the authority knows already"),
            Key("profile", .text(), \.profile, "of the certificate, where the authority has several"),
            Key(
                "challenges", .list(.choice()).filled("no name could be proven"), \.challenges, initial: "[\"http-01\", \"tls-alpn-01\"]",
                "how control of a name is proven"),
            Key("certificate", .directory, \.certificate, "`files`: the chain, as PEM"),
            Key("key", .directory, \.key, "`files`: the private key, as PEM"),
            Key("hsts", .duration(atLeast: 0), \.hsts, initial: "\"1y\"", "how long browsers insist on TLS; `\"0s\"`: not at all"),
        ]
    ) { tls, table, reading in
        guard let mode = table["mode"] else { return }
        let needed =
            switch tls.mode {
            case .off: [String]()
            case .acme: ["domains"]
            case .files: ["certificate", "key"]
            }
        for name in needed where table[name] == nil || table[name]?.node.array?.isEmpty == true {
            reading.report("mode \"\(tls.mode.rawValue)\" needs '\(name)'", mode.node)
        }
    }.using { key, table in
        switch key {
        case "certificate", "key": table["mode"]?.node.string == "files"
        case "eab": table["mode"]?.node.string == "acme"
        default: true
        }
    }

    private static let externalAccount = Form<ExternalAccount?>.optionalTable(externalAccountSection) { _ in ExternalAccount() }

    private static let externalAccountSection = Section<ExternalAccount>(keys: [
        Key("key_id", .text(), \.keyID, isRequired: true, "its name"),
        Key("key", .secret, \.key, isRequired: true, "its key, base64url"),
    ])
}
