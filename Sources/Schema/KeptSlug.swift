/// A slug whose former values still lead to the record.
package struct KeptSlug: Sendable, Hashable {
    package var field: Int
    /// The other fields of its unique key, within which it names one record; empty where it does so alone. The tenant is not among them.
    package var scope: [Int]
}

extension Collection {
    /// Every slug that is unique, alone or with others.
    static func keptSlugs(_ fields: [Field], _ keys: [UniqueKey], tenant: Int?) -> [KeptSlug] {
        fields.filter { $0.kind == .slug }.compactMap { field in
            let scopes = keys.filter { $0.fields.contains(field.index) }.map { key in
                key.fields.filter { $0 != field.index && $0 != tenant }
            }
            return scopes.min { $0.count < $1.count }.map { KeptSlug(field: field.index, scope: $0) }
        }
    }

    package func keptSlug(_ field: Int) -> KeptSlug? { keptSlugs.first { $0.field == field } }
}
