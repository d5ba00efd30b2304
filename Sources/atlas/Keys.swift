import ArgumentParser
import Assembly
import JSON

struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "The keys with which access tokens are signed.",
        discussion: """
            EXAMPLES:
              atlas keys list
              atlas keys rotate
            """,
        subcommands: [List.self, Rotate.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "The keys, the youngest first; the public ones are at /.well-known/jwks.json.",
            discussion: """
                EXAMPLES:
                  atlas keys list --config atlas.toml
                """)

        @OptionGroup var options: DataOptions

        func run() async throws { try await options.perform(["command": "keys.list"], table) }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate",
            abstract: "Sign with a new key from now on; tokens of the old one hold on until they expire.",
            discussion: """
                The old key is forgotten when its last token has expired (auth.access_ttl). Nobody is signed out.

                EXAMPLES:
                  atlas keys rotate --config atlas.toml
                """)

        @OptionGroup var options: DataOptions

        func run() async throws { try await options.perform(["command": "keys.rotate"], table) }
    }
}

private func table(_ answer: JSONValue) -> String {
    (answer["keys"]?.array ?? []).map { key in
        let facts = ["id", "created_at"].compactMap { key[$0]?.string }
        return (facts + (key["current"] == .bool(true) ? ["signs"] : [])).joined(separator: "  ")
    }.joined(separator: "\n")
}
