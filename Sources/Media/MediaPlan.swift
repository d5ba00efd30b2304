/// What is to be made of one image.
package struct MediaPlan: Sendable, Equatable {
    package enum Format: String, Sendable, Hashable, CaseIterable {
        case jpeg, png, webp, avif

        package var type: MediaType {
            switch self {
            case .jpeg: .jpeg
            case .png: .png
            case .webp: .webp
            case .avif: .avif
            }
        }
    }

    /// How an image meets its box. None enlarges.
    package enum Fit: String, Sendable, Hashable, CaseIterable {
        /// The whole image, no side larger than the box.
        case inside
        /// The box is filled and what stands out is cut off. A box larger than the image shrinks in proportion.
        case cover
        /// As `inside`, in the middle of exactly that box: transparent around it, white in JPEG.
        case contain
    }

    package struct Variant: Sendable, Equatable {
        /// `[a-z0-9_]`, unique in the plan.
        package var name: String
        package var format: Format
        /// 1–100; of no meaning to PNG.
        package var quality: Int
        package var fit: Fit
        /// Pixels; nil: as the proportions give it (then `cover` and `contain` mean `inside`).
        package var width: Int?
        package var height: Int?
        /// Left out, with a reason, when this installation cannot write the format.
        package var optional: Bool

        package init(
            name: String, format: Format, quality: Int = 80, fit: Fit = .inside, width: Int? = nil, height: Int? = nil,
            optional: Bool = false
        ) {
            self.name = name
            self.format = format
            self.quality = quality
            self.fit = fit
            self.width = width
            self.height = height
            self.optional = optional
        }
    }

    /// A point of the upright image, 0–1 in each direction, that crops keep in view.
    package struct Focus: Sendable, Equatable {
        package var x: Double
        package var y: Double

        package init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    package var limits: ImageLimits
    /// At most 32.
    package var variants: [Variant]
    /// nil: where attention falls.
    package var focus: Focus?

    package static let maximumVariants = 32

    package init(variants: [Variant], limits: ImageLimits = ImageLimits(), focus: Focus? = nil) {
        self.variants = variants
        self.limits = limits
        self.focus = focus
    }
}

/// How large an image may be before anything is decoded (08-media).
package struct ImageLimits: Sendable, Equatable {
    package var pixels: Int
    /// Interlaced images must be held as a whole while they are decoded.
    package var interlacedPixels: Int
    package var pages: Int

    package init(pixels: Int = 50_000_000, interlacedPixels: Int = 25_000_000, pages: Int = 500) {
        self.pixels = pixels
        self.interlacedPixels = interlacedPixels
        self.pages = pages
    }

    /// Throws `.tooLarge` with the limit that is broken.
    package func check(width: Int, height: Int, pages: Int, interlaced: Bool) throws(MediaError) {
        guard width > 0, height > 0 else { throw .corrupt("the image has no size") }
        let most = interlaced ? min(interlacedPixels, self.pixels) : self.pixels
        let (count, overflow) = width.multipliedReportingOverflow(by: height)
        guard !overflow, count <= most else {
            throw .tooLarge("\(width) × \(height) pixels; at most \(most / 1_000_000) megapixels\(interlaced ? " when interlaced" : "")")
        }
        guard pages <= self.pages else { throw .tooLarge("\(pages) frames; at most \(self.pages)") }
    }
}

/// What was made.
package struct MediaResult: Sendable, Equatable {
    package struct Variant: Sendable, Equatable {
        package var name: String
        package var width: Int
        package var height: Int
        /// Bytes.
        package var size: Int64
        package var mime: String
        /// Lower-case hexadecimal.
        package var sha256: String
        /// A file in the directory that was given; the caller moves or removes it.
        package var path: String
    }

    package struct Skipped: Sendable, Equatable {
        package var name: String
        package var reason: String
    }

    /// Of the upright image.
    package var width: Int
    package var height: Int
    package var type: MediaType
    package var pages: Int
    /// In the order of the plan.
    package var variants: [Variant]
    package var skipped: [Skipped]
    /// Base64 of the ThumbHash.
    package var thumbHash: String
    /// The average colour, `#rrggbb`.
    package var color: String
}

/// Why there is no result. The texts are for the people who uploaded.
package enum MediaError: Error, Sendable, Equatable {
    /// No type that is accepted, or no support for it here.
    case unsupported(String)
    case tooLarge(String)
    /// The content is damaged, truncated or not what it claims to be.
    case corrupt(String)
    /// The helper process ended before it answered. The image may be to blame; another try is worth it.
    case crashed(String)
    case timeout
    /// This machine is to blame: no libvips, no disk, no processes. Another try later is worth it.
    case unavailable(String)

    package var reason: String {
        switch self {
        case .unsupported(let reason), .tooLarge(let reason), .corrupt(let reason), .unavailable(let reason): reason
        case .crashed: "the image could not be processed"
        case .timeout: "processing the image took too long"
        }
    }

    /// Whether the same file may succeed at another try.
    package var isTransient: Bool {
        switch self {
        case .unsupported, .tooLarge, .corrupt: false
        case .crashed, .timeout, .unavailable: true
        }
    }
}
