import Text

/// A table of the language: its keys and how they are read into a `Target`. The one source for reading, defaults, the reference, the JSON
/// Schema and the check of the example file.
struct Section<Target>: Sendable {
    var keys: [Key<Target>]
    /// What must hold between keys; asked after all of them are read.
    var check: @Sendable (inout Target, TOMLTable, Reading) -> Void
    /// Whether a key matters beside the others of its table: those of a driver that is not chosen do not.
    private var uses: @Sendable (String, TOMLTable) -> Bool = { _, _ in true }

    init(
        keys: [Key<Target>],
        check: @escaping @Sendable (inout Target, TOMLTable, Reading) -> Void = { _, _, _ in }
    ) {
        self.keys = keys
        self.check = check
    }

    /// The same section, some of whose keys may be out of use.
    func using(_ uses: @escaping @Sendable (String, TOMLTable) -> Bool) -> Section {
        var section = self
        section.uses = uses
        return section
    }

    var shape: Shape { .table(keys.map(\.description)) }

    /// Reads what is written over the defaults that `target` holds. False when a required key is missing or faulty.
    @discardableResult
    func read(_ table: TOMLTable, at place: TOMLNode, into target: inout Target, _ reading: Reading) -> Bool {
        var isWhole = true
        for member in table.members {
            if let key = keys.first(where: { $0.description.name == member.name }) {
                let isRead = reading.below(
                    member, isInForce: key.description.isInForce, isInUse: uses(member.name, table)
                ) {
                    key.read(member.node, &target, reading)
                }
                if !isRead, key.description.isRequired { isWhole = false }
            } else {
                refuse(member, reading)
            }
        }
        for key in keys where key.description.isRequired && table[key.description.name] == nil {
            isWhole = false
            // Who has misspelt it is told so.
            let names = keys.map(\.description.name)
            if table.members.contains(where: { !names.contains($0.name) && NearestName.of($0.name, among: names) == key.description.name })
            {
                continue
            }
            reading.report(
                Fault(
                    "'\(key.description.name)' is missing", at: place.at, length: place.length,
                    suggestion: key.description.doc))
        }
        check(&target, table, reading)
        return isWhole
    }

    private func refuse(_ member: TOMLMember, _ reading: Reading) {
        // A misspelt key may hold a secret: what looks like one is not shown.
        reading.maskSuspects(in: member)
        let names = keys.map(\.description.name)
        let homes = keys.map(\.description).filter { $0.has(member.name) }.map { "'\($0.name)'" }
        // More of them say nothing.
        if (1...3).contains(homes.count) {
            let home = homes.joined(separator: " or ")
            return reading.report("unknown key '\(member.name)'", key: member, suggestion: "it stands in \(home), a table of its own")
        }
        let known = names.count <= 12 ? "known here: \(names.joined(separator: ", "))" : nil
        reading.report("unknown key '\(member.name)'", key: member, suggestion: NearestName.phrase(for: member.name, among: names) ?? known)
    }
}

/// A key: its description and its reader.
struct Key<Target>: Sendable {
    var description: KeyDescription
    /// False when the value is faulty; the target then keeps its default.
    var read: @Sendable (TOMLNode, inout Target, Reading) -> Bool

    init<Value>(
        _ name: String, _ form: Form<Value>, _ path: any WritableKeyPath<Target, Value> & Sendable, initial: String? = nil,
        isRequired: Bool = false, _ doc: String
    ) {
        description = KeyDescription(name: name, shape: form.shape, initial: initial, doc: doc, isRequired: isRequired)
        read = { node, target, reading in
            guard let value = form.read(node, reading) else { return false }
            target[keyPath: path] = value
            return true
        }
    }

    init<Value>(
        _ name: String, _ form: Form<Value>, _ path: any WritableKeyPath<Target, Value?> & Sendable, isRequired: Bool = false, _ doc: String
    ) {
        self.init(name, form.map { Optional($0) }, path, isRequired: isRequired, doc)
    }

    /// The same key, which nothing acts on yet.
    var notInForce: Key {
        var key = self
        key.description.isInForce = false
        return key
    }

    /// A table inside the table, whose keys are kept in the same target or a part of it.
    init<Part>(_ name: String, _ section: Section<Part>, _ path: any WritableKeyPath<Target, Part> & Sendable, _ doc: String) {
        description = KeyDescription(name: name, shape: section.shape, initial: nil, doc: doc)
        read = { node, target, reading in
            guard let table = node.table else {
                reading.report("a table is expected here, not \(node.kind)", node, suggestion: "write [\(name)] or \(name) = { … }")
                return false
            }
            return section.read(table, at: node, into: &target[keyPath: path], reading)
        }
    }

    /// A key whose value was used before the sections are read, and is only checked here.
    init<Value>(_ name: String, checking form: Form<Value>, _ doc: String) {
        description = KeyDescription(name: name, shape: form.shape, initial: nil, doc: doc)
        read = { node, _, reading in form.read(node, reading) != nil }
    }

    /// A key that the loader itself reads.
    init(_ name: String, _ shape: Shape, initial: String, _ doc: String) {
        description = KeyDescription(name: name, shape: shape, initial: initial, doc: doc)
        read = { _, _, _ in true }
    }
}

extension Form {
    /// A table whose keys are names, in the order of the file.
    static func byName<Item>(
        _ what: String, isWord: Bool = false, shape: Shape,
        read: @escaping @Sendable (TOMLMember, Reading) -> Item?
    ) -> Form where Value == [Item] {
        Form(shape: .named(what, shape)) { node, reading in
            guard let table = node.table else {
                reading.report("a table is expected here, not \(node.kind)", node, suggestion: "each of its keys is a \(what)")
                return nil
            }
            return table.members.compactMap { member in
                Name.check(member, what, isWord: isWord, reading)
                return reading.below(member) { read(member, reading) }
            }
        }
    }

    /// A table whose keys are texts of their own (headers, members of JSON): any but an empty one.
    static func byKey<Item>(
        _ what: String, shape: Shape, read: @escaping @Sendable (TOMLMember, Reading) -> Item?
    ) -> Form where Value == [Item] {
        Form(shape: .named(what, shape, pattern: ".+")) { node, reading in
            guard let table = node.table else {
                reading.report("a table is expected here, not \(node.kind)", node, suggestion: "each of its keys is a \(what)")
                return nil
            }
            return table.members.compactMap { member in
                if member.name.isEmpty { reading.report("the \(what) is empty", key: member) }
                return reading.below(member) { read(member, reading) }
            }
        }
    }

    /// A table read by a section, starting from what `make` gives for its place.
    static func table(_ section: Section<Value>, make: @escaping @Sendable (TOMLNode) -> Value) -> Form {
        Form(shape: section.shape) { node, reading in
            guard let table = node.table else {
                reading.report("a table is expected here, not \(node.kind)", node, suggestion: "write { key = value }")
                return nil
            }
            var target = make(node)
            return section.read(table, at: node, into: &target, reading) ? target : nil
        }
    }
}

extension Form {
    /// What is off, on with all defaults (`true`), or a table.
    static func preset<Part>(_ section: Section<Part>, make: @escaping @Sendable () -> Part) -> Form where Value == Part? {
        Form(shape: .either([.bool, section.shape])) { node, reading in
            if case .bool(let truth) = node.value { return .some(truth ? make() : nil) }
            guard node.table != nil else {
                reading.report("true, false or a table is expected here, not \(node.kind)", node)
                return nil
            }
            return Form<Part>.table(section) { _ in make() }.read(node, reading).map { Optional($0) }
        }
    }

    /// A table that is there or not.
    static func optionalTable<Part>(_ section: Section<Part>, make: @escaping @Sendable (TOMLNode) -> Part) -> Form where Value == Part? {
        Form<Part>.table(section, make: make).map { Optional($0) }
    }
}
