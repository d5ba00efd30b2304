import ArgumentParser
import Assembly
import Config
import Glibc
import JSON
import Logging

struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Keep or break the promises of the file's [[test]] tables.",
        discussion: """
            Each runs on a throw-away database: the rows of `given` are there, `do` is asked as `as`, and the answer is compared with `expect`.
            Neither the server nor its data is touched. Exits with 1 when one fails.

            EXAMPLES:
              atlas test
              atlas test --config sites/blog.toml
            """)

    @OptionGroup var options: SiteOptions

    @Argument(help: "The configuration, like --config.")
    var file: String?

    func run() async throws {
        let options = options.reading(file)
        var failed = 0
        var total = 0
        do {
            var log = Logger(label: "atlas") { Logging.StreamLogHandler.standardError(label: $0) }
            log.logLevel = .error
            try await SiteTesting.run(file: options.path, overrides: options.pairs, log: log) { outcome, count in
                if outcome.number == 1 { print("1..\(count)") }
                total = count
                let isKept = outcome.differences.isEmpty
                if !isKept { failed += 1 }
                print("\(isKept ? "ok" : "not ok") \(outcome.number) - \(outcome.name)")
                if !isKept { print("  # \(outcome.at.file):\(outcome.at.line)") }
                for difference in outcome.differences { print("  # \(difference)") }
                fflush(nil)
            }
        } catch let faults as Faults {
            options.report(faults)
            throw SiteOptions.configurationError
        } catch {
            complain(describe(error))
            throw ExitCode(2)
        }
        if total == 0 { print("1..0 # the file makes no promises: write [[test]]") }
        guard failed == 0 else { throw ExitCode(1) }
    }
}
