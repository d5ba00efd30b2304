import JSON
import Testing

@testable import Config

@Suite struct FaultTests {
    @Test func `an unknown key shows its line, a caret and what was meant`() {
        let text = """
            [collections.posts.fields]
            title = { type = "string", requierd = true }

            """
        #expect(
            faults(of: text).rendered() == """
                atlas.toml:2:28: error: unknown key 'requierd'
                  2 | title = { type = "string", requierd = true }
                    |                            ^^^^^^^^ did you mean 'required'?

                """)
    }

    @Test func `every fault comes at once, in the order of the file`() {
        let faults = faults(
            of: """
                [log]
                level = "loud"
                acess = true
                [app]
                base_url = "nowhere"
                [server]
                grace = 30
                http = "127.0.0.1"
                [queues.Media]
                attempts = 0
                """)
        #expect(faults.all.map(\.at.line) == [2, 3, 5, 7, 8, 9, 10])
        #expect(faults.all.map(\.at.column) == [9, 1, 12, 9, 8, 9, 12])
        #expect(faults.all.map(\.length) == [6, 5, 9, 2, 11, 5, 1])
        #expect(faults.rendered().hasSuffix("7 errors\n"))
    }

    @Test(arguments: [
        ("[srver]", "did you mean 'server'?"),
        ("[server]\nmax_bdy = \"1MB\"", "did you mean 'max_body'?"),
        ("[log]\nlevel = \"inof\"", "did you mean 'info'?"),
        ("[server]\nmax_body = \"10mb\"", "did you mean '10MB'?"),
        ("[collections.c.fields]\nx = \"strng\"", "did you mean 'string'?"),
    ]) func `slips of the hand are recognised`(text: String, suggestion: String) {
        #expect(faults(of: text).all.map(\.suggestion) == [suggestion])
    }

    @Test func `what is far from every name is not guessed at`() {
        #expect(faults(of: "[log]\nzzzzzz = 1").all.first?.suggestion == "known here: level, format, access")
    }

    @Test func `a database that this version does not have is called so`() {
        let all = faults(of: "[database]\nurl = \"postgres://x/y\"").all
        #expect(all.map(\.message) == ["PostgreSQL is not available in this version"])
    }

    @Test func `syntax errors have their place`() {
        let all = faults(of: "[app]\nname = \"x\nlocale = 3\n").all
        #expect(all.count == 1)
        #expect(all.first?.at.line == 2)
    }

    @Test func `what the parser itself stumbles over has its place`() {
        let all = faults(of: "[app]\nname = [1,\n  # é\n  ,]\n[log]\nlevel = 3\n").all
        #expect(all.map(\.at) == [Location(file: "atlas.toml", line: 4, column: 3)])
    }

    @Test func `tabs and letters of any script keep the caret in its place`() {
        let all = faults(of: "[app]\n\tname = \"سورا\" # ا\n[log]\nlevel\t= \"é\"")
        #expect(all.rendered().hasSuffix("  4 | level\t= \"é\"\n    |      \t  ^^^\n") == true)
    }

    @Test func `a terminal is not obeyed`() {
        let fault = Fault("m", at: Location(file: "f", line: 1, column: 1))
        #expect(!fault.rendered(source: "x = \"\u{1B}[2J\"").contains("\u{1B}"))
    }

    @Test func `a fault is a line of JSON`() {
        let fault = Fault("m", at: Location(file: "f", line: 3, column: 4), suggestion: "s")
        #expect(
            fault.json
                == .object(["severity": "error", "file": "f", "line": 3, "column": 4, "message": "m", "suggestion": "s"]))
    }
}

@Suite struct SettingTests {
    @Test func `no file is all defaults`() throws {
        let loaded = try ConfigurationLoader().load(nil)
        #expect(loaded.configuration.server.http == ["127.0.0.1:8080"])
        #expect(loaded.configuration.app.dataDirectory.hasPrefix("/"))
        #expect(loaded.warnings.isEmpty)
        #expect(try load("").configuration.auth.accessTTL == 900_000)
    }

    @Test(arguments: [
        ("250ms", 250), ("2s", 2_000), ("15m", 900_000), ("2h", 7_200_000), ("30d", 2_592_000_000), ("1w", 604_800_000),
        ("2y", 63_072_000_000),
    ]) func `durations`(text: String, milliseconds: Int64) throws {
        #expect(try load("[auth]\naccess_ttl = \"\(text)\"").configuration.auth.accessTTL == milliseconds)
    }

    @Test(arguments: [("10MB", 10_000_000), ("200KB", 200_000), ("1MiB", 1 << 20), ("16KiB", 16 << 10), ("7B", 7)])
    func `sizes`(text: String, bytes: Int64) throws {
        #expect(try load("[server]\nmax_body = \"\(text)\"").configuration.server.maxBody == bytes)
    }

    @Test(arguments: ["15", "m", "", "15 m", "-1s", "1.5h", "1M", "99999999999999999999s", "9223372036854775807d", "200000d", "0s"])
    func `what is no duration`(text: String) {
        #expect(faults(of: "[auth]\naccess_ttl = \"\(text)\"").all.map(\.at.column) == [14])
    }

    @Test func `a bare number is told how to be written`() {
        let fault = faults(of: "[auth]\naccess_ttl = 900").all.first
        #expect(fault?.suggestion?.contains("\"900s\"") == true)
        #expect(faults(of: "[server]\nmax_body = 900").all.first?.suggestion?.contains("\"900B\"") == true)
    }

    @Test(arguments: [
        ("localhost:80", "localhost:80"), ("[::1]:8080", "[::1]:8080"), (":8080", "0.0.0.0:8080"), ("10.0.0.1:0", "10.0.0.1:0"),
    ]) func `addresses`(text: String, address: String) throws {
        #expect(try load("[server]\nhttp = \"\(text)\"").configuration.server.http == [address])
    }

    @Test(arguments: ["::1:8080", "host", "host:", "host:99999", "[::g]:1", "a b:1", "-x:1", "host:+1"])
    func `what is no address`(text: String) {
        #expect(faults(of: "[server]\nhttp = [\"\(text)\"]").all.count == 1)
    }

    @Test(arguments: [
        ("base_url", "ftp://x"), ("base_url", "https://"), ("base_url", "https://u:p@x"), ("base_url", "https://x/?q"),
        ("base_url", "https://x y"), ("locale", "e"), ("locale", "en_US"), ("timezone", "/etc"), ("timezone", "../x"),
    ]) func `what is malformed is refused`(key: String, value: String) {
        #expect(faults(of: "[app]\n\(key) = \"\(value)\"").all.count == 1)
    }

    @Test func `relative directories start at the file`() throws {
        let directory = Directory()
        try directory.write("atlas.toml", "[app]\ndata_dir = \"here\"")
        let loaded = try ConfigurationLoader().load("\(directory.path)/atlas.toml")
        #expect(loaded.configuration.app.dataDirectory == "\(directory.path)/here")
        try directory.write("empty.toml", "")
        #expect(try ConfigurationLoader().load("\(directory.path)/empty.toml").configuration.app.dataDirectory == "\(directory.path)/data")
    }

    @Test func `a missing file says what to do`() {
        do throws(Faults) {
            _ = try ConfigurationLoader().load("/nowhere/atlas.toml")
            Issue.record("loaded")
        } catch {
            #expect(error.all.first?.message == "/nowhere/atlas.toml cannot be read: there is no such file")
            #expect(error.all.first?.suggestion?.contains("atlas.toml.example") == true)
        }
    }

    @Test func `sizes of variants`() throws {
        let loaded = try load("[media.image.variants]\na = { size = [3, 4] }\nb = { size = 5 }\nc = {}")
        let variants = loaded.configuration.media.first?.variants ?? []
        #expect(variants.map(\.width) == [3, 5, nil])
        #expect(variants.map(\.height) == [4, nil, nil])
        #expect(faults(of: "[media.image.variants]\na = { size = [3] }").all.count == 1)
    }
}

@Suite struct SecretTests {
    static let canary = "c4n4ry-c4n4ry-c4n4ry-c4n4ry-c4n4ry"

    @Test func `a secret comes from outside`() throws {
        let directory = Directory()
        try directory.write("key", Self.canary + "\n")
        for (text, environment) in [
            ("env:K", ["K": Self.canary]), ("file:\(directory.path)/key", [:]),
            ("credential:key", ["CREDENTIALS_DIRECTORY": directory.path]),
        ] {
            let loaded = try load("[app]\nmaster_key = \"\(text)\"", environment: environment)
            #expect(loaded.configuration.app.masterKey?.bytes == Array(Self.canary.utf8))
            #expect(!dumped(loaded).contains(Self.canary))
            #expect(!"\(loaded)".contains(Self.canary))
        }
    }

    @Test(arguments: [
        "[app]\nmaster_key = \"\(canary)\"",
        "[app]\nmaster_key = [\"\(canary)\"]\nnme = 1",
        "app = { master_key = \"\(canary)\", nme = 3 }",
        "[app]\nmaster_key = \"\"\"\n\(canary)\n\"\"\"",
        "[app]\nmaster_key = \"\(canary)\n",
        "[app]\nmasterkey = \"\(canary)\"",
        "[storage]\nsecret_key = \"\(canary)\"",
        "sms = { providers = [{ key = \"\(canary)\" }] }",
    ]) func `a literal secret is a fault and is never shown`(text: String) {
        let faults = faults(of: text)
        #expect(!faults.all.isEmpty)
        #expect(!faults.rendered().contains(Self.canary))
        #expect(!faults.rendered(color: true).contains(Self.canary))
        #expect(!"\(faults)".contains(Self.canary))
    }

    @Test func `nor in overrides`() {
        for faults in [
            faults(of: "", set: [("app.master_key", Self.canary)]), faults(of: "", environment: ["ATLAS__APP__MASTER_KEY": Self.canary]),
            faults(of: "", set: [("app.master_key", "\"\(Self.canary)\""), ("app.nme", "x")]),
        ] {
            #expect(!faults.all.isEmpty)
            #expect(!faults.rendered().contains(Self.canary))
        }
    }

    @Test func `what is missing is told by its name`() {
        #expect(faults(of: "[app]\nmaster_key = \"env:NOPE\"").all.first?.message == "the environment has no variable 'NOPE'")
        #expect(faults(of: "[app]\nmaster_key = \"credential:../x\"", environment: ["CREDENTIALS_DIRECTORY": "/tmp"]).all.count == 1)
    }

    @Test func `a short key is a warning`() throws {
        let loaded = try load("[app]\nmaster_key = \"env:K\"", environment: ["K": "short"])
        #expect(loaded.warnings.map(\.severity) == [.warning])
    }

    @Test func `any setting may come from outside, and faults do not show it`() throws {
        #expect(try load("[app]\nname = \"env:N\"", environment: ["N": "Sevra"]).configuration.app.name == "Sevra")
        let faults = faults(of: "[app]\nbase_url = \"env:U\"", environment: ["U": Self.canary])
        #expect(faults.all.count == 1)
        #expect(!faults.rendered().contains(Self.canary))
    }
}

@Suite struct OverrideTests {
    @Test func `a setting is changed for one run`() throws {
        let text = "[auth]\naccess_ttl = \"15m\"\n[server]\nhttp = [\"127.0.0.1:1\"]"
        #expect(try load(text, set: [("auth.access_ttl", "2s")]).configuration.auth.accessTTL == 2_000)
        #expect(try load(text, environment: ["ATLAS__AUTH__ACCESS_TTL": "3s"]).configuration.auth.accessTTL == 3_000)
        #expect(
            try load(text, environment: ["ATLAS__AUTH__ACCESS_TTL": "3s"], set: [("auth.access_ttl", "2s")]).configuration.auth.accessTTL
                == 2_000)
        #expect(try load(text, set: [("server.http.0", "127.0.0.1:2")]).configuration.server.http == ["127.0.0.1:2"])
        #expect(try load(text, set: [("server.http.1", "127.0.0.1:2")]).configuration.server.http == ["127.0.0.1:1", "127.0.0.1:2"])
        #expect(try load(text, set: [("server.http", "[]"), ("log.access", "false")]).configuration.server.http == [])
        #expect(try load(text, set: [("auth.access_ttl", "")]).configuration.auth.accessTTL == 900_000)
        #expect(try load(text, set: [("queues.\"media\".attempts", "7")]).configuration.queues.first?.attempts == 7)
        #expect(try load("[rules]\na = \"true\"", set: [("rules.a", "")]).configuration.rules.isEmpty)
    }

    @Test func `inside limits the rest is one key`() throws {
        let text = "[server.limits]\ndefault = \"1/s\"\n\"auth.otp\" = \"1/s\""
        for set in ["server.limits.auth.otp", "server.limits.\"auth.otp\""] {
            let limits = try load(text, set: [(set, "2/s"), ("server.limits.default", "")]).configuration.server.limits
            #expect(limits.map(\.name.value) == ["auth.otp"])
            #expect(limits.first?.rate == Rate(count: 2, window: 1_000))
        }
        let limits = try load(text, environment: ["ATLAS__SERVER__LIMITS__AUTH__LOGIN": "3/s"]).configuration.server.limits
        #expect(limits.map(\.name.value) == ["default", "auth.otp", "auth.login"])
        let fault = faults(of: text, set: [("server.limits.auth.otp", "3/w")]).all.first
        #expect(fault?.at == Location(file: "--set", line: 1, column: 24))
        #expect(faults(of: "", set: [("server.limits.pots.create", "3/s")]).all.map(\.at.column) == [15])
    }

    @Test func `places of lists are numbers`() throws {
        let text =
            "[[on]]\nevent = \"auth.login\"\ndo = [{ webhook = \"w\" }]\n[webhooks.w]\nurl = \"http://a\"\nevents = []\nsecret = \"env:S\""
        let loaded = try load(
            text,
            set: [
                ("on.0.when", "me != null"), ("webhooks.w.events.0", "auth.signup"), ("webhooks.w.events.1", "auth.logout"),
                ("on.1", "{ event = \"auth.logout\", do = [{ webhook = \"w\" }] }"),
            ])
        #expect(loaded.configuration.on.map(\.when?.value) == ["me != null", nil])
        #expect(loaded.configuration.on.last?.events.map(\.value) == ["auth.logout"])
        #expect(try load(text, set: [("on.0", "")]).configuration.on.isEmpty)
        #expect(faults(of: text, set: [("on.2", "x")]).all.map(\.at.file) == ["--set"])
    }

    @Test func `faults name the override`() {
        #expect(
            faults(of: "[app]", set: [("log.level", "info"), ("auth.acess_ttl", "2s")]).rendered() == """
                --set:2:6: error: unknown key 'acess_ttl'
                  2 | auth.acess_ttl=2s
                    |      ^^^^^^^^^ did you mean 'access_ttl'?

                """)
        #expect(
            faults(of: "", environment: ["ATLAS__AUTH__ACCESS_TTL": "2x"]).rendered() == """
                ATLAS__AUTH__ACCESS_TTL:1:25: error: 'x' is no unit here
                  1 | ATLAS__AUTH__ACCESS_TTL=2x
                    |                         ^^ did you mean '2s'?

                """)
        #expect(faults(of: "", set: [("log.level.x", "1"), ("log..x", "1"), ("server.http", "[]"), ("server.http.4", "x")]).all.count >= 2)
        #expect(faults(of: "[log]\naccess = true", set: [("log.access.x", "1")]).all.map(\.at.file) == ["--set"])
    }

    @Test func `quoted values have their place too`() {
        let all = faults(of: "", set: [("log.level", "\"loud\"")]).all
        #expect(all.map(\.at.column) == [11])
        #expect(all.map(\.length) == [6])
    }
}

@Suite struct IncludeTests {
    @Test func `files are joined`() throws {
        let directory = Directory()
        try directory.write("atlas.toml", "include = [\"parts/*.toml\", \"rules.toml\"]\n[app]\nname = \"A\"")
        try directory.write("parts/a.toml", "include = [\"deep/x.toml\"]\n[collections.a.fields]\nx = \"int\"")
        try directory.write("parts/b.toml", "[collections.b.fields]\nx = \"int\"")
        try directory.write("parts/deep/x.toml", "[collections.x.fields]\nx = \"int\"")
        try directory.write("rules.toml", "include = [\"atlas.toml\"]\n[rules]\na = \"true\"")
        let loaded = try ConfigurationLoader().load("\(directory.path)/atlas.toml")
        #expect(loaded.configuration.collections.map(\.name).sorted() == ["a", "b", "x"])
        #expect(loaded.configuration.rules.map(\.name) == ["a"])
        #expect(loaded.configuration.rules.first?.condition.at.file == "\(directory.path)/rules.toml")
        #expect(loaded.sources.count == 5)
    }

    @Test func `a table stands in one file`() throws {
        let directory = Directory()
        try directory.write("atlas.toml", "include = [\"b.toml\", \"gone.toml\", \"none*.toml\"]\n[rules]\na = \"true\"")
        try directory.write("b.toml", "[rules]\nb = \"true\"\n[log]\nlevel = 3")
        do throws(Faults) {
            _ = try ConfigurationLoader().load("\(directory.path)/atlas.toml")
            Issue.record("loaded")
        } catch {
            #expect(error.all.map(\.message).contains("[rules] is defined twice"))
            #expect(error.all.map(\.at.line) == [1, 1, 1, 4])
            #expect(error.all.map(\.severity) == [.error, .warning, .error, .error])
        }
    }
}
