import ArgumentParser
import Config
import JSON

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print a JSON Schema of atlas.toml, for editors.",
        discussion: """
            The first line of atlas.toml then says where it is: #:schema ./atlas.schema.json

            EXAMPLES:
              atlas schema > atlas.schema.json
            """)

    func run() {
        print(ConfigurationSchema.json.text)
    }
}
