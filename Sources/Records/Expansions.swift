package import Schema

/// What is written out with a record: names of references and children, with what is written out within each (`author,comments.user`).
package struct Expansions: Sendable, Hashable {
    package struct Branch: Sendable, Hashable {
        package var name: String
        package var within: Expansions
    }

    package private(set) var branches: [Branch] = []

    package init() {}

    /// What answers of a collection hold without being asked.
    init(standardOf collection: Collection) {
        branches = collection.behaviour.expanded.map { expandable in
            let name =
                switch expandable {
                case .field(let index): collection.fields[index].name
                case .children(let index): collection.shape.children[index].name
                }
            return Branch(name: name, within: Expansions())
        }
    }

    /// Steps that a path may have.
    package static let depth = 3

    /// Adds a path of names, `comments.user`.
    package mutating func add(_ path: ArraySlice<String>) {
        guard let name = path.first else { return }
        let index: Int
        if let known = branches.firstIndex(where: { $0.name == name }) {
            index = known
        } else {
            index = branches.count
            branches.append(Branch(name: name, within: Expansions()))
        }
        branches[index].within.add(path.dropFirst())
    }
}

extension Collection {
    /// What may be written out under that name: a reference or the children of a back-reference (11-precisions 21).
    package func expandable(_ name: String) -> Expandable? {
        if let field = field(name) {
            let isWhole = field.isPrivate || field.targets.isEmpty || field.targets == ["media"]
            return isWhole ? nil : .field(field.index)
        }
        return shape.children.firstIndex { $0.name == name }.map { .children($0) }
    }

    /// The names that `?expand=` may begin with. Media is always written whole, and may be named all the same.
    package var expandableNames: [String] {
        fields.filter { !$0.isPrivate && !$0.targets.isEmpty }.map(\.name) + shape.children.filter { !$0.isNested }.map(\.name)
    }

    /// What is asked for, as this collection knows it; nested children come first, asked for or not.
    func branches(of expanded: Expansions, withNested: Bool) -> [(Expandable, Expansions)] {
        var result: [(Expandable, Expansions)] = []
        if withNested {
            for (index, children) in shape.children.enumerated() where children.isNested {
                let within = expanded.branches.first { $0.name == children.name }?.within
                result.append((.children(index), within ?? Expansions()))
            }
        }
        for branch in expanded.branches {
            guard let expandable = expandable(branch.name), !result.contains(where: { $0.0 == expandable }) else { continue }
            result.append((expandable, branch.within))
        }
        return result
    }
}

extension Schema {
    /// The collections whose records may stand there.
    package func targets(of expandable: Expandable, in collection: Collection) -> [Collection] {
        switch expandable {
        case .field(let index): collection.fields[index].targets.compactMap { self.collection($0) }
        case .children(let index): [self.collection(collection.shape.children[index].collection)].compactMap { $0 }
        }
    }

    /// Whether `?expand=` may name that path in answers of the collection. Of a reference to several collections one must know it.
    package func canExpand(_ path: ArraySlice<String>, in collection: Collection) -> Bool {
        guard let name = path.first else { return true }
        guard collection.expandableNames.contains(name) || collection.nested(name) != nil else { return false }
        guard path.count > 1 else { return true }
        guard let expandable = collection.expandable(name) else { return false }
        return targets(of: expandable, in: collection).contains { canExpand(path.dropFirst(), in: $0) }
    }

    /// Refuses a path by name to children that the caller's key is not for; by default they are left out. What a reference leads to out of its
    /// scopes shows its card or null (11-precisions 21), and nothing below.
    package func demand(_ path: ArraySlice<String>, in collection: Collection, for caller: Caller) throws(RecordError) {
        guard let name = path.first, let expandable = collection.expandable(name) else { return }
        for target in targets(of: expandable, in: collection) {
            if case .children = expandable { try caller.demand("read", in: target.name) }
            if caller.isWithinScopes("read", of: target.name) { try demand(path.dropFirst(), in: target, for: caller) }
        }
    }
}
