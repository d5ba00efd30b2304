/// What a load gives: the configuration, what is worth a warning, and the texts that places point into.
package struct LoadedConfiguration: Sendable {
    package var configuration: Configuration
    package var warnings: [Fault]
    /// By the file name of a `Location`, with literal secrets masked: safe to show.
    package var sources: [String: String]
    /// The files in the order in which they were read.
    package var files: [String] = []
    /// What declares these names is faulty or was not read: of what uses them nothing can be said.
    package var doubtful: Set<String> = []
    /// Whether all files could be read, and so all names are known.
    package var isWhole = true

    /// The warnings, then what is not in force.
    package var allWarnings: Faults {
        Faults(warnings + configuration.notInForce.map(\.warning), sources: sources)
    }

    package var errors: [Fault] { warnings.filter { $0.severity == .error } }

    /// In the order of files and lines. A fault in a trait is found in every collection that uses it, and told once.
    package func ordered(_ faults: [Fault]) -> [Fault] {
        let order = Dictionary(files.enumerated().map { ($1, $0) }) { first, _ in first }
        var seen: Set<Fault> = []
        return faults.filter { seen.insert($0).inserted }.enumerated().sorted { a, b in
            let left = a.element.at
            let right = b.element.at
            return (order[left.file] ?? 0, left.line, left.column, a.offset) < (order[right.file] ?? 0, right.line, right.column, b.offset)
        }.map(\.element)
    }
}

/// Reads `atlas.toml`, the files that it includes, and the overrides of this run.
package struct ConfigurationLoader {
    private let environment: [String: String]
    private let needsSecrets: Bool
    private let overrides: [(String, String)]

    /// - Parameters:
    ///   - environment: where `env:`, `$CREDENTIALS_DIRECTORY` and `ATLAS__…` are looked up.
    ///   - needsSecrets: whether a secret that cannot be found is an error; else it is a warning, and the secret empty.
    ///   - overrides: `--set` as key and value; the last one of a key holds, and all of them over the environment.
    package init(environment: [String: String] = [:], needsSecrets: Bool = true, overrides: [(String, String)] = []) {
        self.environment = environment
        self.needsSecrets = needsSecrets
        self.overrides = overrides
    }

    /// Without a path, or with an empty file, all defaults hold. Throws every fault at once, in the order of files and lines; a file that
    /// is no TOML is told by its first.
    package func load(_ path: String?) throws(Faults) -> LoadedConfiguration {
        var files = FileTree(workingDirectory: Files.workingDirectory)
        if let path { files.load(path, from: nil) }
        return try finish(files, file: path ?? "")
    }

    /// Whatever could be read, with errors among the warnings.
    package func survey(_ path: String?) -> LoadedConfiguration {
        var files = FileTree(workingDirectory: Files.workingDirectory)
        if let path { files.load(path, from: nil) }
        return read(files, file: path ?? "")
    }

    /// The same from a text that is in memory.
    package func survey(text: String, file: String = "atlas.toml") -> LoadedConfiguration {
        var files = FileTree(workingDirectory: Files.workingDirectory)
        files.add(text, file: file)
        return read(files, file: file)
    }

    /// The same from a text that is in memory.
    package func load(text: String, file: String = "atlas.toml") throws(Faults) -> LoadedConfiguration {
        var files = FileTree(workingDirectory: Files.workingDirectory)
        files.add(text, file: file)
        return try finish(files, file: file)
    }

    private func finish(_ files: FileTree, file: String) throws(Faults) -> LoadedConfiguration {
        let loaded = read(files, file: file)
        guard !loaded.warnings.contains(where: { $0.severity == .error }) else { throw Faults(loaded.warnings, sources: loaded.sources) }
        return loaded
    }

    /// Whatever could be read, with errors among the warnings.
    func read(_ files: FileTree, file: String) -> LoadedConfiguration {
        var files = files
        var root = files.root
        let overrides = allOverrides
        for override in overrides {
            let known = files.sources[override.file]
            files.addSource(known.map { "\($0)\n\(override.source)" } ?? override.source, file: override.file)
        }
        // What a collection is made of changes before its traits are put into it, all else after: an override holds over a trait.
        for override in overrides where override.isOfTraits { override.apply(to: &root, faults: &files.faults) }
        Traits.merge(into: &root, faults: &files.faults)
        for override in overrides where !override.isOfTraits { override.apply(to: &root, faults: &files.faults) }
        let reading = Reading(
            environment: environment, needsSecrets: needsSecrets, directories: files.directories,
            names: root.table.map { DeclaredNames(root: $0) } ?? DeclaredNames())
        var configuration = Configuration()
        configuration.file = file
        configuration.app.dataDirectory = reading.absolute(configuration.app.dataDirectory, in: file)
        if let table = root.table { Language.file.read(table, at: root, into: &configuration, reading) }
        configuration.notInForce = reading.notInForce
        configuration.fingerprints = root.table.map(Fingerprint.sections(of:)) ?? [:]
        let sources = Masking.masked(files.sources, ranges: reading.masked, faults: files.faults)
        var loaded = LoadedConfiguration(configuration: configuration, warnings: [], sources: sources, files: files.order)
        let found = files.faults + reading.faults
        // Of a file with an error in it, what its sections mean together is not known yet.
        let caveats = found.contains { $0.severity == .error } ? [] : Caveats.all(configuration, root)
        loaded.warnings = loaded.ordered(found + caveats)
        loaded.isWhole = !files.faults.contains { $0.severity == .error }
        loaded.doubtful = Doubt(root: root, faults: reading.faults.filter { $0.severity == .error }, read: configuration).names
        return loaded
    }

    /// The environment's first, in the order of their names; then `--set`, which holds over them.
    private var allOverrides: [Override] {
        let variables = environment.sorted { $0.key < $1.key }.compactMap { Override(variable: $0.key, value: $0.value) }
        var line = 1
        let settings = overrides.map { key, value in
            let override = Override(set: key, value: value, line: line)
            line += override.source.utf8.count { $0 == UInt8(ascii: "\n") } + 1
            return override
        }
        return variables + settings
    }
}
