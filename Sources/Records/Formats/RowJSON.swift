package import Expressions
package import JSON
package import Schema

extension Row {
    /// What the field holds, in the form in which a client sends it, so that `Field.value(from:path:)` reads it again. Media are ids.
    package func json(_ field: Field) -> JSONValue {
        let json = field.json(values[field.index])
        guard field.isToMany, !field.parts.isEmpty, case .array(let ids) = json else { return json }
        let payloads = payloads[field.index] ?? []
        return .array(
            ids.enumerated().map { index, id in
                let payload = payloads.indices.contains(index) ? payloads[index] : nil
                guard let payload, case .object(let members)? = try? JSONParser.parse(payload) else { return ["id": id] }
                return .object([JSONMember(name: "id", value: id)] + members)
            })
    }
}
