internal import Expressions

/// What a changed file means for stored values that are computed.
extension MigrationPlan {
    /// Computes what is new or computed otherwise than before, and all that depends on it; each value after those that it is made of.
    mutating func addComputations(from stored: SchemaSnapshot?, to wanted: SchemaSnapshot, of schema: Schema) {
        var changed: Set<Place> = []
        var steps: [(collection: Collection, step: Computation.Step)] = []
        /// Kept sums to be added, with the value that is made of them.
        var sums: [Place: [MigrationStep]] = [:]
        for (shape, collection) in zip(wanted.collections, schema.collections) {
            // A new collection has no rows.
            guard let before = stored?.collections.first(where: { $0.name == shape.name }) else { continue }
            var drops: [MigrationStep] = []
            for old in before.fields where old.isKeptSum {
                if shape.fields.first(where: { $0.name == old.name })?.storage == old.storage { continue }
                drops.append(.dropColumn(table: collection.name, column: old.name))
            }
            if !drops.isEmpty { add("drop sums that were kept in '\(collection.name)'", drops) }
            for field in shape.fields {
                let old = before.fields.first { $0.name == field.name }
                guard let compiled = collection.field(field.name), old?.compute != field.compute || old?.storage != field.storage else {
                    continue
                }
                let place = Place(collection: collection.name, field: compiled.index)
                changed.insert(place)
                if field.isKeptSum, old?.storage != field.storage { sums[place] = [.addField(compiled, collection)] }
            }
            steps += collection.behaviour.computation.steps.map { (collection, $0) }
        }
        for (collection, step) in steps.sorted(by: { $0.step.rank < $1.step.rank }) {
            let place = Place(collection: collection.name, field: step.field)
            guard changed.contains(place) || step.dependsOn(changed, in: collection.name) else { continue }
            changed.insert(place)
            let field = collection.fields[step.field]
            let own = MigrationStep.compute(field, collection, step.recount)
            if field.isKeptSum {
                sums[place, default: []].append(own)
                continue
            }
            let made = step.reads.sorted().flatMap { sums[Place(collection: collection.name, field: $0)] ?? [] }
            add("compute '\(collection.name).\(field.name)'", made + [own], table: collection.model.table)
        }
    }
}

/// A field of some collection.
private struct Place: Hashable {
    var collection: String
    var field: Int
}

extension Computation.Step {
    fileprivate func dependsOn(_ changed: Set<Place>, in collection: String) -> Bool {
        if reads.contains(where: { changed.contains(Place(collection: collection, field: $0)) }) { return true }
        return children.contains { use in
            use.fields.contains { changed.contains(Place(collection: use.collection, field: $0)) }
        }
    }
}
