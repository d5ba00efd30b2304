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
        lines.writeStaticString(#"{"time":""#)
        lines.writeString(second)
        lines.writeMilliseconds(entry.milliseconds)
        lines.writeStaticString(#"","request_id":""#)
        lines.writeString(entry.id)  // letters, digits, "-", "_" and "." alone
        lines.writeStaticString(#"","method":"#)
        lines.writeJSON(string: entry.method)
        lines.writeStaticString(#","path":"#)
        lines.writeJSON(string: entry.path)
        if let route = entry.route {
            lines.writeStaticString(#","route":"#)
            lines.writeJSON(string: route)
        }
        lines.writeStaticString(#","status":"#)
        lines.writeJSON(integer: Int64(entry.status))
        lines.writeStaticString(#","bytes":"#)
        lines.writeJSON(integer: entry.bytes)
        lines.writeStaticString(#","duration_us":"#)
        lines.writeJSON(integer: entry.microseconds)
        lines.writeStaticString(#","client":"#)
        lines.writeJSON(string: entry.client)
        if let agent = entry.userAgent {
            lines.writeStaticString(#","user_agent":"#)
            lines.writeJSON(string: agent)
        }
        lines.writeStaticString("}\n")
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
