/// Archives (PKWARE APPNOTE 6.3.3) and the documents that are archives (ECMA-376 part 2).
enum ZipContent {
    private static let endLength: Int64 = 22
    /// Entries of the directory that are looked at: what makes a document one stands among the first in practice.
    private static let mostEntries = 4_096

    /// The end of the central directory: where the directory is, and how many entries it has. nil unless it ends exactly with the file.
    private static func end(_ source: inout ImageHeader.Source) throws -> (directory: Int64, length: Int64, entries: Int, at: Int64)? {
        guard source.size >= endLength else { return nil }
        let first = max(0, source.size - endLength - 65_535)
        var at = source.size - endLength
        // The comment behind it is as long as it says.
        var windowEnd = at + 4
        while at >= first {
            let start = max(first, windowEnd - 16_384)
            let bytes = Array(try source.bytes(start, Int(windowEnd - start)))
            var index = bytes.count - 4
            while index >= 0 {
                if bytes[index] == 0x50, bytes[index + 1] == 0x4B, bytes[index + 2] == 0x05, bytes[index + 3] == 0x06 {
                    let place = start + Int64(index)
                    if try Int64(source.little(place + 20, 2)) == source.size - place - endLength {
                        return (
                            Int64(try source.little(place + 16, 4)), Int64(try source.little(place + 12, 4)),
                            try source.little(place + 10, 2), place
                        )
                    }
                }
                index -= 1
            }
            if start == first { break }
            windowEnd = start + 3
            at = windowEnd - 4
        }
        return nil
    }

    /// Whether programs for archives would find one in this file, whatever it begins with.
    static func endsWithArchive(_ source: inout ImageHeader.Source) throws -> Bool { try end(&source) != nil }

    /// An archive from the first byte to the last: what it is, the document before the archive.
    static func types(_ source: inout ImageHeader.Source) throws -> [MediaType] {
        guard let end = try end(&source), end.directory + end.length == end.at else { return [] }
        var names: Set<String> = []
        var place = end.directory
        for _ in 0..<min(end.entries, mostEntries) {
            guard try source.big(place, 4) == 0x504B_0102 else { return [] }
            let (name, extra, comment) = (
                try source.little(place + 28, 2), try source.little(place + 30, 2), try source.little(place + 32, 2)
            )
            if name <= 64 { names.insert(String(decoding: try source.bytes(place + 46, name), as: UTF8.self)) }
            place += Int64(46 + name + extra + comment)
        }
        guard place <= end.at else { return [] }
        // With macros it is another type, which is not taken as the one without.
        let isDocument = names.contains("[Content_Types].xml") && !names.contains { $0.lowercased().hasSuffix("vbaproject.bin") }
        let documents: [(String, MediaType)] = [
            ("word/document.xml", .docx), ("xl/workbook.xml", .xlsx), ("ppt/presentation.xml", .pptx),
        ]
        return (isDocument ? documents.filter { names.contains($0.0) }.map(\.1) : []) + [.zip]
    }
}
