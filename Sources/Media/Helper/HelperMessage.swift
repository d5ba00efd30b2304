import JSON

/// What server and helper say to each other: one JSON object per packet. The server takes nothing on trust that the helper says.
enum HelperMessage {
    /// Bytes of the longest packet.
    static let longest = 65_536

    /// Variants with their limits, as JSON. The descriptors that go with it: the image, then one to write each variant to.
    static func request(type: MediaType, plan: MediaPlan) -> JSONValue {
        var members: [JSONMember] = [
            JSONMember(name: "do", value: "image"), JSONMember(name: "type", value: .string(type.rawValue)),
            JSONMember(name: "pixels", value: .integer(Int64(plan.limits.pixels))),
            JSONMember(name: "interlaced", value: .integer(Int64(plan.limits.interlacedPixels))),
            JSONMember(name: "pages", value: .integer(Int64(plan.limits.pages))),
            JSONMember(name: "variants", value: .array(plan.variants.map(variant))),
        ]
        if let focus = plan.focus {
            let parts = [focus.x, focus.y].map { JSONValue.integer(Int64(10_000 * max(0, min(1, $0)))) }
            members.append(JSONMember(name: "focus", value: .array(parts)))
        }
        return .object(members)
    }

    private static func variant(_ variant: MediaPlan.Variant) -> JSONValue {
        [
            "name": .string(variant.name), "format": .string(variant.format.rawValue), "quality": .integer(Int64(variant.quality)),
            "fit": .string(variant.fit.rawValue), "width": variant.width.map { .integer(Int64($0)) } ?? .null,
            "height": variant.height.map { .integer(Int64($0)) } ?? .null, "optional": .bool(variant.optional),
        ]
    }

    /// The inverse of `request`; nil when it is none.
    static func plan(_ message: JSONValue) -> (type: MediaType, plan: MediaPlan)? {
        guard let type = message["type"]?.string.flatMap(MediaType.init(rawValue:)),
            let pixels = message["pixels"]?.integer, let interlaced = message["interlaced"]?.integer, let pages = message["pages"]?.integer,
            let items = message["variants"]?.array
        else { return nil }
        var variants: [MediaPlan.Variant] = []
        for item in items {
            guard let name = item["name"]?.string, let format = item["format"]?.string.flatMap(MediaPlan.Format.init(rawValue:)),
                let quality = item["quality"]?.integer, let fit = item["fit"]?.string.flatMap(MediaPlan.Fit.init(rawValue:)),
                let optional = item["optional"]?.bool
            else { return nil }
            variants.append(
                MediaPlan.Variant(
                    name: name, format: format, quality: Int(quality), fit: fit, width: item["width"]?.integer.map { Int($0) },
                    height: item["height"]?.integer.map { Int($0) }, optional: optional))
        }
        let limits = ImageLimits(pixels: Int(pixels), interlacedPixels: Int(interlaced), pages: Int(pages))
        var plan = MediaPlan(variants: variants, limits: limits)
        if let focus = message["focus"]?.array, focus.count == 2, let x = focus[0].integer, let y = focus[1].integer {
            plan.focus = MediaPlan.Focus(x: Double(x) / 10_000, y: Double(y) / 10_000)
        }
        return (type, plan)
    }

    static func failure(_ error: MediaError) -> JSONValue {
        let kind =
            switch error {
            case .unsupported: "unsupported"
            case .tooLarge: "tooLarge"
            case .corrupt: "corrupt"
            case .crashed, .timeout, .unavailable: "unavailable"
            }
        return ["error": .string(kind), "reason": .string(error.reason)]
    }

    /// The error in a reply, its text made harmless; nil when there is none.
    static func error(in message: JSONValue) -> MediaError? {
        guard let kind = message["error"]?.string else { return nil }
        let reason = printable(message["reason"]?.string ?? "")
        return switch kind {
        case "unsupported": .unsupported(reason)
        case "tooLarge": .tooLarge(reason)
        case "corrupt": .corrupt(reason)
        default: .unavailable(reason)
        }
    }

    /// At most 200 characters, without controls.
    static func printable(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(200) {
            result.append(scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? " " : scalar)
        }
        return String(result)
    }
}
