import Glibc

/// Makes request ids: 128 random bits as 26 letters and digits (Crockford's base 32). The kernel is asked once for many.
struct RequestIDs {
    private static let alphabet: StaticString = "0123456789abcdefghjkmnpqrstvwxyz"
    private var pool = [UInt64](repeating: 0, count: 128)
    private var used = 128

    mutating func next() -> String {
        if used + 2 > pool.count { fill() }
        var low = pool[used]
        var high = pool[used + 1]
        used += 2
        return String(unsafeUninitializedCapacity: 26) { text in
            for position in 0..<13 {
                text[position] = Self.alphabet.utf8Start[Int(low & 31)]
                low >>= 5
                text[position + 13] = Self.alphabet.utf8Start[Int(high & 31)]
                high >>= 5
            }
            return 26
        }
    }

    private mutating func fill() {
        used = 0
        pool.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { arc4random_buf(start, bytes.count) }
        }
    }
}
