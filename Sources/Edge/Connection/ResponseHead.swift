import JSON
import NIOCore
import NIOHTTP1

/// Writes the head of an answer straight into a buffer. Whatever a field says, no byte of it can end its line.
struct ResponseHead {
    /// How the end of the body is told.
    enum Length {
        /// Statuses and answers without any body length (1xx, 204, 304).
        case absent
        case bytes(Int64)
        /// By the last of its chunks (RFC 9112 section 7.1).
        case chunked
    }

    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var length: Length
    var requestID: String
    var date: String
    var closes: Bool

    /// Answers with the names of fields that were left out because they would have broken the message.
    func write(to buffer: inout ByteBuffer) -> [String] {
        Self.writeStatus(status, to: &buffer)
        var refused: [String] = []
        var own: SecurityHeaders = []
        for (name, value) in headers {
            guard let kind = Self.kind(of: name), Self.isValue(value) else {
                refused.append(name)
                continue
            }
            switch kind {
            case .edge: continue
            case .security(let header): own.insert(header)
            case .ordinary: break
            }
            buffer.writeString(name)
            buffer.writeStaticString(": ")
            buffer.writeString(value)
            buffer.writeStaticString("\r\n")
        }
        own.writeDefaults(to: &buffer)
        buffer.writeStaticString("date: ")
        buffer.writeString(date)
        buffer.writeStaticString("\r\nx-request-id: ")
        buffer.writeString(requestID)
        switch length {
        case .absent: break
        case .bytes(let count):
            buffer.writeStaticString("\r\ncontent-length: ")
            buffer.writeJSON(integer: count)
        case .chunked: buffer.writeStaticString("\r\ntransfer-encoding: chunked")
        }
        buffer.writeStaticString(closes ? "\r\nconnection: close\r\n\r\n" : "\r\n\r\n")
        return refused
    }

    private static func writeStatus(_ status: HTTPResponseStatus, to buffer: inout ByteBuffer) {
        switch status {
        case .ok: buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
        case .notModified: buffer.writeStaticString("HTTP/1.1 304 Not Modified\r\n")
        case .notFound: buffer.writeStaticString("HTTP/1.1 404 Not Found\r\n")
        default:
            buffer.writeStaticString("HTTP/1.1 ")
            buffer.writeJSON(integer: Int64(min(max(status.code, 100), 999)))
            buffer.writeInteger(UInt8(ascii: " "))
            let phrase = status.reasonPhrase
            if isValue(phrase) { buffer.writeString(phrase) }
            buffer.writeStaticString("\r\n")
        }
    }

    private enum Kind {
        case ordinary
        case security(SecurityHeaders)
        /// Written by the edge alone.
        case edge
    }

    /// `nil` for what is no field name (RFC 9110 section 5.1: a token).
    private static func kind(of name: String) -> Kind? {
        guard !name.isEmpty else { return nil }
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"),
                UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "^"),
                UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
                continue
            default: return nil
            }
        }
        switch name.utf8.count {
        case 4 where name.isField("date"), 6 where name.isField("server"), 7 where name.isField("upgrade"),
            10 where name.isField("connection") || name.isField("keep-alive"), 12 where name.isField("x-request-id"),
            14 where name.isField("content-length"), 17 where name.isField("transfer-encoding"), 7 where name.isField("trailer"):
            return .edge
        default:
            return SecurityHeaders.named(name).map { .security($0) } ?? .ordinary
        }
    }

    /// No control character but the tab (RFC 9110 section 5.5).
    private static func isValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}

/// The headers that stand on every answer, unless it says its own of the kind.
struct SecurityHeaders: OptionSet {
    var rawValue: UInt8

    static let contentTypeOptions = SecurityHeaders(rawValue: 1)
    static let contentSecurityPolicy = SecurityHeaders(rawValue: 2)
    static let referrerPolicy = SecurityHeaders(rawValue: 4)
    static let openerPolicy = SecurityHeaders(rawValue: 8)
    static let resourcePolicy = SecurityHeaders(rawValue: 16)
    static let permissionsPolicy = SecurityHeaders(rawValue: 32)

    static func named(_ name: String) -> SecurityHeaders? {
        switch name.utf8.count {
        case 15 where name.isField("referrer-policy"): .referrerPolicy
        case 18 where name.isField("permissions-policy"): .permissionsPolicy
        case 22 where name.isField("x-content-type-options"): .contentTypeOptions
        case 23 where name.isField("content-security-policy"): .contentSecurityPolicy
        case 26 where name.isField("cross-origin-opener-policy"): .openerPolicy
        case 28 where name.isField("cross-origin-resource-policy"): .resourcePolicy
        default: nil
        }
    }

    /// Writes the default of each header that is not in this set.
    func writeDefaults(to buffer: inout ByteBuffer) {
        if isEmpty {
            buffer.writeStaticString(
                """
                x-content-type-options: nosniff\r
                content-security-policy: default-src 'none'; frame-ancestors 'none'\r
                referrer-policy: no-referrer\r
                cross-origin-opener-policy: same-origin\r
                cross-origin-resource-policy: same-origin\r
                permissions-policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()\r

                """)
            return
        }
        if !contains(.contentTypeOptions) { buffer.writeStaticString("x-content-type-options: nosniff\r\n") }
        if !contains(.contentSecurityPolicy) {
            buffer.writeStaticString("content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n")
        }
        if !contains(.referrerPolicy) { buffer.writeStaticString("referrer-policy: no-referrer\r\n") }
        if !contains(.openerPolicy) { buffer.writeStaticString("cross-origin-opener-policy: same-origin\r\n") }
        if !contains(.resourcePolicy) { buffer.writeStaticString("cross-origin-resource-policy: same-origin\r\n") }
        if !contains(.permissionsPolicy) {
            buffer.writeStaticString("permissions-policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()\r\n")
        }
    }
}
