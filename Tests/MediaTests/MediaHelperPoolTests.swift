import Glibc
import Logging
import Testing

@testable import Media

@Suite struct MediaHelperPoolTests {
    private let images: TestImages
    private static let three: [MediaPlan.Variant] = [320, 800, 1600].map { (side: Int) in
        MediaPlan.Variant(name: "w\(side)", format: .webp, quality: 80, width: side, height: side)
    }

    init() throws { images = try TestImages() }

    private func withPool<Result>(
        arguments: [String]? = nil, size: Int = 2, timeout: Int32 = 60_000, onRequest: @escaping @Sendable () -> Void = {},
        _ body: (MediaHelperPool) async throws -> Result
    ) async throws -> Result {
        var settings = MediaHelperPool.Settings(directory: images.directory, size: size)
        settings.executable = try TestImages.helper()
        if let arguments { settings.arguments = arguments }
        settings.timeoutMilliseconds = timeout
        settings.onRequest = onRequest
        let pool = MediaHelperPool(settings, logger: Logger(label: "test"))
        do {
            let result = try await body(pool)
            await pool.shutdown()
            images.remove()
            return result
        } catch {
            await pool.shutdown()
            throw error
        }
    }

    private func leftovers() throws -> Int { TemporaryName.sweep(images.directory) }

    @Test func threeVariantsOfTwelveMegapixels() async throws {
        let photo = try images.photo()
        try await withPool { pool in
            let result = try await pool.process(photo, plan: MediaPlan(variants: Self.three))
            #expect(result.width == 4000 && result.height == 3000 && result.type == .jpeg && result.pages == 1)
            #expect(result.variants.map(\.width) == [320, 800, 1600])
            #expect(result.variants.map(\.height) == [240, 600, 1200])
            #expect((24...48).contains(result.thumbHash.utf8.count))
            for variant in result.variants {
                #expect(variant.mime == "image/webp" && variant.sha256.utf8.count == 64)
                #expect(Int64(try images.bytes(variant.path).count) == variant.size)
            }
            // The server itself maps no decoder.
            let maps = open("/proc/self/maps", O_RDONLY)
            defer { close(maps) }
            var text: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while case let count = read(maps, &chunk, chunk.count), count > 0 { text += chunk[..<count] }
            #expect(text.count > 1000)
            #expect(!String(decoding: text, as: UTF8.self).contains("libvips"))
        }
    }

    @Test func fitsFormatsAndColour() async throws {
        let red = try images.make("red.png", "-size", "600x300", "xc:#cc2200")
        let plan = MediaPlan(variants: [
            MediaPlan.Variant(name: "cover", format: .jpeg, fit: .cover, width: 100, height: 100),
            MediaPlan.Variant(name: "contain", format: .png, fit: .contain, width: 200, height: 200),
            MediaPlan.Variant(name: "white", format: .jpeg, fit: .contain, width: 200, height: 200),
            MediaPlan.Variant(name: "same", format: .webp, fit: .inside, width: 5000),
            MediaPlan.Variant(name: "avif", format: .avif, quality: 50, fit: .inside, height: 64, optional: true),
            MediaPlan.Variant(name: "wide", format: .webp, fit: .cover, width: 2000, height: 500),
        ])
        try await withPool { pool in
            let result = try await pool.process(red, plan: plan)
            #expect(result.color == "#cc2200")
            let sizes = Dictionary(uniqueKeysWithValues: result.variants.map { ($0.name, [$0.width, $0.height]) })
            #expect(sizes["cover"] == [100, 100])
            #expect(sizes["contain"] == [200, 200])
            #expect(sizes["same"] == [600, 300])
            #expect(sizes["wide"] == [600, 150])
            if let avif = sizes["avif"] { #expect(avif == [128, 64]) } else { #expect(result.skipped.map(\.name) == ["avif"]) }
        }
    }

    @Test func turnedByEXIF() async throws {
        let plain = try images.make("plain.jpg", "-size", "400x200", "gradient:black-white")
        var bytes = try images.bytes(plain)
        // A minimal APP1: orientation 6 (turn right), TIFF big-endian.
        let exif: [UInt8] =
            [0xFF, 0xE1, 0, 34] + Array("Exif\0\0MM".utf8) + [
                0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0,
            ]
        bytes.insert(contentsOf: exif, at: 2)
        let turned = try images.write("turned.jpg", bytes)
        try await withPool { pool in
            let plan = MediaPlan(variants: [MediaPlan.Variant(name: "s", format: .jpeg, width: 100, height: 100)])
            let result = try await pool.process(turned, plan: plan)
            #expect([result.width, result.height] == [200, 400])
            #expect([result.variants.first?.width, result.variants.first?.height] == [50, 100])
            // Nothing of the metadata is left.
            let path = try #require(result.variants.first?.path)
            #expect(!String(decoding: try images.bytes(path), as: UTF8.self).contains("Exif"))
        }
    }

    @Test func everyInputFormatIsRead() async throws {
        for name in ["a.jpg", "b.png", "c.webp", "d.gif"] {
            let path = try images.make(name, "-size", "64x48", "plasma:")
            try await withPoolKeeping { pool in
                let result = try await pool.process(path, plan: MediaPlan(variants: [.init(name: "v", format: .png, width: 32)]))
                #expect([result.width, result.height] == [64, 48], "\(name)")
                #expect([result.variants.first?.width, result.variants.first?.height] == [32, 24])
            }
        }
        images.remove()
    }

    private func withPoolKeeping(_ body: (MediaHelperPool) async throws -> Void) async throws {
        var settings = MediaHelperPool.Settings(directory: images.directory, size: 1)
        settings.executable = try TestImages.helper()
        let pool = MediaHelperPool(settings, logger: Logger(label: "test"))
        do { try await body(pool) } catch {
            await pool.shutdown()
            throw error
        }
        await pool.shutdown()
    }

    @Test func whatIsNoImageIsRefusedAndTheNextIsServed() async throws {
        let photo = try images.photo("ok.jpg", "800x600")
        let whole = try images.bytes(photo)
        var damaged = whole
        damaged.removeSubrange(whole.count / 3..<whole.count - 2)
        // The gate of the server lets this pass: it ends with the right marker. The decoder must not.
        let cut = try images.write("cut.jpg", damaged)
        let truncated = try images.write("truncated.jpg", Array(whole.prefix(whole.count / 2)))
        let png = try images.bytes(try images.make("p.png", "-size", "400x400", "plasma:"))
        // 30000 × 30000, one bit: the size stands in the 8 bytes after the header's name.
        var bomb = png
        bomb.replaceSubrange(16..<24, with: [0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30])
        let cases: [(String, (MediaError) -> Bool)] = [
            (cut, { if case .corrupt = $0 { true } else { false } }),
            (truncated, { if case .corrupt = $0 { true } else { false } }),
            (try images.write("half.png", Array(png.prefix(png.count / 2))), { if case .corrupt = $0 { true } else { false } }),
            (try images.write("text.jpg", Array("1 2\n3 4\n".utf8)), { if case .unsupported = $0 { true } else { false } }),
            (
                try images.write("v.svg", Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8)),
                { if case .unsupported = $0 { true } else { false } }
            ),
            (try images.write("page.jpg", Array("<html><script>1</script>".utf8)), { if case .unsupported = $0 { true } else { false } }),
            (try images.write("doc.jpg", Array("%PDF-1.4\n".utf8)), { if case .unsupported = $0 { true } else { false } }),
            (
                try images.write("bomb.png", bomb),
                { if case .tooLarge = $0 { true } else { false } }
            ),
            (
                try images.make("interlaced.png", "-size", "6000x5000", "xc:white", "-interlace", "PNG"),
                { if case .tooLarge = $0 { true } else { false } }
            ),
        ]
        try await withPool { pool in
            for (path, isExpected) in cases {
                do {
                    _ = try await pool.process(path, plan: MediaPlan(variants: Self.three))
                    Issue.record("\(path) was processed")
                } catch let error as MediaError {
                    #expect(isExpected(error), "\(path): \(error)")
                    #expect(!error.isTransient)
                }
                #expect(try leftovers() == 0)
            }
            let result = try await pool.process(photo, plan: MediaPlan(variants: Self.three))
            #expect(result.variants.count == 3)
        }
    }

    /// A file that is an image and something else comes out as an image alone.
    @Test func polyglotsLoseTheirOtherHalf() async throws {
        let photo = try images.photo("poly.jpg", "200x200")
        let script = "<script>alert(1)</script>"
        let path = try images.write("poly2.jpg", try images.bytes(photo) + Array(script.utf8))
        try await withPool { pool in
            let result = try await pool.process(path, plan: MediaPlan(variants: [.init(name: "v", format: .jpeg, width: 100)]))
            let made = try images.bytes(try #require(result.variants.first?.path))
            #expect(!String(decoding: made, as: UTF8.self).contains("script"))
        }
    }

    @Test func animationsAreCappedAndGiveTheirFirstFrame() async throws {
        let gif = try images.make("a.gif", "-size", "40x40", "xc:red", "xc:green", "xc:blue")
        try await withPool { pool in
            var plan = MediaPlan(variants: [.init(name: "v", format: .webp, width: 20)])
            let result = try await pool.process(gif, plan: plan)
            #expect(result.pages == 3 && result.color == "#ff0000")
            plan.limits.pages = 2
            await #expect(throws: MediaError.tooLarge("3 frames; at most 2")) { try await pool.process(gif, plan: plan) }
        }
    }

    @Test func aDyingHelperFailsItsJobAloneAndIsReplaced() async throws {
        let photo = try images.photo("p.jpg", "300x200")
        try await withPool(arguments: ["dying", "\(images.directory)/died"], size: 1) { pool in
            await #expect(throws: MediaError.crashed("the media helper ended before it answered")) {
                try await pool.process(photo, plan: MediaPlan(variants: Self.three))
            }
            let next = try await pool.process(photo, plan: MediaPlan(variants: Self.three))
            #expect(next.variants.count == 3)
        }
    }

    @Test func killingAHelperAtWorkIsAnErrorAndTheNextJobSucceeds() async throws {
        let photo = try images.photo()
        let (requests, sent) = AsyncStream.makeStream(of: Void.self)
        var request = requests.makeAsyncIterator()
        try await withPool(size: 1, onRequest: { sent.yield() }) { pool in
            _ = try await pool.process(photo, plan: MediaPlan(variants: []))
            await request.next()
            let helper = try #require(pool.processes(busy: false).first)
            // Held, so that it is certainly killed before it answers.
            #expect(kill(helper, SIGSTOP) == 0)
            async let failing = pool.process(photo, plan: MediaPlan(variants: Self.three))
            await request.next()
            #expect(kill(helper, SIGKILL) == 0)
            do {
                _ = try await failing
                Issue.record("a killed helper answered")
            } catch let error as MediaError {
                #expect(error == .crashed("the media helper ended before it answered"))
                #expect(error.isTransient)
            }
            let next = try await pool.process(photo, plan: MediaPlan(variants: Self.three))
            #expect(next.variants.count == 3)
            #expect(pool.processes(busy: false).first != helper)
        }
    }

    @Test func anIdleHelperThatEndedIsReplacedUnseen() async throws {
        let photo = try images.photo("p.jpg", "300x200")
        try await withPool(size: 1) { pool in
            _ = try await pool.process(photo, plan: MediaPlan(variants: Self.three))
            let helper = try #require(pool.processes(busy: false).first)
            kill(helper, SIGKILL)
            // Dead, not yet reaped.
            var information = siginfo_t()
            waitid(P_PID, id_t(helper), &information, WEXITED | WNOWAIT)
            let next = try await pool.process(photo, plan: MediaPlan(variants: Self.three))
            #expect(next.variants.count == 3)
        }
    }

    @Test func aHelperThatTakesTooLongIsEnded() async throws {
        let photo = try images.photo("p.jpg", "300x200")
        try await withPool(size: 1, timeout: 2_000) { pool in
            _ = try await pool.process(photo, plan: MediaPlan(variants: []))
            let helper = try #require(pool.processes(busy: false).first)
            kill(helper, SIGSTOP)
            await #expect(throws: MediaError.timeout) { try await pool.process(photo, plan: MediaPlan(variants: [])) }
            #expect(kill(helper, 0) != 0)
            _ = try await pool.process(photo, plan: MediaPlan(variants: []))
        }
    }

    @Test func cancellingKillsTheHelper() async throws {
        let photo = try images.photo("p.jpg", "300x200")
        let (requests, sent) = AsyncStream.makeStream(of: Void.self)
        var request = requests.makeAsyncIterator()
        try await withPool(size: 1, onRequest: { sent.yield() }) { pool in
            _ = try await pool.process(photo, plan: MediaPlan(variants: []))
            await request.next()
            let helper = try #require(pool.processes(busy: false).first)
            kill(helper, SIGSTOP)
            let task = Task { try await pool.process(photo, plan: MediaPlan(variants: [])) }
            await request.next()
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(kill(helper, 0) != 0)
            _ = try await pool.process(photo, plan: MediaPlan(variants: []))
        }
    }

    @Test func aHelperCanDoNothingElse() async throws {
        try await withPool(size: 1) { pool in
            let attempts = try await pool.probe()
            #expect(attempts.count >= 10)
            for (attempt, code) in attempts { #expect(code == EPERM || code == EACCES, "\(attempt): \(code)") }
        }
    }

    @Test func aProgramThatIsNoHelperIsAnError() async throws {
        let photo = try images.photo("p.jpg", "300x200")
        var settings = MediaHelperPool.Settings(directory: images.directory, size: 1)
        settings.executable = "/nonexistent"
        let pool = MediaHelperPool(settings, logger: Logger(label: "test"))
        await #expect(throws: MediaError.self) { try await pool.process(photo, plan: MediaPlan(variants: [])) }
        await pool.shutdown()
        await #expect(throws: MediaError.self) { try await pool.process(photo, plan: MediaPlan(variants: [])) }
    }

    /// The helper's own environment, descriptors and standing, as the kernel tells them.
    @Test func aHelperInheritsNothing() async throws {
        let photo = try images.photo("p.jpg", "300x200")
        try await withPool(size: 1) { pool in
            _ = try await pool.process(photo, plan: MediaPlan(variants: []))
            let helper = try #require(pool.processes(busy: false).first)
            func text(_ name: String) -> String {
                let file = open("/proc/\(helper)/\(name)", O_RDONLY)
                defer { close(file) }
                var bytes = [UInt8](repeating: 0, count: 8192)
                let count = read(file, &bytes, bytes.count)
                return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            }
            #expect(text("environ").isEmpty)
            #expect(text("oom_score_adj") == "1000\n")
            #expect(text("status").contains("Seccomp:\t2") && text("status").contains("NoNewPrivs:\t1"))
            var descriptors: [String] = []
            let stream = try #require(opendir("/proc/\(helper)/fd"))
            while let entry = readdir(stream) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
                if Int(name) != nil { descriptors.append(name) }
            }
            closedir(stream)
            #expect(descriptors.sorted() == ["0", "1", "2", "3"])
        }
    }
}
