internal import NIOCore
internal import NIOHTTP1
internal import Records

/// Strong validators of single records: `"<version>-<hash of the body>"` (03-expressions 13).
enum EntityTag {
    static func make(version: Int64, _ body: ByteBufferView) -> String {
        "\"\(version)-\(String(hash(body), radix: 36))\""
    }

    /// Whether `If-None-Match` names it (RFC 9110 section 13.1.2: weak comparison).
    static func matches(_ header: String, _ tag: String) -> Bool {
        header == "*" || list(header).contains(tag)
    }

    /// What `If-Match` may hold: `*` or a list of entity tags (RFC 9110 section 8.8.3).
    static let pattern = #"^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)$"#

    /// The version that `If-Match` asks for; nil: any. Throws `Failure`: 400 for what is no list of tags, 412 where none is ours. A weak tag
    /// matches nothing (RFC 9110 section 13.1.1). `path` is where faults are said to be.
    static func version(ifMatch header: String?, path: String = "If-Match") throws(Failure) -> Int64? {
        guard let header, header != "*" else { return nil }
        let tags = header.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
        for tag in tags {
            let quoted = tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...]
            let isTag = quoted.utf8.count >= 2 && quoted.hasPrefix("\"") && quoted.hasSuffix("\"")
            guard isTag, quoted.utf8.dropFirst().dropLast().allSatisfy({ $0 > 0x20 && $0 != 0x22 && $0 != 0x7F }) else {
                throw .invalid([FieldFault(path: path, code: "format", message: "must be * or ETags, such as \"3-k2j9\"")])
            }
        }
        for tag in tags where tag.hasPrefix("\"") {
            if let version = Int64(tag.dropFirst().prefix { $0 != "-" && $0 != "\"" }) { return version }
        }
        throw Failure(
            status: .preconditionFailed, code: "PRECONDITION_FAILED", message: "If-Match takes an ETag that this server gave")
    }

    private static func list(_ header: String) -> [String] {
        header.split(separator: ",").map { part in
            let text = trimmed(part)
            return text.hasPrefix("W/") ? String(text.dropFirst(2)) : text
        }
    }

    private static func trimmed(_ part: Substring) -> String {
        String(part.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }

    /// FNV-1a over 64-bit words in four lanes, since one lane waits for each of its multiplications for the one before it.
    /// Stable across processes, which `Hasher` is not. No defence against forged collisions is needed here.
    private static func hash(_ body: ByteBufferView) -> UInt64 {
        let prime: UInt64 = 0x100_0000_01B3
        var (first, second): (UInt64, UInt64) = (0xCBF2_9CE4_8422_2325, 0x9E37_79B9_7F4A_7C15)
        var (third, fourth): (UInt64, UInt64) = (0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9)
        var hash: UInt64 = 0
        func mix(_ lane: inout UInt64, _ word: UInt64) {
            lane = (lane ^ word) &* prime
            lane ^= lane >> 32
        }
        body.withContiguousStorageIfAvailable { bytes in
            let raw = UnsafeRawBufferPointer(bytes)
            var index = 0
            while index + 32 <= raw.count {
                mix(&first, raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                mix(&second, raw.loadUnaligned(fromByteOffset: index + 8, as: UInt64.self))
                mix(&third, raw.loadUnaligned(fromByteOffset: index + 16, as: UInt64.self))
                mix(&fourth, raw.loadUnaligned(fromByteOffset: index + 24, as: UInt64.self))
                index += 32
            }
            mix(&hash, first)
            mix(&hash, second)
            mix(&hash, third)
            mix(&hash, fourth)
            while index < raw.count {
                mix(&hash, UInt64(raw[index]))
                index += 1
            }
        }
        return hash
    }
}
