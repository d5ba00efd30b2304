internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `POST /{path}/reorder {"ids": […]}` of an ordered collection (11-precisions 25).
struct ReorderRoute: Sendable {
    /// Rows that one request moves at most.
    private static let limit = 1_000

    private let resource: Resource

    init(_ resource: Resource) {
        self.resource = resource
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        guard resource.collection.shape.position != nil, let update = resource.collection.behaviour.update else { return }
        let path = resource.base + "/reorder"
        routes.add(.POST, path, reorder)
        let ids: JSONValue = [
            "type": "array", "items": FieldDescription.id, "minItems": 1, "maxItems": .integer(Int64(Self.limit)), "uniqueItems": true,
        ]
        let order: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["ids"], "properties": ["ids": ids],
        ]
        document.add(
            .POST, path,
            .init(
                id: "reorder\(OperationNames(resource.collection.name).plural)",
                summary: "These records take, in this order, the places that they hold now", tag: resource.collection.name,
                needsAccount: update.isNeverForAnonymous, body: OpenAPIDocument.body(order),
                successes: [OpenAPIDocument.success("200", "they stand in this order", data: order)], failures: ["402", "403", "409"]))
    }

    @Sendable private func reorder(_ call: Call) -> Intake {
        let (collection, records, context) = (resource.collection, resource.records, resource.context)
        return context.refuseQuery(call)
            ?? context.collect(call) { caller, body in
                guard records.admitsWriting(collection.behaviour.update, for: caller) else { throw RecordError.unauthenticated }
                let ids = try Self.ids(body)
                return records.write(for: caller, on: call.request.eventLoop) { writer, _ in
                    try writer.reorder(collection, ids)
                }.map { Envelope.success(["ids": .array(ids.map { .string($0) })], requestID: call.request.id) }
            }
    }

    private static func ids(_ body: JSONValue) throws -> [String] {
        guard case .object(let members) = body else { throw Failure.invalid("the body must be an object") }
        var faults = members.filter { $0.name != "ids" }.map {
            FieldFault(path: $0.name, code: "unknown", message: "there is no such field")
        }
        var ids: [String] = []
        if case .array(let items)? = body["ids"] {
            for (index, item) in items.enumerated() {
                guard let text = item.string, UUIDv7.isUUID(text) else {
                    faults.append(FieldFault(path: "ids[\(index)]", code: "format", message: "must be the id of a record"))
                    continue
                }
                ids.append(text.lowercased())
            }
            if items.isEmpty || items.count > limit {
                faults.append(FieldFault(path: "ids", code: "range", message: "must have 1 to \(limit) members"))
            }
        } else {
            faults.append(FieldFault(path: "ids", code: "required", message: "must be an array of ids"))
        }
        guard faults.isEmpty else { throw Failure.invalid(faults) }
        return ids
    }
}
