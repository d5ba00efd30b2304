/// GIF89a: the logical screen, and the images counted by walking the blocks.
enum GIFHeader {
    static func read(_ source: inout ImageHeader.Source) throws -> ImageHeader {
        var header = ImageHeader(type: .gif, width: try source.little(6, 2), height: try source.little(8, 2), frames: 0, interlaced: false)
        var position = 13 + colourTable(try source.byte(10))
        while position < source.size {
            switch try source.byte(position) {
            case 0x2C:
                let flags = try source.byte(position + 9)
                // An image may reach over the screen, which some decoders then enlarge.
                header.width = max(header.width, try source.little(position + 1, 2) + source.little(position + 5, 2))
                header.height = max(header.height, try source.little(position + 3, 2) + source.little(position + 7, 2))
                header.interlaced = header.interlaced || flags & 0x40 != 0
                header.frames += 1
                position = try skipBlocks(&source, position + 11 + colourTable(flags))
            case 0x21: position = try skipBlocks(&source, position + 2)
            case 0x3B: return try checked(header)
            // Tolerated after at least one image, as decoders do.
            default: return try checked(header)
            }
        }
        return try checked(header)
    }

    private static func checked(_ header: ImageHeader) throws -> ImageHeader {
        guard header.frames > 0 else { throw MediaError.corrupt("the GIF has no image") }
        return header
    }

    private static func colourTable(_ flags: UInt8) -> Int64 { flags & 0x80 == 0 ? 0 : 3 << Int64((flags & 7) + 1) }

    private static func skipBlocks(_ source: inout ImageHeader.Source, _ start: Int64) throws -> Int64 {
        var position = start
        while true {
            let length = try source.byte(position)
            position += 1 + Int64(length)
            if length == 0 { return position }
        }
    }
}
