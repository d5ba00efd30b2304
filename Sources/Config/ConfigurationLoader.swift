internal import Glibc

/// Reads `atlas.toml` with its includes, overrides and secrets into a validated `Configuration`.
package struct ConfigurationLoader: Sendable {
    private let environment: [String: String]
    private let overrides: [(name: String, path: String, value: String)]

    /// `overrides` are those of `--set`, in their order; the environment adds `ATLAS__SECTION__KEY`, which they outrank.
    package init(environment: [String: String], overrides: [(String, String)] = []) {
        self.environment = environment
        let fromEnvironment = environment.filter { $0.key.hasPrefix("ATLAS__") }.sorted { $0.key < $1.key }.map {
            (name: $0.key, path: $0.key.dropFirst(7).split(separator: "_", omittingEmptySubsequences: false).joinedByDoubleUnderscore, value: $0.value)
        }
        self.overrides = fromEnvironment + overrides.map { (name: "--set \($0.0)", path: $0.0, value: $0.1) }
    }

    /// The configuration of that file; nil: all defaults. Throws every fault there is, in the order of the files.
    package func load(_ path: String?) throws(Faults) -> LoadedConfiguration {
        let reading = Reading(environment: environment)
        var sources: [String: String] = [:]
        var root: [TOMLEntry] = []
        if let path { root = merge(path, includedFrom: nil, reading, &sources) }
        var node = TOMLNode(value: .table(root), at: Location(file: path ?? "(defaults)", line: 1, column: 1))
        apply(to: &node, reading)
        root = node.entries ?? []
        checkTopLevel(root, reading)
        var configuration = Configuration()
        configuration.file = path ?? ""
        SettingsReader(reading: reading, root: root, directory: Self.directory(of: path)).read(into: &configuration)
        NamedReader(reading: reading, root: root).read(into: &configuration)
        configuration.collections = CollectionReader(reading: reading).read(root)
        guard reading.faults.isEmpty else { throw Faults(reading.faults, sources: sources) }
        return LoadedConfiguration(configuration: configuration, warnings: [], sources: sources)
    }

    private static func directory(of path: String?) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard getcwd(&buffer, buffer.count) != nil else { return "." }
        let here = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let path, let slash = path.lastIndex(of: "/") else { return here }
        let directory = path[..<slash]
        if directory.isEmpty { return "/" }
        return directory.hasPrefix("/") ? String(directory) : "\(here)/\(directory)"
    }

    // MARK: Files

    /// The entries of a file with those of its includes; `[collections]` and other tables are joined, no key may stand twice.
    private func merge(_ path: String, includedFrom: Location?, _ reading: Reading, _ sources: inout [String: String]) -> [TOMLEntry] {
        let at = includedFrom ?? Location(file: path, line: 1, column: 1)
        guard sources[path] == nil else { return [] }
        guard let bytes = FileReading.bytes(path) else {
            reading.fault(
                "cannot read \(path): \(String(cString: strerror(errno)))", at: at,
                suggestion: includedFrom == nil ? "give the file with --config, or begin with a copy of atlas.toml.example" : nil)
            return []
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            reading.fault("the file is not UTF-8", at: Location(file: path, line: 1, column: 1))
            return []
        }
        sources[path] = text
        let root: TOMLNode
        do {
            root = try TOMLNode.parse(text, file: path)
        } catch {
            reading.faults.append(error)
            return []
        }
        var entries = root.entries ?? []
        guard let include = entries.firstIndex(where: { $0.key == "include" }) else { return entries }
        let patterns = entries.remove(at: include).value
        for file in files(patterns, besides: path, reading) {
            let added = merge(file.value, includedFrom: file.at, reading, &sources)
            Self.join(&entries, added, reading)
        }
        return entries
    }

    private static func join(_ entries: inout [TOMLEntry], _ added: [TOMLEntry], _ reading: Reading, depth: Int = 0) {
        for entry in added {
            guard let index = entries.firstIndex(where: { $0.key == entry.key }) else {
                entries.append(entry)
                continue
            }
            if depth < 1, case .table(var inner) = entries[index].value.value, let more = entry.value.entries {
                join(&inner, more, reading, depth: depth + 1)
                entries[index].value.value = .table(inner)
            } else {
                let other = entries[index].keyAt
                reading.fault(
                    "'\(entry.key)' stands already in \(other.file):\(other.line)", at: entry.keyAt, length: entry.key.unicodeScalars.count)
            }
        }
    }

    private func files(_ patterns: TOMLNode, besides path: String, _ reading: Reading) -> [Located<String>] {
        guard case .array(let items) = patterns.value else {
            reading.fault("'include' must be a list of files, not \(patterns.kind)", at: patterns.at)
            return []
        }
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        var files: [Located<String>] = []
        for item in items {
            guard case .string(let pattern) = item.value else {
                reading.fault("'include' must be a list of files, not of \(item.kind)", at: item.at)
                continue
            }
            var found = glob_t()
            defer { globfree(&found) }
            let whole = pattern.hasPrefix("/") ? pattern : directory + pattern
            guard glob(whole, 0, nil, &found) == 0 else {
                reading.fault("no file matches '\(pattern)'", at: item.at, length: pattern.unicodeScalars.count + 2)
                continue
            }
            for index in 0..<Int(found.gl_pathc) {
                guard let name = found.gl_pathv[index] else { continue }
                files.append(Located(String(cString: name), at: item.at))
            }
        }
        return files
    }

    // MARK: Overrides

    private func apply(to root: inout TOMLNode, _ reading: Reading) {
        for override in overrides {
            let at = Location(file: override.name, line: 1, column: 1)
            var node: TOMLNode?
            if !override.value.isEmpty {
                // TOML where it parses, else a string (11-precisions 49).
                let parsed = try? TOMLNode.parse("value = \(override.value)", file: override.name).entries?.first?.value
                node = parsed ?? TOMLNode(value: .string(override.value), at: at)
                node?.at = at
            }
            let path = override.path.split(separator: ".").map(String.init)
            if path.isEmpty || !root.set(path[...], to: node) {
                reading.fault("there is nothing to set at '\(override.path)'", at: at)
            }
        }
    }

    private func checkTopLevel(_ root: [TOMLEntry], _ reading: Reading) {
        for entry in root where !Language.topLevel.contains(entry.key) {
            let length = entry.key.unicodeScalars.count
            if Language.notYet.contains(entry.key) {
                reading.fault("[\(entry.key)] is not available in this version", at: entry.keyAt, length: length)
                continue
            }
            let close = Spelling.closest(to: entry.key, among: Language.topLevel.union(Language.notYet).sorted())
            reading.fault(
                "unknown key '\(entry.key)'", at: entry.keyAt, length: length, suggestion: close.map { "did you mean '\($0)'?" })
        }
    }
}

package struct LoadedConfiguration: Sendable {
    package var configuration: Configuration
    package var warnings: [Fault]
    /// The text of every file that was read, for showing lines.
    package var sources: [String: String]
}

extension [Substring] {
    /// `APP__DATA_DIR` was split at every underscore: an empty part stands for the dot between two names.
    fileprivate var joinedByDoubleUnderscore: String {
        var path = ""
        var isStart = true
        for part in self {
            if part.isEmpty {
                path += "."
                isStart = true
                continue
            }
            if !isStart { path += "_" }
            path += part.lowercased()
            isStart = false
        }
        return path
    }
}
