import ArgumentParser
import Assembly
import Config
import Schema

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say everything that is wrong with the file, or that it is sound.",
        discussion: """
            Exits with 78 when something is wrong. Touches nothing.

            EXAMPLES:
              atlas check --config atlas.toml
            """)

    @OptionGroup var options: SiteOptions

    func run() throws {
        let site = try options.site()
        options.warn(about: site)
        let file = site.configuration.file.isEmpty ? "the defaults" : site.configuration.file
        print("\(file): sound, with \(site.schema.collections.count) collections")
    }
}
