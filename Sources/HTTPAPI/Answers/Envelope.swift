internal import Edge
internal import JSON
internal import NIOCore
internal import NIOHTTP1

/// The one shape of all answers (04-api). `data` is written between `open` and `close`, straight into the response buffer.
enum Envelope {
    /// Room for a small record, so that most answers are written without growing the buffer.
    private static let capacity = 1_024

    static func open(_ allocator: ByteBufferAllocator = ByteBufferAllocator(), capacity: Int = capacity) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: capacity)
        buffer.writeStaticString(#"{"success":true,"data":"#)
        return buffer
    }

    /// Where `data` begins in a buffer from `open`.
    static let dataStart = 23

    static func close(_ buffer: inout ByteBuffer, requestID: String) {
        buffer.writeStaticString(#","meta":{"request_id":"#)
        buffer.writeJSON(string: requestID)
        buffer.writeStaticString("}}")
    }

    static func close(_ buffer: inout ByteBuffer, requestID: String, pagination: Pagination) {
        buffer.writeStaticString(#","meta":{"request_id":"#)
        buffer.writeJSON(string: requestID)
        buffer.writeStaticString(#","pagination":{"page":"#)
        buffer.writeJSON(integer: Int64(pagination.page))
        buffer.writeStaticString(#","page_size":"#)
        buffer.writeJSON(integer: Int64(pagination.pageSize))
        if let total = pagination.total {
            buffer.writeStaticString(#","total_items":"#)
            buffer.writeJSON(integer: Int64(total))
            buffer.writeStaticString(#","total_pages":"#)
            buffer.writeJSON(integer: Int64((total + pagination.pageSize - 1) / pagination.pageSize))
        }
        buffer.writeStaticString("}}}")
    }

    /// A page of a walk; `cursor` begins the next one, nil at the end.
    static func close(_ buffer: inout ByteBuffer, requestID: String, walk pageSize: Int, cursor: String?) {
        buffer.writeStaticString(#","meta":{"request_id":"#)
        buffer.writeJSON(string: requestID)
        buffer.writeStaticString(#","pagination":{"page_size":"#)
        buffer.writeJSON(integer: Int64(pageSize))
        buffer.writeStaticString(#","next_cursor":"#)
        if let cursor { buffer.writeJSON(string: cursor) } else { buffer.writeStaticString("null") }
        buffer.writeStaticString("}}}")
    }

    static func success(_ data: JSONValue, status: HTTPResponseStatus = .ok, requestID: String) -> Response {
        var buffer = open()
        buffer.writeJSON(data)
        close(&buffer, requestID: requestID)
        return Response(status: status, headers: jsonHeaders, body: .bytes(buffer))
    }

    /// It is done, and there is nothing to tell; kept nowhere.
    static func nothing(to call: Call) -> Response {
        var response = success(.null, requestID: call.request.id)
        response.headers.replaceOrAdd(name: "cache-control", value: "no-store")
        return response
    }

    static let jsonHeaders: HTTPHeaders = ["content-type": "application/json"]
}

struct Pagination {
    var page: Int
    var pageSize: Int
    var total: Int?
}
