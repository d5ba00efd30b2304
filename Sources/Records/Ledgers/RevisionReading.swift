package import Expressions
package import JSON
package import Ports
package import Schema

/// Former versions of a record, for whoever may update it.
extension RecordWriter {
    /// `{n, editor, created_at, <fields>}`, newest first. Fields that the caller may not read of the record now are left out.
    package func revisions(
        of collection: Collection, _ key: RecordKey, limit: Int, offset: Int
    ) throws -> (items: [JSONValue], total: Int) {
        guard let revisions = collection.behaviour.revisions else { throw RecordError.notFound }
        let row = try readable(collection, key)
        try admit(collection.behaviour.update, to: "update", on: row, "you may not see its revisions")
        let fields = try revisions.fields.map { collection.fields[$0] }.filter { field in
            guard let read = field.read, !caller.isSystem else { return !field.isPrivate }
            return try !field.isPrivate && holds(read.rule.expression, row)
        }
        let record = JobRecord(collection: collection.name, id: row.id)
        let page = try transaction.ledgers.revisions.page(of: record, limit: limit, offset: offset)
        let items = page.revisions.map { revision -> JSONValue in
            let values = try? JSONParser.parse(revision.values)
            return .object(
                [
                    JSONMember(name: "n", value: .integer(revision.number)),
                    JSONMember(name: "editor", value: revision.editor.map { .string($0) } ?? .null),
                    JSONMember(name: "created_at", value: .string(Timestamp.text(revision.createdAt))),
                ] + fields.compactMap { field in values?[field.name].map { JSONMember(name: field.name, value: $0) } })
        }
        return (items, page.total)
    }

    /// Brings back what the listed fields held then, as an ordinary update by the caller. What no client writes is left as it is.
    package func restore(
        revision number: Int64, of collection: Collection, _ key: RecordKey, version: Int64? = nil
    ) throws -> Row {
        guard let revisions = collection.behaviour.revisions else { throw RecordError.notFound }
        let row = try readable(collection, key)
        try admit(collection.behaviour.update, to: "update", on: row, "you may not change this")
        let record = JobRecord(collection: collection.name, id: row.id)
        guard let revision = try transaction.ledgers.revisions.revision(number, of: record),
            let values = try? JSONParser.parse(revision.values)
        else { throw RecordError.notFound }
        var draft = Draft()
        var faults: [FieldFault] = []
        for field in revisions.fields.map({ collection.fields[$0] }) where field.isChangeable {
            guard let json = values[field.name], json != row.json(field) else { continue }
            do throws(FieldFaults) {
                draft.values[field.index] = try field.value(from: json, path: field.name)
                if field.isToMany, !field.parts.isEmpty { draft.payloads[field.index] = try Draft.payloads(of: field, in: json) }
            } catch {
                faults += error.faults
            }
        }
        guard faults.isEmpty else { throw RecordError.invalid(faults) }
        return try update(collection, .id(row.id), draft, version: version)
    }
}

extension Field {
    /// Whether some client may change it after creation.
    fileprivate var isChangeable: Bool { source == .client || source == .stamp && write != nil }
}
