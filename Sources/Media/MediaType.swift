/// A kind of file that can be accepted, known by its content. What is not listed (SVG, HTML, programs, …) has no type here and is refused.
package enum MediaType: String, Sendable, Hashable, CaseIterable {
    case jpeg, png, webp, gif, avif, heic
    case pdf, docx, xlsx, pptx, doc, xls, ppt, zip
    case mp3, aac, wav, ogg, flac, m4a, webm
    case txt, csv, md, json

    /// How many leading bytes `detect` needs to decide.
    package static let prefixLength = 32

    /// The type whose signature the bytes begin with, of those that a signature alone tells. Neither the file's name nor the client's word
    /// counts. The others are told by `FileContent`.
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

    package var mime: String { mimes[0] }

    /// All names that `accept` may give it; the first is the usual one.
    package var mimes: [String] {
        switch self {
        case .jpeg: ["image/jpeg"]
        case .png: ["image/png"]
        case .webp: ["image/webp"]
        case .gif: ["image/gif"]
        case .avif: ["image/avif"]
        case .heic: ["image/heic"]
        case .pdf: ["application/pdf"]
        case .docx: ["application/vnd.openxmlformats-officedocument.wordprocessingml.document"]
        case .xlsx: ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"]
        case .pptx: ["application/vnd.openxmlformats-officedocument.presentationml.presentation"]
        case .doc: ["application/msword"]
        case .xls: ["application/vnd.ms-excel"]
        case .ppt: ["application/vnd.ms-powerpoint"]
        case .zip: ["application/zip"]
        case .mp3: ["audio/mpeg", "audio/mp3"]
        case .aac: ["audio/aac"]
        case .wav: ["audio/wav", "audio/x-wav"]
        case .ogg: ["audio/ogg"]
        case .flac: ["audio/flac", "audio/x-flac"]
        case .m4a: ["audio/mp4", "audio/x-m4a"]
        case .webm: ["audio/webm", "video/webm"]
        case .txt: ["text/plain"]
        case .csv: ["text/csv"]
        case .md: ["text/markdown"]
        case .json: ["application/json"]
        }
    }

    /// Without a dot.
    package var fileExtension: String { self == .jpeg ? "jpg" : rawValue }

    package var isImage: Bool { mime.hasPrefix("image/") }

    /// Whether it is text that its content does not tell from other text.
    package var isWritten: Bool { [.txt, .csv, .md].contains(self) }

    /// The type of a MIME type as it stands in `accept`.
    package init?(mime: String) {
        guard let type = Self.allCases.first(where: { $0.mimes.contains(mime) }) else { return nil }
        self = type
    }
}
