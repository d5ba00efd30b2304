/// What a sound file asks for and will not get, or not as it is meant: `check`, a start and a reload tell it, and nothing is refused for it.
///
/// What can be known from one key stands with the key; here is what several sections say together. A rule is a function from the whole
/// file to warnings: whoever adds one puts it into `rules`.
enum Caveats {
    private static let rules: [@Sendable (WholeFile) -> [Fault]] =
        messages + signIn + lifetimes + tenancy + [limits, listening, backoffice]

    static func all(_ configuration: Configuration, _ root: TOMLNode) -> [Fault] {
        guard let table = root.table else { return [] }
        let file = WholeFile(configuration: configuration, root: table)
        return rules.flatMap { $0(file) }
    }

    @Sendable private static func listening(_ file: WholeFile) -> [Fault] {
        guard file.configuration.server.http.isEmpty else { return [] }
        return file.warning(
            "nothing is listened on but what systemd hands over", at: "server.http", next: "write http = \"127.0.0.1:8080\"")
    }

    @Sendable private static func backoffice(_ file: WholeFile) -> [Fault] {
        let server = file.configuration.server
        guard server.staticFiles != nil || !server.proxies.isEmpty, file.configuration.backoffice.host == nil else { return [] }
        return file.warning(
            "the backoffice shares its host with a front end: a hole there is a hole here", at: "backoffice",
            next: "give it a host of its own: host = \"admin.example.org\"")
    }
}

/// A file all of whose sections are read and sound, and where each key stands in it.
struct WholeFile {
    let configuration: Configuration
    let root: TOMLTable

    /// The key at a path from the root, such as `auth.transport`, where the file has it.
    func member(_ path: String) -> TOMLMember? {
        let names = path.split(separator: ".").map(String.init)
        var table: TOMLTable? = root
        var member: TOMLMember?
        for name in names {
            member = table?[name]
            table = member?.node.table
        }
        return member
    }

    /// A warning at the first of these keys that the file has; none where it has none of them: it then says nothing about the matter.
    func warning(_ message: String, at keys: String..., or more: [String] = [], next: String) -> [Fault] {
        guard let member = (keys + more).lazy.compactMap({ self.member($0) }).first else { return [] }
        return [Fault(message, at: member.at, length: member.length, suggestion: next, severity: .warning)]
    }
}
