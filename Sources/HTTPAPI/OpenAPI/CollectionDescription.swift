internal import Expressions
internal import JSON
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// What OpenAPI says of a collection: its operations.
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
        let data: JSONValue = ["type": "array", "maxItems": 100, "items": Self.rows(of: collection)]
        add(
            .GET, path,
            Operation(
                id: id, summary: "A page of \(collection.name)", tag: collection.name,
                needsAccount: collection.behaviour.isNeverListedForAnonymous, parameters: key + listParameters(parameters),
                successes: [
                    Self.success("200", "a page", data: data, headers: Self.listTag, paginated: true),
                    Self.empty("304", "unchanged since If-None-Match"),
                ],
                failures: key.isEmpty ? ["403"] : ["403", "404"]))
    }
    private static let listTag: JSONValue = [
        "ETag": ["schema": ["type": "string"], "description": "names this page, its totals included; absent in walks by cursor"]
    ]
}
