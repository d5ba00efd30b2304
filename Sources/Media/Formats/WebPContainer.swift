/// The RIFF container of a WebP file (RFC 9649 section 2).
///
/// libvips 8.14 writes a block of EXIF (size and resolution) into every WebP, told to strip or not; what is served holds none.
enum WebPContainer {
    /// Bit of the flags in `VP8X` that says there is EXIF, and that of XMP (RFC 9649 section 2.7.1).
    private static let metadataFlags: UInt8 = 0x08 | 0x04
    private static let metadata: Set<String> = ["EXIF", "XMP "]

    /// The same file without EXIF and XMP; nil when it is no sound container.
    static func withoutMetadata(_ file: [UInt8]) -> [UInt8]? {
        guard file.count >= 12, file.starts(with: "RIFF".utf8), file[8..<12].elementsEqual("WEBP".utf8) else { return nil }
        var result = Array(file[..<12])
        result.reserveCapacity(file.count)
        var position = 12
        while position + 8 <= file.count {
            let name = String(decoding: file[position..<position + 4], as: UTF8.self)
            let size = (0..<4).reduce(0) { $0 | Int(file[position + 4 + $1]) << (8 * $1) }
            // A chunk of odd length is followed by a byte of padding.
            let end = position + 8 + size + size % 2
            guard size <= file.count, end <= file.count else { return nil }
            if !metadata.contains(name) {
                result += file[position..<end]
                if name == "VP8X", size > 0 { result[result.count - (end - position) + 8] &= ~metadataFlags }
            }
            position = end
        }
        guard position == file.count else { return nil }
        let length = result.count - 8
        for index in 0..<4 { result[4 + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
        return result
    }
}
