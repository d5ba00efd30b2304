internal import Config
internal import Expressions

/// How the records of one collection hang together: children, keys of edges, trees, pages.
extension SchemaCompiler {
    mutating func shape(of declaration: CollectionDeclaration, fields: [Field]) -> Shape {
        var shape = Shape()
        let names = fields.map(\.name)
        shape.isSingle = declaration.isSingle
        shape.position = declaration.isOrdered ? names.firstIndex(of: Desugaring.position) : nil
        shape.seo = declaration.seo == nil ? nil : names.firstIndex(of: Desugaring.seo)
        shape.replaced = names.firstIndex(of: Desugaring.replaced)
        shape.tenant = declaration.isTenant ? names.firstIndex(of: Desugaring.tenant) : nil
        shape.origin = arisesInTenants(declaration) ? names.firstIndex(of: Desugaring.tenant) : nil
        shape.key = declaration.key.compactMap { place(of: $0, among: names) }
        shape.keyInURL = shape.key.filter { fields[$0].source != .stamp }
        if !shape.key.isEmpty, shape.keyInURL.isEmpty, let first = declaration.key.first {
            faults.append(Fault("the server stamps every part of this key: nothing is left for the URL", at: first.at))
        }
        if let tree = declaration.tree {
            shape.tree = place(of: tree, among: names)
            if let index = shape.tree, fields[index].kind != .reference(to: declaration.name) {
                faults.append(
                    Fault(
                        "a tree is made by a reference to '\(declaration.name)' itself", at: tree.at, length: tree.value.count,
                        suggestion: "\(tree.value) = { type = \"ref\", to = \"\(declaration.name)\" }"))
            }
        }
        shape.children = children(of: declaration)
        shape.page = declaration.page.flatMap { page($0, fields: fields) }
        shape.page?.site = configuration.app.site
        shape.label = declaration.label.flatMap { page($0, fields: fields) }
        return shape
    }

    /// Whether records of the collection belong to the tenant that they arose in, if they arose in one.
    func arisesInTenants(_ declaration: CollectionDeclaration) -> Bool {
        Desugaring.arisesInTenants(declaration, configuration)
    }

    private mutating func place(of name: Located<String>, among names: [String]) -> Int? {
        let index = names.firstIndex(of: name.value)
        if index == nil { unknown("field", name, among: names) }
        return index
    }

    private mutating func children(of declaration: CollectionDeclaration) -> [Children] {
        let known = model.collections[declaration.name]?.children ?? []
        for name in declaration.nested where !known.contains(where: { $0.name == name.value }) {
            unknown("back-reference", name, among: known.map(\.name))
        }
        return known.compactMap { child in
            guard let collection = declarations.first(where: { $0.name == child.collection }),
                let field = collection.fields.first(where: { $0.name == child.field }),
                let index = model.collections[child.collection]?.field(child.field)?.index
            else { return nil }
            let isNested = declaration.nested.contains { $0.value == child.name }
            let isExpanded = declaration.expand.contains { $0.value == child.name }
            // An edge that cascades has its own list; it is no part of what it points to.
            let isPart = field.onDelete == .cascade && collection.key.isEmpty
            let isListed = !field.isPrivate && (isNested || isExpanded || field.backReference != nil || isPart)
            return Children(name: child.name, collection: child.collection, field: index, isNested: isNested, isListed: isListed)
        }
    }

    /// `/atlas/city/{province.slug}/{slug}`
    private mutating func page(_ declared: Located<String>, fields: [Field]) -> Page? {
        var parts: [Page.Part] = []
        var text = ""
        var name: String?
        for character in declared.value {
            switch (character, name) {
            case ("{", nil): name = ""
            case ("}", let path?):
                guard let part = placeholder(path, at: declared, fields: fields) else { return nil }
                if !text.isEmpty { parts.append(.text(text)) }
                text = ""
                parts.append(part)
                name = nil
            case (_, let path?): name = path + String(character)
            default: text.append(character)
            }
        }
        if !text.isEmpty { parts.append(.text(text)) }
        return Page(parts: parts)
    }

    private mutating func placeholder(_ path: String, at declared: Located<String>, fields: [Field]) -> Page.Part? {
        let steps = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let index = fields.firstIndex(where: { $0.name == steps[0] }), steps.count <= 2 else {
            unknown("field", Located(path, at: declared.at), among: fields.map(\.name))
            return nil
        }
        if steps.count == 1 { return .field(index) }
        guard let target = fields[index].target, fields[index].required, model.collections[target]?.field(steps[1]) != nil else {
            faults.append(
                Fault(
                    "'{\(path)}' is no field of a record that a required reference leads to", at: declared.at,
                    length: declared.value.count))
            return nil
        }
        return .parent(reference: index, field: steps[1])
    }

    mutating func sitemap(of declaration: CollectionDeclaration) -> Sitemap? {
        guard let declared = declaration.sitemap else { return nil }
        var sitemap = Sitemap()
        let scope = Scope(collection: declaration.name, hasCaller: false, macros: macros)
        sitemap.when = declared.when.flatMap { expression($0, in: scope, as: .condition) }.map { condition($0) }
        switch declared.priority {
        case .literal(.float(let number)): sitemap.constantPriority = number
        case .expression(let source): sitemap.priority = expression(source, in: scope, as: .value(.float))
        default: break
        }
        return sitemap
    }
}
