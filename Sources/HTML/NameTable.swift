/// A fixed vocabulary of ASCII names, found by hash among the bytes of an input without making a string.
struct NameTable: Sendable {
    /// All names, one after the other; `ends[i]` is where name `i` ends.
    private var text: [UInt8] = []
    private var ends: [Int] = []
    /// Indexes of names plus one, by hash with linear probing; 0 is a free place. At most half is taken.
    private var slots: [UInt16]
    private let foldsCase: Bool
    private var longest = 0

    /// - Parameter foldsCase: ASCII letters of the input match in either case; `names` are in lower case then.
    init(_ names: [String], foldsCase: Bool) {
        self.foldsCase = foldsCase
        var capacity = 16
        while capacity < names.count * 2 { capacity *= 2 }
        slots = [UInt16](repeating: 0, count: capacity)
        for name in names {
            let bytes = Array(name.utf8)
            text += bytes
            ends.append(text.count)
            longest = max(longest, bytes.count)
            var slot = hash(bytes, bytes.indices)
            while slots[slot] != 0 { slot = (slot + 1) & (capacity - 1) }
            slots[slot] = UInt16(ends.count)
        }
    }

    /// Which name stands in `range` of `bytes`. The work is bounded by the longest name, whatever the range.
    func index(of range: Range<Int>, in bytes: [UInt8]) -> Int? {
        guard range.count <= longest else { return nil }
        var slot = hash(bytes, range)
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if equals(index, bytes, range) { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private func equals(_ index: Int, _ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        let start = index == 0 ? 0 : ends[index - 1]
        guard ends[index] - start == range.count else { return false }
        for offset in 0..<range.count where text[start + offset] != fold(bytes[range.lowerBound + offset]) { return false }
        return true
    }

    /// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv), mixed down to a place in `slots`.
    private func hash(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
        var hash: UInt32 = 2_166_136_261
        for index in range { hash = (hash ^ UInt32(fold(bytes[index]))) &* 16_777_619 }
        return Int((hash ^ (hash >> 15)) & UInt32(slots.count - 1))
    }

    private func fold(_ byte: UInt8) -> UInt8 { foldsCase ? byte.lowercased : byte }
}

extension UInt8 {
    /// The lower-case letter of an ASCII letter; everything else is itself.
    var lowercased: UInt8 { 0x41...0x5A ~= self ? self | 0x20 : self }
    var isLetter: Bool { 0x61...0x7A ~= self | 0x20 }
    var isDigit: Bool { 0x30...0x39 ~= self }
    /// White space of HTML. A carriage return counts, because input preprocessing makes a line feed of it.
    var isSpace: Bool { self == 0x20 || self == 0x0A || self == 0x09 || self == 0x0D || self == 0x0C }
}
