import ArgumentParser
import Assembly
import Glibc
import JSON
import Logging

extension SiteOptions {
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
