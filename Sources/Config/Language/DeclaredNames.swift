import Text

/// The names that a file declares, taken from the tree before anything is read, so that a faulty declaration is told once and not again
/// by each that points to it.
struct DeclaredNames: Sendable {
    /// With the built-in ones.
    private(set) var collections: [String] = DeclaredNames.builtInCollections
    private(set) var media: [String] = []
    private(set) var notices: [String] = []
    private(set) var jobs: [String] = []
    private(set) var queues: [String] = DeclaredNames.builtInQueues
    private(set) var documents: [String] = []
    private(set) var exports: [String] = []
    private(set) var webhooks: [String] = []
    /// By collection.
    private var fields: [String: [String]] = [:]
    private var transitions: [String: [String]] = [:]
    private var actions: [String: [String]] = [:]

    static let builtInCollections = ["users", "media", "jobs", "sessions", "redirects"]
    /// What `[tenancy]` adds where its presets are on.
    private static let presets = ["invitations", "hooks"]
    private static let builtInQueues = ["default", "media", "mail", "sms", "webhooks", "exports", "documents", "maintenance"]
    /// Built-in work that needs no record.
    static let builtInJobs = ["sitemap.rebuild", "softdelete.prune", "media.sweep", "session.prune", "backup.run"]
    /// What happens besides to records.
    static let systemEvents = [
        "auth.signup", "auth.login", "auth.login_failed", "auth.logout", "auth.password_changed", "alert.firing", "alert.resolved",
    ]
    private static let recordEvents = ["created", "updated", "deleted", "restored"]

    init() {}

    init(root: TOMLTable) {
        func names(_ section: String) -> [String] { root[section]?.node.table?.members.map(\.name) ?? [] }
        let presets = Self.presets.filter { name in
            guard let preset = root["tenancy"]?.node.table?[name] else { return false }
            return preset.node.value != .bool(false)
        }
        for name in names("collections") + presets where !collections.contains(name) { collections.append(name) }
        for name in names("queues") where !queues.contains(name) { queues.append(name) }
        media = names("media")
        notices = names("notify")
        jobs = names("jobs")
        documents = names("documents")
        exports = names("exports")
        webhooks = names("webhooks")
        for member in root["collections"]?.node.table?.members ?? [] {
            func names(_ key: String) -> [String] { member.node.table?[key]?.node.table?.members.map(\.name) ?? [] }
            fields[member.name] = names("fields")
            transitions[member.name] = names("transitions")
            actions[member.name] = names("actions")
        }
    }

    /// Jobs that a schedule may start.
    var scheduledJobs: [String] { jobs + Self.builtInJobs }

    /// The declared fields; nil for a built-in collection, which has others besides.
    func fields(of collection: String) -> [String]? {
        Self.builtInCollections.contains(collection) || Self.presets.contains(collection) ? nil : fields[collection]
    }

    func transitions(of collection: String) -> [String] { transitions[collection] ?? [] }

    /// What may happen to a record of the collection.
    func events(of collection: String) -> [String] {
        Self.recordEvents + transitions(of: collection) + (actions[collection] ?? [])
    }
}

extension Form where Value == Located<String> {
    /// The name of something that the file declares.
    /// - Parameter section: where it is declared, for what is told when there is none.
    static func reference(
        _ what: String, in section: String, _ known: @escaping @Sendable (DeclaredNames) -> [String]
    ) -> Form {
        let name = Form<String>.word(what, example: "\"name\"", pattern: "[a-z][a-z0-9_.]*") { .success($0) }
        return Form(shape: name.shape) { node, reading in
            guard let text = name.read(node, reading) else { return nil }
            let names = known(reading.names)
            if !names.contains(text) {
                reading.report("unknown \(what) '\(text)'", node, suggestion: unknown(text, among: names, section: section))
            }
            return Located(text, at: node.inside)
        }
    }

    static let collection = reference("collection", in: "collections") { $0.collections }
    static let notice = reference("notification", in: "notify") { $0.notices }

    /// `tasks.created`, `orders.ship`, `auth.signup`, `alert.firing`.
    static let event: Form = {
        let word = Form<String>.word("event", example: "\"posts.created\"", pattern: "[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*") { .success($0) }
        return Form(shape: word.shape) { node, reading in
            guard let text = word.read(node, reading) else { return nil }
            if !DeclaredNames.systemEvents.contains(text), let problem = problem(ofEvent: text, reading.names) {
                reading.report(problem.message, node, suggestion: problem.suggestion)
            }
            return Located(text, at: node.inside)
        }
    }()

    private static func problem(ofEvent text: String, _ names: DeclaredNames) -> Problem? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            return Problem(message: "'\(text)' is no event", suggestion: "write collection.event, such as \"posts.created\"")
        }
        let subjects = Set(DeclaredNames.systemEvents.compactMap { $0.split(separator: ".").first.map(String.init) })
        if subjects.contains(parts[0]), !names.collections.contains(parts[0]) {
            let known = DeclaredNames.systemEvents.filter { $0.hasPrefix("\(parts[0]).") }
            return Problem(
                message: "there is no event '\(text)'",
                suggestion: NearestName.phrase(for: text, among: known) ?? "known here: \(known.joined(separator: ", "))")
        }
        guard names.collections.contains(parts[0]) else {
            return Problem(
                message: "unknown collection '\(parts[0])'",
                suggestion: unknown(parts[0], among: names.collections + subjects.sorted(), section: "collections"))
        }
        let events = names.events(of: parts[0])
        guard !events.contains(parts[1]) else { return nil }
        return Problem(
            message: "'\(parts[0])' has no event '\(parts[1])'", suggestion: unknown(parts[1], among: events, section: "collections"))
    }

    static func unknown(_ text: String, among names: [String], section: String) -> String {
        if let phrase = NearestName.phrase(for: text, among: names) { return phrase }
        if names.isEmpty { return "there are none: write [\(section).\(text)]" }
        return names.count <= 12 ? "known here: \(names.joined(separator: ", "))" : "declare it in [\(section).\(text)]"
    }
}

extension Form where Value == String {
    /// The name of something that the file declares, where its place does not matter after loading.
    static func reference(_ what: String, in section: String, _ known: @escaping @Sendable (DeclaredNames) -> [String]) -> Form {
        Form<Located<String>>.reference(what, in: section, known).map(\.value)
    }
}
