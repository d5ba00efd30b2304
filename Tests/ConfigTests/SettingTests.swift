import Testing

@testable import Config

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
