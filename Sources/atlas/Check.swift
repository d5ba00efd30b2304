import ArgumentParser
import Assembly
import Config
import Schema

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say everything that is wrong with the file, or that it is sound.",
        discussion: """
            Tells all faults at once, each with its line and what may have been meant, then what is allowed but worth a second look. Exits
            with 78 when something is wrong. Touches nothing.

            EXAMPLES:
              atlas check
              atlas check sites/blog.toml
              atlas check --config atlas.toml --set tls.mode=off
            """)

    @OptionGroup var options: SiteOptions

    @Argument(help: "The configuration, like --config.")
    var file: String?

    func run() throws {
        let options = options.reading(file)
        let site = try options.site()
        options.warn(about: site, advising: true)
        let name = site.configuration.file.isEmpty ? "the defaults" : site.configuration.file
        print("\(name): sound, with \(site.schema.collections.count) collections")
    }
}
