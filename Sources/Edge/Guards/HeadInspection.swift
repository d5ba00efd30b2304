import NIOCore
import NIOHTTP1

/// What the edge must know of a head, gathered in one pass over its fields and checked so that no two readers of the same
/// bytes can disagree about where the request ends (RFC 9112 sections 3.2, 6.1 and 6.3).
struct HeadInspection {
    /// How long the body is.
    enum Framing: Equatable {
        case none
        case length(Int64)
        case chunked
    }

    var framing: Framing = .none
    var host: String?
    var userAgent: String?
    var requestID: String?
    var expectsContinue = false
    var asksUpgrade = false
    /// Whether there is any `x-forwarded-for`.
    var isForwarded = false

    /// Throws the refusal; after any of them the connection closes, for where the next request begins is unsure.
    init(_ head: HTTPRequestHead, options: EdgeOptions) throws(Inadmissible) {
        if head.uri.utf8.count > options.targetBytes { throw Inadmissible(refusal: .uriTooLong) }
        var size = 0
        var fields = 0
        var hosts = 0
        var lengths = 0
        var encodings = 0
        var contentLength: Int64 = 0
        var chunked = false
        for (name, value) in head.headers {
            fields += 1
            size += name.utf8.count + value.utf8.count + 4
            switch name.utf8.count {
            case 4 where name.isField("host"):
                hosts += 1
                host = value
            case 6 where name.isField("expect"):
                expectsContinue = value.isField("100-continue")
            case 7 where name.isField("upgrade"):
                asksUpgrade = true
            case 10 where name.isField("user-agent"):
                userAgent = value
            case 12 where name.isField("x-request-id"):
                requestID = value
            case 14 where name.isField("content-length"):
                lengths += 1
                guard let length = Self.length(value) else { throw .bad("Content-Length is not a number.") }
                contentLength = length
            case 15 where name.isField("x-forwarded-for"):
                isForwarded = true
            case 17 where name.isField("transfer-encoding"):
                encodings += 1
                chunked = value.isField("chunked")
                if !chunked { throw .bad("Only the transfer encoding \"chunked\" is understood.") }
            default: break
            }
        }
        if fields > options.headerFields || size > options.headerBytes { throw Inadmissible(refusal: .headersTooLarge) }
        if lengths > 1 || encodings > 1 { throw .bad("The length of the body is said twice.") }
        if lengths > 0, encodings > 0 { throw .bad("Content-Length and Transfer-Encoding exclude each other.") }
        let isOld = head.version.minor == 0
        if encodings > 0, isOld { throw .bad("HTTP/1.0 has no Transfer-Encoding.") }
        if hosts > 1 || hosts == 0 && !isOld { throw Inadmissible(refusal: .misdirected) }
        if let host, !Self.isHost(host) { throw Inadmissible(refusal: .misdirected) }
        framing = chunked ? .chunked : contentLength > 0 ? .length(contentLength) : .none
    }

    struct Inadmissible: Error {
        var refusal: Refusal

        static func bad(_ reason: String) -> Self { Self(refusal: .badRequest(reason)) }
    }

    /// Digits alone: no sign, no list, no white space.
    static func length(_ text: String) -> Int64? {
        guard !text.isEmpty, text.utf8.count <= 18 else { return nil }
        var length: Int64 = 0
        for byte in text.utf8 {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            length = length * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return length
    }

    /// `name`, `192.0.2.1` or `[2001:db8::1]`, with an optional port (RFC 9110 section 7.2); names of letters, digits, `-`, `_` and `.`.
    static func isHost(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= 261, first != UInt8(ascii: ".") else { return false }
        if first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
            guard IPAddress.bytes(String(text[bytes.index(after: bytes.startIndex)..<end])) != nil else { return false }
            let rest = bytes[bytes.index(after: end)...]
            return rest.isEmpty || rest.first == UInt8(ascii: ":") && isPort(rest.dropFirst())
        }
        var length = 0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                length += 1
            case UInt8(ascii: ":"):
                return length > 0 && isPort(bytes.dropFirst(length + 1))
            default: return false
            }
        }
        return true
    }

    private static func isPort(_ digits: Substring.UTF8View) -> Bool {
        var port = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9"), port <= 65_535 else { return false }
            port = port * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return !digits.isEmpty && port <= 65_535
    }

    /// An id from a proxy that may stand in logs and headers as it is: 8 to 64 letters, digits, `-`, `_` and `.`.
    static func isRequestID(_ text: String) -> Bool {
        (8...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

extension String {
    /// Whether this is that token, whatever the case of its letters. `token` must be in lower case.
    func isField(_ token: StaticString) -> Bool {
        let count = token.utf8CodeUnitCount
        guard utf8.count == count else { return false }
        let other = token.utf8Start
        var index = 0
        for byte in utf8 {
            let lower = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
            if lower != other[index] { return false }
            index += 1
        }
        return true
    }
}
