import ArgumentParser
import Assembly
import Glibc
import JSON
import Logging

struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Compute again what is stored but derived, and tell what was not true.",
        discussion: """
            Looks at the computed fields of every record of a collection, or of all. On a sound database it changes nothing. With the server
            running or not; requests are served meanwhile.

            EXAMPLES:
              atlas rebuild --config atlas.toml
              atlas rebuild --config atlas.toml posts
            """)

    @OptionGroup var options: DataOptions

    @Argument(help: "Only this collection, and what is computed from it.")
    var collection: String?

    func run() async throws {
        let site = try options.site()
        do {
            let log = Logger(label: "atlas") { Logging.StreamLogHandler.standardError(label: $0) }
            let changed = try await Rebuilding.run(collection, site: site, log: log).sorted { $0.key < $1.key }
            if isatty(1) == 1 {
                if changed.isEmpty { print("everything was true: nothing was changed") }
                for (place, count) in changed { print("\(place): \(count) \(count == 1 ? "record" : "records") changed") }
            } else {
                let members = changed.map { JSONMember(name: $0.key, value: .integer(Int64($0.value))) }
                print(JSONValue.object(["changed": .object(members)]).text)
            }
        } catch let refused as Migrating.Refused {
            complain(refused.description(options: options.words))
            throw SiteOptions.configurationError
        } catch {
            complain(describe(error))
            throw ExitCode(1)
        }
    }
}
