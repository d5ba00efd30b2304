import ExampleFiles
import Glibc
import Testing

@testable import Config

/// A key of the description with its path; `*` stands for a name that the operator chooses.
struct DescribedKey {
    var path: [String]
    var key: KeyDescription

    static func all(of shape: Shape, below path: [String] = []) -> [DescribedKey] {
        switch shape {
        case .table(let keys):
            keys.flatMap { key in
                [DescribedKey(path: path + [key.name], key: key)] + all(of: key.shape, below: path + [key.name])
            }
        case .named(_, let item, _): all(of: item, below: path + ["*"])
        case .open(let keys, _, let item): all(of: .table(keys), below: path) + all(of: item, below: path + ["*"])
        case .either(let shapes): shapes.flatMap { all(of: $0, below: path) }
        case .list(let item, _): all(of: item, below: path)
        default: []
        }
    }
}

@Suite struct ExampleTests {
    /// The example with every `# key = …` and `# [table]` made live.
    static func uncommented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard line.hasPrefix("# ") else { return String(line) }
            let rest = line.dropFirst(2)
            let key = rest.prefix { $0 == "_" || ("a"..."z").contains($0) }
            let isKey = !key.isEmpty && rest.dropFirst(key.count).drop { $0 == " " }.hasPrefix("=")
            return isKey || rest.hasPrefix("[") ? String(rest) : String(line)
        }.joined(separator: "\n")
    }

    /// Beside the files that the example speaks of.
    static let place = "\(ExampleFile.root)/Tests/Examples/atlas.toml"

    static func contains(_ path: ArraySlice<String>, in node: TOMLNode) -> Bool {
        guard let step = path.first else { return true }
        let rest = path.dropFirst()
        if let items = node.array { return items.contains { contains(path, in: $0) } }
        guard let table = node.table else { return false }
        return table.members.contains { ($0.name == step || step == "*") && contains(rest, in: $0.node) }
    }

    @Test func `the example is right, as it is and with every default written out`() throws {
        let text = try content(of: "atlas.toml.example")
        let plain = try load(text)
        #expect(plain.warnings.isEmpty)
        #expect(plain.configuration.collections.map(\.name) == ["users", "posts", "comments", "tags"])
        #expect(plain.configuration.notInForce.isEmpty)
        let whole = try load(
            Self.uncommented(text), file: Self.place,
            environment: dummySecrets.merging(["ATLAS_MASTER_KEY": String(repeating: "k", count: 32)]) { $1 })
        #expect(whole.warnings.map(\.message).filter { !$0.hasPrefix("there is no directory") }.isEmpty)
    }

    /// What is the same in several places is shown once: a trait is part of a collection, an input or a part is what a field is, checks are
    /// the same everywhere, and so are effects and figures.
    private static func isRepeated(_ path: [String]) -> Bool {
        if path.count > 1, path.first == "traits" { return true }
        if path.starts(with: ["schedules", "*", "do"]) || path.starts(with: ["metrics", "figures"]) { return path.count > 3 }
        if ["input", "checks", "with", "fields", "seo"].contains(path.last) { return false }
        let isPart = path.contains("input") || path.contains("with") || path.contains("seo") || path.count { $0 == "fields" } > 1
        return isPart || path.contains("checks") && (path.contains("transitions") || path.contains("actions") || path.first == "views")
    }

    @Test func `every key there is stands in the example`() throws {
        let root = try TOMLParser.parse(Self.uncommented(content(of: "atlas.toml.example")), file: "atlas.toml.example")
        for described in DescribedKey.all(of: Language.file.shape) {
            guard !Self.isRepeated(described.path) else { continue }
            let isShown = Self.contains(described.path[...], in: root)
            #expect(isShown, "\(described.path.joined(separator: ".")) is missing")
        }
    }

    @Test func `commented lines show the defaults`() throws {
        let text = try content(of: "atlas.toml.example")
        let live = Set(
            text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().filter { !$1.hasPrefix("#") }.map(\.offset))
        let root = try TOMLParser.parse(Self.uncommented(text), file: "")
        var count = 0
        func check(_ shape: Shape, _ node: TOMLNode) throws {
            switch shape {
            case .either(let shapes): for shape in shapes { try check(shape, node) }
            case .list(let item, _): for element in node.array ?? [] { try check(item, element) }
            case .named(_, let item, _): for member in node.table?.members ?? [] { try check(item, member.node) }
            case .open(let keys, _, let item):
                try check(.table(keys), node)
                for member in node.table?.members ?? [] where !keys.contains(where: { $0.name == member.name }) {
                    try check(item, member.node)
                }
            case .table(let keys):
                for key in keys {
                    guard let member = node.table?[key.name] else { continue }
                    try check(key.shape, member.node)
                    // A live line says what this site wants; a list of tables shows what could stand in it.
                    guard let initial = key.initial, !live.contains(member.at.line - 1), member.at.column == 1,
                        !(member.node.array ?? []).contains(where: { $0.table != nil })
                    else {
                        continue
                    }
                    let value = try TOMLParser.parse("x = \(initial)", file: "").table?["x"]?.node
                    #expect(plain(member.node) == value.map(plain), "\(key.name), line \(member.at.line)")
                    count += 1
                }
            default: break
            }
        }
        try check(Language.file.shape, root)
        #expect(count > 40)
    }

    private func plain(_ node: TOMLNode) -> String {
        if let items = node.array { return "[\(items.map(plain).joined(separator: ","))]" }
        return "\(node.value)"
    }

    /// What the pieces of the reference point to stands in other pieces, or in none; everything else about them is right.
    @Test func `the pieces of the reference are right`() throws {
        let pieces = try content(of: "docs/configuration.md").split(separator: "```toml\n").dropFirst()
        #expect(pieces.count > 25)
        let absent = ["unknown ", "' has no ", "there is no directory", "cannot be read", "the backoffice shares"]
        for piece in pieces {
            let text = String(piece.prefix(upTo: piece.firstRange(of: "```")?.lowerBound ?? piece.endIndex))
            let wrong = faults(of: text).all.filter { fault in
                fault.message.hasPrefix("unknown key") || !absent.contains { fault.message.contains($0) }
            }
            #expect(wrong.isEmpty, "\(Faults(wrong, sources: ["atlas.toml": text]).rendered())")
        }
    }

    @Test func `the reference has the tables of the description`() throws {
        let path = "docs/configuration.md"
        let text = try content(of: path)
        let generated = ReferenceTables.replacing(in: text)
        // ATLAS_WRITE_REFERENCE=1 swift test --filter ConfigTests brings the file up to date.
        if getenv("ATLAS_WRITE_REFERENCE") != nil, let file = fopen("\(ExampleFile.root)/\(path)", "w") {
            fputs(generated, file)
            fclose(file)
        } else {
            #expect(text == generated)
        }
        for key in Language.file.keys where key.description.name != "include" {
            let name = key.description.name
            #expect(text.contains("`[\(name)") || text.contains("`[[\(name)"), "\(name)")
        }
        for described in DescribedKey.all(of: Language.file.shape) where described.path.count > 1 && !Self.isRepeated(described.path) {
            let table = described.path.dropLast().joined(separator: ".")
            #expect(text.contains("<!-- table: \(table) -->"), "\(table)")
        }
    }
}

/// The tables of `docs/configuration.md`, which stand between `<!-- table: path -->` and `<!-- end -->`.
enum ReferenceTables {
    static func replacing(in text: String) -> String {
        var lines: [String] = []
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line == "<!-- end -->" { isInside = false }
            if !isInside { lines.append(line) }
            if line.hasPrefix("<!-- table: "), line.hasSuffix(" -->") {
                lines += table(of: String(line.dropFirst(12).dropLast(4)))
                isInside = true
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func table(of path: String) -> [String] {
        let steps = path == "file" ? [] : path.split(separator: ".").map(String.init)
        let keys = DescribedKey.all(of: Language.file.shape).filter { $0.path.dropLast() == steps[...] }
        guard !keys.isEmpty else { return ["(no keys)"] }
        return ["| key | type | default | |", "|---|---|---|---|"]
            + keys.map { described in
                let key = described.key
                let example = key.shape.example.map { "`\($0)`" }
                let initial = key.isRequired ? "required" : key.initial.map { "`\($0)`" }
                let value = [initial, key.initial == nil ? example.map { "such as \($0)" } : nil].compactMap { $0 }.joined(separator: ", ")
                let state = key.isInForce ? "" : "; *not in force*"
                return "| `\(key.name)` | \(key.shape.words) | \(value) | \(key.doc)\(state) |".replacing("||", with: "| |")
            }
    }
}
