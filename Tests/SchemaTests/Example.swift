import ExampleFiles
import Glibc
import Testing

@testable import Config
@testable import Schema

/// The example sites, as they are or with one of their files changed.
enum Example {
    /// What the examples name: a secret must be there where its section is in force.
    static let secrets = [
        "SMTP_PASSWORD": "dummy", "KAVENEGAR_KEY": "dummy", "SMSIR_KEY": "dummy", "TASK_WEBHOOK_SECRET": "dummy",
        "ACTIVITY_WEBHOOK_SECRET": "dummy", "ALERT_WEBHOOK_SECRET": "dummy",
    ]

    static let sites = [
        "sevra": ["sevra", "sevra.directory", "sevra.community", "sevra.blog"], "writers": ["writers"], "orders": ["orders"],
    ]

    /// What is found in a copy of the site in which some files hold another text: every fault, or the warnings.
    static func faults(of site: String, changed: (String) -> String?) throws -> Faults {
        var template = Array("/tmp/atlas-schema-XXXXXX".utf8CString)
        let path = try #require(mkdtemp(&template).map { String(cString: $0) })
        var made = [path]
        defer { for entry in made.reversed() { remove(entry) } }
        for name in ["schemas", "templates"] {
            symlink("\(ExampleFile.root)/Tests/Examples/\(name)", "\(path)/\(name)")
            made.append("\(path)/\(name)")
        }
        for name in sites[site] ?? [] {
            let file = try #require(fopen("\(path)/\(name).toml", "w"))
            let bytes = Array(try (changed(name) ?? ExampleFile.text(name)).utf8)
            fwrite(bytes, 1, bytes.count, file)
            fclose(file)
            made.append("\(path)/\(name).toml")
        }
        let loaded = ConfigurationLoader(environment: secrets, overrides: []).survey("\(path)/\(site).toml")
        do {
            _ = try SchemaCompiler.compile(loaded)
            return loaded.allWarnings
        } catch {
            return error
        }
    }
}
