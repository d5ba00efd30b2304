internal import Identity
internal import JSON
internal import NIOHTTP1

/// `/events` in the OpenAPI document.
struct EventDescription {
    /// What a stream may be narrowed to.
    var names: [String]

    func write(into document: inout OpenAPIDocument) {
        let event: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["collection", "id", "event"],
            "properties": [
                "collection": ["enum": .array(names.map { .string($0) })], "id": ["type": "string", "format": "uuid"],
                "event": ["type": "string"],
                "record": ["type": "object", "description": "as GET gives it to this caller; not there when it is gone"],
            ],
        ]
        document.add(schema: "Event", event)
        document.add(
            .GET, EventRoutes.path,
            .init(
                id: "streamEvents", summary: "What happens to records that the caller may read, as it happens", tag: "events",
                parameters: [
                    OpenAPIDocument.parameter(
                        "collections", in: "query",
                        ["type": "array", "items": ["enum": .array(names.map { .string($0) })]], about: "of what alone to tell"),
                    OpenAPIDocument.parameter("ticket", in: "query", ["type": "string"], about: "who asks, where no header can say it"),
                    OpenAPIDocument.parameter(
                        "last_event_id", in: "query", ["type": "string"], about: "after which event to go on; the header goes before it"),
                    OpenAPIDocument.parameter("Last-Event-ID", in: "header", ["type": "string"], about: "after which event to go on"),
                ],
                successes: [
                    JSONMember(
                        name: "200",
                        value: [
                            "description": "a stream without end; the data of its events is an Event",
                            "content": ["text/event-stream": ["schema": ["type": "string"]]],
                        ])
                ], failures: ["403", "404"]))
        document.add(
            .POST, EventRoutes.ticketPath,
            .init(
                id: "createEventTicket", summary: "A ticket that opens a stream, where no header can be sent", tag: "events",
                needsAccount: true,
                successes: [
                    OpenAPIDocument.success(
                        "201", "the ticket",
                        data: [
                            "type": "object", "additionalProperties": false, "required": ["ticket", "expires_in"],
                            "properties": ["ticket": ["type": "string"], "expires_in": ["type": "integer", "minimum": 1]],
                        ])
                ], failures: ["403", "404"]))
    }
}
