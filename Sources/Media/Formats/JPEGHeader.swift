/// JPEG, ITU-T T.81 annex B.
enum JPEGHeader {
    static func read(_ source: inout ImageHeader.Source) throws -> ImageHeader {
        var (header, position): (ImageHeader?, Int64) = (nil, 2)
        // Markers up to the start of the scan.
        while true {
            guard try source.byte(position) == 0xFF else { throw MediaError.corrupt("the JPEG has no valid structure") }
            let marker = try source.byte(position + 1)
            if marker == 0xFF {
                position += 1
                continue
            }
            position += 2
            switch marker {
            case 0x01, 0xD0...0xD8: continue
            case 0xD9, 0x00: throw MediaError.corrupt("the JPEG ends before its image")
            default: break
            }
            let length = try source.big(position, 2)
            guard length >= 2 else { throw MediaError.corrupt("the JPEG has no valid structure") }
            switch marker {
            // All start-of-frame markers; C4, C8 and CC are something else.
            case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
                guard header == nil else { throw MediaError.corrupt("the JPEG has two frames") }
                let progressive = marker == 0xC2 || marker == 0xC6 || marker == 0xCA || marker == 0xCE
                header = ImageHeader(
                    type: .jpeg, width: try source.big(position + 5, 2), height: try source.big(position + 3, 2), frames: 1,
                    interlaced: progressive)
            case 0xDA:
                guard let header else { throw MediaError.corrupt("the JPEG has no frame") }
                try findEnd(&source, from: position + Int64(length))
                return header
            default: break
            }
            position += Int64(length)
        }
    }

    /// Requires an end-of-image marker after the start of the scan. Most often it is in the last bytes; some cameras append a film to it,
    /// so then all is looked through, as far as the budget of windows goes (64 MB).
    private static func findEnd(_ source: inout ImageHeader.Source, from scan: Int64) throws {
        let chunk: Int64 = 16_384
        if try contains(&source, from: max(scan, source.size - chunk)) { return }
        var position = scan
        while position < source.size {
            if try contains(&source, from: position) { return }
            // One byte of overlap: the marker may lie across.
            position += chunk - 1
        }
        throw MediaError.corrupt("the JPEG is truncated")
    }

    private static func contains(_ source: inout ImageHeader.Source, from start: Int64) throws -> Bool {
        guard start < source.size else { return false }
        let bytes = try source.bytes(start, Int(min(16_384, source.size - start)))
        return bytes.withUnsafeBufferPointer { bytes in
            for index in 1..<max(1, bytes.count) where bytes[index] == 0xD9 && bytes[index - 1] == 0xFF { return true }
            return false
        }
    }
}
