import Testing

@testable import Config

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
