/// AVIF and HEIC, ISO/IEC 23008-12: the largest `ispe` property, which lies in `meta` / `iprp` / `ipco`.
enum HEIFHeader {
    static func read(_ source: inout ImageHeader.Source, _ type: MediaType) throws -> ImageHeader {
        // `meta` and the like are boxes with a version word before their children.
        guard let meta = try find("meta", in: 0..<source.size, &source),
            let iprp = try find("iprp", in: meta.lowerBound + 4..<max(meta.lowerBound + 4, meta.upperBound), &source),
            let ipco = try find("ipco", in: iprp, &source)
        else { throw MediaError.corrupt("the image has no properties") }
        var header = ImageHeader(type: type, width: 0, height: 0, frames: 1, interlaced: false)
        var rest = ipco
        while let (name, content, next) = try box(in: rest, &source) {
            if name == "ispe" {
                let width = try source.big(content.lowerBound + 4, 4)
                let height = try source.big(content.lowerBound + 8, 4)
                guard width <= 1 << 24, height <= 1 << 24 else { throw MediaError.tooLarge("\(width) × \(height) pixels") }
                if width * height > header.width * header.height {
                    (header.width, header.height) = (width, height)
                }
            }
            rest = next
        }
        guard header.width > 0 else { throw MediaError.corrupt("the image has no size") }
        return header
    }

    private static func find(_ wanted: String, in range: Range<Int64>, _ source: inout ImageHeader.Source) throws -> Range<Int64>? {
        var rest = range
        while let (name, content, next) = try box(in: rest, &source) {
            if name == wanted { return content }
            rest = next
        }
        return nil
    }

    /// The first box of a range: its name, its content, and the range after it.
    static func box(
        in range: Range<Int64>, _ source: inout ImageHeader.Source
    ) throws -> (String, Range<Int64>, Range<Int64>)? {
        guard range.upperBound - range.lowerBound >= 8 else { return nil }
        var length = Int64(try source.big(range.lowerBound, 4))
        let name = try source.name(range.lowerBound + 4)
        var start = range.lowerBound + 8
        if length == 1 {
            let high = try source.big(start, 4)
            guard high < 1 << 24 else { throw MediaError.corrupt("the file is truncated") }
            length = Int64(high) << 32 | Int64(try source.big(start + 4, 4))
            start += 8
        } else if length == 0 {
            length = range.upperBound - range.lowerBound
        }
        guard length >= start - range.lowerBound, length <= range.upperBound - range.lowerBound else {
            throw MediaError.corrupt("the file is truncated")
        }
        let end = range.lowerBound + length
        return (name, start..<end, end..<range.upperBound)
    }
}
