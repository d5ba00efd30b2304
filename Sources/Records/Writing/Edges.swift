package import Expressions
package import Ports
package import Schema

/// Edges: records that their key identifies (11-precisions 24, 52).
extension RecordWriter {
    /// The key with what the server stamps; `given` are the parts of the URL, in the order of `Shape.keyInURL`.
    package func key(of collection: Collection, given: [Value]) throws -> RecordKey {
        try collection.edgeKey(given: given, in: environment, rows: transaction)
    }

    /// Makes the edge be, with what the body says. True when it is new; one whose body changes nothing asks for no right.
    package func put(_ collection: Collection, given: [Value], _ draft: Draft) throws -> (row: Row, isNew: Bool) {
        try caller.requireActiveTenant(of: collection)
        if !caller.isSystem {
            for (index, value) in zip(collection.shape.keyInURL, given) where !collection.fields[index].targets.isEmpty {
                guard try mayRefer(collection.fields[index], of: collection, to: value) else { throw RecordError.notFound }
            }
        }
        let live = Access(collection, environment: environment)
        let key = try key(of: collection, given: given)
        guard let row = try transaction.row(live, key: key) else {
            var draft = draft
            for (index, value) in zip(collection.shape.keyInURL, given) { draft.values[index] = value }
            return (try create(collection, draft), true)
        }
        let isSame =
            draft.values.allSatisfy { row.values[$0.key] == $0.value } && draft.payloads.allSatisfy { row.payloads[$0.key] == $0.value }
        if isSame { return (try readable(collection, .id(row.id)), false) }
        let fixed = draft.values.keys.sorted().filter {
            collection.fields[$0].source == .clientOnce && row.values[$0] != draft.values[$0]
        }
        guard fixed.isEmpty else {
            throw RecordError.fieldsForbidden(
                fixed.map { FieldFault(path: collection.fields[$0].name, code: "forbidden", message: "cannot be changed") })
        }
        return (try update(collection, .id(row.id), draft), false)
    }

    /// Removes the edge where it is there and readable; nothing else.
    package func deleteEdge(_ collection: Collection, given: [Value], version: Int64? = nil) throws {
        try caller.requireActiveTenant(of: collection)
        let key = try key(of: collection, given: given)
        guard let access = access(to: collection), try transaction.row(access, key: key) != nil else { return }
        try delete(collection, key, version: version)
    }
}

extension Collection {
    /// The key of an edge for this caller. Without `rows` stamps that ask other records come out null.
    func edgeKey(given: [Value], in environment: Environment, rows: (any RowSource)?) throws -> RecordKey {
        var row = Row(collection: name, values: fields.map(\.initial))
        for (index, value) in zip(shape.keyInURL, given) { row.values[index] = value }
        for index in shape.key where !shape.keyInURL.contains(index) {
            row.values[index] = try fields[index].stamp?.evaluate(in: environment, row: row, rows: rows) ?? .null
        }
        return .fields(shape.key, shape.key.map { row.values[$0] })
    }
}
