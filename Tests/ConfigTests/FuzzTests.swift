import ExampleFiles
import SeededNumbers
import Testing

@testable import Config

@Suite struct FuzzTests {
    private static let pieces = [
        "\"", "'", "[", "]", "{", "}", "=", ".", ",", "\n", "#", "\\", "\"\"\"", "= ", "-", "0", "9999999999999999999", "1e400", "nan",
        "-inf",
        "true", "1979-05-27T07:32:00Z", "env:", "file:/", "\u{0}", "\u{FEFF}", "é", "👩‍👩‍👧", "\r\n", "\t", "[[", "]]", "a.b.c", "\"\\u0000\"",
        "\"x\"", "[1, \"a\", {}]", "{ a = 1 }", "\"9223372036854775807d\"", "-9223372036854775808", "0x7fffffffffffffff",
    ]

    /// Whatever stands in a file, the loader loads or faults, and every fault points into a text.
    @Test func `mutated examples never trap`() throws {
        let example = ExampleTests.uncommented(try content(of: "atlas.toml.example"))
        var random = SeededGenerator(state: 42)
        var loaded = 0
        for round in 0..<400 {
            let text = Self.mutated(example, byLine: round.isMultiple(of: 2), &random)
            loaded += check(
                text, file: ExampleTests.place,
                environment: dummySecrets.merging(["ATLAS_MASTER_KEY": String(repeating: "k", count: 32)]) { $1 })
        }
        #expect(loaded > 5)
    }

    /// The example sites too, each file as the one that includes the others.
    @Test(arguments: ["sevra", "sevra.directory", "sevra.community", "sevra.blog", "writers", "orders"])
    func `mutated sites never trap`(name: String) throws {
        let site = try content(of: "Tests/Examples/\(name).toml")
        var random = SeededGenerator(state: UInt64(name.utf8.count))
        for round in 0..<60 {
            let text = Self.mutated(site, byLine: round % 3 > 0, &random)
            _ = check(text, file: ExampleFile.path(name), set: round % 5 == 0 ? [("tls.mode", "off"), ("on.0.do.0", "x")] : [])
        }
    }

    private static func mutated(_ text: String, byLine: Bool, _ random: inout SeededGenerator) -> String {
        guard byLine else {
            var scalars = Array(text.unicodeScalars)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: scalars.indices, using: &random)
                let piece = Array((pieces.randomElement(using: &random) ?? "").unicodeScalars)
                let end = min(scalars.count, index + Int.random(in: 0...8, using: &random))
                scalars.replaceSubrange(index..<end, with: piece)
            }
            return String(String.UnicodeScalarView(scalars))
        }
        // Whole values and lines change, so that the text often stays TOML and the readers are reached.
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let index = Int.random(in: lines.indices, using: &random)
            let piece = pieces.randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<4, using: &random) {
            case 0: lines.remove(at: index)
            case 1: if let sign = lines[index].firstIndex(of: "=") { lines[index] = lines[index][...sign] + " " + piece }
            case 2: lines.swapAt(index, Int.random(in: lines.indices, using: &random))
            default: if let letter = lines[index].indices.randomElement(using: &random) { lines[index].remove(at: letter) }
            }
        }
        return lines.joined(separator: "\n")
    }

    /// The parsers of small texts, on anything.
    @Test func `rates, schedules and events never trap`() {
        var random = SeededGenerator(state: 3)
        let words = [
            "10", "/", "s", "15m", " ", "per", "ip", "burst", "*", "-", ",", "0", "59", "999999999999", "sun", "a.b", ".", "{{", "}}", "x",
        ]
        for _ in 0..<300 {
            let value = (0..<Int.random(in: 0...7, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }.joined()
            _ = check(
                """
                [server.limits]
                default = "\(value)"
                [schedules]
                a = { cron = "\(value)", do = [{ notify = "\(value)" }] }
                [[on]]
                event = "\(value)"
                do = [{ job = "\(value)" }]
                [notify.x]
                channel = "sms"
                text = "\(value)"
                [views.v]
                path = "\(value)"
                figures = { f = { of = "\(value)", order = "\(value)" } }
                [backup]
                at = "\(value)"
                to = ["\(value)"]
                """)
        }
    }

    @Test func `overrides never trap`() {
        var random = SeededGenerator(state: 7)
        let paths = [
            "auth.access_ttl", "server.http", "server.http.0", "server.limits.a.b", "traits.t", "collections.c.traits.0", "on.0.do",
            "test.1", "collections.posts.fields.x", "rules.a", "include", "media.image.variants",
        ]
        for _ in 0..<1_000 {
            var key = paths.randomElement(using: &random) ?? ""
            if Bool.random(using: &random) { key += Self.pieces.randomElement(using: &random) ?? "" }
            let value = (0..<Int.random(in: 0...3, using: &random)).map { _ in Self.pieces.randomElement(using: &random) ?? "" }.joined()
            let variable = "ATLAS__" + key.uppercased().replacing(".", with: "__")
            _ = check("[server]\nhttp = [\"127.0.0.1:1\"]", environment: [variable: value], set: [(key, value), ("log.level", value)])
        }
    }

    @Test func `depth and size are bounded`() {
        _ = check("x = " + String(repeating: "[", count: 5_000))
        _ = check("x = " + String(repeating: "{a=", count: 5_000))
        _ = check(String(repeating: "a.", count: 2_000) + "a = 1")
        _ = check("[" + String(repeating: "a.", count: 2_000) + "a]")
        _ = check(String(repeating: "x", count: 1 << 16) + " = 1")
    }

    /// 1 when it loads.
    private func check(_ text: String, file: String = "atlas.toml", environment: [String: String] = [:], set: [(String, String)] = [])
        -> Int
    {
        do throws(Faults) {
            _ = try ConfigurationLoader(environment: environment, overrides: set).load(text: text, file: file)
            return 1
        } catch {
            #expect(!error.all.isEmpty)
            for fault in error.all {
                let source = error.sources[fault.at.file]
                #expect(source != nil, "\(fault)")
                // Lines end at LF alone, as in TOML.
                let lines = (source?.utf8.count { $0 == UInt8(ascii: "\n") } ?? 0) + 1
                #expect(fault.at.line >= 1 && fault.at.line <= lines && fault.at.column >= 1 && fault.length >= 1, "\(fault)")
                #expect(fault.rendered(source: source).hasSuffix("\n"))
            }
            return 0
        }
    }
}
