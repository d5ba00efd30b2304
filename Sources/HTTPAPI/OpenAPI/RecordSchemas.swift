internal import Expressions
internal import JSON
internal import Records
internal import Schema

/// What OpenAPI says of records: the schemas of answers and of bodies.
extension OpenAPIDocument {
    /// What a list may hold: records, and in a tree what stands for a hidden one.
    static func rows(of collection: Collection) -> JSONValue {
        let record = reference(OperationNames(collection.name).singular)
        return collection.shape.tree == nil || !collection.isSoftDeleted ? record : ["anyOf": [record, reference("HiddenRecord")]]
    }

    /// The schemas that other descriptions of the collection refer to.
    mutating func addRecord(_ collection: Collection, _ parameters: ListParameters) {
        let names = OperationNames(collection.name)
        add(schema: names.singular, record(collection))
        for field in collection.fields where values(of: field, in: collection) != nil {
            add(schema: valuesName(field, in: collection), Self.names(field.model.allowed ?? []))
        }
        if !parameters.expandable.isEmpty { add(schema: "Expand\(names.singular)", Self.names(parameters.expandable)) }
    }

    /// The values of an enum, a state or flags, as a schema of their own: one type in answers, bodies and filters.
    func values(of field: Field, in collection: Collection) -> JSONValue? {
        switch field.kind {
        case .enumeration, .state, .flags: field.isPrivate ? nil : Self.reference(valuesName(field, in: collection))
        default: nil
        }
    }

    /// `OrderStatus`; `OrderStatusValue` beside a collection `order_statuses`.
    private func valuesName(_ field: Field, in collection: Collection) -> String {
        let name = OperationNames(collection.name).singular + OperationNames.camel(field.name, upper: true)
        let isTaken = context.records.schema.collections.contains { OperationNames($0.name).singular == name }
        return isTaken ? name + "Value" : name
    }

    /// A record as answers hold it. `more` is what one of them has besides.
    func record(_ collection: Collection, isNew: Bool = false, and more: [JSONMember] = []) -> JSONValue {
        var properties: [JSONMember] = []
        for field in collection.fields where field.isAnswered || (isNew && field.revealsOnce) {
            properties.append(
                JSONMember(name: field.name, value: FieldDescription.answer(field, values: values(of: field, in: collection))))
        }
        for children in collection.shape.children where children.isNested {
            properties.append(JSONMember(name: children.name, value: expanded(children)))
        }
        if collection.shape.tree != nil {
            properties.append(JSONMember(name: "children", value: ["type": "array", "items": Self.rows(of: collection)]))
        }
        let expansions = expansions(of: collection)
        if !expansions.isEmpty {
            properties.append(
                JSONMember(
                    name: "expanded", value: ["type": "object", "additionalProperties": false, "properties": .object(expansions)]))
        }
        // `?fields=` and field rights may leave out all but the id.
        return ["type": "object", "additionalProperties": false, "required": ["id"], "properties": .object(properties + more)]
    }

    /// `implied` is what something else than the body gives.
    func body(of collection: Collection, purpose: BodyPurpose, implied: Set<Int> = []) -> JSONValue {
        var properties: [JSONMember] = []
        var required: [JSONValue] = []
        for var field in collection.fields where !field.isPrivate && !implied.contains(field.index) {
            switch (field.source, purpose) {
            case (.client, _), (.clientOnce, .create): break
            case (.stamp, .update) where field.write != nil: break
            default: continue
            }
            let isNeeded = field.isListWithItems || field.required && field.initial.isNull
            // Null would be an empty list.
            field.required = field.required || field.isListWithItems
            properties.append(
                JSONMember(name: field.name, value: FieldDescription.request(field, values: values(of: field, in: collection))))
            if purpose == .create, isNeeded, field.slugSources.isEmpty { required.append(.string(field.name)) }
        }
        if purpose == .create, collection === context.records.schema.users {
            properties += [
                JSONMember(name: "email", value: ["type": "string", "format": "email", "maxLength": 254]),
                JSONMember(name: "phone", value: ["type": "string"]),
                context.newPassword,
                JSONMember(name: "must_change_password", value: ["type": "boolean"]),
            ]
        }
        for children in collection.shape.children where children.isNested {
            guard let rows = nestedRows(children, purpose: purpose) else { continue }
            properties.append(JSONMember(name: children.name, value: rows))
        }
        var schema: [JSONMember] = [
            JSONMember(name: "type", value: "object"), JSONMember(name: "additionalProperties", value: false),
            JSONMember(name: "properties", value: .object(properties)),
        ]
        if !required.isEmpty { schema.append(JSONMember(name: "required", value: .array(required))) }
        return .object(schema)
    }

    enum BodyPurpose { case create, update }
}
