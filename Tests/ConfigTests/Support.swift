import ExampleFiles
import Glibc
import Testing

@testable import Config

/// What the examples and the pieces of the reference name: a secret must be there where its section is in force.
let dummySecrets = [
    "SMTP_PASSWORD": "dummy", "KAVENEGAR_KEY": "dummy", "SMSIR_KEY": "dummy", "TASK_WEBHOOK_SECRET": "dummy",
    "ACTIVITY_WEBHOOK_SECRET": "dummy", "ALERT_WEBHOOK_SECRET": "dummy", "WEBHOOK_SECRET": "dummy", "S": "dummy", "TOKEN": "dummy",
    "OIDC_SECRET": "dummy",
]

/// Loads a text that must be right.
func load(
    _ text: String, file: String = "atlas.toml", environment: [String: String] = dummySecrets, set: [(String, String)] = [],
    _ location: SourceLocation = #_sourceLocation
) throws -> LoadedConfiguration {
    do throws(Faults) {
        return try ConfigurationLoader(environment: environment, overrides: set).load(text: text, file: file)
    } catch {
        Issue.record("\(error.rendered())", sourceLocation: location)
        throw error
    }
}

/// The faults of a text that must be wrong.
func faults(
    of text: String, file: String = "atlas.toml", environment: [String: String] = dummySecrets, set: [(String, String)] = []
) -> Faults {
    do throws(Faults) {
        _ = try ConfigurationLoader(environment: environment, overrides: set).load(text: text, file: file)
        return Faults([])
    } catch {
        return error
    }
}

/// Everything about a value, for comparing what cannot be compared otherwise.
func dumped(_ value: some Any) -> String {
    var text = ""
    dump(value, to: &text)
    return text
}

/// A file of the repository.
func content(of path: String) throws -> String {
    String(decoding: try Files.read("\(ExampleFile.root)/\(path)", limit: 1 << 20).get(), as: UTF8.self)
}

/// A directory of its own that goes with the value.
final class Directory {
    let path: String
    private var made: [String] = []

    init() {
        var template = Array("/tmp/atlas-config-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp/atlas-config"
        made = [path]
    }

    func write(_ name: String, _ text: String) throws {
        var directory = path
        for part in name.split(separator: "/").dropLast() {
            directory += "/\(part)"
            mkdir(directory, 0o700)
            made.append(directory)
        }
        let file = try #require(fopen("\(path)/\(name)", "w"))
        defer { fclose(file) }
        fputs(text, file)
        made.append("\(path)/\(name)")
    }

    deinit {
        for entry in made.sorted().reversed() { remove(entry) }
    }
}
