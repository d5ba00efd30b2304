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
        guard !text.isEmpty, text.utf8.count <= 261 else { return false }
        var name = Substring(text)
        if text.utf8.first == UInt8(ascii: "[") {
            guard let end = text.firstIndex(of: "]") else { return false }
            guard IPAddress.bytes(String(text[text.index(after: text.startIndex)..<end])) != nil else { return false }
            let rest = text[text.index(after: end)...]
            return rest.isEmpty || rest.utf8.first == UInt8(ascii: ":") && isPort(rest.dropFirst())
        }
        if let colon = text.firstIndex(of: ":") {
            guard isPort(text[text.index(after: colon)...]) else { return false }
            name = text[..<colon]
        }
        guard !name.isEmpty, name.utf8.first != UInt8(ascii: ".") else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return false }
        return Int(text).map { $0 <= 65_535 } ?? false
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
