import ArgumentParser
import Assembly
import Config
import Glibc
import JSON
import Schema

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what the file comes to: who may do what, routes, tables, effects.",
        discussion: """
            First what anybody may do without signing in, what names of rules stand for, who may upload what; then each collection: rights,
            transitions, effects in their order, routes, fields, roll-ups, table, keys and indexes, and what is worth a second look.
            Text on a terminal, JSON lines otherwise. Touches nothing and shows no secret.

            EXAMPLES:
              atlas explain
              atlas explain posts
              atlas explain sites/blog.toml posts
              atlas explain --config atlas.toml | grep '"section":"routes"'
            """)

    @OptionGroup var options: SiteOptions

    @Argument(help: ArgumentHelp("The configuration (a path), and a collection.", valueName: "file or collection"))
    var subjects: [String] = []

    func run() throws {
        let files = subjects.filter { $0.contains("/") || $0.contains(".") }
        let names = subjects.filter { !files.contains($0) }
        guard files.count <= 1, names.count <= 1 else { throw ValidationError("one file and one collection at most") }
        let site = try options.reading(files.first).site()
        let explanation = SiteExplanation(site.schema, site.configuration)
        var collections = site.schema.collections
        if let name = names.first {
            guard let collection = site.schema.collection(name) else {
                complain("there is no collection '\(name)'; known here: \(collections.map(\.name).joined(separator: ", "))")
                throw ExitCode(1)
            }
            collections = [collection]
        } else {
            show("the site", explanation.siteTables)
        }
        for collection in collections {
            let advice = Advice.warnings(about: collection, site.schema, site.configuration)
            let warnings = ExplainedTable(
                "warnings", of: collection.name, columns: ["place", "message"],
                rows: advice.map { ["\($0.at.file):\($0.at.line):\($0.at.column)", $0.message] })
            show(collection.name, explanation.tables(of: collection) + [warnings])
        }
    }

    private func show(_ heading: String, _ tables: [ExplainedTable]) {
        if isatty(1) == 1 {
            print(heading)
            for table in tables where !table.rows.isEmpty { print(table.text) }
        } else {
            for line in tables.flatMap(\.lines) { print(line.text) }
        }
    }
}
