internal import Config

/// `[search]`
extension SchemaCompiler {
    /// The collections of `GET /search`.
    mutating func searched(among collections: [Collection]) -> [Collection] {
        configuration.search.collections.compactMap { name in
            guard let collection = collections.first(where: { $0.name == name.value }) else { return nil }
            guard collection.fields.contains(where: { $0.search != nil }) else {
                faults.append(
                    Fault(
                        "no field of '\(name.value)' is searched", at: name.at, length: name.value.unicodeScalars.count,
                        suggestion: "give one of its fields search = 1"))
                return nil
            }
            return collection
        }
    }
}
