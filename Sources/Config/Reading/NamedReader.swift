/// Media kinds, rules and queues: tables under names that the operator chooses.
struct NamedReader {
    let reading: Reading
    let root: [TOMLEntry]

    func read(into configuration: inout Configuration) {
        configuration.media = entries("media").compactMap { mediaKind($0) }
        configuration.rules = entries("rules").compactMap { rule($0) }
        configuration.queues = entries("queues").compactMap { queue($0) }
    }

    private func entries(_ section: String) -> [TOMLEntry] {
        guard let node = root.first(where: { $0.key == section })?.value else { return [] }
        guard let entries = node.entries else {
            reading.fault("'\(section)' must be a table, not \(node.kind)", at: node.at)
            return []
        }
        return entries.filter { Names.check($0.key, at: $0.keyAt, reading) }
    }

    private func mediaKind(_ entry: TOMLEntry) -> MediaKind? {
        guard let table = TableReader(entry.value, Language.mediaKind, reading, at: entry.keyAt) else { return nil }
        var kind = MediaKind(name: entry.key, at: entry.keyAt)
        if let accept = table.strings("accept") {
            let known = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"]
            for type in accept where !known.contains(type.value) {
                reading.fault(
                    "'\(type.value)' is not available in this version", at: type.at, length: max(1, type.value.count),
                    suggestion: "known: \(known.joined(separator: ", "))")
            }
            kind.accept = accept.map(\.value)
        }
        kind.max = table.size("max") ?? kind.max
        kind.visibility = table.choice("visibility", MediaKind.Visibility.self) ?? kind.visibility
        if kind.visibility == .private, let at = table.node("visibility")?.at {
            reading.fault("private media are not available in this version", at: at)
        }
        kind.allow = table.located("allow")
        kind.variants = table.named("variants").filter { Names.check($0.key, at: $0.keyAt, reading) }.compactMap { variant($0) }
        return kind
    }

    private func variant(_ entry: TOMLEntry) -> MediaVariant? {
        guard let table = TableReader(entry.value, Language.mediaVariant, reading, at: entry.keyAt) else { return nil }
        var variant = MediaVariant(name: entry.key)
        variant.format = table.choice("format", MediaVariant.Format.self) ?? variant.format
        variant.quality = table.int("quality", in: 1...100) ?? variant.quality
        variant.fit = table.choice("fit", MediaVariant.Fit.self) ?? variant.fit
        variant.optional = table.bool("optional") ?? variant.optional
        if let size = table.node("size") {
            switch table.literal(size) {
            case .int(let width) where (1...16_384).contains(width): variant.width = Int(width)
            case .list(let sides):
                let pixels = sides.compactMap { side -> Int? in
                    if case .int(let length) = side, (1...16_384).contains(length) { Int(length) } else { nil }
                }
                if pixels.count == 2, sides.count == 2 {
                    variant.width = pixels[0]
                    variant.height = pixels[1]
                } else {
                    table.wrong("size", size, "a width or [width, height] in pixels, 1 to 16384")
                }
            default: table.wrong("size", size, "a width or [width, height] in pixels, 1 to 16384")
            }
        }
        return variant
    }

    private func rule(_ entry: TOMLEntry) -> NamedRule? {
        guard case .string(let text) = entry.value.value else {
            reading.fault("a rule must be a condition in quotes, not \(entry.value.kind)", at: entry.value.at)
            return nil
        }
        var at = entry.value.at
        at.column += 1
        return NamedRule(name: entry.key, condition: Located(text, at: at))
    }

    private func queue(_ entry: TOMLEntry) -> QueueDeclaration? {
        guard let table = TableReader(entry.value, Language.queue, reading, at: entry.keyAt) else { return nil }
        var queue = QueueDeclaration(name: entry.key, at: entry.keyAt)
        queue.concurrency = table.int("concurrency", in: 0...1_024) ?? queue.concurrency
        queue.attempts = table.int("attempts", in: 1...100) ?? queue.attempts
        queue.backoff = table.duration("backoff") ?? queue.backoff
        queue.timeout = table.duration("timeout") ?? queue.timeout
        queue.keepDone = table.duration("keep_done") ?? queue.keepDone
        queue.keepFailed = table.duration("keep_failed") ?? queue.keepFailed
        return queue
    }
}

/// Names that become tables, columns, URL segments and JSON members.
enum Names {
    static let reservedFields: Set<String> = ["id", "version", "created_at", "updated_at", "deleted_at", "expanded", "n", "this", "old", "me", "now", "input", "request", "all"]

    static func check(_ name: String, at: Location, _ reading: Reading) -> Bool {
        let bytes = Array(name.utf8)
        let isSound =
            !bytes.isEmpty && bytes.count <= 60 && (0x61...0x7A).contains(bytes[0])
            && bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F } && !name.contains("__")
        if !isSound {
            reading.fault(
                "'\(name)' is no name here", at: at, length: max(1, name.unicodeScalars.count),
                suggestion: "lower-case letters, digits and single underscores, beginning with a letter, at most 60")
        }
        return isSound
    }
}
