/// Makes request ids: 128 random bits as 26 letters and digits (Crockford's base 32). The kernel is asked once for many.
struct RequestIDs {
    private static let alphabet: StaticString = "0123456789abcdefghjkmnpqrstvwxyz"
    private var pool: [UInt64] = []
    private var generator = SystemRandomNumberGenerator()

    mutating func next() -> String {
        if pool.count < 2 { pool = (0..<128).map { _ in generator.next() } }
        guard var low = pool.popLast(), var high = pool.popLast() else { return "" }
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
}
