internal import Config
internal import Expressions

/// What the parts of one collection ask of each other, once all of them are compiled; each fault at its place in the file.
extension SchemaCompiler {
    mutating func checkUse(of collection: Collection, _ declaration: CollectionDeclaration) {
        checkSecrets(collection, declaration)
        checkKeys(collection, declaration)
        checkNesting(collection, declaration)
        checkPage(collection, declaration)
        checkLimits(of: declaration)
    }

    // MARK: Fields that not everybody reads

    /// 11-precisions 11: where `read` depends on the row, a search, filter or order would tell what the answer leaves out.
    private mutating func checkSecrets(_ collection: Collection, _ declaration: CollectionDeclaration) {
        for declared in declaration.fields {
            guard let field = collection.field(declared.name) else { continue }
            guard let rule = field.read?.rule, !rule.residuals.isEmpty, let read = declared.read else { continue }
            let taken = declared.filter ? "filter" : collection.behaviour.sortable.contains(field.index) ? "sort" : nil
            guard let taken else { continue }
            report(
                "who reads '\(field.name)' depends on the record: it takes no '\(taken)'", read,
                suggestion: "let the caller alone decide, or take out '\(taken)'")
        }
        for (name, kind) in [(declaration.card, "a card"), (declaration.sort, "?sort="), (declaration.expand, "'expand'")] {
            for name in name where collection.field(name.value)?.isPrivate == true {
                report("'\(name.value)' is private: it stands in no answer, and not in \(kind)", name)
            }
        }
    }

    // MARK: Keys and orders

    private mutating func checkKeys(_ collection: Collection, _ declaration: CollectionDeclaration) {
        let uses: [(names: [Located<String>], what: String)] =
            declaration.unique.map { ($0.fields, "a key") } + declaration.indexes.map { ($0, "an index") }
            + [(declaration.sort, "an order"), (declaration.order, "an order"), (declaration.key, "a key")]
        for (names, what) in uses {
            for name in names {
                let bare = name.value.hasPrefix("-") ? String(name.value.dropFirst()) : name.value
                guard let field = collection.field(bare), field.isToMany || field.isJSON else { continue }
                report("'\(bare)' has many values, and \(what) needs one", name)
            }
        }
        for unique in declaration.unique {
            guard let when = unique.when,
                let key = collection.uniqueKeys.first(where: { $0.condition?.source == when.value }),
                key.condition?.readsItsRowAlone == false
            else { continue }
            report(
                "an index cannot hold this: a key's 'when' looks at the record's own fields alone", when,
                suggestion: "keep what it depends on in a field of '\(declaration.name)'")
        }
        for name in declaration.key {
            guard let field = collection.field(name.value), !field.required, field.stamp == nil, field.initial.isNull else { continue }
            report("a part of a key is never null", name, suggestion: "add required = true to '\(name.value)'")
        }
    }

    // MARK: Relations

    private mutating func checkNesting(_ collection: Collection, _ declaration: CollectionDeclaration) {
        for name in declaration.nested {
            guard let child = collection.shape.children.first(where: { $0.name == name.value }),
                let owner = declarations.first(where: { $0.name == child.collection }),
                let reference = owner.fields.first(where: { model.collections[owner.name]?.field($0.name)?.index == child.field }),
                reference.onDelete != .cascade
            else { continue }
            report(
                "what is written inside a record goes with it, and '\(owner.name).\(reference.name)' does not cascade", name,
                suggestion: "add on_delete = \"cascade\" to it")
        }
        if let tree = declaration.tree, let parent = collection.field(tree.value), parent.required {
            report("no first record could exist: the parent in a tree is not required", tree, suggestion: "take out 'required'")
        }
    }

    /// 11-precisions 23: two records with one page would hide each other.
    private mutating func checkPage(_ collection: Collection, _ declaration: CollectionDeclaration) {
        guard let page = collection.shape.page, let place = declaration.page else { return }
        var fields: Set<Int> = []
        for part in page.parts {
            switch part {
            case .text: break
            case .field(let index): fields.insert(index)
            case .parent(let reference, let name):
                let parent = collection.fields[reference].target.flatMap { target in declarations.first { $0.name == target } }
                let isKnownByIt =
                    parent?.fields.contains { $0.name == name && $0.unique } == true
                    || parent?.unique.contains { $0.fields.map(\.value) == [name] && $0.when == nil } == true
                if isKnownByIt { fields.insert(reference) }
            }
        }
        let keys = collection.uniqueKeys.filter { $0.condition == nil }.map(\.fields) + [[Row.System.id]]
        guard !keys.contains(where: { fields.isSuperset(of: $0) }) else { return }
        report(
            "two records of '\(declaration.name)' may have this page: what stands in braces is not unique together", place,
            suggestion: "add unique = true to a field of it, or a key over all of them")
    }

    private mutating func checkLimits(of declaration: CollectionDeclaration) {
        let operations = operations(of: declaration)
        for limit in declaration.limits where !operations.contains(limit.name.value) {
            unknown("operation", limit.name, among: operations)
        }
    }

    mutating func report(_ message: String, _ place: Located<String>, suggestion: String? = nil) {
        if mentionsDoubtful(place.value) { return }
        faults.append(Fault(message, at: place.at, length: max(1, place.value.unicodeScalars.count), suggestion: suggestion))
    }
}
