/// What a file is, by its content: an allow-list. Only what is surely one thing, and one thing alone, has a type.
///
/// Signatures are not enough for what has none (text, MPEG frames) or shares one (zip and the documents that are zips). And a file that is
/// two things at once – a sound with an archive or a page of script inside – is none of them.
enum FileContent {
    /// What a file may be called, the most particular first; empty when it is nothing that may be taken.
    ///
    /// Throws what reading throws. A broken structure is no error: such a file has no type.
    static func types(
        size: Int64, _ read: @escaping (_ offset: Int64, _ count: Int) throws -> [UInt8]
    ) throws -> [MediaType] {
        var source = ImageHeader.Source(size: size, fetch: read)
        guard size > 0 else { return [] }
        let head = Array(try source.bytes(0, Int(min(size, 1_024))))
        do {
            if let type = MediaType.detect(head) {
                if type == .pdf, try ZipContent.endsWithArchive(&source) { return [] }
                return [type]
            }
            if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return try ZipContent.types(&source) }
            if head.starts(with: CompoundFile.signature) { return try CompoundFile.type(&source).map { [$0] } ?? [] }
            if let type = try AudioContent.type(head, &source) {
                // An archive is read from its end, a document or a page from somewhere near its beginning.
                let isPure = try !ZipContent.endsWithArchive(&source) && !TextContent.holdsMarkup(head) && !head.holds("%PDF-")
                return isPure ? [type] : []
            }
        } catch is MediaError {
            return []
        }
        return try TextContent.types(head, size: size, read)
    }
}

extension Collection<UInt8> {
    /// Whether these letters stand somewhere in it.
    func holds(_ text: StaticString) -> Bool {
        let wanted = Array("\(text)".utf8)
        return indices.contains { self[$0...].starts(with: wanted) }
    }
}
