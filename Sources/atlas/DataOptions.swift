import ArgumentParser
import Assembly
import Glibc
import JSON
import Logging

/// The site whose data a command works on. One has to be named or to be there: beside a file that was meant and not found, this would be a
/// new and empty site of defaults, in which all is well. Exit 64 (`EX_USAGE`) otherwise.
struct DataOptions: ParsableArguments {
    @OptionGroup var options: SiteOptions

    func validate() throws {
        guard options.path == nil, !options.isSetFromOutside else { return }
        let here = getcwd(nil, 0)
        defer { free(here) }
        let places = SiteOptions.places.map { $0.hasPrefix("/") ? $0 : (here.map { String(cString: $0) + "/" } ?? "") + $0 }
        throw ValidationError("no configuration at \(places.joined(separator: " or ")): name one with --config")
    }

    /// The site, or every fault on standard error and exit 78.
    func site() throws -> Site { try options.site() }

    /// As `SiteOptions.words`.
    var words: String { options.words }

    /// Has a command done by the running server or on the data directory, and prints its answer: as `text` for people, else as JSON.
    func perform(_ command: JSONValue, _ text: (JSONValue) -> String) async throws {
        let site = try site()
        do {
            let log = Logger(label: "atlas") { Logging.StreamLogHandler.standardError(label: $0) }
            let answer = try await AccountCommands.run(command, site: site, log: log)
            let words = isatty(1) == 1 ? text(answer) : answer.text
            if !words.isEmpty { print(words) }
        } catch {
            complain(describe(error))
            throw ExitCode(1)
        }
    }
}
