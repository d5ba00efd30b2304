import ArgumentParser
import Config
import JSON

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print a JSON Schema of atlas.toml, for editors.",
        discussion: """
            EXAMPLES:
              atlas schema > atlas.schema.json     then, as the first line of atlas.toml: #:schema ./atlas.schema.json
            """)

    func run() {
        print(ConfigurationSchema.json.text)
    }
}
