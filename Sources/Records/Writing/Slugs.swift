internal import Expressions
internal import Ports
internal import Schema

/// Slugs: made where nobody sends one, and kept where they change.
extension RecordWriter {
    /// Fills empty slugs from their sources: `title`, `title-2`, `title-3` … whatever no live record bears.
    func makeSlugs(_ row: inout Row, in collection: Collection) throws {
        for field in collection.fields where field.kind == .slug && row.values[field.index].isNull {
            let texts = field.slugSources.compactMap { index -> String? in
                if case .text(let text) = row.values[index] { text } else { nil }
            }
            guard !texts.isEmpty else { continue }
            let base = Slug.make(from: texts.joined(separator: " "), limit: Int(field.maximum ?? 255))
            if base.isEmpty {
                let sources = field.slugSources.map { "'\(collection.fields[$0].name)'" }.joined(separator: " and ")
                throw RecordError.invalid([
                    FieldFault(path: field.name, code: "required", message: "\(sources) has neither letter nor digit: send a slug")
                ])
            }
            row.values[field.index] = .text(try freeSlug(base, field, of: row, in: collection))
        }
    }

    private func freeSlug(_ base: String, _ field: Field, of row: Row, in collection: Collection) throws -> String {
        guard let kept = collection.keptSlug(field.index) else { return base }
        let scope = [collection.shape.tenant].compactMap { $0 } + kept.scope
        let access = Access(collection, environment: environment, spansTenants: true)
        let most = Int(field.maximum ?? 255)
        func slug(_ number: Int) -> String { number == 1 ? base : Slug.withSuffix(base, number: number, max: most) }
        func isTaken(_ number: Int) throws -> Bool {
            // An id's form is no slug, since a lookup by it would be read as an id.
            if UUIDv7.isUUID(slug(number)) { return true }
            let key = RecordKey.fields(scope + [field.index], scope.map { row.values[$0] } + [.text(slug(number))])
            return try transaction.row(access, key: key).map { $0.id != row.id } ?? false
        }
        guard try isTaken(1) else { return base }
        // Doubling first keeps the number of lookups logarithmic where a thousand records share a title.
        var high = 2
        while try isTaken(high) {
            high *= 2
            if high > 1 << 18 { throw RecordError.conflict([[field.name]]) }
        }
        var low = high / 2
        while high - low > 1 {
            let middle = (low + high) / 2
            if try isTaken(middle) { low = middle } else { high = middle }
        }
        return slug(high)
    }

    /// What the record was called before still leads to it, if it has another name now or stands elsewhere.
    func keepSlugs(of old: Row, replacedBy new: Row, in collection: Collection) throws {
        for kept in collection.keptSlugs where ([kept.field] + kept.scope).contains(where: { old.values[$0] != new.values[$0] }) {
            guard let former = FormerSlug(kept, of: old, in: collection) else { continue }
            try transaction.formerSlugs.keep(former, of: new.id)
        }
    }
}

extension FormerSlug {
    /// The slug that the row bears, with the values within which it does; nil without one.
    init?(_ kept: KeptSlug, of row: Row, in collection: Collection) {
        guard case .text(let slug) = row.values[kept.field] else { return nil }
        self.init(
            kept, slug, scope: kept.scope.map { row.values[$0] }, tenant: collection.shape.tenant.map { row.values[$0] }, in: collection)
    }

    init(_ kept: KeptSlug, _ slug: String, scope: [Value], tenant: Value?, in collection: Collection) {
        let scope = ([tenant].compactMap { $0 } + scope).map { value in
            if case .text(let text) = value { text } else { "\(value)" }
        }
        self.init(collection: collection.name, scope: scope, slug: slug)
    }
}
