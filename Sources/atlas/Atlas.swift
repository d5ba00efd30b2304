import ArgumentParser
import Assembly
import Glibc
import Media

@main
struct Atlas: AsyncParsableCommand {
    // Every command bears its name: what is derived from the type costs a start a millisecond and more.
    static let configuration = CommandConfiguration(
        commandName: "atlas",
        abstract: "A site's whole backend from one file.",
        discussion: """
            Begin with a copy of atlas.toml.example. Every command reads ./atlas.toml, or /etc/atlas/atlas.toml, unless --config names another;
            the file says where the data lies.

            EXAMPLES:
              cp /usr/share/doc/atlas/atlas.toml.example atlas.toml
              atlas check
              atlas explain posts
              atlas user create email=me@example.org role=ADMIN name=Me password=-
              atlas serve --set server.http=127.0.0.1:8080
            """,
        version: Version.text,
        subcommands: [
            Serve.self, Check.self, Explain.self, WhyCommand.self, TestCommand.self, Plan.self, Migrate.self, User.self,
            SessionCommand.self, Keys.self, ScheduleCommand.self, Rebuild.self,
            SchemaCommand.self, VersionCommand.self,
        ])

    /// A helper process is this same binary, and must not become anything else first.
    static func main() async {
        if CommandLine.arguments.dropFirst().elementsEqual(["helper", "media"]) { Glibc.exit(MediaHelper.main()) }
        Assembly.Process.prepare()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            exit(withError: error)
        }
    }
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the version.",
        discussion: """
            EXAMPLES:
              atlas version
            """)

    func run() {
        print("atlas \(Version.text)")
    }
}
