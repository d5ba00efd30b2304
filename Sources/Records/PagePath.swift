internal import Expressions
internal import Ports
internal import Schema

/// Public pages: which path a record has, and which record a path names.
extension Page {
    /// Longer paths name nothing.
    static let longest = 2_000

    /// The path of the record's page; nil where a part of it is missing.
    func path(of row: Row, in collection: Collection, _ rows: any RowSource, _ schema: Schema) throws -> String? {
        var path = ""
        for part in parts {
            switch part {
            case .text(let text): path += text
            case .field(let index):
                guard let text = Self.text(row.values[index]) else { return nil }
                path += text
            case .parent(let reference, let name):
                guard case .text(let id) = row.values[reference], let target = collection.fields[reference].target,
                    let field = schema.collection(target)?.field(name), let parent = try rows.row(in: target, id: id),
                    let text = Self.text(parent.values[field.index])
                else { return nil }
                path += text
            }
        }
        return path
    }

    private static func text(_ value: Value) -> String? {
        switch value {
        case .text(let text): text.isEmpty ? nil : text
        case .int(let number): "\(number)"
        default: nil
        }
    }

    /// What stands at the placeholders, in their order; nil where the path is not of this form. A placeholder is part of one segment.
    func match(_ path: String) -> [(part: Part, text: String)]? {
        path.utf8.count <= Self.longest ? Self.match(parts[...], path[...]) : nil
    }

    private static func match(_ parts: ArraySlice<Part>, _ path: Substring) -> [(part: Part, text: String)]? {
        guard let part = parts.first else { return path.isEmpty ? [] : nil }
        if case .text(let text) = part {
            return path.hasPrefix(text) ? match(parts.dropFirst(), path.dropFirst(text.count)) : nil
        }
        var end = path.firstIndex(of: "/") ?? path.endIndex
        while end > path.startIndex {
            if let rest = match(parts.dropFirst(), path[end...]) { return [(part, String(path[..<end]))] + rest }
            end = path.index(before: end)
        }
        return nil
    }
}

/// Finds the record that a page names, by what it and its parents are called now or were called before.
struct PageFinder {
    let schema: Schema
    let snapshot: any Snapshot
    let environment: Environment

    /// The live record, whoever may read it; nil where none ever had that page.
    func row(at path: String, of page: Page, in collection: Collection) throws -> Row? {
        guard let matched = page.match(path) else { return nil }
        var known: [Int: Value] = [:]
        for (part, text) in matched {
            guard case .parent(let reference, let name) = part else { continue }
            guard let target = collection.fields[reference].target.flatMap({ schema.collection($0) }), let field = target.field(name),
                let parent = try row(in: target, field, text, known: [:])
            else { return nil }
            known[reference] = .text(parent.id)
        }
        // A slug alone knows what it was before.
        let own = matched.compactMap { matched -> (Field, String)? in
            if case .field(let index) = matched.part { (collection.fields[index], matched.text) } else { nil }
        }
        guard let (field, text) = own.last(where: { $0.0.kind == .slug }) ?? own.last else { return nil }
        for (other, text) in own where other.index != field.index {
            known[other.index] = try? other.value(fromQuery: text, path: other.name)
        }
        return try row(in: collection, field, text, known: known)
    }

    /// By a field that is unique, among rows that have the known values where it is so only together with them.
    private func row(in collection: Collection, _ field: Field, _ text: String, known: [Int: Value]) throws -> Row? {
        guard !text.utf8.contains(0) else { return nil }
        let value = (try? field.comparand(fromQuery: text, path: field.name)) ?? .text(NormalizedText.nfc(text))
        let access = Access(collection, environment: environment, spansTenants: true)
        guard let kept = collection.keptSlug(field.index) else {
            return try snapshot.row(access, key: .field(field.index, value))
        }
        let scope = kept.scope.map { known[$0] ?? .null }
        if let row = try snapshot.row(access, key: .fields(kept.scope + [field.index], scope + [value])) { return row }
        guard case .text(let slug) = value else { return nil }
        let former = FormerSlug(kept, slug, scope: scope, tenant: nil, in: collection)
        return try snapshot.formerSlugs.record(former).flatMap { try snapshot.row(in: collection.name, id: $0) }
    }
}
