import Testing

@testable import Config

/// SplitMix64: the same numbers on every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

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
        let bytes = Array(example.unicodeScalars)
        let lines = example.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var random = SeededGenerator(state: 42)
        var loaded = 0
        for round in 0..<1_000 {
            var text: String
            if round.isMultiple(of: 2) {
                // Whole values and lines change, so that the text often stays TOML and the readers are reached.
                var lines = lines
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let index = Int.random(in: lines.indices, using: &random)
                    let piece = Self.pieces.randomElement(using: &random) ?? ""
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: lines.remove(at: index)
                    case 1: if let sign = lines[index].firstIndex(of: "=") { lines[index] = lines[index][...sign] + " " + piece }
                    case 2: lines.swapAt(index, Int.random(in: lines.indices, using: &random))
                    default: if let letter = lines[index].indices.randomElement(using: &random) { lines[index].remove(at: letter) }
                    }
                }
                text = lines.joined(separator: "\n")
            } else {
                var scalars = bytes
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let index = Int.random(in: scalars.indices, using: &random)
                    let piece = Array((Self.pieces.randomElement(using: &random) ?? "").unicodeScalars)
                    let end = min(scalars.count, index + Int.random(in: 0...8, using: &random))
                    scalars.replaceSubrange(index..<end, with: piece)
                }
                text = String(String.UnicodeScalarView(scalars))
            }
            loaded += check(text, file: ExampleTests.place, environment: ["ATLAS_MASTER_KEY": String(repeating: "k", count: 32)])
        }
        #expect(loaded > 20)
    }

    @Test func `overrides never trap`() {
        var random = SeededGenerator(state: 7)
        let paths = [
            "auth.access_ttl", "server.http", "server.http.0", "collections.posts.fields.x", "rules.a", "include", "media.image.variants",
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
