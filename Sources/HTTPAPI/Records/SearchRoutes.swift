internal import Edge
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema

/// `GET /search?q=`: one question to several collections, each answering as its list would (11-precisions 58 and 69).
struct SearchRoutes {
    /// Records of each collection at most.
    static let most = 20
    private static let path = "/api/v1/search"

    private let context: APIContext
    private let places: [Place]

    /// A collection that is searched, and what of it.
    private struct Place: Sendable {
        var collection: Collection
        var parameters: ListParameters
    }

    init(_ context: APIContext) {
        self.context = context
        places = context.records.schema.searched.map { collection in
            Place(collection: collection, parameters: ListParameters(collection, in: context.records.schema))
        }
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        guard !places.isEmpty else { return }
        routes.add(.GET, Self.path) { [context, places] call in
            context.respond(call) { caller in
                let query = try Query(call.request.query)
                try query.refuseAll(but: ["q"])
                guard let words = query["q"] else {
                    throw Failure.invalid([FieldFault(path: "q", code: "required", message: "is required")])
                }
                return Self.answer(call, words, in: places[...], for: caller, context, into: Envelope.open(capacity: 8_192))
            }
        }
        let properties = places.map { place in
            let record = OpenAPIDocument.reference(OperationNames(place.collection.name).singular)
            return JSONMember(
                name: place.collection.name, value: ["type": "array", "maxItems": .integer(Int64(Self.most)), "items": record])
        }
        let data: JSONValue = [
            "type": "object", "additionalProperties": false, "required": .array(places.map { .string($0.collection.name) }),
            "properties": .object(properties),
        ]
        document.add(
            .GET, Self.path,
            OpenAPIDocument.Operation(
                id: "search", summary: "Records of several collections that hold these words, the best first", tag: "search",
                parameters: [OpenAPIDocument.parameter("q", in: "query", ["type": "string"], about: "the words", isRequired: true)],
                successes: [OpenAPIDocument.success("200", "what was found, by collection", data: data)], failures: []))
    }

    /// Appends `{"posts":[…],…}`, one collection after the other. What the caller may not list has nothing for him.
    private static func answer(
        _ call: Call, _ words: String, in places: ArraySlice<Place>, for caller: Caller, _ context: APIContext, into buffer: ByteBuffer,
        isFirst: Bool = true
    ) -> EventLoopFuture<Response> {
        var buffer = buffer
        guard let place = places.first else {
            buffer.writeStaticString("}")
            Envelope.close(&buffer, requestID: call.request.id)
            return call.request.eventLoop.makeSucceededFuture(
                Response(status: .ok, headers: Resource.privateHeaders, body: .bytes(buffer)))
        }
        buffer.writeStaticString(isFirst ? "{" : ",")
        buffer.writeJSON(string: place.collection.name)
        buffer.writeStaticString(":")
        let before = buffer
        return context.records.list(
            place.parameters.search(words, for: caller, most: most, records: context.records), for: caller, into: buffer,
            on: call.request.eventLoop
        ).map(\.buffer).flatMapErrorThrowing { error in
            guard error is RecordError else { throw error }
            var empty = before
            empty.writeStaticString("[]")
            return empty
        }.flatMap { answer(call, words, in: places.dropFirst(), for: caller, context, into: $0, isFirst: false) }
    }
}
