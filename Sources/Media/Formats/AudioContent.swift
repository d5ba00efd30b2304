/// Sound, by the structure at its beginning and not by a signature alone: a few letters are easily put before anything.
enum AudioContent {
    static func type(_ head: [UInt8], _ source: inout ImageHeader.Source) throws -> MediaType? {
        if head.starts(with: "RIFF".utf8) { return try isWave(&source) ? .wav : nil }
        if head.starts(with: "fLaC".utf8) {
            // The first block is STREAMINFO, 34 bytes (RFC 9639 section 8.2).
            return try source.little(4, 1) & 0x7F == 0 && source.big(5, 3) == 34 ? .flac : nil
        }
        if head.starts(with: "OggS".utf8) { return try isOgg(&source) ? .ogg : nil }
        if head.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) {
            // EBML with the document type "webm" (RFC 8794 section 11.2.6, webmproject.org/docs/container).
            return isWebM(head) ? .webm : nil
        }
        if head.dropFirst(4).starts(with: "ftyp".utf8) { return try MP4Content.isAudio(&source) ? .m4a : nil }
        return try MPEGFrames.type(head, &source)
    }

    /// RIFF of the file's length, with a format before its data.
    private static func isWave(_ source: inout ImageHeader.Source) throws -> Bool {
        guard try source.name(8) == "WAVE" else { return false }
        let length = Int64(try source.little(4, 4))
        guard length + 8 == source.size || length + 9 == source.size else { return false }
        var place: Int64 = 12
        var hasFormat = false
        for _ in 0..<64 {
            let name = try source.name(place)
            if name == "data" { return hasFormat }
            if name == "fmt " { hasFormat = try source.little(place + 4, 4) >= 16 }
            let length = Int64(try source.little(place + 4, 4))
            place += 8 + length + length % 2
        }
        return false
    }

    /// A first page (RFC 3533 section 6) that begins a stream of sound.
    private static func isOgg(_ source: inout ImageHeader.Source) throws -> Bool {
        guard try source.little(4, 1) == 0, try source.little(5, 1) & 0x02 != 0 else { return false }
        let segments = Int64(try source.little(26, 1))
        let packet = try source.bytes(27 + segments, 8)
        return ["\u{1}vorbis", "OpusHead", "\u{7F}FLAC", "Speex   "].contains { packet.starts(with: $0.utf8) }
    }

    private static func isWebM(_ head: [UInt8]) -> Bool {
        let type: [UInt8] = [0x42, 0x82, 0x84] + Array("webm".utf8)
        return (4..<64).contains { head.dropFirst($0).starts(with: type) }
    }
}

/// Frames of MPEG audio (ISO/IEC 11172-3 section 2.4.1.3) and ADTS (ISO/IEC 13818-7 section 6.2), perhaps behind an ID3v2 tag.
enum MPEGFrames {
    /// As many frames must follow each other, or end with the file.
    private static let wanted = 3
    private static let rates: [[Int]] = [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ]

    static func type(_ head: [UInt8], _ source: inout ImageHeader.Source) throws -> MediaType? {
        var place: Int64 = 0
        if head.starts(with: "ID3".utf8) {
            let size = try source.bytes(6, 4)
            guard size.allSatisfy({ $0 < 0x80 }) else { return nil }
            let hasFooter = try source.little(5, 1) & 0x10 != 0
            place = 10 + size.reduce(0) { $0 << 7 | Int64($1) } + (hasFooter ? 10 : 0)
            // Some writers pad beyond the tag.
            var padding = 0
            while padding < 4_096, place < source.size, try source.byte(place) == 0 { (place, padding) = (place + 1, padding + 1) }
        }
        var found: MediaType?
        for count in 0..<wanted {
            if count > 0, place == source.size { return found }
            guard source.size - place >= 7, let (type, length) = try frame(at: place, &source), found == nil || found == type else {
                return nil
            }
            found = type
            place += Int64(length)
        }
        return found
    }

    private static func frame(at place: Int64, _ source: inout ImageHeader.Source) throws -> (MediaType, Int)? {
        let bytes = Array(try source.bytes(place, 7)).map { Int($0) }
        guard bytes[0] == 0xFF, bytes[1] & 0xE0 == 0xE0 else { return nil }
        let (version, layer) = (bytes[1] >> 3 & 3, bytes[1] >> 1 & 3)
        if layer == 0 {
            let length = (bytes[3] & 3) << 11 | bytes[4] << 3 | bytes[5] >> 5
            return bytes[1] & 0xF0 == 0xF0 && length >= 7 && bytes[2] >> 2 & 15 < 13 ? (.aac, length) : nil
        }
        let (rate, frequency) = (bytes[2] >> 4, bytes[2] >> 2 & 3)
        guard version != 1, (1...14).contains(rate), frequency < 3 else { return nil }
        let isFirst = version == 3
        let table = isFirst ? 3 - layer : layer == 3 ? 3 : 4
        let hertz = [44_100, 48_000, 32_000][frequency] >> (isFirst ? 0 : version == 2 ? 1 : 2)
        let (bits, padding) = (rates[table][rate] * 1_000, bytes[2] >> 1 & 1)
        if layer == 3 { return (.mp3, (12 * bits / hertz + padding) * 4) }
        return (.mp3, (layer == 1 && !isFirst ? 72 : 144) * bits / hertz + padding)
    }
}

/// ISO/IEC 14496-12: boxes from the first byte to the last, with tracks of sound and none of pictures.
enum MP4Content {
    static func isAudio(_ source: inout ImageHeader.Source) throws -> Bool {
        var rest: Range<Int64> = 0..<source.size
        var handlers: Set<String> = []
        while let (name, content, next) = try HEIFHeader.box(in: rest, &source) {
            if name == "moov" { try collect(content, below: ["trak", "mdia"], &handlers, &source) }
            rest = next
        }
        return rest.isEmpty && handlers.contains("soun") && !handlers.contains("vide")
    }

    /// What the tracks hold: `trak` / `mdia` / `hdlr`.
    private static func collect(
        _ range: Range<Int64>, below path: ArraySlice<String>, _ handlers: inout Set<String>, _ source: inout ImageHeader.Source
    ) throws {
        var rest = range
        while let (name, content, next) = try HEIFHeader.box(in: rest, &source) {
            if let first = path.first {
                if name == first { try collect(content, below: path.dropFirst(), &handlers, &source) }
            } else if name == "hdlr" {
                handlers.insert(try source.name(content.lowerBound + 8))
            }
            rest = next
        }
    }
}
