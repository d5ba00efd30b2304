import CVips
import Glibc

/// The work on one image, inside the helper: one decode, from which everything declared is made.
enum ImagePipeline {
    struct Outcome {
        var width: Int
        var height: Int
        var pages: Int
        var skipped: [MediaResult.Skipped]
        var thumbHash: [UInt8]
        var color: String
    }

    /// An image of libvips, freed with the last reference.
    private final class Picture {
        let image: OpaquePointer

        init(_ image: OpaquePointer?, _ failure: () -> MediaError) throws(MediaError) {
            guard let image else { throw failure() }
            self.image = image
        }

        deinit { atlas_image_free(image) }

        var size: VariantGeometry.Size {
            VariantGeometry.Size(width: Int(atlas_image_width(image)), height: Int(atlas_image_height(image)))
        }
    }

    /// `outputs` has a descriptor for each variant of the plan.
    static func run(type: MediaType, plan: MediaPlan, input: Int32, outputs: [Int32]) throws(MediaError) -> Outcome {
        guard let loader = loader(type) else { throw .unsupported("not an image") }
        var header = AtlasImageHeader()
        guard atlas_vips_header(input, loader, &header) == 0 else { throw damaged() }
        let pages = max(1, Int(header.pages))
        try plan.limits.check(width: Int(header.width), height: Int(header.height), pages: pages, interlaced: header.interlaced)
        let turned = header.orientation >= 5
        let width = Int(turned ? header.height : header.width)
        let height = Int(turned ? header.width : header.height)

        var skipped: [MediaResult.Skipped] = []
        var work: [(variant: MediaPlan.Variant, geometry: VariantGeometry, output: Int32)] = []
        for (variant, output) in zip(plan.variants, outputs) {
            if !atlas_vips_can_save(saver(variant.format)) {
                let reason = "\(variant.format.rawValue) cannot be written by this installation"
                guard variant.optional else { throw .unavailable(reason) }
                skipped.append(MediaResult.Skipped(name: variant.name, reason: reason))
            } else {
                work.append((variant, VariantGeometry(variant, width: width, height: height), output))
            }
        }

        let small = VariantGeometry.fitted(width, height, 100, 100)
        let largest = (work.map(\.geometry.scaled) + [small]).max { ($0.width, $0.height) < ($1.width, $1.height) } ?? small
        let decoded = atlas_vips_decode(input, loader, Int32(largest.width), Int32(largest.height), header.has_profile)
        let base = try Picture(decoded, damaged)

        for (variant, geometry, output) in work {
            do throws(MediaError) {
                try write(variant, geometry, from: base, focus: plan.focus, to: output)
            } catch {
                guard variant.optional else { throw error }
                skipped.append(MediaResult.Skipped(name: variant.name, reason: error.reason))
            }
        }

        let thumbnail = try resized(base, small)
        var size = 0
        guard let pixels = atlas_image_pixels(thumbnail.image, &size) else { throw failed("the preview") }
        defer { atlas_pixels_free(pixels) }
        let rgba = UnsafeBufferPointer(start: pixels, count: size)
        guard let hash = ThumbHash.hash(width: small.width, height: small.height, rgba: rgba) else { throw failed("the preview") }
        return Outcome(
            width: width, height: height, pages: pages, skipped: skipped, thumbHash: hash, color: ThumbHash.color(rgba: rgba))
    }

    private static func write(
        _ variant: MediaPlan.Variant, _ geometry: VariantGeometry, from base: Picture, focus: MediaPlan.Focus?, to output: Int32
    ) throws(MediaError) {
        var picture = try resized(base, geometry.scaled)
        if let crop = geometry.crop {
            let cut = atlas_image_crop(picture.image, Int32(crop.width), Int32(crop.height), focus?.x ?? -1, focus?.y ?? -1)
            picture = try Picture(cut) { failed(variant.name) }
        }
        if let pad = geometry.pad, pad != picture.size {
            let padded = atlas_image_pad(picture.image, Int32(pad.width), Int32(pad.height), variant.format == .jpeg)
            picture = try Picture(padded) { failed(variant.name) }
        }
        let quality = Int32(max(1, min(100, variant.quality)))
        guard atlas_image_save(picture.image, saver(variant.format), quality, output) == 0 else { throw failed(variant.name) }
    }

    private static func resized(_ base: Picture, _ size: VariantGeometry.Size) throws(MediaError) -> Picture {
        if base.size == size { return base }
        return try Picture(atlas_image_resize(base.image, Int32(size.width), Int32(size.height))) { failed("a smaller size") }
    }

    private static func loader(_ type: MediaType) -> AtlasImageType? {
        switch type {
        case .jpeg: ATLAS_JPEG
        case .png: ATLAS_PNG
        case .webp: ATLAS_WEBP
        case .gif: ATLAS_GIF
        case .avif, .heic: ATLAS_HEIF
        default: nil
        }
    }

    static func saver(_ format: MediaPlan.Format) -> AtlasImageType {
        switch format {
        case .jpeg: ATLAS_JPEG
        case .png: ATLAS_PNG
        case .webp: ATLAS_WEBP
        case .avif: ATLAS_HEIF
        }
    }

    private static func damaged() -> MediaError {
        let detail = lastError()
        return .corrupt("the image is damaged or truncated" + (detail.isEmpty ? "" : " (\(detail))"))
    }

    private static func failed(_ what: String) -> MediaError { .unavailable("\(what) could not be made (\(lastError()))") }

    private static func lastError() -> String {
        var text = [CChar](repeating: 0, count: 160)
        atlas_vips_error(&text, text.count)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
