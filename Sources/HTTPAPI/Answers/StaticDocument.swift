internal import Edge
internal import JSON
internal import NIOCore
internal import NIOHTTP1

/// A JSON document that stays the same as long as the site does.
struct StaticDocument: Sendable {
    private let bytes: ByteBuffer
    private let tag: String

    init(_ document: JSONValue) {
        var bytes = ByteBuffer()
        bytes.writeJSON(document)
        self.tag = EntityTag.make(version: 0, bytes.readableBytesView)
        self.bytes = bytes
    }

    func response(to call: Call) -> Response {
        let headers: HTTPHeaders = ["content-type": "application/json", "etag": tag, "cache-control": "no-cache"]
        if let header = call.request.headers.first(name: "if-none-match"), EntityTag.matches(header, tag) {
            return Response(status: .notModified, headers: headers, route: call.route.template)
        }
        return Response(status: .ok, headers: headers, body: .bytes(bytes), route: call.route.template)
    }
}
