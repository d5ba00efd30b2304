import Config
import Glibc
import NIOCore
import NIOPosix
import SeededNumbers
import Testing

@testable import Media

@Suite struct MediaTypeTests {
    @Test func contentDecides() {
        #expect(MediaType.detect([0xFF, 0xD8, 0xFF, 0xE0]) == .jpeg)
        #expect(MediaType.detect([0x89] + Array("PNG\r\n\u{1A}\n".utf8)) == .png)
        #expect(MediaType.detect(Array("GIF89a".utf8)) == .gif)
        #expect(MediaType.detect(Array("RIFF....WEBPVP8 ".utf8)) == .webp)
        #expect(MediaType.detect(Array("%PDF-1.7".utf8)) == .pdf)
        #expect(MediaType.detect([0, 0, 0, 32] + Array("ftypavif".utf8)) == .avif)
        #expect(MediaType.detect([0, 0, 0, 32] + Array("ftypmif1\0\0\0\0heicmif1".utf8)) == .heic)
    }

    @Test func acceptNamesWhatIsTold() {
        #expect(Set(MediaKind.knownTypes) == Set(MediaType.allCases.flatMap(\.mimes)))
    }

    @Test(arguments: [
        "", "<svg xmlns", "<?xml version", "<!DOCTYPE html>", "hello", "GIF", "RIFF....WAVE", "PK\u{3}\u{4}", "MZ", "\u{7F}ELF", "BM",
        "    ftypisom", "#!/bin/sh", " \u{FEFF}<html>",
    ])
    func theRestIsRefused(text: String) { #expect(MediaType.detect(Array(text.utf8)) == nil) }
}

@Suite struct ImageHeaderTests {
    @Test func realImages() throws {
        let images = try TestImages()
        defer { images.remove() }
        func header(_ name: String, _ arguments: String...) throws -> ImageHeader {
            let path = "\(images.directory)/\(name)"
            try images.run("convert", arguments + [path])
            return try ImageHeader.read(try images.bytes(path))
        }
        #expect(
            try header("a.jpg", "-size", "321x123", "plasma:")
                == ImageHeader(type: .jpeg, width: 321, height: 123, frames: 1, interlaced: false))
        #expect(try header("b.jpg", "-size", "321x123", "plasma:", "-interlace", "JPEG").interlaced)
        #expect(
            try header("a.png", "-size", "321x123", "plasma:")
                == ImageHeader(type: .png, width: 321, height: 123, frames: 1, interlaced: false))
        #expect(try header("b.png", "-size", "321x123", "plasma:", "-interlace", "PNG").interlaced)
        #expect(
            try header("a.webp", "-size", "321x123", "plasma:")
                == ImageHeader(type: .webp, width: 321, height: 123, frames: 1, interlaced: false))
        let lossless = try header("b.webp", "-size", "321x123", "plasma:", "-define", "webp:lossless=true")
        #expect([lossless.width, lossless.height] == [321, 123])
        #expect(try header("a.gif", "-size", "32x12", "xc:red", "xc:blue").frames == 2)
    }

    @Test func aTruncatedJPEGIsSeen() throws {
        let images = try TestImages()
        defer { images.remove() }
        let bytes = try images.bytes(try images.photo("a.jpg", "600x400"))
        #expect(throws: MediaError.corrupt("the JPEG is truncated")) { try ImageHeader.read(Array(bytes.dropLast(2))) }
        #expect(throws: MediaError.corrupt("the JPEG is truncated")) { try ImageHeader.read(Array(bytes.prefix(bytes.count / 2))) }
        // What a camera appends is no fault.
        #expect(try ImageHeader.read(bytes + [UInt8](repeating: 0, count: 100_000)).width == 600)
    }

    @Test func noBytesTrap() throws {
        let images = try TestImages()
        defer { images.remove() }
        var seeds: [[UInt8]] = []
        for name in ["a.jpg", "a.png", "a.gif", "a.webp"] {
            seeds.append(try images.bytes(try images.make(name, "-size", "24x24", "plasma:")))
        }
        seeds.append(
            [0, 0, 0, 16] + Array("ftypavif\0\0\0\0".utf8) + [0, 0, 0, 52] + Array("meta\0\0\0\0".utf8) + [0, 0, 0, 40]
                + Array("iprp".utf8) + [0, 0, 0, 32] + Array("ipco".utf8) + [0, 0, 0, 20] + Array("ispe".utf8)
                + [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 128] + [0, 0, 0, 4])
        #expect(try ImageHeader.read(try #require(seeds.last)).width == 256)
        var random = SeededGenerator(state: 42)
        for _ in 0..<20_000 {
            var bytes = seeds.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
                let index = Int.random(in: 0..<min(bytes.count, 96), using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[index] = 0xFF
                case 2: bytes.remove(at: index)
                default: bytes.removeSubrange(Int.random(in: index..<bytes.count, using: &random)...)
                }
            }
            do {
                let header = try ImageHeader.read(bytes)
                try? ImageLimits().check(width: header.width, height: header.height, pages: header.frames, interlaced: header.interlaced)
            } catch { #expect(error is MediaError) }
        }
    }
}

@Suite struct ThumbHashTests {
    private func hash(_ width: Int, _ height: Int, _ pixel: (Int, Int) -> [UInt8]) -> [UInt8]? {
        let rgba = (0..<height).flatMap { y in (0..<width).flatMap { x in pixel(x, y) } }
        return rgba.withUnsafeBufferPointer { ThumbHash.hash(width: width, height: height, rgba: $0) }
    }

    @Test func headerHoldsWhatTheFormatSays() throws {
        let square = try #require(hash(10, 10) { _, _ in [255, 255, 255, 255] })
        // White: full lightness, no colour (p, q at 31.5 of 63, rounded up), no contrast, no alpha.
        let header = Int(square[0]) | Int(square[1]) << 8 | Int(square[2]) << 16
        #expect(header & 63 == 63 && header >> 6 & 63 == 32 && header >> 12 & 63 == 32 && header >> 18 == 0)
        // 7 × 7 light frequencies, a triangle: 27 AC factors, 5 each for p and q: 37 nibbles in 19 bytes.
        #expect(square.count == 5 + 19)
        let wide = try #require(hash(100, 50) { x, _ in [UInt8(x * 2), 0, 0, 255] })
        #expect(wide[4] & 0x80 != 0)
        let clear = try #require(hash(10, 10) { x, _ in [255, 0, 0, x < 5 ? 0 : 255] })
        #expect(clear[2] & 0x80 != 0)
    }

    @Test func sizesOutOfRangeAreRefused() {
        #expect(hash(101, 1) { _, _ in [0, 0, 0, 0] } == nil)
        #expect(hash(0, 0) { _, _ in [] } == nil)
        #expect(hash(2, 2) { _, _ in [0] } == nil)
        #expect(hash(1, 1) { _, _ in [0, 0, 0, 0] } != nil)
    }

    @Test func averageColour() {
        let rgba: [UInt8] = [255, 0, 0, 255, 0, 0, 255, 255, 9, 9, 9, 0]
        #expect(rgba.withUnsafeBufferPointer { ThumbHash.color(rgba: $0) } == "#800080")
    }
}

@Suite struct VariantGeometryTests {
    private func geometry(_ fit: MediaPlan.Fit, _ width: Int?, _ height: Int?, of: (Int, Int)) -> VariantGeometry {
        VariantGeometry(.init(name: "v", format: .webp, fit: fit, width: width, height: height), width: of.0, height: of.1)
    }

    @Test func boxes() {
        #expect(geometry(.inside, 100, 100, of: (400, 200)).scaled == .init(width: 100, height: 50))
        #expect(geometry(.inside, nil, 100, of: (400, 200)).scaled == .init(width: 200, height: 100))
        #expect(geometry(.inside, 1000, 1000, of: (40, 20)).scaled == .init(width: 40, height: 20))
        #expect(geometry(.cover, 100, 100, of: (400, 200)).scaled == .init(width: 200, height: 100))
        #expect(geometry(.cover, 100, 100, of: (400, 200)).crop == .init(width: 100, height: 100))
        #expect(geometry(.cover, 400, 200, of: (100, 100)).crop == .init(width: 100, height: 50))
        #expect(geometry(.contain, 100, 100, of: (400, 200)).pad == .init(width: 100, height: 100))
    }

    @Test func noneEnlargesAndCropsLieWithin() {
        var random = SeededGenerator(state: 3)
        for _ in 0..<20_000 {
            let size = (Int.random(in: 1...20_000, using: &random), Int.random(in: 1...3_000, using: &random))
            let fit = MediaPlan.Fit.allCases.randomElement(using: &random) ?? .inside
            let made = geometry(fit, Int.random(in: 1...20_000, using: &random), Int.random(in: 1...3_000, using: &random), of: size)
            #expect((1...size.0).contains(made.scaled.width) && (1...size.1).contains(made.scaled.height))
            if let crop = made.crop { #expect(crop.width <= made.scaled.width && crop.height <= made.scaled.height) }
            if let pad = made.pad { #expect(pad.width >= made.scaled.width && pad.height >= made.scaled.height) }
        }
    }
}

@Suite struct UploadFileTests {
    private let images: TestImages
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    init() throws { images = try TestImages() }

    private func upload(maximum: Int64) -> UploadFile { UploadFile(directory: images.directory, maximum: maximum, threads: .singleton) }

    @Test func piecesBecomeAFileAndItsHash() async throws {
        let upload = upload(maximum: 6)
        try await upload.write(ByteBuffer(string: "a"), on: loop).get()
        try await upload.write(ByteBuffer(string: "bc"), on: loop).get()
        let finished = try await upload.finish(on: loop).get()
        #expect(finished.size == 3 && finished.prefix == Array("abc".utf8))
        // FIPS 180-4, example B.1
        #expect(finished.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(try images.bytes(finished.path) == Array("abc".utf8))
        var information = stat()
        #expect(stat(finished.path, &information) == 0 && information.st_mode & 0o777 == 0o600)
        await #expect(throws: UploadFile.Failure.ended) { try await upload.write(ByteBuffer(string: "x"), on: loop).get() }
        #expect(TemporaryName.sweep(images.directory) == 1)
        images.remove()
    }

    @Test func tooMuchLeavesNothing() async throws {
        let upload = upload(maximum: 3)
        try await upload.write(ByteBuffer(string: "abc"), on: loop).get()
        await #expect(throws: UploadFile.Failure.tooLarge(3)) { try await upload.write(ByteBuffer(string: "d"), on: loop).get() }
        await #expect(throws: UploadFile.Failure.ended) { try await upload.finish(on: loop).get() }
        #expect(TemporaryName.sweep(images.directory) == 0)
        images.remove()
    }

    @Test func moreThanItsKindAdmitsLeavesNothing() async throws {
        let upload = upload(maximum: 9)
        try await upload.write(ByteBuffer(string: "abcd"), on: loop).get()
        await #expect(throws: UploadFile.Failure.tooLarge(3)) { try await upload.finish(atMost: 3, on: loop).get() }
        #expect(TemporaryName.sweep(images.directory) == 0)
        images.remove()
    }

    @Test func anAbandonedFileIsGone() async throws {
        var upload: UploadFile? = upload(maximum: 9)
        try await upload?.write(ByteBuffer(string: "abc"), on: loop).get()
        upload?.abandon()
        // Ordered after it by the lock or refused by it: either way there is an end.
        upload = nil
        let threads = NIOThreadPool.singleton
        while TemporaryName.exists(images.directory) { _ = try await threads.runIfActive { true } }
        images.remove()
    }
}
