import JSON
import NIOCore

/// One JSON line per request, gathered per event loop and handed to the stream's thread at least every 100 ms.
package struct AccessLog: Sendable {
    package let stream: LogStream

    package init(stream: LogStream) {
        self.stream = stream
    }

    /// What is said of a request. Queries are left out: they may hold tickets and signatures.
    struct Entry {
        var milliseconds: Int64
        var id: String
        var method: String
        var path: String
        var route: String?
        /// 499 where the client went away before the answer (nginx's number).
        var status: Int
        var bytes: Int64
        var microseconds: Int64
        var client: String
        var userAgent: String?

        /// One access to the buffer for the whole line: each would be checked for exclusivity at run time.
        fileprivate func write(second: String, to line: inout ByteBuffer) {
            line.writeStaticString(#"{"time":""#)
            line.writeString(second)
            line.writeMilliseconds(milliseconds)
            line.writeStaticString(#"","request_id":""#)
            line.writeString(id)  // letters, digits, "-", "_" and "." alone
            line.writeStaticString(#"","method":"#)
            line.writeJSON(string: method)
            line.writeStaticString(#","path":"#)
            line.writeJSON(string: path)
            if let route = route {
                line.writeStaticString(#","route":"#)
                line.writeJSON(string: route)
            }
            line.writeStaticString(#","status":"#)
            line.writeJSON(integer: Int64(status))
            line.writeStaticString(#","bytes":"#)
            line.writeJSON(integer: bytes)
            line.writeStaticString(#","duration_us":"#)
            line.writeJSON(integer: microseconds)
            line.writeStaticString(#","client":"#)
            line.writeJSON(string: client)
            if let agent = userAgent {
                line.writeStaticString(#","user_agent":"#)
                line.writeJSON(string: agent)
            }
            line.writeStaticString("}\n")
        }
    }
}

/// The lines of one loop that have not been handed on yet. Belongs to that loop.
final class AccessLogBuffer {
    private static let size = 32 * 1024
    private let stream: LogStream
    private let loop: any EventLoop
    private var lines = ByteBuffer()
    private var count = 0
    private var isScheduled = false

    init(_ log: AccessLog, loop: any EventLoop) {
        stream = log.stream
        self.loop = loop
    }

    /// `second` is the entry's moment up to its seconds (RFC 3339).
    func append(_ entry: AccessLog.Entry, second: String) {
        if lines.capacity == 0 { lines = ByteBufferAllocator().buffer(capacity: Self.size + 2048) }
        entry.write(second: second, to: &lines)
        count += 1
        if lines.readableBytes >= Self.size {
            flush()
        } else if !isScheduled {
            isScheduled = true
            loop.assumeIsolated().scheduleTask(in: .milliseconds(100)) {
                self.isScheduled = false
                self.flush()
            }
        }
    }

    func flush() {
        guard count > 0 else { return }
        stream.append(lines, count: count)
        lines = ByteBuffer()
        count = 0
    }
}
