import Glibc
import Testing

@testable import Config

/// The example is the first documentation: it must load, and show every setting with its true default.
@Suite struct ExampleTests {
    private static let path = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/atlas.toml.example"

    private func text() throws -> String {
        let bytes = try #require(FileReading.bytes(Self.path))
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func loads() throws {
        let loaded = try ConfigurationLoader(environment: [:]).load(Self.path)
        #expect(loaded.configuration.collections.map(\.name) == ["users", "posts", "comments", "tags"])
        #expect(loaded.configuration.media.first?.variants.map(\.name) == ["thumb", "card", "full"])
    }

    @Test func showsEverySettingWithItsDefault() throws {
        let lines = try text().split(separator: "\n").map(String.init)
        for section in Language.settings + [Language.mediaKind, Language.queue] {
            let header = section.path == "media.*" ? "[media.image]" : section.path == "queues.*" ? "[queues.media]" : "[\(section.path)]"
            let start = try #require(lines.firstIndex { $0.hasPrefix(header) }, "\(header) is missing")
            let body = lines[(start + 1)...].prefix { !$0.hasPrefix("[") }
            for key in section.keys where key.kind != .table && key.kind != .tables {
                let shown = body.contains { line in
                    guard let initial = key.initial else { return line.hasPrefix("# \(key.name)") || line.hasPrefix("\(key.name) =") }
                    return line.hasPrefix("#\(key.name) = \(initial)") || line.hasPrefix("\(key.name) = ")
                }
                #expect(shown, "\(header) \(key.name) is missing or has another default")
            }
        }
    }

    /// With every commented default made live, nothing changes.
    @Test func commentedDefaultsAreTheDefaults() throws {
        let live = try text().split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") && line.contains(" = ") ? String(line.dropFirst()) : String(line)
        }.joined(separator: "\n")
        let directory = try #require(mkdtemp(strdup("/tmp/atlas-config-XXXXXX")).map { String(cString: $0) })
        let path = directory + "/atlas.toml"
        let file = try #require(fopen(path, "w"))
        fputs(live, file)
        fclose(file)
        defer {
            unlink(path)
            rmdir(directory)
        }
        let written = try ConfigurationLoader(environment: [:]).load(path).configuration
        let plain = try ConfigurationLoader(environment: [:]).load(Self.path).configuration
        #expect("\(written.server)" == "\(plain.server)")
        #expect("\(written.database)" == "\(plain.database)")
        #expect("\(written.auth)" == "\(plain.auth)")
        #expect("\(written.log)" == "\(plain.log)")
        #expect("\(written.server)" == "\(Server())")
        #expect("\(written.auth)" == "\(Auth())")
        #expect(written.queues.first.map { "\($0.attempts) \($0.backoff) \($0.timeout)" } == "5 1000 300000")
    }
}
