internal import JSON
internal import Schema
internal import Expressions
internal import Ports

/// A row that a body holds inside its parent: `items[1]`.
package struct NestedDraft: Sendable {
    /// Of the row to change; nil for a new one.
    package var id: String?
    package var draft: Draft

    /// What is wrong with nested rows; nobody may send the `forbidden` ones.
    struct Faults: Error {
        var faults: [FieldFault] = []
        var forbidden: [FieldFault] = []
    }

    /// At most that many rows in one body.
    private static let limit = 1_000

    static func read(
        _ json: JSONValue, _ children: Children, in schema: Schema, purpose: Draft.Purpose
    ) -> Result<[NestedDraft], Faults> {
        guard let child = schema.collection(children.collection) else { return .success([]) }
        guard case .array(let items) = json else {
            let fault = FieldFault(path: children.name, code: "type", message: "must be an array, not \(json.kind)")
            return .failure(Faults(faults: [fault]))
        }
        guard items.count <= limit else {
            let fault = FieldFault(path: children.name, code: "max", message: "must have at most \(limit) members")
            return .failure(Faults(faults: [fault]))
        }
        var rows: [NestedDraft] = []
        var found = Faults()
        for (position, item) in items.enumerated() {
            let place = "\(children.name)[\(position)]"
            var id: String?
            var body = item
            if purpose == .update, case .object(let members) = item, let given = item["id"] {
                guard let text = given.string, UUIDv7.isUUID(text) else {
                    found.faults.append(FieldFault(path: "\(place).id", code: "format", message: "must be the id of a record"))
                    continue
                }
                id = text.lowercased()
                body = .object(members.filter { $0.name != "id" })
                if rows.contains(where: { $0.id == id }) {
                    found.faults.append(FieldFault(path: "\(place).id", code: "duplicate", message: "occurs twice"))
                }
            }
            do throws(RecordError) {
                let draft = try Draft(
                    body, for: child, purpose: id == nil ? .create : .update, in: schema, implied: [children.field])
                if draft.touchesState {
                    found.forbidden.append(FieldFault(path: place, code: "forbidden", message: "a state changes by its transitions alone"))
                }
                rows.append(NestedDraft(id: id, draft: draft))
            } catch {
                switch error.under(place) {
                case .fieldsForbidden(let faults): found.forbidden += faults
                case .invalid(let faults): found.faults += faults
                default: found.faults.append(FieldFault(path: place, code: "type", message: "cannot be read"))
                }
            }
        }
        return found.faults.isEmpty && found.forbidden.isEmpty ? .success(rows) : .failure(found)
    }
}

extension RecordError {
    /// The same with its places inside a nested row.
    func under(_ path: String) -> RecordError {
        func moved(_ faults: [FieldFault]) -> [FieldFault] {
            faults.map { fault in
                var fault = fault
                fault.path = fault.path.isEmpty ? path : fault.path.hasPrefix("[") ? path + fault.path : "\(path).\(fault.path)"
                return fault
            }
        }
        return switch self {
        case .invalid(let faults): .invalid(moved(faults))
        case .fieldsForbidden(let faults): .fieldsForbidden(moved(faults))
        case .conflict(let keys): .conflict(keys.map { $0.map { "\(path).\($0)" } })
        case .checkFailed(400, let message): .invalid([FieldFault(path: path, code: "check", message: message)])
        default: self
        }
    }
}

extension Collection {
    /// The index of the nested children of that name.
    func nested(_ name: String) -> Int? { shape.children.firstIndex { $0.isNested && $0.name == name } }
}

/// Rows written inside their parent, in its transaction, each by its own rules.
extension RecordWriter {
    /// Creates the nested rows of a new record and gives it as it is then, roll-ups included.
    func writeChildren(_ children: [Int: [NestedDraft]], of row: Row, in collection: Collection) throws -> Row {
        guard children.contains(where: { !$0.value.isEmpty }) else { return row }
        for (index, drafts) in children.sorted(by: { $0.key < $1.key }) {
            let relation = collection.shape.children[index]
            guard let child = schema.collection(relation.collection) else { continue }
            for (position, nested) in drafts.enumerated() {
                try at("\(relation.name)[\(position)]") {
                    _ = try create(child, nested.draft, adding: [relation.field: reference(to: row, in: child, relation)])
                }
            }
        }
        return try settled(row, in: collection)
    }

    /// Makes the record have these nested rows and no others (11-precisions 25). The record gets a new version where any of them changed.
    func replaceChildren(by children: [Int: [NestedDraft]], of row: Row, old: Row, in collection: Collection) throws -> Row {
        let written = changes.count
        for (index, drafts) in children.sorted(by: { $0.key < $1.key }) {
            let relation = collection.shape.children[index]
            guard let child = schema.collection(relation.collection) else { continue }
            let field = child.fields[relation.field]
            let known = try transaction.referrers(to: row.id, in: child, by: field, limit: Self.childLimit).filter {
                try transaction.row(in: child.name, id: $0) != nil
            }
            let kept = Set(drafts.compactMap(\.id))
            for id in known where !kept.contains(id) { try delete(child, .id(id)) }
            for (position, nested) in drafts.enumerated() {
                try at("\(relation.name)[\(position)]") {
                    guard let id = nested.id else {
                        _ = try create(child, nested.draft, adding: [relation.field: reference(to: row, in: child, relation)])
                        return
                    }
                    guard known.contains(id) else {
                        throw RecordError.invalid([FieldFault(path: "id", code: "reference", message: "there is no such record here")])
                    }
                    if try isChange(nested.draft, of: child, id) { _ = try update(child, .id(id), nested.draft) }
                }
            }
        }
        guard changes.count > written else { return row }
        let before = try settled(row, in: collection)
        guard before.version == old.version else { return before }
        var result = before
        result.values[Row.System.version] = .int(old.version &+ 1)
        result.values[Row.System.updatedAt] = .moment(environment.now)
        let edited = [Row.System.version, Row.System.updatedAt]
        let recomputed = try recompute(&result, in: collection, changed: Set(edited))
        try transaction.update(result, in: collection, changed: edited + recomputed)
        note(.updated, result, old: before)
        try rollUp(from: before, to: result, in: collection)
        return result
    }

    private static let childLimit = 10_000

    /// Whether the draft says anything else than what is stored: what changes nothing asks for no right but to read, without which nobody
    /// learns what is stored.
    private func isChange(_ draft: Draft, of collection: Collection, _ id: String) throws -> Bool {
        guard let access = access(to: collection), let row = try transaction.row(access, key: .id(id)) else { return true }
        return !draft.children.isEmpty || draft.values.contains { row.values[$0.key] != $0.value }
            || draft.payloads.contains { row.payloads[$0.key] != $0.value }
    }

    private func reference(to row: Row, in child: Collection, _ relation: Children) -> Value {
        child.fields[relation.field].targets.count > 1 ? .text("\(row.collection):\(row.id)") : .text(row.id)
    }

    /// The record as its children's roll-ups have left it.
    private func settled(_ row: Row, in collection: Collection) throws -> Row {
        try transaction.row(in: collection.name, id: row.id) ?? row
    }

    /// Runs `body` with the places of its faults inside a nested row.
    private func at(_ path: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as RecordError {
            throw error.under(path)
        } catch StoreError.conflict(let fields) {
            throw RecordError.conflict([fields]).under(path)
        }
    }
}
