internal import Expressions
internal import JSON
internal import NIOHTTP1
internal import Schema

/// What OpenAPI says of transitions, actions and revisions.
extension OpenAPIDocument {
    mutating func describeSteps(of collection: Collection, item: String, key: [JSONValue], ifMatch: JSONValue) {
        guard isWanted else { return }
        for transition in collection.behaviour.transitions where transition.isForClients {
            let summary = "From \(transition.from.joined(separator: " or ")) to \(transition.to)"
            addStep(
                transition.name, summary, of: collection, item: item, parameters: key + [ifMatch], input: transition.input,
                needsAccount: transition.allow?.isNeverForAnonymous ?? true, isPossible: transition.allow != nil && !transition.isForJobs)
        }
        for action in collection.behaviour.actions {
            guard let allow = action.allow else { continue }
            addStep(
                action.name, "An action on one of \(collection.name)", of: collection, item: item, parameters: key + [ifMatch],
                input: action.input, needsAccount: allow.isNeverForAnonymous, startsJob: action.work != nil)
        }
    }

    private mutating func addStep(
        _ name: String, _ summary: String, of collection: Collection, item: String, parameters: [JSONValue], input: [Field],
        needsAccount: Bool, isPossible: Bool = true, startsJob: Bool = false
    ) {
        let names = OperationNames(collection.name)
        let properties = input.map { JSONMember(name: $0.name, value: FieldDescription.request($0)) }
        let required = input.filter { $0.required && $0.initial.isNull }.map { JSONValue.string($0.name) }
        let body: JSONValue = [
            "type": "object", "additionalProperties": false, "properties": .object(properties), "required": .array(required),
        ]
        let success =
            startsJob
            ? JobRoutes.started : Self.success("200", "the record", data: Self.reference(names.singular), headers: Self.etag)
        add(
            .POST, item + "/" + name,
            Operation(
                id: "\(OperationNames.camel(name, upper: false))\(names.singular)", summary: summary, tag: collection.name,
                needsAccount: needsAccount, isRepeatable: true, parameters: parameters, body: Self.body(body, required: !required.isEmpty),
                successes: isPossible ? [success] : [],
                failures: ["402", "403", "404", "409", "412"]))
    }

    mutating func describeRevisions(of collection: Collection, path: String) {
        guard isWanted, let revisions = collection.behaviour.revisions, let update = collection.behaviour.update else { return }
        let names = OperationNames(collection.name)
        let key =
            collection.shape.isSingle
            ? [] : [Self.parameter("id", in: "path", ["type": "string", "minLength": 1], about: "the id or lookup of the record")]
        let number = Self.parameter("n", in: "path", ["type": "integer", "minimum": 1], about: "the number of the revision")
        let ifMatch = Self.parameter(
            "If-Match", in: "header", ["type": "string", "pattern": .string(EntityTag.pattern)],
            about: "refuse (412) if the record has another version")
        let fields = revisions.fields.map { index in
            // What its field may hold by now an older revision need not have held; a file is its id.
            JSONMember(name: collection.fields[index].name, value: [:])
        }
        let known: [JSONMember] = [
            JSONMember(name: "n", value: ["type": "integer", "minimum": 1]),
            JSONMember(name: "editor", value: ["type": ["string", "null"], "format": "uuid"]),
            JSONMember(name: "created_at", value: ["type": "string", "format": "date-time"]),
        ]
        add(
            schema: "\(names.singular)Revision",
            [
                "type": "object", "additionalProperties": false, "required": ["n", "editor", "created_at"],
                "properties": .object(known + fields),
            ])
        add(
            .GET, path,
            Operation(
                id: "list\(names.singular)Revisions", summary: "Former versions, newest first", tag: collection.name,
                needsAccount: update.isNeverForAnonymous, parameters: key + Self.pages,
                successes: [
                    Self.success(
                        "200", "a page",
                        data: ["type": "array", "maxItems": 100, "items": Self.reference("\(names.singular)Revision")], paginated: true)
                ], failures: ["403", "404"]))
        add(
            .POST, path + "/{n}/restore",
            Operation(
                id: "restore\(names.singular)Revision", summary: "Bring back what the record held then", tag: collection.name,
                needsAccount: update.isNeverForAnonymous, isRepeatable: true, parameters: key + [number, ifMatch],
                body: Self.body(["type": "object", "additionalProperties": false], required: false),
                successes: [Self.success("200", "the record", data: Self.reference(names.singular), headers: Self.etag)],
                failures: ["402", "403", "404", "409", "412"]))
    }

    static let pages = [
        parameter(
            "page", in: "query", ["type": "integer", "minimum": 1, "maximum": .integer(Int64(ListParameters.reach))], about: "from 1"),
        parameter("page_size", in: "query", ["type": "integer", "minimum": 1, "maximum": 100, "default": 20], about: "items on a page"),
    ]

    static let repetition = parameter(
        "Idempotency-Key", in: "header", ["type": "string", "pattern": "^[!-~]{1,255}$"],
        about: "the same key and body within a day give the first answer again; another body is 409")
}
