import Glibc
import Testing

@testable import Config

/// Loads a text as if it were `atlas.toml`.
private func load(_ text: String, _ overrides: [(String, String)] = [], environment: [String: String] = [:]) throws -> Configuration {
    let directory = try #require(mkdtemp(strdup("/tmp/atlas-config-XXXXXX")).map { String(cString: $0) })
    let path = directory + "/atlas.toml"
    let file = try #require(fopen(path, "w"))
    fputs(text, file)
    fclose(file)
    defer {
        unlink(path)
        rmdir(directory)
    }
    return try ConfigurationLoader(environment: environment, overrides: overrides).load(path).configuration
}

private func faults(_ text: String, _ overrides: [(String, String)] = [], environment: [String: String] = [:]) throws -> [Fault] {
    do {
        _ = try load(text, overrides, environment: environment)
        return []
    } catch let faults as Faults {
        return faults.all
    }
}

@Suite struct ConfigTests {
    @Test func anEmptyFileIsValid() throws {
        #expect(try load("").collections.isEmpty)
        #expect(try ConfigurationLoader(environment: [:]).load(nil).configuration.server.http == ["127.0.0.1:8080"])
    }

    @Test func everyFaultIsReportedWithItsPlace() throws {
        let found = try faults(
            """
            [server]
            max_body = 10
            graze = "5s"
            [collections.posts.fields]
            title = { type = "string", requierd = true }
            """)
        #expect(found.map { "\($0.at.line):\($0.at.column) \($0.message)" } == [
            "3:1 unknown key 'graze'",
            "2:12 'max_body' must be a size with its unit, such as \"10MB\" or \"1MiB\", not a whole number",
            "5:28 unknown key 'requierd'",
        ])
        #expect(found[2].suggestion == "did you mean 'required'?")
    }

    @Test func theCaretStandsBelowTheFault() {
        let fault = Fault("unknown key 'abc'", at: Location(file: "a.toml", line: 2, column: 3), length: 3, suggestion: "did you mean 'abd'?")
        let expected = """
            a.toml:2:3: error: unknown key 'abc'
              2 | x abc = 1
                    ^^^ did you mean 'abd'?
            """
        #expect(fault.rendered(source: "first\nx abc = 1\n") == expected)
    }

    @Test(arguments: [("15m", 900_000), ("250ms", 250), ("1h30m", 5_400_000), ("30d", 2_592_000_000)] as [(String, Int64)])
    func durations(_ text: String, _ milliseconds: Int64) {
        #expect(Units.duration(text) == milliseconds)
    }

    @Test(arguments: ["", "15", "m", "-1s", "1y", "99999999999999d", "1 s"])
    func noDurations(_ text: String) {
        #expect(Units.duration(text) == nil)
    }

    @Test func overridesWin() throws {
        let text = "[auth]\naccess_ttl = \"1h\"\n"
        #expect(try load(text, [("auth.access_ttl", "2s")]).auth.accessTTL == 2_000)
        #expect(try load(text, environment: ["ATLAS__AUTH__ACCESS_TTL": "3s"]).auth.accessTTL == 3_000)
        #expect(try load(text, [("auth.access_ttl", "")]).auth.accessTTL == 900_000)
        #expect(try load("", [("server.http", "127.0.0.1:0")]).server.http == ["127.0.0.1:0"])
        #expect(try load("", [("log.access", "false")]).log.access == false)
    }

    @Test func aLiteralSecretIsRefusedAndNeverShown() throws {
        let found = try faults("[app]\nmaster_key = \"hunter2hunter2hunter2hunter2hunter2\"\n")
        #expect(found.count == 1)
        #expect(found.allSatisfy { !$0.rendered(source: nil).contains("hunter2") })
        let secret = Secret(bytes: Array("hunter2".utf8))
        #expect("\(secret) \(String(reflecting: secret))" == "••• •••")
    }

    @Test func optionsMustFitTheType() throws {
        #expect(try faults("[collections.a.fields]\nx = { type = \"bool\", max = 3 }\n").count == 1)
        #expect(try faults("[collections.a.fields]\nx = { type = \"enum\" }\n").count == 1)
        #expect(try faults("[collections.a.fields]\nid = \"string\"\n").count == 1)
        #expect(try faults("[collections.a.fields]\nX = \"string\"\n").count == 1)
        #expect(try faults("[tls]\nmode = \"acme\"\n").first?.message == "[tls] is not available in this version")
    }

    /// Mutated files either load or are refused with places that exist.
    @Test func mutatedFilesNeverTrap() throws {
        let path = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/atlas.toml.example"
        let original = try #require(FileReading.bytes(path))
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0x20...0x7E, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(contentsOf: bytes[max(0, index - 20)..<index], at: index)
                }
            }
            for fault in try faults(String(decoding: bytes, as: UTF8.self)) {
                #expect(fault.at.line >= 1 && fault.at.column >= 1)
            }
        }
    }
}
