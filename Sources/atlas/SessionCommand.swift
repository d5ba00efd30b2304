import ArgumentParser
import Assembly
import JSON

struct SessionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session",
        abstract: "Where a user is signed in, and the end of it.",
        discussion: """
            EXAMPLES:
              atlas session list somebody@example.org
              atlas session revoke somebody@example.org
            """,
        subcommands: [List.self, Revoke.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "The sessions of a user, the youngest first.",
            discussion: """
                EXAMPLES:
                  atlas session list --config atlas.toml somebody@example.org
                """)

        @OptionGroup var account: AccountOptions

        func run() async throws {
            try await account.perform("session.list") { answer in
                (answer["sessions"]?.array ?? []).map { session in
                    ["id", "ip", "last_used_at", "user_agent"].compactMap { session[$0]?.string }.joined(separator: "  ")
                }.joined(separator: "\n")
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke",
            abstract: "End a session of a user, or all of them; it acts at the next request.",
            discussion: """
                EXAMPLES:
                  atlas session revoke --config atlas.toml somebody@example.org
                  atlas session revoke --config atlas.toml somebody@example.org 01a1fded-deea-776c-8ea8-0632a8ec2d2b
                """)

        @OptionGroup var account: AccountOptions
        @Argument(help: "Only this session.") var session: String?

        func run() async throws {
            let session = JSONMember(name: "session", value: session.map { .string($0) } ?? .null)
            try await account.perform("session.revoke", [session]) {
                "\($0["ended"]?.integer ?? 0) ended"
            }
        }
    }
}
