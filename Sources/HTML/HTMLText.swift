/// What a reader sees of a text with markup.
package enum HTMLText {
    /// The words of `text`, for searching and counting: no markup, references decoded, and what the sanitiser drops left out.
    ///
    /// White space, and tags of blocks, cells and line breaks, become one space; none stands at either end. Tags within a line join what
    /// is on either side of them. The text may be sanitised or not, and of any length; the work is linear.
    package static func plain(_ text: String) -> String {
        var content = Content(text)
        var plain = PlainText(capacity: text.utf8.count)
        while true {
            switch content.next() {
            case .text(let range):
                var data = CharacterData(range, .data)
                while let piece = data.next(content.bytes) {
                    switch piece {
                    case .run(let run): plain.append(content.bytes, run)
                    case .scalar(let scalar): plain.append(scalar)
                    }
                }
            case .start(let element), .end(let element):
                if element.traits.contains(.separates) { plain.separate() }
            case .nothing: break
            case .finished: return String(decoding: plain.bytes, as: UTF8.self)
            }
        }
    }
}

/// Text that is collected with single spaces and without control characters.
private struct PlainText {
    private(set) var bytes: [UInt8] = []
    private var needsSpace = false

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    mutating func separate() {
        needsSpace = !bytes.isEmpty
    }

    mutating func append(_ input: [UInt8], _ range: Range<Int>) {
        var start = range.lowerBound
        while start < range.upperBound {
            // A word: up to white space or a control character. U+0080 to U+009F begin with 0xC2.
            var end = start
            while end < range.upperBound, input[end] > 0x20, input[end] != 0x7F, input[end] != 0xC2 || input[end + 1] >= 0xA0 { end += 1 }
            if end > start {
                space()
                bytes.append(contentsOf: input[start..<end])
            }
            guard end < range.upperBound else { return }
            if input[end].isSpace { separate() }
            start = end + (input[end] == 0xC2 ? 2 : 1)
        }
    }

    mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\t", "\n", "\r", "\u{0C}", " ": separate()
        case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}": break
        default:
            space()
            bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    private mutating func space() {
        if needsSpace { bytes.append(0x20) }
        needsSpace = false
    }
}
