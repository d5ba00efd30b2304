package import Config
internal import Glibc
package import Schema

/// Everything compiled from one reading of the file: immutable, taken once per request, swapped as a whole by a reload.
package final class Site: Sendable {
    package let configuration: Configuration
    package let schema: Schema
    /// What the operator should know of the file, though it is sound.
    package let warnings: Faults

    /// Throws every fault of the file.
    /// Without `needsSecrets` a secret that cannot be found is a warning: a command has not the environment of the service.
    /// `previous` is the schema that a reload replaces: stores know conditions by their number, so none is used twice.
    package init(
        file: String?, overrides: [(String, String)], environment: [String: String], needsSecrets: Bool = true,
        after previous: Schema? = nil
    ) throws(Faults) {
        let loaded = ConfigurationLoader(environment: environment, needsSecrets: needsSecrets, overrides: overrides).survey(file)
        schema = try SchemaCompiler.compile(loaded, after: previous)
        configuration = loaded.configuration
        warnings = loaded.allWarnings
    }

    /// The process environment.
    package static var environment: [String: String] {
        var values: [String: String] = [:]
        var pointer = environ
        while let entry = pointer.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") { values[String(text[..<equals])] = String(text[text.index(after: equals)...]) }
            pointer += 1
        }
        return values
    }

    /// Sections that say nothing of what a record is, who may read it and how it looks.
    private static let operating: Set<String> = [
        "alerts", "backup", "include", "log", "mail", "metrics", "notify", "queues", "schedules", "server", "sms", "test", "webhooks",
    ]

    /// What the file says of all that is told of records: where it is the same after a reload, streams of events go on.
    package var meaning: [String: Int] { configuration.fingerprints.filter { !Self.operating.contains($0.key) } }

    /// The SQLite file of `database.url`: its directory and name.
    package var database: (directory: String, file: String) {
        let path = String(configuration.database.url.dropFirst("sqlite:".count))
        guard let slash = path.lastIndex(of: "/") else { return (configuration.app.dataDirectory, path) }
        let directory = String(path[..<slash])
        let isAbsolute = path.hasPrefix("/")
        return (isAbsolute ? directory : "\(configuration.app.dataDirectory)/\(directory)", String(path[path.index(after: slash)...]))
    }

    package var filesDirectory: String {
        let directory = configuration.storage.directory
        return directory.hasPrefix("/") ? directory : "\(configuration.app.dataDirectory)/\(directory)"
    }
}

/// The version of this binary.
package enum Version {
    package static let text = "0.1.0"
}
