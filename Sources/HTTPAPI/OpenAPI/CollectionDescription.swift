internal import Expressions
internal import JSON
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// What OpenAPI says of a collection: its schemas and operations.
extension OpenAPIDocument {
    mutating func describe(_ collection: Collection, path: String, item: String, parameters: ListParameters) {
        guard isWanted else { return }
        let names = OperationNames(collection.name)
        addRecord(collection, parameters)
        let behaviour = collection.behaviour
        let isSingle = collection.shape.isSingle
        let key = Self.key(of: collection)
        let record = Self.reference(names.singular)
        let (etag, ifMatch) = (Self.etag, Self.ifMatch)
        let tag = collection.name

        if let read = behaviour.read {
            if !isSingle { describeList(collection, at: path, id: "list\(names.plural)", parameters) }
            add(
                .GET, item,
                Operation(
                    id: "get\(names.singular)", summary: "One of \(collection.name)", tag: tag, needsAccount: read.rule.isNeverForAnonymous,
                    parameters: key + Self.projection(parameters),
                    successes: [Self.success("200", "the record", data: record, headers: etag)]
                        + (collection.lookup?.kind == .slug
                            ? [
                                Self.empty(
                                    "301", "the slug has changed: see Location", headers: ["Location": ["schema": ["type": "string"]]])
                            ]
                            : [])
                        + [Self.empty("304", "unchanged since If-None-Match")],
                    failures: ["404"]))
        }
        if let create = behaviour.create, !isSingle {
            add(schema: "Create\(names.singular)", body(of: collection, purpose: .create))
            // What is revealed once stands here and nowhere else.
            if collection.revealsOnce { add(schema: "New\(names.singular)", self.record(collection, isNew: true)) }
            let created = collection.revealsOnce ? Self.reference("New\(names.singular)") : record
            add(
                .POST, path,
                Operation(
                    id: "create\(names.singular)", summary: "Create one of \(collection.name)", tag: tag,
                    needsAccount: create.isNeverForAnonymous, isRepeatable: true,
                    body: Self.body(Self.reference("Create\(names.singular)")),
                    successes: [Self.success("201", "the new record", data: created, headers: Self.location)],
                    failures: ["402", "403", "409"]))
        }
        describeRefusals(of: collection, path: path, item: item, key: key)
        if behaviour.update != nil || collection.fields.contains(where: { $0.write != nil }) {
            add(schema: "Update\(names.singular)", body(of: collection, purpose: .update))
            add(
                .PATCH, item,
                Operation(
                    id: "update\(names.singular)", summary: "Change fields (JSON merge patch)", tag: tag,
                    needsAccount: behaviour.update?.isNeverForAnonymous ?? true, parameters: key + [ifMatch],
                    body: Self.body(
                        Self.reference("Update\(names.singular)"), types: ["application/json", "application/merge-patch+json"]),
                    successes: [Self.success("200", "the changed record", data: record, headers: etag)],
                    failures: ["402", "403", "404", "409", "412"]))
        }
        if let delete = behaviour.delete, !isSingle {
            add(
                .DELETE, item,
                Operation(
                    id: "delete\(names.singular)", summary: "Delete", tag: tag, needsAccount: delete.isNeverForAnonymous,
                    parameters: key + [ifMatch], successes: [Self.empty("204", "deleted")], failures: ["402", "403", "404", "409", "412"]))
        }
        if let restore = behaviour.restore, behaviour.deletesSoftly, !isSingle {
            add(
                .POST, item + "/restore",
                Operation(
                    id: "restore\(names.singular)", summary: "Bring a deleted record back", tag: tag,
                    needsAccount: restore.rule.isNeverForAnonymous, isRepeatable: true, parameters: key + [ifMatch],
                    body: Self.body(["type": "object", "additionalProperties": false], required: false),
                    successes: [Self.success("200", "the record", data: record, headers: etag)], failures: ["403", "404", "409", "412"]))
        }
        describeSteps(of: collection, item: item, key: key, ifMatch: ifMatch)
    }

    /// What nobody may do is answered all the same.
    private mutating func describeRefusals(of collection: Collection, path: String, item: String, key: [JSONValue]) {
        let names = OperationNames(collection.name)
        func refused(_ id: String, parameters: [JSONValue] = [], hasBody: Bool, failures: Set<String>) -> Operation {
            Operation(
                id: id, summary: "Nobody may do this", tag: collection.name, needsAccount: true, parameters: parameters,
                body: hasBody ? Self.body(["type": "object"]) : nil, successes: [], failures: failures)
        }
        let behaviour = collection.behaviour
        if behaviour.create == nil, !collection.shape.isSingle, collection !== context.records.schema.media {
            add(.POST, path, refused("create\(names.singular)", hasBody: true, failures: ["403"]))
        }
        if behaviour.update == nil, !collection.fields.contains(where: { $0.write != nil }) {
            add(.PATCH, item, refused("update\(names.singular)", parameters: key, hasBody: true, failures: ["403", "404", "409"]))
        }
        if behaviour.delete == nil, !collection.shape.isSingle {
            add(.DELETE, item, refused("delete\(names.singular)", parameters: key, hasBody: false, failures: ["403", "404"]))
        }
    }

    static let etag: JSONValue = [
        "ETag": ["schema": ["type": "string"], "description": "names this version for If-Match and If-None-Match"]
    ]
    static let location: JSONValue = ["Location": ["schema": ["type": "string"]], "ETag": ["schema": ["type": "string"]]]
    static let ifMatch = parameter(
        "If-Match", in: "header", ["type": "string", "pattern": .string(EntityTag.pattern)],
        about: "refuse (412) if the record has another version")

    /// `id` in the path, if it has one.
    static func key(of collection: Collection) -> [JSONValue] {
        if collection.shape.isSingle { return [] }
        if let lookup = collection.lookup {
            return [parameter("id", in: "path", ["type": "string", "minLength": 1], about: "the id, or the value of '\(lookup.name)'")]
        }
        return [parameter("id", in: "path", ["type": "string", "format": "uuid"], about: "the id")]
    }

    /// A list of records, wherever it stands; `key` are parameters of its path.
    mutating func describeList(
        _ collection: Collection, at path: String, id: String, _ parameters: ListParameters, key: [JSONValue] = []
    ) {
        guard isWanted else { return }
        let behaviour = collection.behaviour
        let data: JSONValue = ["type": "array", "maxItems": 100, "items": Self.rows(of: collection)]
        add(
            .GET, path,
            Operation(
                id: id, summary: "A page of \(collection.name)", tag: collection.name,
                needsAccount: behaviour.read?.rule.isNeverForAnonymous != false || behaviour.list?.rule.isNeverForAnonymous == true,
                parameters: key + listParameters(parameters),
                successes: [
                    Self.success("200", "a page", data: data, headers: Self.listTag, paginated: true),
                    Self.empty("304", "unchanged since If-None-Match"),
                ],
                failures: key.isEmpty ? ["403"] : ["403", "404"]))
    }
    private static let listTag: JSONValue = [
        "ETag": ["schema": ["type": "string"], "description": "names this page, its totals included; absent in walks by cursor"]
    ]

    // MARK: Schemas

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

    /// A record as answers hold it.
    func record(_ collection: Collection, isNew: Bool = false) -> JSONValue {
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
        return ["type": "object", "additionalProperties": false, "required": ["id"], "properties": .object(properties)]
    }

    /// `implied` is what something else than the body gives.
    func body(of collection: Collection, purpose: BodyPurpose, implied: Set<Int> = []) -> JSONValue {
        var properties: [JSONMember] = []
        var required: [JSONValue] = []
        for field in collection.fields where !field.isPrivate && !implied.contains(field.index) {
            switch (field.source, purpose) {
            case (.client, _), (.clientOnce, .create): break
            case (.stamp, .update) where field.write != nil: break
            default: continue
            }
            properties.append(
                JSONMember(name: field.name, value: FieldDescription.request(field, values: values(of: field, in: collection))))
            if purpose == .create, field.required, field.initial.isNull, field.slugSources.isEmpty { required.append(.string(field.name)) }
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

    // MARK: Queries

    func listParameters(_ parameters: ListParameters) -> [JSONValue] {
        var all = [
            Self.parameter(
                "page", in: "query", ["type": "integer", "minimum": 1, "maximum": .integer(Int64(ListParameters.reach))], about: "from 1"),
            Self.parameter(
                "page_size", in: "query", ["type": "integer", "minimum": 1, "maximum": 100, "default": 20], about: "records on a page"),
            Self.parameter("count", in: "query", ["enum": ["exact", "none"]], about: "none: without totals, which is quicker"),
            Self.parameter(
                "cursor", in: "query", ["type": "string", "maxLength": 4_096],
                about: "instead of pages: empty to begin, then `next_cursor` of the page before"),
        ]
        if !parameters.searched.isEmpty {
            let names = parameters.searched.map(\.name).joined(separator: ", ")
            all.append(
                Self.parameter("q", in: "query", ["type": "string"], about: "records that hold these words (in \(names)), the best first"))
        }
        all += Self.projection(parameters)
        if parameters.collection.shape.tree != nil {
            all.append(
                Self.parameter("tree", in: "query", ["type": "boolean"], about: "rows nested in `children`; pages are of the topmost"))
        }
        let sortable = parameters.sortable.keys.sorted()
        // Names for generators of clients, which would number what begins with a sign.
        let words = (sortable + sortable.map { $0 + "_descending" }).map { JSONValue.string($0.uppercased()) }
        let order: JSONValue = [
            "enum": .array((sortable + sortable.map { "-" + $0 }).map { .string($0) }), "x-enum-varnames": .array(words),
        ]
        all.append(Self.several("sort", of: order, about: "in this order; - for descending"))
        if parameters.collection.behaviour.restore != nil {
            all.append(Self.parameter("deleted", in: "query", ["enum": ["only"]], about: "deleted records instead, for who may restore"))
        }
        for name in parameters.filterNames {
            guard let filter = parameters.filters[name] else { continue }
            let about = "filter: \(filter.field.name) \(filter.comparison.rawValue)"
            let item = Self.item(filter.field, values: values(of: filter.field, in: parameters.collection))
            all.append(
                filter.takesSeveral
                    ? Self.several(name, of: item, most: 100, about: about + " any of these")
                    : Self.parameter(name, in: "query", item, about: about))
        }
        for filter in parameters.collection.behaviour.filters {
            guard let declared = parameters.declared[filter.name] else { continue }
            let schema = declared.field.map { Self.item($0) } ?? ["type": "string"]
            all.append(
                declared.takesSeveral
                    ? Self.several(filter.name, of: schema, most: 100, about: "declared filter: any of these")
                    : Self.parameter(filter.name, in: "query", schema, about: "declared filter"))
        }
        return all
    }

    /// What each answer with records takes.
    static func projection(_ parameters: ListParameters) -> [JSONValue] {
        let fields = parameters.collection.fields.filter(\.isAnswered).map(\.name)
        let expandable = parameters.expandable
        var all = [several("fields", of: names(fields), about: "only these fields")]
        if !expandable.isEmpty {
            let schema = reference("Expand\(OperationNames(parameters.collection.name).singular)")
            all.append(several("expand", of: schema, about: "references to write out"))
        }
        return all
    }

    /// A list in one parameter, with commas between.
    private static func several(_ name: String, of item: JSONValue, most: Int64? = nil, about: String) -> JSONValue {
        var schema = [
            JSONMember(name: "type", value: "array"), JSONMember(name: "minItems", value: 1), JSONMember(name: "items", value: item),
        ]
        if let most { schema.append(JSONMember(name: "maxItems", value: .integer(most))) }
        guard case .object(let members) = parameter(name, in: "query", .object(schema), about: about) else { return .null }
        return .object(members + [JSONMember(name: "style", value: "form"), JSONMember(name: "explode", value: false)])
    }

    private static func names(_ all: [String]) -> JSONValue { ["enum": .array(all.map { .string($0) })] }

    /// One value to filter by.
    static func item(_ field: Field, values: JSONValue? = nil) -> JSONValue {
        switch field.kind {
        case .enumeration, .state, .flags: values ?? names(field.model.allowed ?? [])
        case .reference, .references, .media, .medias, .id: ["type": "string", "format": "uuid"]
        case .union(let collections): FieldDescription.union(collections, orKind: true)
        case .decimal: ["type": "string", "pattern": "^-?[0-9]{1,18}([.][0-9]{1,18})?$"]
        case .int, .counter: ["type": "integer"]
        case .float: ["type": "number"]
        case .bool: ["type": "boolean"]
        case .date: ["type": "string", "format": "date"]
        case .datetime: ["type": "string", "format": "date-time"]
        case .duration: ["type": "string", "format": "duration"]
        // Any text may be asked for: what the field cannot hold is found nowhere.
        default: ["type": "string"]
        }
    }
}
