/// One reading of a configuration: what the readers of sections share, and the faults they find. They report and go on, so that all
/// faults come at once.
final class Reading {
    let environment: [String: String]
    /// False where nothing is sent or sealed: a secret that cannot be found is then a warning.
    let needsSecrets: Bool
    /// The directory of each file, where its relative paths start; the working directory for overrides.
    let directories: [String: String]
    private(set) var faults: [Fault] = []
    /// Literal values that look like secrets; they are masked in every text that faults show.
    private(set) var masked: [Range<Mark>] = []

    /// What the file declares, for names that point to it.
    let names: DeclaredNames
    /// Where in the tree is read: the keys from the root.
    private var path: [String] = []
    /// Whether what is being read is used. What is not is only checked: nothing that it points to outside the file is looked for.
    private(set) var isInUse = true
    /// What was written and nothing acts on, outermost keys only.
    private(set) var notInForce: [NotInForce] = []

    /// A place that can be ordered within its file.
    struct Mark: Comparable {
        var place: Location

        static func < (a: Mark, b: Mark) -> Bool {
            (a.place.line, a.place.column) < (b.place.line, b.place.column)
        }
    }

    init(
        environment: [String: String], needsSecrets: Bool = true, directories: [String: String], names: DeclaredNames = DeclaredNames()
    ) {
        self.environment = environment
        self.needsSecrets = needsSecrets
        self.directories = directories
        self.names = names
    }

    /// Reads what stands below a key.
    func below<Result>(_ member: TOMLMember, isInForce: Bool = true, isInUse used: Bool = true, _ read: () -> Result) -> Result {
        path.append(member.name)
        if isInUse, used, !isInForce { leaveOut(at: member.at, length: member.length) }
        let before = isInUse
        isInUse = before && used && isInForce
        defer {
            isInUse = before
            path.removeLast()
        }
        return read()
    }

    /// Notes that nothing acts on what is being read in this version.
    /// - Parameter word: the value in question, where others of the same key are in force.
    func leaveOut(_ word: String? = nil, at place: Location, length: Int) {
        guard isInUse else { return }
        let name = path.joined(separator: ".") + (word.map { " = \"\($0)\"" } ?? "")
        notInForce.append(NotInForce(name: name, at: place, length: length))
    }

    func report(_ message: String, _ node: TOMLNode, suggestion: String? = nil) {
        faults.append(Fault(message, at: node.at, length: node.length, suggestion: suggestion))
    }

    func report(_ message: String, key member: TOMLMember, suggestion: String? = nil) {
        faults.append(Fault(message, at: member.at, length: member.length, suggestion: suggestion))
    }

    func report(_ fault: Fault) {
        faults.append(fault)
    }

    func warn(_ message: String, _ node: TOMLNode, suggestion: String? = nil) {
        faults.append(Fault(message, at: node.at, length: node.length, suggestion: suggestion, severity: .warning))
    }

    /// What `read` reports are warnings.
    func mildly<Result>(_ read: () -> Result) -> Result {
        let count = faults.count
        defer { for index in count..<faults.count { faults[index].severity = .warning } }
        return read()
    }

    /// Hides a value, and all below it, from every rendering.
    func mask(_ node: TOMLNode) {
        let begin = Mark(place: node.at)
        let end = Mark(place: node.end)
        if begin < end { masked.append(begin..<end) }
    }

    /// Hides what stands under names that secrets have.
    func maskSuspects(in member: TOMLMember) {
        if Masking.soundsSecret(member.name) { return mask(member.node) }
        for table in [member.node.table].compactMap({ $0 }) + (member.node.array ?? []).compactMap(\.table) {
            for inner in table.members { maskSuspects(in: inner) }
        }
    }

    /// A path as the file that names it means it.
    func absolute(_ path: String, in file: String) -> String {
        if path.hasPrefix("/") { return path }
        let directory = directories[file] ?? directories[""] ?? "/"
        return directory == "/" ? "/\(path)" : "\(directory)/\(path)"
    }
}
