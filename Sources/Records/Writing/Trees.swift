internal import Expressions
internal import Ports
package import Schema

/// Trees and orders (11-precisions 25).
extension RecordWriter {
    /// A parent may be neither the row itself nor one of its descendants.
    func refuseCycle(_ row: Row, by tree: Int, in collection: Collection) throws {
        var next = row.values[tree]
        while case .text(let id) = next {
            guard id != row.id else {
                throw RecordError.checkFailed(status: 409, message: "'\(collection.fields[tree].name)' would lead in a circle")
            }
            // Hidden rows belong to the tree as well: they may come back.
            let parent = try transaction.row(Access(collection, life: .any, environment: environment, spansTenants: true), key: .id(id))
            next = parent?.values[tree] ?? .null
        }
    }

    /// Makes the rows take, in this order, the places that they hold now. An unknown or repeated id changes nothing.
    package func reorder(_ collection: Collection, _ ids: [String]) throws {
        guard let position = collection.shape.position else { throw RecordError.notFound }
        var faults: [FieldFault] = []
        var rows: [Row] = []
        for (index, id) in ids.enumerated() {
            let isRepeated = ids[..<index].contains(id)
            guard !isRepeated, let access = access(to: collection), let row = try transaction.row(access, key: .id(id)) else {
                faults.append(
                    FieldFault(
                        path: "ids[\(index)]", code: isRepeated ? "duplicate" : "reference",
                        message: isRepeated ? "occurs twice" : "there is no such record"))
                continue
            }
            rows.append(row)
        }
        guard faults.isEmpty else { throw RecordError.invalid(faults) }
        for row in rows { try admit(collection.behaviour.update, to: "update", on: row, "you may not move '\(row.id)'") }
        let places = rows.map { $0.values[position] }.sorted(by: Self.precedes)
        for (row, place) in zip(rows, places) where row.values[position] != place {
            var moved = row
            moved.values[position] = place
            try save(&moved, old: row, in: collection, checks: collection.behaviour.checks)
            try admit(collection.behaviour.update, to: "update", on: moved, "you may not move '\(row.id)'")
        }
    }

    private static func precedes(_ one: Value, _ other: Value) -> Bool {
        guard case .int(let first) = one, case .int(let second) = other else { return one.isNull && !other.isNull }
        return first < second
    }
}
