import Testing

@testable import Config

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
