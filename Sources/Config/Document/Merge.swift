extension TOMLTable {
    /// Joins another file's table into this one: tables grow by their parts, and lists that several files write (`[[on]]`, `[[test]]`) by
    /// their items. The same key, or values of the same table, in two files are faults.
    mutating func merge(_ other: TOMLTable, path: String = "", faults: inout [Fault]) {
        for member in other.members {
            let name = path.isEmpty ? member.name : "\(path).\(member.name)"
            guard let index = members.firstIndex(where: { $0.name == member.name }) else {
                members.append(member)
                continue
            }
            let first = members[index]
            switch (first.node.value, member.node.value) {
            case (.table(var mine), .table(let theirs)) where !mine.isInline && !theirs.isInline:
                if mine.holdsValues, theirs.holdsValues {
                    faults.append(
                        Fault(
                            "[\(name)] is defined twice", at: member.at, length: member.length,
                            suggestion: "it stands in \(first.at.file):\(first.at.line) already; keep a table in one file"))
                } else {
                    mine.merge(theirs, path: name, faults: &faults)
                    members[index].node.value = .table(mine)
                }
            case (.array(let mine), .array(let theirs))
            where path.isEmpty && Self.joinedLists.contains(name) && mine.isOfTables && theirs.isOfTables:
                members[index].node.value = .array(mine + theirs)
            default:
                faults.append(
                    Fault(
                        "'\(name)' is defined twice", at: member.at, length: member.length,
                        suggestion: "it stands in \(first.at.file):\(first.at.line) already"))
            }
        }
    }

    private static let joinedLists: Set<String> = ["on", "test"]

    /// Whether the table itself was written, not merely tables below it.
    private var holdsValues: Bool {
        members.contains { member in
            switch member.node.value {
            case .table(let table): table.isInline
            case .array(let items): !items.isOfTables
            default: true
            }
        }
    }
}

extension [TOMLNode] {
    /// `[[on]]`, not `on = [{…}]`.
    fileprivate var isOfTables: Bool {
        !isEmpty && allSatisfy { $0.table?.isInline == false }
    }
}
