package import JSON
package import Ports
package import Schema
package import Expressions

/// Members of a to-many field, changed one by one (04-api, 11-precisions 51–52).
extension RecordWriter {
    package enum MemberChange: Sendable {
        /// These and no others.
        case replace(JSONValue)
        /// Adds those that are missing and changes the payload of those that are there.
        case add(JSONValue)
        /// Fails with `.notFound` where it is no member.
        case remove(String)
    }

    /// Every form ends in an ordinary update: its rule, the field's `write` rule, references and checks hold.
    package func change(
        _ field: Field, of collection: Collection, _ key: RecordKey, by change: MemberChange, version: Int64? = nil
    ) throws -> Row {
        let old = try readable(collection, key)
        var draft = Draft()
        switch change {
        case .replace(let body): (draft.values[field.index], draft.payloads[field.index]) = try members(body, of: field)
        case .add(let body): (draft.values[field.index], draft.payloads[field.index]) = try adding(body, to: old, field, of: collection)
        case .remove(let id):
            guard case .list(var ids) = old.values[field.index], let place = ids.firstIndex(of: .text(id.lowercased())) else {
                throw RecordError.notFound
            }
            ids.remove(at: place)
            draft.values[field.index] = .list(ids)
            if var payloads = old.payloads[field.index], payloads.indices.contains(place) {
                payloads.remove(at: place)
                draft.payloads[field.index] = payloads
            }
        }
        if case .list(let ids)? = draft.values[field.index] {
            do {
                try field.check(count: ids.count, field.name)
            } catch {
                throw RecordError.invalid([error])
            }
        }
        if !caller.isSystem, let refusal = Draft.refusal(of: field, purpose: .update) { throw RecordError.fieldsForbidden([refusal]) }
        return try update(collection, .id(old.id), draft, version: version)
    }

    /// What a body says: one member or an array of them.
    private func members(_ body: JSONValue, of field: Field) throws -> (Value, [String?]?) {
        let list = Self.list(body)
        do {
            let value = try field.value(from: list, path: field.name)
            return (value, field.parts.isEmpty ? nil : try Draft.payloads(of: field, in: list))
        } catch {
            throw RecordError.invalid(error.faults)
        }
    }

    private static func list(_ body: JSONValue) -> JSONValue {
        if case .array = body { body } else { .array([body]) }
    }

    /// The members with those of the body; what the body does not say of a payload stays.
    private func adding(_ body: JSONValue, to old: Row, _ field: Field, of collection: Collection) throws -> (Value, [String?]?) {
        // Bounds are those of the result.
        var unbounded = field
        unbounded.minimum = nil
        guard case .array(let given) = Self.list(body), case .list(let current) = old.values[field.index] else {
            return try members(body, of: field)
        }
        let merged = given.map { item in merging(item, into: current, old.payloads[field.index], field) }
        let (value, payloads) = try members(.array(merged), of: unbounded)
        guard case .list(let added) = value else { return (value, payloads) }
        // Told here, at their places in the body; the update would tell places in the whole list.
        let unknown = try added.indices.filter {
            try !caller.isSystem && !current.contains(added[$0]) && !mayRefer(field, of: collection, to: added[$0])
        }
        guard unknown.isEmpty else {
            throw RecordError.invalid(unknown.map { Self.unknownReference("\(field.name)[\($0)]", field) })
        }
        var ids = current
        var kept = old.payloads[field.index] ?? current.map { _ in nil }
        for (position, id) in added.enumerated() {
            let payload = payloads.flatMap { $0.indices.contains(position) ? $0[position] : nil }
            if let place = ids.firstIndex(of: id) {
                if kept.indices.contains(place) { kept[place] = payload }
            } else {
                ids.append(id)
                kept.append(payload)
            }
        }
        return (.list(ids), field.parts.isEmpty ? nil : kept)
    }

    /// `{id, notes}` over the payload that the member has.
    private func merging(_ item: JSONValue, into ids: [Value], _ payloads: [String?]?, _ field: Field) -> JSONValue {
        guard !field.parts.isEmpty, let id = (item["id"] ?? item).string?.lowercased(), let place = ids.firstIndex(of: .text(id)),
            let payload = payloads.flatMap({ $0.indices.contains(place) ? $0[place] : nil }),
            case .object(let stored)? = try? JSONParser.parse(payload)
        else { return item }
        var members: [JSONMember] = if case .object(let given) = item { given } else { [JSONMember(name: "id", value: item)] }
        for member in stored where !members.contains(where: { $0.name == member.name }) { members.append(member) }
        return .object(members)
    }
}
