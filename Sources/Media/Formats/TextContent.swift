internal import JSON

/// Text: UTF-8 to its last byte, without control characters, and nothing that a browser or a shell would run.
enum TextContent {
    /// Bytes; JSON is parsed as a whole.
    static let longestJSON: Int64 = 1 << 20
    private static let piece = 65_536

    static func types(
        _ head: [UInt8], size: Int64, _ read: (_ offset: Int64, _ count: Int) throws -> [UInt8]
    ) throws -> [MediaType] {
        guard !head.starts(with: "#!".utf8), !head.starts(with: "%!".utf8), !head.starts(with: "%PDF".utf8), !holdsMarkup(head) else {
            return []
        }
        var offset: Int64 = 0
        var rest: [UInt8] = []
        var whole: [UInt8] = []
        while offset < size {
            let bytes = rest + (try read(offset, piece))
            guard bytes.count > rest.count else { return [] }
            offset += Int64(bytes.count - rest.count)
            // A scalar may stand across two pieces.
            let cut = offset < size ? bytes.count - unfinished(bytes) : bytes.count
            guard isText(bytes[..<cut]) else { return [] }
            rest = Array(bytes[cut...])
            if size <= longestJSON { whole += bytes[..<cut] }
        }
        guard rest.isEmpty else { return [] }
        let isJSON = size <= longestJSON && (try? JSONParser.parse(whole)) != nil
        return (isJSON ? [.json] : []) + [.txt, .csv, .md]
    }

    /// How many bytes at the end begin a scalar that is not complete there.
    private static func unfinished(_ bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let byte = bytes[bytes.count - length]
            if byte & 0xC0 == 0x80 { continue }
            let wanted = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return wanted > length ? length : 0
        }
        return 0
    }

    /// Valid UTF-8 without control characters but tab, line feed, form feed and carriage return.
    private static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
        var last: UInt8 = 0
        for byte in bytes {
            if byte < 0x20, ![0x09, 0x0A, 0x0C, 0x0D].contains(byte) { return false }
            if byte == 0x7F || last == 0xC2 && byte < 0xA0 { return false }
            last = byte
        }
        return String(validating: bytes, as: UTF8.self) != nil
    }

    /// Whether the beginning is markup, or has something of it that runs (mimesniff.spec.whatwg.org section 7.1 and SVG).
    static func holdsMarkup(_ head: [UInt8]) -> Bool {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = (head.starts(with: mark) ? head[3...] : head[...]).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        let first = text.drop { [0x09, 0x0A, 0x0C, 0x0D, 0x20].contains($0) }
        if first.first == 0x3C, let next = first.dropFirst().first, "!?/".utf8.contains(next) || (0x61...0x7A).contains(next) {
            return true
        }
        return text.holds("<script") || text.holds("<html") || text.holds("<svg") || text.holds("<iframe") || text.holds("<!doctype")
            || text.holds("<?php") || text.holds("<body") || text.holds("<head") || text.holds("javascript:")
    }
}
