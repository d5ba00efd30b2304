/// The time of day, and waiting for it. Tests put a hand-driven one in its place.
package protocol Clock: Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z. May jump.
    func now() -> Int64

    /// Returns when `now()` has reached `deadline`, or throws `CancellationError`.
    func sleep(until deadline: Int64) async throws
}

/// Unpredictable bytes. Tests put a seeded source in its place.
package protocol Random: Sendable {
    /// Cryptographically strong in production.
    func bytes(_ count: Int) -> [UInt8]
}

/// UUID version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, then 74 random bits, as lower-case text.
package struct UUIDv7: Sendable {
    package static func text(milliseconds: Int64, random: [UInt8]) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        for index in 0..<6 { bytes[index] = UInt8(truncatingIfNeeded: milliseconds >> Int64(40 - 8 * index)) }
        for index in 6..<16 where index - 6 < random.count { bytes[index] = random[index - 6] }
        bytes[6] = bytes[6] & 0x0F | 0x70
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits: StaticString = "0123456789abcdef"
        return String(unsafeUninitializedCapacity: 36) { text in
            var position = 0
            for index in 0..<16 {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    text[position] = UInt8(ascii: "-")
                    position += 1
                }
                text[position] = digits.utf8Start[Int(bytes[index] >> 4)]
                text[position + 1] = digits.utf8Start[Int(bytes[index] & 15)]
                position += 2
            }
            return 36
        }
    }

    /// The next higher id, for another one of the same moment. Only the last 60 bits count on, which do not run over in practice.
    package static func successor(of id: String) -> String {
        var bytes = Array(id.utf8)
        for index in bytes.indices.reversed() where index > 19 && bytes[index] != UInt8(ascii: "-") {
            switch bytes[index] {
            case UInt8(ascii: "f"): bytes[index] = UInt8(ascii: "0")
            case UInt8(ascii: "9"):
                bytes[index] = UInt8(ascii: "a")
                return String(decoding: bytes, as: UTF8.self)
            default:
                bytes[index] += 1
                return String(decoding: bytes, as: UTF8.self)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the text has the form of a UUID of any version.
    package static func isUUID(_ text: String) -> Bool {
        var text = text
        return text.withUTF8(isUUID)
    }

    package static func isUUID(_ text: Substring) -> Bool {
        var text = text
        return text.withUTF8(isUUID)
    }

    /// On bytes, since a generic function of another module is not specialised and cost a tenth of reading a record.
    private static func isUUID(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count == 36 else { return false }
        for index in 0..<36 {
            let byte = bytes[index]
            switch index {
            case 8, 13, 18, 23: if byte != UInt8(ascii: "-") { return false }
            default:
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                    UInt8(ascii: "A")...UInt8(ascii: "F"):
                    continue
                default: return false
                }
            }
        }
        return true
    }
}

extension Clock {
    /// A new record id for this moment.
    package func newID(_ random: any Random) -> String {
        UUIDv7.text(milliseconds: now(), random: random.bytes(10))
    }
}
