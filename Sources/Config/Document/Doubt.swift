import Text

/// Which names of a faulty file cannot be relied on: of those that use them nothing is said, since it would follow from a fault that is
/// told already.
struct Doubt {
    /// Fields, collections, rules and kinds of media alike.
    private(set) var names: Set<String> = []
    private let places: [Location]

    /// - Parameters:
    ///   - root: the whole document.
    ///   - faults: the errors that were found in it.
    ///   - read: what became of it.
    init(root: TOMLNode, faults: [Fault], read: Configuration) {
        places = faults.map(\.at)
        guard !faults.isEmpty, let table = root.table else { return }
        for member in members("collections", of: table) {
            let collection = read.collections.first { $0.name == member.name }
            if collection == nil { names.insert(member.name) }
            let fields = member.node.table?["fields"]?.node.table?.members ?? []
            for field in fields where collection?.fields.contains(where: { $0.name == field.name }) != true || isFaulty(field) {
                names.insert(field.name)
                if let back = field.node.table?["as"]?.node.string { names.insert(back) }
            }
        }
        for member in members("rules", of: table) where isFaulty(member) || !read.rules.contains(where: { $0.name == member.name }) {
            names.insert(member.name)
        }
        for member in members("media", of: table) where !read.media.contains(where: { $0.name == member.name }) {
            names.insert(member.name)
        }
        if let tenancy = section("tenancy", of: table), isFaulty(tenancy) { names.formUnion(["tenant", "member", "invitations", "hooks"]) }
    }

    /// What is meant by a section of that name, misspelt or not.
    private func section(_ name: String, of table: TOMLTable) -> TOMLMember? {
        table[name]
            ?? table.members.first { member in
                let names = Language.file.keys.map(\.description.name)
                return !names.contains(member.name) && NearestName.of(member.name, among: names) == name
            }
    }

    private func members(_ name: String, of table: TOMLTable) -> [TOMLMember] {
        section(name, of: table)?.node.table?.members ?? []
    }

    /// Whether one of the faults stands in it.
    private func isFaulty(_ member: TOMLMember) -> Bool {
        places.contains { $0 == member.at } || isFaulty(member.node)
    }

    private func isFaulty(_ node: TOMLNode) -> Bool {
        if places.contains(where: { Self.holds(node, $0) }) { return true }
        return node.table?.members.contains(where: isFaulty) == true || node.array?.contains(where: isFaulty) == true
    }

    /// A table under a header ends where its header does: what stands in it is looked at one by one.
    private static func holds(_ node: TOMLNode, _ place: Location) -> Bool {
        guard node.at.file == place.file else { return false }
        if node.at == place { return true }
        return (node.at.line, node.at.column) <= (place.line, place.column) && (place.line, place.column) < (node.end.line, node.end.column)
    }
}
