/// The sizes a variant goes through; every one at least 1 × 1, and never larger than the image.
struct VariantGeometry: Equatable {
    struct Size: Equatable {
        var width: Int
        var height: Int
    }

    /// The largest side that every format here can hold (WebP: RFC 9649 section 3.4).
    static let longestSide = 16_383

    /// The whole image, resized.
    var scaled: Size
    /// What is cut out of it.
    var crop: Size?
    /// What it is put in the middle of; may be larger than the image.
    var pad: Size?

    init(_ variant: MediaPlan.Variant, width: Int, height: Int) {
        let boxWidth = min(variant.width ?? Self.longestSide, Self.longestSide)
        let boxHeight = min(variant.height ?? Self.longestSide, Self.longestSide)
        guard variant.fit == .cover, variant.width != nil, variant.height != nil else {
            scaled = Self.fitted(width, height, boxWidth, boxHeight)
            if variant.fit == .contain, variant.width != nil, variant.height != nil { pad = Size(width: boxWidth, height: boxHeight) }
            return
        }
        let shrink = min(1, Double(width) / Double(boxWidth), Double(height) / Double(boxHeight))
        let box = Size(width: Self.pixels(Double(boxWidth) * shrink), height: Self.pixels(Double(boxHeight) * shrink))
        let scale = min(1, max(Double(box.width) / Double(width), Double(box.height) / Double(height)))
        scaled = Size(
            width: max(box.width, Self.pixels(Double(width) * scale)), height: max(box.height, Self.pixels(Double(height) * scale)))
        if scaled != box { crop = box }
    }

    static func fitted(_ width: Int, _ height: Int, _ boxWidth: Int, _ boxHeight: Int) -> Size {
        let scale = min(1, Double(boxWidth) / Double(width), Double(boxHeight) / Double(height))
        return Size(width: pixels(Double(width) * scale), height: pixels(Double(height) * scale))
    }

    private static func pixels(_ value: Double) -> Int { max(1, Int(value.rounded())) }
}
