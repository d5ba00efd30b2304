package import Expressions
internal import JSON

/// A reference that stands inside the value of an `object` or `list` field: `documents[0].file`.
package struct PartReference: Sendable {
    /// From the field's name on: `documents[0].file`.
    package var path: String
    /// The part that holds it.
    package var part: Field
    /// An id, or `salons:<id>` where the part may lead to several collections.
    package var reference: String

    /// The id alone.
    package var id: String { part.targets.count > 1 ? UnionReference(reference)?.id ?? reference : reference }
}

extension Field {
    /// Whether its values may hold references.
    package var holdsPartReferences: Bool { (parts + items).contains { !$0.targets.isEmpty || $0.holdsPartReferences } && !isToMany }

    /// The collections that references inside its values may lead to.
    package var partTargets: Set<String> {
        isToMany ? [] : (parts + items).reduce(into: []) { $0.formUnion($1.targets + $1.partTargets) }
    }

    /// All references inside a value of this field, in the order of the text.
    package func partReferences(in value: Value) -> [PartReference] {
        guard holdsPartReferences, case .text(let text) = value, let json = try? JSONParser.parse(text) else { return [] }
        var found: [PartReference] = []
        collect(json, at: name, into: &found)
        return found
    }

    private func collect(_ json: JSONValue, at path: String, into found: inout [PartReference]) {
        switch (json, targets.isEmpty) {
        case (.string(let text), false): found.append(PartReference(path: path, part: self, reference: text))
        case (.array(let members), false):
            for (index, member) in members.enumerated() {
                guard let text = member.string ?? member["id"]?.string else { continue }
                found.append(PartReference(path: "\(path)[\(index)]", part: self, reference: text))
            }
        case (.array(let entries), true):
            for (index, entry) in entries.enumerated() {
                let place = "\(path)[\(index)]"
                if let item = items.first { item.collect(entry, at: place, into: &found) } else { collect(entry, at: place, into: &found) }
            }
        case (.object(let members), true):
            for member in members {
                parts.first { $0.name == member.name }?.collect(member.value, at: "\(path).\(member.name)", into: &found)
            }
        default: break
        }
    }
}
