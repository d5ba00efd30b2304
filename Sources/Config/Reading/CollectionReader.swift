/// `[collections.<name>]` and all below.
struct CollectionReader {
    let reading: Reading

    func read(_ root: [TOMLEntry]) -> [CollectionDeclaration] {
        guard let node = root.first(where: { $0.key == "collections" })?.value else { return [] }
        guard let entries = node.entries else {
            reading.fault("'collections' must be a table, not \(node.kind)", at: node.at)
            return []
        }
        return entries.filter { Names.check($0.key, at: $0.keyAt, reading) }.compactMap { collection($0) }
    }

    private func collection(_ entry: TOMLEntry) -> CollectionDeclaration? {
        guard let table = TableReader(entry.value, Language.collection, reading, at: entry.keyAt) else { return nil }
        var collection = CollectionDeclaration(name: entry.key, at: entry.keyAt)
        collection.path = table.located("path")
        if let path = collection.path, !Self.isPath(path.value) {
            reading.fault("'\(path.value)' is no path", at: path.at, length: max(1, path.value.count), suggestion: "segments of lower-case letters, digits, - and _, with / between")
        }
        collection.lookup = table.located("lookup")
        collection.label = table.located("label")
        collection.softDelete = softDelete(table)
        collection.unique = unique(table)
        collection.indexes = indexes(table)
        collection.sort = table.strings("sort") ?? []
        collection.order = table.strings("order") ?? []
        collection.expand = table.strings("expand") ?? []
        collection.card = table.strings("card") ?? []
        collection.filters = table.named("filters").filter { Names.check($0.key, at: $0.keyAt, reading) }.compactMap { entry in
            table.located(entry.value, entry.key).map { NamedExpression(name: entry.key, at: entry.keyAt, expression: $0) }
        }
        collection.checks = checks(table)
        if let node = table.node("allow"), let allow = TableReader(node, Language.allow, reading) {
            collection.allow.read = allow.located("read")
            collection.allow.list = allow.located("list")
            collection.allow.create = allow.located("create")
            collection.allow.update = allow.located("update")
            collection.allow.delete = allow.located("delete")
            collection.allow.restore = allow.located("restore")
        }
        collection.transitions = table.named("transitions").filter { Names.check($0.key, at: $0.keyAt, reading) }.compactMap {
            transition($0)
        }
        collection.fields = fields(table.named("fields"))
        return collection
    }

    private static func isPath(_ text: String) -> Bool {
        !text.isEmpty
            && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { segment in
                !segment.isEmpty && segment.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D }
            }
    }

    private func softDelete(_ table: TableReader) -> SoftDelete? {
        guard let node = table.node("soft_delete") else { return nil }
        if case .bool(let truth) = node.value { return truth ? SoftDelete() : nil }
        guard let inner = TableReader(node, Language.softDelete, reading) else { return nil }
        var softDelete = SoftDelete()
        softDelete.set = assignments(inner.named("set"), inner)
        softDelete.retain = inner.duration("retain")
        return softDelete
    }

    private func unique(_ table: TableReader) -> [UniqueDeclaration] {
        guard let node = table.node("unique") else { return [] }
        guard case .array(let items) = node.value else {
            table.wrong("unique", node, "a list of lists of fields")
            return []
        }
        return items.compactMap { item in
            if case .array(let names) = item.value {
                return UniqueDeclaration(fields: names.compactMap { table.located($0, "unique") })
            }
            guard let inner = TableReader(item, Language.unique, reading) else { return nil }
            return UniqueDeclaration(fields: inner.strings("fields") ?? [], when: inner.located("when"))
        }
    }

    private func indexes(_ table: TableReader) -> [[Located<String>]] {
        guard let node = table.node("indexes") else { return [] }
        guard case .array(let items) = node.value else {
            table.wrong("indexes", node, "a list of lists of fields")
            return []
        }
        return items.map { item in
            if case .array(let names) = item.value { return names.compactMap { table.located($0, "indexes") } }
            return table.located(item, "indexes").map { [$0] } ?? []
        }
    }

    private func checks(_ table: TableReader) -> [CheckDeclaration] {
        guard let node = table.node("checks") else { return [] }
        guard case .array(let items) = node.value else {
            table.wrong("checks", node, "a list of tables")
            return []
        }
        return items.compactMap { item in
            guard let inner = TableReader(item, Language.check, reading) else { return nil }
            guard let rule = inner.located("rule") else {
                if !inner.has("rule") { reading.fault("a check needs a rule", at: item.at) }
                return nil
            }
            var check = CheckDeclaration(rule: rule, message: inner.string("message") ?? "this is not allowed")
            if let events = inner.strings("on") {
                check.on = events.compactMap { event in
                    let known = CheckDeclaration.Event(rawValue: event.value)
                    if known == nil { reading.fault("'\(event.value)' is none of create, update, delete", at: event.at, length: max(1, event.value.count)) }
                    return known
                }
            }
            if let status = inner.int("status") {
                check.status = status
                if ![400, 402, 409].contains(status), let at = inner.node("status")?.at {
                    reading.fault("'status' must be 400, 402 or 409", at: at)
                }
            }
            return check
        }
    }

    private func transition(_ entry: TOMLEntry) -> TransitionDeclaration? {
        guard let table = TableReader(entry.value, Language.transition, reading, at: entry.keyAt) else { return nil }
        if entry.key == "restore" { reading.fault("'restore' is the route of restoring", at: entry.keyAt, length: 7) }
        guard let from = table.strings("from"), let to = table.located("to") else {
            for key in ["from", "to"] where !table.has(key) {
                reading.fault("the transition '\(entry.key)' needs '\(key)'", at: entry.keyAt, length: entry.key.count)
            }
            return nil
        }
        var transition = TransitionDeclaration(name: entry.key, at: entry.keyAt, from: from, to: to)
        transition.allow = table.located("allow")
        transition.set = assignments(table.named("set"), table)
        transition.input = fields(table.named("input"))
        transition.checks = checks(table)
        transition.by = table.choice("by", TransitionDeclaration.Actor.self) ?? transition.by
        return transition
    }

    /// A string that begins with `"= "` is an expression, anything else a literal (11-precisions 29).
    private func assignments(_ entries: [TOMLEntry], _ table: TableReader) -> [Assignment] {
        entries.compactMap { entry in
            let field = Located(entry.key, at: entry.keyAt)
            if case .string(let text) = entry.value.value, text.hasPrefix("= ") {
                var at = entry.value.at
                at.column += 3
                return Assignment(field: field, source: .expression(Located(String(text.dropFirst(2)), at: at)), at: entry.value.at)
            }
            return table.literal(entry.value).map { Assignment(field: field, source: .literal($0), at: entry.value.at) }
        }
    }

    // MARK: Fields

    private func fields(_ entries: [TOMLEntry]) -> [FieldDeclaration] {
        entries.compactMap { entry in
            guard Names.check(entry.key, at: entry.keyAt, reading) else { return nil }
            if Names.reservedFields.contains(entry.key) {
                reading.fault("every record has '\(entry.key)' already, or the language needs the name", at: entry.keyAt, length: entry.key.count)
                return nil
            }
            return field(entry)
        }
    }

    private func field(_ entry: TOMLEntry) -> FieldDeclaration? {
        var node = entry.value
        if case .string = node.value {
            node = TOMLNode(value: .table([TOMLEntry(key: "type", keyAt: node.at, value: node)]), at: node.at)
        }
        guard let table = TableReader(node, Language.field, reading, at: entry.keyAt) else { return nil }
        guard let type = type(table, entry) else { return nil }
        var field = FieldDeclaration(name: entry.key, at: entry.keyAt, type: type)
        field.to = table.located("to")
        field.values = table.strings("values") ?? []
        field.from = table.located("from")
        field.kind = table.located("kind")
        field.required = table.bool("required") ?? false
        field.unique = table.bool("unique") ?? false
        field.index = table.bool("index") ?? false
        field.immutable = table.bool("immutable") ?? false
        field.readonly = table.bool("readonly") ?? false
        field.isPrivate = table.bool("private") ?? false
        field.filter = table.bool("filter") ?? false
        field.minimum = table.number("min")
        field.maximum = table.number("max")
        if let literal = table.node("default"), let value = table.literal(literal) { field.default = Located(value, at: literal.at) }
        field.stamp = table.located("stamp")
        field.compute = table.located("compute")
        field.read = table.located("read")
        field.write = table.located("write")
        field.onDelete = table.choice("on_delete", FieldDeclaration.OnDelete.self) ?? .refuse
        field.backReference = table.located("as")
        field.was = table.located("was")
        field.label = table.string("label")
        field.help = table.string("help")
        checkFit(field, table)
        return field
    }

    private static let typesToCome: Set<String> = [
        "html", "decimal", "phone", "flags", "json", "object", "list", "geo", "medias", "counter", "sequence", "token",
    ]

    private func type(_ table: TableReader, _ entry: TOMLEntry) -> Located<FieldDeclaration.Kind>? {
        guard let text = table.located("type") else {
            if !table.has("type") { reading.fault("the field '\(entry.key)' needs a type", at: entry.keyAt, length: entry.key.count) }
            return nil
        }
        if Self.typesToCome.contains(text.value) {
            reading.fault("the type '\(text.value)' is not available in this version", at: text.at, length: text.value.count)
            return nil
        }
        return table.choice("type", FieldDeclaration.Kind.self).map { Located($0, at: text.at) }
    }

    /// Options that the type has no use for, or cannot do without.
    private func checkFit(_ field: FieldDeclaration, _ table: TableReader) {
        let type = field.type.value
        let only: [(String, Set<FieldDeclaration.Kind>)] = [
            ("to", [.ref, .refs]), ("values", [.enum, .state]), ("from", [.slug]), ("kind", [.media]), ("on_delete", [.ref, .media]), ("as", [.ref]),
            ("min", [.string, .text, .int, .float, .slug, .url]),
            ("max", [.string, .text, .int, .float, .slug, .url, .refs]),
        ]
        for (key, types) in only where table.has(key) && !types.contains(type) {
            reading.fault("'\(key)' has no meaning for a field of type '\(type.rawValue)'", at: table.node(key)?.at ?? table.at)
        }
        for (key, types) in [("to", [.ref, .refs] as Set<FieldDeclaration.Kind>), ("values", [.enum, .state])]
        where types.contains(type) && !table.has(key) {
            reading.fault("a field of type '\(type.rawValue)' needs '\(key)'", at: field.at, length: field.name.count)
        }
        let modes = ["default", "stamp", "compute"].filter { table.has($0) }
        if modes.count > 1 {
            reading.fault("a field has only one of \(modes.joined(separator: " and "))", at: field.at, length: field.name.count)
        }
        if type == .state, field.readonly || field.write != nil || field.stamp != nil {
            reading.fault("a state changes by its transitions alone", at: field.at, length: field.name.count)
        }
        if Set(field.values.map(\.value)).count != field.values.count {
            reading.fault("a value stands here twice", at: field.values[0].at)
        }
        if type == .refs, field.unique || field.required || field.filter || field.index {
            reading.fault("a field of type 'refs' is neither required, unique, indexed nor filtered by range", at: field.at, length: field.name.count)
        }
    }
}
