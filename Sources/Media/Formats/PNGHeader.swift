/// PNG, W3C third edition: sections 5.3 (chunks), 11.2.1 (IHDR), 11.3.6.1 (acTL).
enum PNGHeader {
    static func read(_ source: inout ImageHeader.Source) throws -> ImageHeader {
        guard try source.big(8, 4) == 13, try source.name(12) == "IHDR" else {
            throw MediaError.corrupt("the PNG does not begin with its header")
        }
        var header = ImageHeader(
            type: .png, width: try source.big(16, 4), height: try source.big(20, 4), frames: 1, interlaced: try source.byte(28) != 0)
        // The number of frames stands before the first image data.
        var position: Int64 = 33
        while true {
            let length = try source.big(position, 4)
            switch try source.name(position + 4) {
            case "acTL":
                header.frames = max(1, try source.big(position + 8, 4))
                return header
            case "IDAT", "IEND": return header
            default: position += Int64(length) + 12
            }
        }
    }
}
