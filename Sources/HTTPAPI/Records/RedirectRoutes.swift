internal import Edge
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Records
internal import Schema

/// `GET /redirects/resolve?path=`: where a page of the site is now.
struct RedirectRoutes {
    private static let path = "/api/v1/redirects/resolve"
    private let context: APIContext

    init(_ context: APIContext) {
        self.context = context
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        guard context.records.schema.collections.contains(where: { $0.shape.page != nil }) else { return }
        routes.add(.GET, Self.path) { [context] call in
            context.respond(call) { caller in
                let query = try Query(call.request.query)
                try query.refuseAll(but: ["path"])
                guard let path = query["path"], path.hasPrefix("/"), !path.utf8.contains(0) else {
                    throw Failure.invalid([FieldFault(path: "path", code: "required", message: "must be a path, such as /blog/hello")])
                }
                return context.records.redirect(of: path, for: caller, on: call.request.eventLoop).map { redirect in
                    let data: JSONValue = redirect.map { ["to": .string($0.to), "code": .integer($0.code)] } ?? .null
                    return Envelope.success(data, requestID: call.request.id)
                }
            }
        }
        let redirect: JSONValue = [
            "type": ["object", "null"], "additionalProperties": false, "required": ["to", "code"],
            "properties": ["to": ["type": "string"], "code": ["type": "integer", "minimum": 300, "maximum": 399]],
        ]
        document.add(
            .GET, Self.path,
            OpenAPIDocument.Operation(
                id: "resolveRedirect", summary: "Where a page of the site is now", tag: "redirects",
                parameters: [
                    OpenAPIDocument.parameter(
                        "path", in: "query", ["type": "string", "pattern": "^/"], about: "the path of the page", isRequired: true)
                ],
                successes: [OpenAPIDocument.success("200", "where it is; null when it has not moved", data: redirect)]))
    }
}

extension String {
    /// As one segment of a URL (RFC 3986 section 3.3).
    var percentEncodedSegment: String {
        var encoded = ""
        for byte in utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += byte < 16 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
