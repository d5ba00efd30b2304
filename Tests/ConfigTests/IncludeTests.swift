import Testing

@testable import Config

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
