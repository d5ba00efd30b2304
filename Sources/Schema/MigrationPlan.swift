package import Config
internal import Expressions

/// The way from a stored schema to that of the file, in numbered steps. `serve` takes safe ones by itself and refuses the rest.
package struct MigrationPlan: Sendable {
    package enum Safety: String, Sendable {
        case safe
        /// Possible only when the rows allow it, or after somebody has provided values.
        case needsData = "needs data"
        /// Data are lost, or values that rows may hold become invalid.
        case destructive
    }

    package struct Step: Sendable {
        package var title: String
        package var safety: Safety
        /// What `atlas migrate --allow` must name; nil for safe steps.
        package var permission: String?
        package var changes: [MigrationStep]
        /// The table all of whose rows it writes.
        package var table: String?
    }

    package private(set) var steps: [Step] = []

    /// The steps that are not allowed yet.
    package func refused(allowing permissions: Set<String>) -> [Step] {
        steps.filter { step in step.permission.map { !permissions.contains($0) } ?? false }
    }

    /// The difference. `renames` come from `was` in the file.
    package init(from stored: SchemaSnapshot?, to schema: Schema, declarations: [CollectionDeclaration]) {
        let wanted = SchemaSnapshot(schema)
        let storedCollections = stored?.collections ?? []
        for (shape, collection) in zip(wanted.collections, schema.collections) {
            guard let before = storedCollections.first(where: { $0.name == shape.name }) else {
                add("add collection '\(shape.name)'", [.createCollection(collection)])
                continue
            }
            let declaration = declarations.first { $0.name == shape.name }
            compare(before, with: shape, of: collection, declaration)
        }
        for gone in storedCollections where !wanted.collections.contains(where: { $0.name == gone.name }) {
            let members = gone.fields.filter { $0.storage == "members" }.map { MigrationStep.dropTable("\(gone.name)__\($0.name)") }
            add(
                "drop collection '\(gone.name)' with all its records", members + [.dropTable(gone.name)], .destructive,
                permission: "drop:\(gone.name)")
        }
        addComputations(from: stored, to: wanted, of: schema)
    }

    /// The tables all of whose rows are written.
    package var tables: Set<String> { Set(steps.compactMap(\.table)) }

    /// With the number of rows in the titles of steps that write all rows of a table.
    package func telling(_ rows: [String: Int]) -> MigrationPlan {
        var plan = self
        for (index, step) in steps.enumerated() {
            guard let count = step.table.flatMap({ rows[$0] }) else { continue }
            plan.steps[index].title += " for \(count) \(count == 1 ? "record" : "records")"
        }
        return plan
    }

    mutating func add(
        _ title: String, _ changes: [MigrationStep], _ safety: Safety = .safe, permission: String? = nil, table: String? = nil
    ) {
        steps.append(Step(title: title, safety: safety, permission: permission, changes: changes, table: table))
    }

    private mutating func compare(
        _ before: SchemaSnapshot.CollectionShape, with shape: SchemaSnapshot.CollectionShape, of collection: Collection,
        _ declaration: CollectionDeclaration?
    ) {
        var left = before.fields
        for field in shape.fields where !field.isKeptSum {
            guard let compiled = collection.field(field.name) else { continue }
            let place = "\(collection.name).\(field.name)"
            if let index = left.firstIndex(where: { $0.name == field.name }) {
                let old = left.remove(at: index)
                compare(old, with: field, compiled, in: collection)
                continue
            }
            let was = declaration?.fields.first { $0.name == field.name }?.was?.value
            if let was, let index = left.firstIndex(where: { $0.name == was && $0.storage == field.storage }) {
                left.remove(at: index)
                let change: MigrationStep =
                    field.storage == "members"
                    ? .renameTable(from: "\(collection.name)__\(was)", to: "\(collection.name)__\(field.name)")
                    : .renameColumn(table: collection.name, from: was, to: field.name)
                add("rename '\(collection.name).\(was)' to '\(field.name)'", [change])
                continue
            }
            var changes: [MigrationStep] = [.addField(compiled, collection)]
            if !compiled.initial.isNull, field.storage != "members", field.compute == nil {
                changes.append(.fill(table: collection.name, column: field.name, compiled.initial))
            }
            let isFilled = !field.required || !compiled.initial.isNull || field.storage == "members"
            add(
                isFilled ? "add field '\(place)'" : "add required field '\(place)' without a default: old records will lack it",
                changes, isFilled ? .safe : .needsData, permission: isFilled ? nil : "add:\(place)")
        }
        for gone in left where !gone.isKeptSum {
            let change: MigrationStep =
                gone.storage == "members"
                ? .dropTable("\(collection.name)__\(gone.name)") : .dropColumn(table: collection.name, column: gone.name)
            add(
                "drop field '\(collection.name).\(gone.name)' with its values", [change], .destructive,
                permission: "drop:\(collection.name).\(gone.name)")
        }
        for key in shape.uniqueKeys
        where !before.uniqueKeys.contains(key) && key.allSatisfy({ name in before.fields.contains { $0.name == name } }) {
            add("make \(key.map { "'\(collection.name).\($0)'" }.joined(separator: " and ")) unique (refused if records share a value)", [])
        }
    }

    private mutating func compare(
        _ old: SchemaSnapshot.FieldShape, with new: SchemaSnapshot.FieldShape, _ field: Field, in collection: Collection
    ) {
        let place = "\(collection.name).\(new.name)"
        if old.storage != new.storage {
            let drop: MigrationStep =
                old.storage == "members"
                ? .dropTable("\(collection.name)__\(new.name)") : .dropColumn(table: collection.name, column: new.name)
            add(
                "change the type of '\(place)': its values are dropped", [drop, .addField(field, collection)], .destructive,
                permission: "drop:\(place)")
            return
        }
        if let removed = old.allowed?.filter({ !(new.allowed ?? [$0]).contains($0) }), !removed.isEmpty {
            let values = removed.map { "'\($0)'" }.joined(separator: ", ")
            add("take \(values) out of '\(place)'; records may still hold it", [], .destructive, permission: "narrow:\(place)")
        }
        if new.required, !old.required {
            add("make '\(place)' required; old records may lack it", [], .needsData, permission: "require:\(place)")
        }
    }
}
