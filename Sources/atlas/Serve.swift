import ArgumentParser
import Assembly
import Config
import Glibc
import JSON
import Ports
import Synchronization

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the site until SIGTERM; SIGHUP reads the file again.",
        discussion: """
            The first line printed holds the bound addresses. Safe migrations are taken at start; others are refused with the command that
            allows them.

            EXAMPLES:
              atlas serve --config atlas.toml
              atlas serve --config atlas.toml --set server.http=127.0.0.1:0 --set log.level=debug
            """)

    @OptionGroup var options: SiteOptions

    func run() async throws {
        let site = try options.site(needsSecrets: true)
        options.warn(about: site)
        let told = Mutex(Set(site.warnings.all))
        let isTerminal = isatty(1) == 1
        let options = options
        do {
            let server = try await Server.make(site, isTerminal: isTerminal) { previous in
                let site = try options.read(needsSecrets: true, after: previous)
                // What was told at the last reading is not told again.
                let known = told.withLock { told in
                    defer { told = Set(site.warnings.all) }
                    return told
                }
                options.warn(about: site, except: known)
                return site
            }
            try await server.run { addresses in
                if isTerminal {
                    print("Atlas \(Version.text) serves \(site.configuration.app.name) on \(addresses.joined(separator: ", "))")
                } else {
                    let line: JSONValue = [
                        "level": "info", "message": "listening", "addresses": .array(addresses.map { .string($0) }),
                        "version": .string(Version.text),
                    ]
                    print(line.text)
                }
                fflush(nil)
            }
        } catch let refused as Migrating.Refused {
            complain(refused.description(options: options.words))
            throw SiteOptions.configurationError
        } catch let shared as SharedValues {
            complain("atlas cannot serve: \(describe(shared))")
            throw SiteOptions.configurationError
        } catch let code as ExitCode {
            throw code
        } catch {
            complain("atlas cannot serve: \(describe(error))")
            throw ExitCode(1)
        }
    }
}
