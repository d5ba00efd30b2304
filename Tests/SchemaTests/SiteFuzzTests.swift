import ExampleFiles
import SeededNumbers
import Testing

@testable import Config
@testable import Schema

@Suite struct SiteFuzzTests {
    /// Words that mean something in some place and nothing in most.
    private static let words = [
        "\"me\"", "\"true\"", "\"users\"", "\"title\"", "\"ref\"", "\"state\"", "\"refs\"", "[\"slug\"]", "[]", "{}", "0", "true",
        "\"= this\"",
        "\"count(all.users)\"", "[[\"id\"]]", "\"/x/{id}\"", "\"{id}\"", "\"now\"", "\"old.status\"", "\"cascade\"", "\"created_at\"",
        "[\"x\", \"x\"]",
    ]

    /// Whatever a hand does to a site, loading and compiling ends in a schema or in faults that have their places.
    @Test(arguments: ["sevra", "writers", "orders"]) func `mutated sites never trap`(site: String) throws {
        var random = SeededGenerator(state: UInt64(site.utf8.count) &* 977)
        let files = try #require(Example.sites[site])
        var told = 0
        for round in 0..<(site == "sevra" ? 40 : 80) {
            let file = try #require(files.randomElement(using: &random))
            let text = Self.mutated(try ExampleFile.text(file), round, &random)
            let faults = try Example.faults(of: site) { $0 == file ? text : nil }
            told += faults.all.count { $0.severity == .error }
            for fault in faults.all {
                #expect(fault.at.line >= 1 && fault.at.column >= 1 && fault.length >= 1, "\(fault)")
                #expect(fault.rendered(source: faults.sources[fault.at.file]).hasSuffix("\n"))
            }
        }
        #expect(told > 20)
    }

    /// Lines vanish, are swapped, and values become others: the text mostly stays TOML, so that the compiler is reached.
    private static func mutated(_ text: String, _ round: Int, _ random: inout SeededGenerator) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for _ in 0...(round % 3) {
            let index = Int.random(in: lines.indices, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: lines.remove(at: index)
            case 1:
                if let sign = lines[index].firstIndex(of: "=") {
                    lines[index] = lines[index][...sign] + " " + (words.randomElement(using: &random) ?? "")
                }
            case 2: lines.swapAt(index, Int.random(in: lines.indices, using: &random))
            case 3: lines.insert(lines[Int.random(in: lines.indices, using: &random)], at: index)
            default: if let letter = lines[index].indices.randomElement(using: &random) { lines[index].remove(at: letter) }
            }
        }
        return lines.joined(separator: "\n")
    }
}
