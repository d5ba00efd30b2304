/// A kind of file that can be accepted, known by its content. What is not listed (SVG, HTML, text, …) has no type here and is refused.
package enum MediaType: String, Sendable, Hashable, CaseIterable {
    case jpeg, png, webp, gif, avif, heic, pdf

    /// How many leading bytes `detect` needs to decide.
    package static let prefixLength = 32

    /// The type whose signature the bytes begin with. Neither the file's name nor the client's word counts.
    package static func detect(_ bytes: some Collection<UInt8>) -> MediaType? {
        let head = Array(bytes.prefix(prefixLength))
        if head.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if head.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if head.starts(with: "GIF87a".utf8) || head.starts(with: "GIF89a".utf8) { return .gif }
        if head.starts(with: "RIFF".utf8), head.dropFirst(8).starts(with: "WEBP".utf8) { return .webp }
        if head.starts(with: "%PDF-".utf8) { return .pdf }
        if head.dropFirst(4).starts(with: "ftyp".utf8) { return brand(head) }
        return nil
    }

    /// ISO/IEC 14496-12 section 4.3: the major brand, then the compatible ones, as far as they stand in the prefix.
    private static func brand(_ head: [UInt8]) -> MediaType? {
        for start in [8] + Array(stride(from: 16, to: head.count - 3, by: 4)) where start + 4 <= head.count {
            switch String(decoding: head[start..<start + 4], as: UTF8.self) {
            case "avif", "avis": return .avif
            case "heic", "heix", "heim", "heis", "hevc", "hevx": return .heic
            default: continue
            }
        }
        return nil
    }

    package var mime: String {
        switch self {
        case .jpeg: "image/jpeg"
        case .png: "image/png"
        case .webp: "image/webp"
        case .gif: "image/gif"
        case .avif: "image/avif"
        case .heic: "image/heic"
        case .pdf: "application/pdf"
        }
    }

    /// Without a dot.
    package var fileExtension: String { self == .jpeg ? "jpg" : rawValue }

    package var isImage: Bool { self != .pdf }

    /// The type of a MIME type as it stands in `accept`.
    package init?(mime: String) {
        guard let type = Self.allCases.first(where: { $0.mime == mime }) else { return nil }
        self = type
    }
}
