import Text

/// `[traits.<t>]`: what several collections share. Each is put into the collections that name it with `traits = […]`, before anything is
/// given a meaning; what came from a trait keeps the place where it was written.
///
/// Tables are joined, the traits' members first; a right in `allow` that the collection writes itself holds over the trait's. Whatever
/// else stands twice is a fault.
struct Traits {
    private let known: TOMLTable
    private var used: Set<String> = []
    private var faults: [Fault] = []

    /// Changes the collections of a whole file.
    static func merge(into root: inout TOMLNode, faults: inout [Fault]) {
        guard var table = root.table else { return }
        var traits = Traits(known: table["traits"]?.node.table ?? TOMLTable())
        for trait in traits.known.members {
            guard let inner = trait.node.table?["traits"] else { continue }
            traits.report("a trait cannot use traits", key: inner, suggestion: "name all of them in the collection")
        }
        if let index = table.members.firstIndex(where: { $0.name == "collections" }), var collections = table.members[index].node.table {
            for index in collections.members.indices { traits.apply(to: &collections.members[index]) }
            table.members[index].node.value = .table(collections)
            root.value = .table(table)
        }
        for trait in traits.known.members where !traits.used.contains(trait.name) {
            traits.report("no collection uses the trait '\(trait.name)'", key: trait, severity: .warning)
        }
        faults += traits.faults
    }

    private init(known: TOMLTable) {
        self.known = known
    }

    private mutating func apply(to collection: inout TOMLMember) {
        guard var own = collection.node.table, let member = own["traits"] else { return }
        own.members.removeAll { $0.name == "traits" }
        guard let names = member.node.array else {
            report(
                "a list of traits is expected here, not \(member.node.kind)", at: member.node.at, length: member.node.length,
                suggestion: "write traits = [\"…\"]")
            collection.node.value = .table(own)
            return
        }
        var whole = TOMLTable()
        var seen: Set<String> = []
        for name in names {
            guard let trait = trait(named: name, seen: &seen) else { continue }
            join(trait, to: &whole, path: "collections.\(collection.name)", isOwn: false)
        }
        join(own, to: &whole, path: "collections.\(collection.name)", isOwn: true)
        collection.node.value = .table(whole)
    }

    private mutating func trait(named name: TOMLNode, seen: inout Set<String>) -> TOMLTable? {
        guard let text = name.string else {
            report("the name of a trait is expected here, not \(name.kind)", at: name.at, length: name.length)
            return nil
        }
        guard let member = known[text] else {
            let names = known.members.map(\.name)
            let all = names.isEmpty ? "there are none: write [traits.\(text)]" : "known here: \(names.joined(separator: ", "))"
            report(
                "unknown trait '\(text)'", at: name.at, length: name.length,
                suggestion: NearestName.phrase(for: text, among: names) ?? all)
            return nil
        }
        guard seen.insert(text).inserted else {
            report("the trait '\(text)' stands here twice", at: name.at, length: name.length, suggestion: "take one out")
            return nil
        }
        used.insert(text)
        // One that is no table is told where it stands.
        guard var table = member.node.table else { return nil }
        table.members.removeAll { $0.name == "traits" }
        return table
    }

    /// - Parameter isOwn: whether the collection itself says it, and not another trait.
    private mutating func join(_ other: TOMLTable, to table: inout TOMLTable, path: String, isOwn: Bool) {
        for member in other.members {
            guard let index = table.members.firstIndex(where: { $0.name == member.name }) else {
                table.members.append(member)
                continue
            }
            let first = table.members[index]
            let name = "\(path).\(member.name)"
            if case .table(var mine) = first.node.value, case .table(let theirs) = member.node.value {
                join(theirs, to: &mine, path: name, isOwn: isOwn)
                table.members[index] = member
                table.members[index].node.value = .table(mine)
            } else if isOwn, path.hasSuffix(".allow"), path.split(separator: ".").count == 3 {
                table.members[index] = member
            } else {
                report(
                    "'\(name)' is defined twice", key: member,
                    suggestion: "a trait says it already, in \(first.at.file):\(first.at.line)")
            }
        }
    }

    private mutating func report(_ message: String, key: TOMLMember, suggestion: String? = nil, severity: Fault.Severity = .error) {
        report(message, at: key.at, length: key.length, suggestion: suggestion, severity: severity)
    }

    private mutating func report(
        _ message: String, at place: Location, length: Int, suggestion: String? = nil, severity: Fault.Severity = .error
    ) {
        faults.append(Fault(message, at: place, length: length, suggestion: suggestion, severity: severity))
    }
}
