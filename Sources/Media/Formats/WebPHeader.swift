/// WebP, RFC 9649 sections 2.3 to 2.7.
enum WebPHeader {
    static func read(_ source: inout ImageHeader.Source) throws -> ImageHeader {
        var header = ImageHeader(type: .webp, width: 0, height: 0, frames: 1, interlaced: false)
        switch try source.name(12) {
        case "VP8 ":
            guard try source.bytes(23, 3).elementsEqual([0x9D, 0x01, 0x2A]) else {
                throw MediaError.corrupt("the WebP has no valid structure")
            }
            header.width = try source.little(26, 2) & 0x3FFF
            header.height = try source.little(28, 2) & 0x3FFF
        case "VP8L":
            guard try source.byte(20) == 0x2F else { throw MediaError.corrupt("the WebP has no valid structure") }
            let bits = try source.little(21, 4)
            header.width = (bits & 0x3FFF) + 1
            header.height = (bits >> 14 & 0x3FFF) + 1
        case "VP8X":
            header.width = try source.little(24, 3) + 1
            header.height = try source.little(27, 3) + 1
            if try source.byte(20) & 0x02 != 0 { header.frames = try countFrames(&source) }
        default: throw MediaError.corrupt("the WebP has no valid structure")
        }
        guard Int64(try source.little(4, 4)) + 8 <= source.size else { throw MediaError.corrupt("the file is truncated") }
        return header
    }

    private static func countFrames(_ source: inout ImageHeader.Source) throws -> Int {
        var frames = 0
        var position: Int64 = 30
        while position + 8 <= source.size {
            if try source.name(position) == "ANMF" { frames += 1 }
            let length = Int64(try source.little(position + 4, 4))
            position += 8 + length + length % 2
        }
        return max(1, frames)
    }
}
