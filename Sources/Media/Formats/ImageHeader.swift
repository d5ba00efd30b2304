/// What an image says of itself before anything is decoded: found by a bounded walk through its structure, in Swift.
///
/// It is a first gate, for an early answer to the client; the helper process checks again with the decoder's own eyes.
package struct ImageHeader: Sendable, Equatable {
    package var type: MediaType
    /// As stored: turning by EXIF is not taken into account.
    package var width: Int
    package var height: Int
    /// 1 where counting would not be cheap.
    package var frames: Int
    package var interlaced: Bool

    /// Reads the header of an image. `read` gives up to `count` bytes from an offset, fewer at the end of the file.
    ///
    /// Throws `.unsupported` for other content and `.corrupt` for a broken structure; whatever `read` throws.
    package static func read(
        size: Int64, _ read: @escaping (_ offset: Int64, _ count: Int) throws -> [UInt8]
    ) throws -> ImageHeader {
        var source = Source(size: size, fetch: read)
        guard let type = MediaType.detect(try source.bytes(0, min(MediaType.prefixLength, Int(clamping: size)))) else {
            throw MediaError.unsupported("not an image of a type that is accepted")
        }
        switch type {
        case .jpeg: return try JPEGHeader.read(&source)
        case .png: return try PNGHeader.read(&source)
        case .webp: return try WebPHeader.read(&source)
        case .gif: return try GIFHeader.read(&source)
        case .avif, .heic: return try HEIFHeader.read(&source, type)
        default: throw MediaError.unsupported("not an image")
        }
    }

    /// The same for bytes in memory.
    package static func read(_ bytes: [UInt8]) throws -> ImageHeader {
        try read(size: Int64(bytes.count)) { offset, count in
            let start = Int(offset)
            guard start < bytes.count else { return [] }
            return Array(bytes[start..<min(bytes.count, start + count)])
        }
    }

    /// A file seen through one window, with a budget of windows so that no file can make the walk long.
    struct Source {
        let size: Int64
        let fetch: (Int64, Int) throws -> [UInt8]
        private var window: [UInt8] = []
        private var windowStart: Int64 = 0
        private var budget = 4096

        private static var windowSize: Int { 16_384 }

        init(size: Int64, fetch: @escaping (Int64, Int) throws -> [UInt8]) {
            self.size = size
            self.fetch = fetch
        }

        /// Exactly `count` bytes (at most a window), or `.corrupt` when the file ends before.
        mutating func bytes(_ offset: Int64, _ count: Int) throws -> ArraySlice<UInt8> {
            guard offset >= 0, count >= 0, count <= Self.windowSize, offset <= size, Int64(count) <= size - offset else {
                throw MediaError.corrupt("the file is truncated")
            }
            if offset < windowStart || offset + Int64(count) > windowStart + Int64(window.count) {
                guard budget > 0 else { throw MediaError.corrupt("the structure of the image is too long") }
                budget -= 1
                window = try fetch(offset, Self.windowSize)
                windowStart = offset
                guard window.count >= count else { throw MediaError.corrupt("the file is truncated") }
            }
            let start = Int(offset - windowStart)
            return window[start..<start + count]
        }

        mutating func byte(_ offset: Int64) throws -> UInt8 { try bytes(offset, 1).first ?? 0 }

        /// An unsigned number of up to 7 bytes.
        mutating func big(_ offset: Int64, _ count: Int) throws -> Int {
            try bytes(offset, count).reduce(0) { $0 << 8 | Int($1) }
        }

        mutating func little(_ offset: Int64, _ count: Int) throws -> Int {
            try bytes(offset, count).reversed().reduce(0) { $0 << 8 | Int($1) }
        }

        mutating func name(_ offset: Int64) throws -> String { String(decoding: try bytes(offset, 4), as: UTF8.self) }
    }
}
