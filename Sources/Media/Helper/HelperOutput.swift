import Crypto
import Glibc
import JSON
import Records

/// Takes over what a helper has made, believing nothing: each variant is copied, hashed, and must be an image of the declared format.
enum HelperOutput {
    static func result(
        _ answer: JSONValue, type: MediaType, plan: MediaPlan, outputs: [Int32], directory: String
    ) throws(MediaError) -> MediaResult {
        guard let width = answer["width"]?.integer, let height = answer["height"]?.integer, let pages = answer["pages"]?.integer,
            (1...1 << 24).contains(width), (1...1 << 24).contains(height), (1...1 << 24).contains(pages),
            let hash = answer["thumbhash"]?.string, Base64.isPlausible(hash, limit: 40),
            let color = answer["color"]?.string, isColor(color), let left = answer["skipped"]?.array
        else { throw .crashed("malformed answer") }
        var result = MediaResult(
            width: Int(width), height: Int(height), type: type, pages: Int(pages), variants: [], skipped: [], thumbHash: hash, color: color)
        do throws(MediaError) {
            for (variant, output) in zip(plan.variants, outputs) {
                if let skipped = left.first(where: { $0["name"]?.string == variant.name }) {
                    guard variant.optional else { throw .crashed("malformed answer") }
                    let reason = HelperMessage.printable(skipped["reason"]?.string ?? "")
                    result.skipped.append(MediaResult.Skipped(name: variant.name, reason: reason))
                } else {
                    result.variants.append(try take(variant, from: output, directory: directory))
                }
            }
        } catch {
            for variant in result.variants { unlink(variant.path) }
            throw error
        }
        return result
    }

    private static func take(
        _ variant: MediaPlan.Variant, from output: Int32, directory: String
    ) throws(MediaError) -> MediaResult.Variant {
        let header = try header(of: output)
        guard header.type == variant.format.type else { throw .crashed("a variant is not of its format") }
        let path = "\(directory)/\(TemporaryName.make())"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .unavailable("a variant cannot be stored (\(String(cString: strerror(errno))))") }
        defer { close(file) }
        var hash = SHA256()
        var size: Int64 = 0
        do {
            try pieces(of: output, as: variant.format.type) { piece in
                guard FileWrite.all(piece[...], to: file) == 0 else {
                    throw MediaError.unavailable("a variant cannot be stored (\(String(cString: strerror(errno))))")
                }
                hash.update(data: piece)
                size += Int64(piece.count)
            }
        } catch {
            unlink(path)
            throw error as? MediaError ?? .unavailable("a variant cannot be stored")
        }
        return MediaResult.Variant(
            name: variant.name, width: header.width, height: header.height, size: size, mime: variant.format.type.mime,
            sha256: Hexadecimal.text(hash.finalize()), path: path)
    }

    /// The bytes that are kept, in pieces; a WebP is taken whole, for what must go stands at its end.
    private static func pieces(of output: Int32, as type: MediaType, _ use: ([UInt8]) throws -> Void) throws {
        var offset: Int64 = 0
        var whole: [UInt8] = []
        while true {
            let piece = try read(output, offset, 262_144)
            if piece.isEmpty { break }
            offset += Int64(piece.count)
            if type == .webp { whole += piece } else { try use(piece) }
        }
        guard type == .webp else { return }
        guard let kept = WebPContainer.withoutMetadata(whole) else { throw MediaError.crashed("a variant is no sound WebP") }
        try use(kept)
    }

    private static func isColor(_ text: String) -> Bool {
        text.utf8.count == 7 && text.hasPrefix("#") && text.utf8.dropFirst().allSatisfy { "0123456789abcdef".utf8.contains($0) }
    }

    static func prefix(of file: Int32) -> [UInt8] { (try? read(file, 0, MediaType.prefixLength)) ?? [] }

    static func header(of file: Int32) throws(MediaError) -> ImageHeader {
        var information = stat()
        guard fstat(file, &information) == 0 else { throw .unavailable("the image cannot be read") }
        do {
            return try ImageHeader.read(size: Int64(information.st_size)) { try read(file, $0, $1) }
        } catch {
            throw error as? MediaError ?? .unavailable("the image cannot be read")
        }
    }

    private static func read(_ file: Int32, _ offset: Int64, _ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(file, $0.baseAddress.map { $0 + filled }, count - filled, off_t(offset) + off_t(filled))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw MediaError.unavailable("the image cannot be read (\(String(cString: strerror(errno))))") }
            if got == 0 { break }
            filled += got
        }
        return Array(bytes.prefix(filled))
    }
}
