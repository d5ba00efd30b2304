import ArgumentParser
import Assembly
import JSON

struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "What is done by the clock.",
        discussion: """
            EXAMPLES:
              atlas schedule run nightly
            """,
        subcommands: [Run.self])

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run", abstract: "Do now what a schedule says, whenever it is due by itself.",
            discussion: """
                With the server running or not. Jobs that it starts are done by the server, now or when it runs again.

                EXAMPLES:
                  atlas schedule run nightly --config atlas.toml
                """)

        @Argument(help: "The name in [schedules].")
        var name: String

        @OptionGroup var options: DataOptions

        func run() async throws {
            try await options.perform(["command": "schedule.run", "schedule": .string(name)]) { _ in "'\(name)' has run" }
        }
    }
}
