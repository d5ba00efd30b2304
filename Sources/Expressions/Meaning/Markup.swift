/// Text with markup as the sanitiser leaves it: names of tags in lower case, `<` and `>` nowhere else.
///
/// A rule simple enough for the regular expressions of PostgreSQL, which must do the same.
enum Markup {
    /// Tags that stand within words; any other parts them.
    static let withinWords = [
        "a", "abbr", "b", "bdi", "bdo", "code", "del", "em", "i", "ins", "mark", "s", "small", "span", "strong", "sub", "sup", "u",
    ]
    private static let names = withinWords.map { Array($0.utf8) }

    /// The text without tags: nothing in place of those within words, a space in place of others.
    static func plain(_ text: String) -> String {
        guard text.utf8.contains(0x3C) else { return text }
        let joined = replaced(Array(text.utf8), by: []) { bytes, start in
            var rest = bytes[(start + 1)...]
            if rest.first == 0x2F { rest = rest.dropFirst() }
            return names.contains { name in
                guard rest.starts(with: name), let next = rest.dropFirst(name.count).first else { return false }
                return next == 0x3E || next == 0x20 || next == 0x2F
            }
        }
        return String(decoding: replaced(joined, by: [0x20]) { _, _ in true }, as: UTF8.self)
    }

    /// Every `<…>` whose beginning satisfies `isOne`, from left to right, replaced.
    private static func replaced(_ bytes: [UInt8], by other: [UInt8], where isOne: ([UInt8], Int) -> Bool) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        let last = bytes.lastIndex(of: 0x3E) ?? 0
        var index = 0
        while index < bytes.count {
            guard bytes[index] == 0x3C, index < last, isOne(bytes, index) else {
                result.append(bytes[index])
                index += 1
                continue
            }
            while bytes[index] != 0x3E { index += 1 }
            result += other
            index += 1
        }
        return result
    }
}
