import ArgumentParser
import Assembly
import Config
import Glibc
import JSON
import Schema

/// Which file, and what is different for this run.
struct SiteOptions: ParsableArguments {
    @Option(name: .long, help: "The configuration. Without it, ./atlas.toml or /etc/atlas/atlas.toml.")
    var config: String?

    @Option(
        name: .customLong("set"), help: ArgumentHelp("Override a setting for this run, such as auth.access_ttl=2s.", valueName: "key=value")
    )
    var overrides: [String] = []

    /// `EX_CONFIG` of sysexits.h: the file is wrong, and a restart will not help.
    static let configurationError = ExitCode(78)

    /// Where the file is looked for when none is named, in this order.
    static let places = ["atlas.toml", "/etc/atlas/atlas.toml"]

    /// The file that is read; nil where there is none, and all defaults hold. One that is there and may not be read is a fault of its own:
    /// passing over it would be another site. A working directory that may not be looked into, such as that of whoever used `sudo -u`, has none.
    var path: String? {
        config ?? Self.places.first { access($0, F_OK) == 0 || $0.hasPrefix("/") && errno == EACCES }
    }

    /// Whether a setting is given for this run, by `--set` or by the environment.
    var isSetFromOutside: Bool { !overrides.isEmpty || Site.environment.keys.contains { $0.hasPrefix("ATLAS__") } }

    /// The same options for another command, as a shell takes them.
    var words: String {
        let given = (config.map { ["--config", $0] } ?? []) + overrides.flatMap { ["--set", $0] }
        return given.map { word in
            let isPlain = word.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "-_./=:,".utf8.contains(byte)
            }
            return isPlain ? " \(word)" : " '\(word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
        }.joined()
    }

    /// The overrides as keys and values.
    var pairs: [(String, String)] {
        overrides.map { text -> (String, String) in
            guard let equals = text.firstIndex(of: "=") else { return (text, "") }
            return (String(text[..<equals]), String(text[text.index(after: equals)...]))
        }
    }

    /// Only who serves `needsSecrets`: commands run without the environment of the service.
    func read(needsSecrets: Bool = false, after previous: Schema? = nil) throws(Faults) -> Site {
        try Site(file: path, overrides: pairs, environment: Site.environment, needsSecrets: needsSecrets, after: previous)
    }

    /// The site, or every fault on standard error and exit 78.
    func site(needsSecrets: Bool = false) throws -> Site {
        do {
            return try read(needsSecrets: needsSecrets)
        } catch {
            report(error)
            throw Self.configurationError
        }
    }

    /// For people on a terminal, as JSON lines otherwise.
    func report(_ faults: Faults) {
        show(faults)
        guard isatty(2) == 1 else { return }
        let errors = faults.all.count { $0.severity == .error }
        complain("\(errors) \(errors == 1 ? "error" : "errors"); nothing was changed")
    }

    /// What is worth knowing of a sound file, on standard error too; with `advising` also what is allowed and worth a second look.
    func warn(about site: Site, advising: Bool = false, except known: Set<Fault> = []) {
        var warnings = site.warnings
        if advising { warnings.all += Advice.warnings(site.schema, site.configuration) }
        warnings.all.removeAll(where: known.contains)
        if !warnings.all.isEmpty { show(warnings) }
    }

    /// The same with another file, where a command names it without `--config`.
    func reading(_ file: String?) -> SiteOptions {
        var options = self
        options.config = file ?? config
        return options
    }

    private func show(_ faults: Faults) {
        if isatty(2) == 1 {
            complain(faults.all.map { $0.rendered(source: faults.sources[$0.at.file], color: true) }.joined())
        } else {
            for fault in faults.all { complain(fault.json.text) }
        }
    }
}

/// A line on standard error.
func complain(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = write(2, line, line.count)
}
