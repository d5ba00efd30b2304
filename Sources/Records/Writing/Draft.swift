package import Expressions
package import JSON
package import Schema

/// What a client sent for a record, checked against the fields but not yet against rules or other records.
package struct Draft: Sendable {
    package enum Purpose: Sendable { case create, update }

    /// By index of the field.
    package var values: [Int: Value] = [:]
    /// By index of a to-many field: what is kept with each of its members.
    package var payloads: [Int: [String?]] = [:]
    /// By index of nested children: the rows that the record is to have.
    package var children: [Int: [NestedDraft]] = [:]

    /// Whether a body wants to change the state, which its transitions alone do: an update is refused with what can be fired where the record is.
    package private(set) var touchesState = false

    package init() {}

    /// Reads a body. Throws `.invalid` with every fault, or else `.fieldsForbidden` (11-precisions 12).
    /// `implied` are fields that something else than the body gives: the reference of a nested row to its parent.
    package init(
        _ body: JSONValue, for collection: Collection, purpose: Purpose, in schema: Schema? = nil, implied: Set<Int> = []
    ) throws(RecordError) {
        guard case .object(let members) = body else {
            throw .invalid([FieldFault(path: "", code: "type", message: "the body must be an object, not \(body.kind)")])
        }
        var faults: [FieldFault] = []
        var forbidden: [FieldFault] = []
        for member in members {
            if let schema, let index = collection.nested(member.name) {
                switch NestedDraft.read(member.value, collection.shape.children[index], in: schema, purpose: purpose) {
                case .success(let rows): children[index] = rows
                case .failure(let found):
                    faults += found.faults
                    forbidden += found.forbidden
                }
                continue
            }
            // Passwords have ways of their own under /auth (04-api, Identity).
            if let schema, collection === schema.users, member.name == "password" {
                forbidden.append(FieldFault(path: member.name, code: "forbidden", message: "changes through /auth alone"))
                continue
            }
            guard let field = collection.field(member.name), !field.isPrivate, !implied.contains(field.index) else {
                faults.append(FieldFault(path: member.name, code: "unknown", message: "there is no such field"))
                continue
            }
            if let refusal = Self.refusal(of: field, purpose: purpose) {
                touchesState = touchesState || (field.kind == .state && purpose == .update)
                forbidden.append(refusal)
                continue
            }
            do throws(FieldFaults) {
                let value = try field.value(from: member.value, path: member.name)
                if field.isToMany, !field.parts.isEmpty { payloads[field.index] = try Self.payloads(of: field, in: member.value) }
                if value.isNull, field.required || field.isListWithItems {
                    faults.append(FieldFault(path: field.name, code: "required", message: "must not be null"))
                }
                values[field.index] = value.isNull && field.isToMany ? .list([]) : value
            } catch {
                faults += error.faults
            }
        }
        if purpose == .create {
            let sent = Set(members.map(\.name)).union(implied.map { collection.fields[$0].name })
            faults += missing(in: collection).filter { !sent.contains($0.path) }
        }
        guard faults.isEmpty else { throw .invalid(faults) }
        guard forbidden.isEmpty || touchesState else { throw .fieldsForbidden(forbidden) }
    }

    /// One object per member, complete, with defaults where a member is a bare id.
    static func payloads(of field: Field, in json: JSONValue) throws(FieldFaults) -> [String?] {
        var payloads: [String?] = []
        var faults: [FieldFault] = []
        for (index, item) in (json.array ?? []).enumerated() {
            let given: JSONValue = if case .object = item { item } else { .object([JSONMember]()) }
            do throws(FieldFaults) {
                payloads.append(try Field.object(of: field.parts, from: given, path: "\(field.name)[\(index)]", ignoring: ["id"]).text)
            } catch {
                faults += error.faults
            }
        }
        if !faults.isEmpty { throw FieldFaults(faults) }
        return payloads
    }

    private func missing(in collection: Collection) -> [FieldFault] {
        // A list that must have items is required, too.
        collection.fields.filter {
            ($0.required || $0.isListWithItems) && ($0.source == .client || $0.source == .clientOnce) && values[$0.index] == nil
                && ($0.initial.isNull || $0.isListWithItems)
                && $0.slugSources.isEmpty
        }.map { FieldFault(path: $0.name, code: "required", message: "is required") }
    }

    /// Why no client may ever send this field here; nil when that depends on its `write` rule or on nothing.
    static func refusal(of field: Field, purpose: Purpose) -> FieldFault? {
        let message: String
        switch (field.source, purpose) {
        case (.client, _), (.clientOnce, .create): return nil
        case (.stamp, .update) where field.write != nil: return nil
        case (.clientOnce, .update): message = "cannot be changed"
        case (.stamp, _), (.server, _): message = "is set by the server"
        }
        return FieldFault(path: field.name, code: "forbidden", message: message)
    }
}

extension Field {
    /// Whether an empty list is too short for it: then it must be sent, and is not null.
    package var isListWithItems: Bool { (kind == .list || isToMany) && minimum ?? 0 >= 1 }
}
