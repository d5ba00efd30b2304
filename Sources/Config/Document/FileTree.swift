/// The main file and all that it includes, as one table.
struct FileTree {
    private(set) var root: TOMLNode
    private(set) var sources: [String: String] = [:]
    /// Where relative paths of a file start. The entry "" is the working directory.
    private(set) var directories: [String: String]
    /// Files in the order in which they were read.
    private(set) var order: [String] = []
    var faults: [Fault] = []
    private var loaded: Set<String> = []
    /// The files that are being read now, each included by the one before.
    private var open: [String] = []
    private let workingDirectory: String

    /// A configuration is written by hand; what is larger is something else.
    private static let limit = 4 << 20

    init(workingDirectory: String) {
        self.workingDirectory = workingDirectory
        directories = ["": workingDirectory]
        let start = Location(file: "", line: 1, column: 1)
        root = TOMLNode(.table(TOMLTable()), at: start, end: start)
    }

    /// Reads a file and what it includes. A file that was read already is not read again; that it includes itself is a warning.
    /// - Parameter includer: the text that names it, for the fault when it cannot be read.
    mutating func load(_ path: String, from includer: TOMLNode?) {
        let identity = Files.identity(path)
        guard loaded.insert(identity).inserted else {
            if let includer, includer.string?.contains(where: Self.isOfGlob) == false, open.contains(identity) {
                faults.append(
                    Fault(
                        "\(path) includes this file", at: includer.at, length: includer.length,
                        suggestion: "each file is read once: take it out", severity: .warning))
            }
            return
        }
        open.append(identity)
        defer { open.removeLast() }
        switch Files.read(path, limit: Self.limit) {
        case .success(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else {
                let place = Self.firstInvalid(in: bytes, file: path)
                addSource(String(decoding: bytes, as: UTF8.self), file: path)
                faults.append(Fault("the file is not UTF-8 text here", at: place, suggestion: "save it as UTF-8"))
                return
            }
            add(text, file: path)
        case .failure(let failure):
            let at = includer?.at ?? Location(file: path, line: 1, column: 1)
            let suggestion =
                includer == nil
                ? "name the file with --config, or copy atlas.toml.example to begin with" : "mend the path in 'include', or take it out"
            if includer == nil { order.append(path) }
            faults.append(
                Fault("\(path) cannot be read: \(failure.message)", at: at, length: includer?.length ?? 1, suggestion: suggestion))
        }
    }

    mutating func add(_ text: String, file: String) {
        addSource(text, file: file)
        let isFirst = order.count == 1
        let parent = file.lastIndex(of: "/").map { String(file[..<$0]) }
        let directory = parent.map { $0.isEmpty ? "/" : $0 } ?? "."
        directories[file] =
            directory == "." ? workingDirectory : directory.hasPrefix("/") ? directory : "\(workingDirectory)/\(directory)"
        do throws(Fault) {
            let node = try TOMLParser.parse(text, file: file)
            guard var table = node.table else { return }
            // Each file's `include` is its own; only the main file's stays, for the reader to check.
            let include = table["include"]
            if !isFirst { table.members.removeAll { $0.name == "include" } }
            if isFirst {
                root = TOMLNode(.table(table), at: node.at, end: node.end)
            } else if var whole = root.table {
                whole.merge(table, faults: &faults)
                root.value = .table(whole)
            }
            if let include { read(include, of: file) }
        } catch {
            faults.append(error)
        }
    }

    mutating func addSource(_ text: String, file: String) {
        sources[file] = text
        if !order.contains(file) { order.append(file) }
    }

    private mutating func read(_ include: TOMLMember, of file: String) {
        guard let patterns = include.node.array else {
            faults.append(
                Fault(
                    "'include' is a list of paths, not \(include.node.kind)", at: include.node.at, length: include.node.length,
                    suggestion: "write include = [\"collections/*.toml\"]"))
            return
        }
        // Shown as relative to where the main file's path is.
        let directory = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? ""
        for pattern in patterns {
            guard let text = pattern.string, !text.isEmpty, !text.utf8.contains(0) else {
                faults.append(Fault("a path or glob is expected here, not \(pattern.kind)", at: pattern.at, length: pattern.length))
                continue
            }
            if !text.contains(where: Self.isOfGlob) {
                load(text.hasPrefix("/") || directory.isEmpty ? text : "\(directory)/\(text)", from: pattern)
                continue
            }
            let paths = Files.matching(text, in: directory)
            if paths.isEmpty {
                faults.append(
                    Fault("no file matches '\(text)'", at: pattern.at, length: pattern.length, severity: .warning))
            }
            for path in paths { load(path, from: pattern) }
        }
    }

    private static func isOfGlob(_ letter: Character) -> Bool { "*?[".contains(letter) }

    private static func firstInvalid(in bytes: [UInt8], file: String) -> Location {
        var line = 1
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            guard String(validating: bytes[start...index], as: UTF8.self) != nil else { break }
            line += 1
            start = index + 1
        }
        var column = 1
        var decoder = UTF8()
        var iterator = bytes[start...].makeIterator()
        while case .scalarValue = decoder.decode(&iterator) { column += 1 }
        return Location(file: file, line: line, column: column)
    }
}
