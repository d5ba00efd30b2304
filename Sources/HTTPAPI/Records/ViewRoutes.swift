internal import Edge
internal import Expressions
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Records
internal import Schema

/// `GET /{view path}`: the questions of `[views]`.
struct ViewRoutes {
    private let context: APIContext

    init(_ context: APIContext) {
        self.context = context
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        for view in context.records.schema.views {
            let path = "/api/v1/" + view.path.joined(separator: "/")
            routes.add(.GET, path) { [context] call in
                context.respond(call) { caller in
                    // Who can never ask hears that, whatever he sends.
                    guard context.records.admitsWriting(view.allow, for: caller) else { throw RecordError.unauthenticated }
                    let input = try Self.input(of: view, call)
                    return context.records.view(
                        view, input: input, for: caller, into: Envelope.open(capacity: 8_192), on: call.request.eventLoop
                    ).map { buffer in
                        var buffer = buffer
                        Envelope.close(&buffer, requestID: call.request.id)
                        return Response(status: .ok, headers: Resource.privateHeaders, body: .bytes(buffer))
                    }
                }
            }
            Self.describe(view, at: path, in: &document)
        }
    }

    private static func placeholders(of view: View) -> [String] {
        view.path.filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    /// The values of the path and the query, typed; every fault at once.
    private static func input(of view: View, _ call: Call) throws -> [String: Value] {
        let placeholders = placeholders(of: view)
        let query = try Query(call.request.query)
        try query.refuseAll(but: Set(view.input.map(\.name)).subtracting(placeholders))
        var values: [String: Value] = [:]
        var faults: [FieldFault] = []
        for field in view.input {
            let place = placeholders.firstIndex(of: field.name)
            let text = place.map { call.parameters[$0] } ?? query[field.name]
            guard let text else {
                if field.required, field.initial.isNull {
                    faults.append(FieldFault(path: field.name, code: "required", message: "is required"))
                }
                values[field.name] = field.initial
                continue
            }
            do {
                values[field.name] = try field.value(fromQuery: text, path: field.name)
            } catch {
                // What cannot be in a path is not there.
                if place != nil { throw Failure.notFound }
                faults.append(error)
            }
        }
        guard faults.isEmpty else { throw Failure.invalid(faults) }
        return values
    }

    // MARK: OpenAPI

    private static func describe(_ view: View, at path: String, in document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        let placeholders = placeholders(of: view)
        let parameters = view.input.map { field in
            // What is left out is null; what is sent never is.
            var sent = field
            sent.required = true
            return OpenAPIDocument.parameter(
                field.name, in: placeholders.contains(field.name) ? "path" : "query", FieldDescription.request(sent), about: "input",
                isRequired: field.required && field.initial.isNull)
        }
        let data: JSONValue
        switch view.content {
        case .rows(let rows):
            let record = OpenAPIDocument.reference(OperationNames(rows.collection.name).singular)
            data = ["type": "array", "items": record]
        case .figures(let figures):
            data = [
                "type": "object", "additionalProperties": false, "required": .array(figures.map { .string($0.name) }),
                "properties": .object(figures.map { JSONMember(name: $0.name, value: schema(of: $0)) }),
            ]
        }
        document.add(
            .GET, path,
            OpenAPIDocument.Operation(
                id: "view\(OperationNames.camel(view.name, upper: true))", summary: "The view '\(view.name)'", tag: "views",
                needsAccount: view.allow?.isNeverForAnonymous ?? true, parameters: parameters,
                successes: [OpenAPIDocument.success("200", "the answer", data: data)], failures: ["402", "403", "404", "409"]))
    }

    private static func schema(of figure: Figure) -> JSONValue {
        let value: JSONValue =
            switch figure.field?.model.type {
            case .decimal, .duration, .moment, .date: ["type": ["string", "null"]]
            default: ["type": ["number", "null"]]
            }
        guard figure.keys.isEmpty else {
            let key: JSONValue = figure.keys.count == 1 ? [:] : ["type": "array", "items": [:]]
            return [
                "type": "array",
                "items": [
                    "type": "object", "additionalProperties": false, "required": ["key", "value"],
                    "properties": ["key": key, "value": value],
                ],
            ]
        }
        var properties = [JSONMember(name: "value", value: value)]
        if figure.growth != nil { properties.append(JSONMember(name: "previous", value: value)) }
        return [
            "type": "object", "additionalProperties": false, "required": .array(properties.map { .string($0.name) }),
            "properties": .object(properties),
        ]
    }
}
