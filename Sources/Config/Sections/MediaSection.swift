/// `[media.<kind>]`
extension Language {
    static let mediaKinds = Form<[MediaKind]>.byName("kind of media", shape: mediaKind.shape) { member, reading in
        Form.table(mediaKind) { _ in MediaKind(name: member.name, at: member.at) }.read(member.node, reading)
    }

    static let mediaKind = Section<MediaKind>(keys: [
        Key(
            "accept", .list(.mediaType).filled("no file could be uploaded", "write accept = [\"image/jpeg\"]"), \.accept,
            initial: "[\"image/jpeg\", \"image/png\", \"image/webp\"]",
            "media types, decided by the content and not by the name"),
        Key("max", .size, \.max, initial: "\"10MB\"", "largest upload"),
        Key(
            "visibility", .choice(), \.visibility, initial: "\"public\"",
            "`public`: who has the URL; `private`: who may read a record that holds it"),
        Key("allow", .expression, \.allow, "who may upload it by itself; without it only inside a record's multipart"),
        Key("variants", variants, \.variants, "pictures made of each upload"),
    ])

    private static let variants = Form<[MediaVariant]>.byName("variant", shape: variant.shape) { member, reading in
        Form.table(variant) { _ in MediaVariant(name: member.name) }.read(member.node, reading)
    }

    static let variant = Section<MediaVariant>(keys: [
        Key("format", .choice(), \.format, initial: "\"webp\"", "format of the picture"),
        Key("quality", .integer(1...100), \.quality, initial: "80", "1 to 100"),
        Key("fit", .choice(), \.fit, initial: "\"inside\"", "`cover` crops, `contain` and `inside` keep the whole picture"),
        Key("size", size, \.box, "`[width, height]` or the width, in pixels; without it the original's; never enlarged"),
        Key("optional", .bool, \.optional, initial: "false", "left out, not failed, where the encoder is missing"),
    ])

    /// `[300, 300]` or `300`. libwebp's limit is 16383 pixels; so is ours.
    private static let size = Form<MediaVariant.Box>(
        shape: .either([.integer(1...16_383), .list(.integer(1...16_383))])
    ) { node, reading in
        let side = Form<Int>.integer(1...16_383)
        guard let items = node.array else {
            return side.read(node, reading).map { MediaVariant.Box(width: $0, height: nil) }
        }
        guard items.count == 2 else {
            reading.report("a size is [width, height] or the width alone", node, suggestion: "write size = [800, 600] or size = 800")
            return nil
        }
        guard let width = side.read(items[0], reading), let height = side.read(items[1], reading) else { return nil }
        return MediaVariant.Box(width: width, height: height)
    }
}

extension MediaVariant {
    /// What `size` says.
    struct Box {
        var width: Int?
        var height: Int?
    }

    fileprivate var box: Box {
        get { Box(width: width, height: height) }
        set {
            width = newValue.width
            height = newValue.height
        }
    }
}
