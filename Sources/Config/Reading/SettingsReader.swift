/// The sections whose keys all have defaults.
struct SettingsReader {
    let reading: Reading
    let root: [TOMLEntry]
    /// Where relative paths start.
    let directory: String

    private func section(_ path: String) -> TableReader? {
        guard let description = Language.settings.first(where: { $0.path == path }) else { return nil }
        var entries = root
        var node: TOMLNode?
        for name in path.split(separator: ".") {
            guard let entry = entries.first(where: { $0.key == String(name) }) else { return nil }
            node = entry.value
            entries = entry.value.entries ?? []
        }
        return node.flatMap { TableReader($0, description, reading) }
    }

    func read(into configuration: inout Configuration) {
        app(&configuration.app)
        server(&configuration.server)
        database(&configuration.database)
        storage(&configuration.storage)
        log(&configuration.log)
        auth(&configuration.auth)
    }

    private func app(_ app: inout App) {
        if let table = section("app") {
            app.name = table.string("name") ?? app.name
            if let url = table.string("base_url"), let at = table.node("base_url")?.at {
                if url.hasPrefix("http://") || url.hasPrefix("https://"), !url.contains(where: \.isWhitespace) {
                    app.baseURL = url.hasSuffix("/") ? String(url.dropLast()) : url
                } else {
                    reading.fault("'base_url' must begin with http:// or https://", at: at)
                }
            }
            app.locale = table.string("locale") ?? app.locale
            app.timezone = table.string("timezone") ?? app.timezone
            app.dataDirectory = table.string("data_dir") ?? app.dataDirectory
            app.masterKey = table.secret("master_key")
            if let key = app.masterKey, key.bytes.count < 32, let at = table.node("master_key")?.at {
                reading.fault("'master_key' must have at least 32 bytes", at: at, suggestion: "make one: openssl rand -base64 32")
            }
        }
        if !app.dataDirectory.hasPrefix("/") { app.dataDirectory = directory + "/" + app.dataDirectory }
    }

    private func server(_ server: inout Server) {
        guard let table = section("server") else { return }
        if let addresses = table.strings("http") {
            for address in addresses where !Self.isAddress(address.value) {
                reading.fault(
                    "'\(address.value)' is no address to listen on", at: address.at, length: max(1, address.value.count),
                    suggestion: "write host:port, such as \"127.0.0.1:8080\" or \"[::1]:8080\"")
            }
            server.http = addresses.map(\.value)
        }
        server.trustedProxies = table.strings("trusted_proxies")?.map(\.value) ?? server.trustedProxies
        server.cors = table.strings("cors")?.map(\.value) ?? server.cors
        server.maxBody = table.size("max_body") ?? server.maxBody
        server.grace = table.duration("grace") ?? server.grace
        server.threads = table.int("threads", in: 0...256) ?? server.threads
        server.headerTimeout = table.duration("header_timeout") ?? server.headerTimeout
        server.bodyTimeout = table.duration("body_timeout") ?? server.bodyTimeout
        server.writeTimeout = table.duration("write_timeout") ?? server.writeTimeout
        server.keepAliveTimeout = table.duration("keepalive_timeout") ?? server.keepAliveTimeout
        server.keepAliveRequests = table.int("keepalive_requests", in: 1...1_000_000_000) ?? server.keepAliveRequests
        server.keepAliveLifetime = table.duration("keepalive_lifetime") ?? server.keepAliveLifetime
        server.maxHeader = table.size("max_header").map { Int($0) } ?? server.maxHeader
        server.maxHeaderFields = table.int("max_header_fields", in: 1...10_000) ?? server.maxHeaderFields
        server.maxURI = table.size("max_uri").map { Int($0) } ?? server.maxURI
    }

    private static func isAddress(_ text: String) -> Bool {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port) else {
            return false
        }
        let host = text[..<colon]
        return host.hasPrefix("[") ? host.hasSuffix("]") && host.count > 2 : !host.contains(":")
    }

    private func database(_ database: inout Database) {
        guard let table = section("database") else { return }
        if let url = table.located("url") {
            if url.value.hasPrefix("sqlite:"), url.value.count > 7 {
                database.url = url.value
            } else {
                reading.fault(
                    "'\(url.value)' is not available in this version", at: url.at, length: max(1, url.value.count),
                    suggestion: "write \"sqlite:atlas.db\"")
            }
        }
        database.durability = table.choice("durability", Database.Durability.self) ?? database.durability
        database.readers = table.int("readers", in: 0...256) ?? database.readers
    }

    private func storage(_ storage: inout Storage) {
        guard let table = section("storage") else { return }
        storage.driver = table.choice("driver", Storage.Driver.self) ?? storage.driver
        storage.directory = table.string("dir") ?? storage.directory
    }

    private func log(_ log: inout Log) {
        guard let table = section("log") else { return }
        log.level = table.choice("level", Log.Level.self) ?? log.level
        log.format = table.choice("format", Log.Format.self) ?? log.format
        log.access = table.bool("access") ?? log.access
    }

    private func auth(_ auth: inout Auth) {
        if let table = section("auth") {
            auth.signup = table.choice("signup", Auth.Signup.self) ?? auth.signup
            auth.activeWhen = table.located("active_when")
            auth.accessTTL = table.duration("access_ttl") ?? auth.accessTTL
            auth.refreshTTL = table.duration("refresh_ttl") ?? auth.refreshTTL
            auth.refreshGrace = table.duration("refresh_grace") ?? auth.refreshGrace
        }
        guard let password = section("auth.password") else { return }
        auth.passwordMinimum = password.int("min", in: 8...1_024) ?? auth.passwordMinimum
        auth.passwordMaximum = password.int("max", in: 8...1_024) ?? auth.passwordMaximum
        auth.passwordLockout = password.int("lockout", in: 1...1_000) ?? auth.passwordLockout
        auth.passwordLockoutWindow = password.duration("lockout_window") ?? auth.passwordLockoutWindow
    }
}
