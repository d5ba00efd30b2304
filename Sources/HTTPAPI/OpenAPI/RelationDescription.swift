internal import JSON
internal import Records
internal import Schema

/// What OpenAPI says of records inside others.
extension OpenAPIDocument {
    /// In the place of a record that is deleted but has something below it.
    static let hidden: JSONValue = [
        "type": "object", "additionalProperties": false, "required": ["id", "deleted"],
        "properties": ["id": FieldDescription.id, "deleted": ["const": true], "children": ["type": "array", "items": ["type": "object"]]],
    ]

    /// What stands under `expanded`: one type for each name (04-api, JSON forms).
    func expansions(of collection: Collection) -> [JSONMember] {
        var members: [JSONMember] = []
        for field in collection.fields where collection.expandable(field.name) == .field(field.index) {
            var forms = field.targets.map { Self.reference(OperationNames($0).singular) }
            if field.target == collection.name, collection.isSoftDeleted { forms.append(Self.reference("HiddenRecord")) }
            let one: JSONValue = ["anyOf": .array(forms + [["type": "null"]])]
            members.append(JSONMember(name: field.name, value: field.isToMany ? ["type": "array", "items": one] : one))
        }
        for children in collection.shape.children where !children.isNested && collection.field(children.name) == nil {
            members.append(JSONMember(name: children.name, value: expanded(children)))
        }
        return members
    }

    func expanded(_ children: Children) -> JSONValue {
        let items = context.records.schema.collection(children.collection).map { Self.rows(of: $0) }
        return ["type": "array", "items": items ?? ["type": "object"]]
    }

    /// The rows of a body inside their parent's; nil where no client may write them.
    func nestedRows(_ children: Children, purpose: BodyPurpose) -> JSONValue? {
        guard let child = context.records.schema.collection(children.collection) else { return nil }
        let new = body(of: child, purpose: .create, implied: [children.field])
        let items: JSONValue = purpose == .create ? new : ["anyOf": [new, changed(child, children)]]
        return ["type": "array", "maxItems": 1_000, "items": items]
    }

    /// A row that is there already, named by its id.
    private func changed(_ child: Collection, _ children: Children) -> JSONValue {
        guard case .object(var members) = body(of: child, purpose: .update, implied: [children.field]),
            let index = members.firstIndex(where: { $0.name == "properties" }), case .object(let properties) = members[index].value
        else { return ["type": "object"] }
        members[index].value = .object([JSONMember(name: "id", value: FieldDescription.id)] + properties)
        members.append(JSONMember(name: "required", value: ["id"]))
        return .object(members)
    }
}

extension Schema {
    /// All paths that `?expand=` may hold, the shorter ones first, as long as they are not too many to list.
    func expandablePaths(of collection: Collection) -> [String] {
        var paths: [String] = []
        var level: [(path: String, collection: Collection)] = [("", collection)]
        for _ in 0..<Expansions.depth {
            var next: [(path: String, collection: Collection)] = []
            var found: [String] = []
            for (prefix, collection) in level {
                for name in collection.expandableNames.sorted() {
                    let path = prefix.isEmpty ? name : "\(prefix).\(name)"
                    if !found.contains(path) { found.append(path) }
                    guard let expandable = collection.expandable(name) else { continue }
                    next += targets(of: expandable, in: collection).map { (path, $0) }
                }
            }
            guard paths.count + found.count <= 200 else { break }
            paths += found
            level = next
        }
        return paths
    }
}
