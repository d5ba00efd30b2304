/// The tokenizer of WHATWG HTML, section 13.2.5, over UTF-8 bytes. Tokens are ranges of the input: nothing is copied or decoded here.
///
/// Every byte is looked at a bounded number of times, so the work is linear. Parse errors are not reported: what the standard does
/// with a faulty text is done.
struct Tokenizer {
    /// At most so many attributes of a tag are kept, the first ones.
    static let maximumAttributes = 32

    enum Token: Equatable {
        /// Characters as they stand in the input, to be read by `CharacterData`. Neighbours may both be text.
        case text(Range<Int>, CharacterData.Context)
        /// `name`, `attributes` and `isSelfClosing` describe the tag until the next token is asked for.
        case startTag
        case endTag
        case comment(Range<Int>)
        case doctype
        case end
    }

    struct Attribute: Equatable {
        /// As written: letters in either case.
        var name: Range<Int>
        /// Without quotes, not decoded.
        var value: Range<Int>
    }

    /// How the text after a start tag is read. Who reads the tokens sets it, as tree construction does in the standard.
    enum TextMode: Equatable {
        case data
        /// Until the end tag of the element whose start tag was last.
        case escapable, raw, script
        case plaintext
    }

    let bytes: [UInt8]
    private(set) var position = 0
    private(set) var name = 0..<0
    private(set) var attributes: [Attribute] = []
    private(set) var isSelfClosing = false
    /// `<![CDATA[` begins a section, not a comment: true within foreign content.
    var allowsSections = false
    /// Set after a start tag; falls back to `data` at the end tag.
    var mode = TextMode.data

    init(_ text: String) {
        bytes = Array(text.utf8)
        attributes.reserveCapacity(Self.maximumAttributes)
    }

    mutating func next() -> Token {
        guard position < bytes.count else { return .end }
        switch mode {
        case .data: break
        case .plaintext:
            defer { position = bytes.count }
            return .text(position..<bytes.count, .raw)
        case .escapable, .raw, .script:
            let end = RawText(element: name, of: bytes).end(from: position, isScript: mode == .script)
            let context: CharacterData.Context = mode == .escapable ? .escapable : .raw
            mode = .data
            if end > position {
                defer { position = end }
                return .text(position..<end, context)
            }
        }
        var start = position
        while position < bytes.count {
            guard let opener = opener else {
                position += 1
                continue
            }
            if position > start { return .text(start..<position, .data) }
            if let token = markup(opener) { return token }
            start = position
        }
        return start < position ? .text(start..<position, .data) : .end
    }

    /// The byte after the `<` at `position` when markup begins there; nil when it is text.
    private var opener: UInt8? {
        guard bytes[position] == UInt8(ascii: "<"), position + 1 < bytes.count else { return nil }
        let next = bytes[position + 1]
        switch next {
        case UInt8(ascii: "/"): return position + 2 < bytes.count ? next : nil
        case UInt8(ascii: "!"), UInt8(ascii: "?"): return next
        default: return next.isLetter ? next : nil
        }
    }

    /// The token that begins at `position`, where `<` and then `opener` stand; nil for `</>`.
    private mutating func markup(_ opener: UInt8) -> Token? {
        switch opener {
        case UInt8(ascii: "/"):
            let third = bytes[position + 2]
            if third.isLetter {
                position += 2
                return tag() ? .endTag : .end
            }
            position += third == UInt8(ascii: ">") ? 3 : 2
            return third == UInt8(ascii: ">") ? nil : bogusComment()
        case UInt8(ascii: "!"):
            position += 2
            return declaration()
        case UInt8(ascii: "?"):
            position += 1
            return bogusComment()
        default:
            position += 1
            return tag() ? .startTag : .end
        }
    }

    /// What follows `<!`: a comment, a document type, a section, or something that is read as a comment.
    private mutating func declaration() -> Token {
        if hasPrefix("--") {
            position += 2
            return comment()
        }
        if hasPrefix("doctype") {
            // Whatever its identifiers hold, the first `>` ends it.
            skip(past: UInt8(ascii: ">"))
            return .doctype
        }
        guard allowsSections, hasPrefix("[CDATA[", inEitherCase: false) else { return bogusComment() }
        let start = position + 7
        var end = start
        while end < bytes.count {
            if bytes[end] == UInt8(ascii: "]"), end + 2 < bytes.count, bytes[end + 1] == UInt8(ascii: "]"),
                bytes[end + 2] == UInt8(ascii: ">")
            {
                position = end + 3
                return .text(start..<end, .section)
            }
            end += 1
        }
        position = end
        return .text(start..<end, .section)
    }

    private mutating func bogusComment() -> Token {
        let start = position
        skip(past: UInt8(ascii: ">"))
        let isClosed = position > start && bytes[position - 1] == UInt8(ascii: ">")
        return .comment(start..<(isClosed ? position - 1 : position))
    }

    /// Sections 13.2.5.43 to 13.2.5.52, after `<!--`. It ends with `-->` or `--!>`, or at once with `>` or `->`.
    private mutating func comment() -> Token {
        let start = position
        if hasPrefix(">") || hasPrefix("->") {
            position += bytes[position] == UInt8(ascii: ">") ? 1 : 2
            return .comment(start..<start)
        }
        var dashes = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "-"):
                dashes += 1
            case UInt8(ascii: ">") where dashes >= 2:
                position += 1
                return .comment(start..<position - 3)
            case UInt8(ascii: "!") where dashes >= 2:
                if position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: ">") {
                    position += 2
                    return .comment(start..<position - 4)
                }
                if position + 1 == bytes.count {
                    position += 1
                    return .comment(start..<position - 3)
                }
                dashes = 0
            default:
                dashes = 0
            }
            position += 1
        }
        // Up to two dashes at the end of the text may have been the beginning of the comment's end.
        return .comment(start..<position - min(dashes, 2))
    }

    /// Name and attributes of a tag; `position` is at its name, and after its `>` then. False when the text ends within: then there is
    /// no tag.
    private mutating func tag() -> Bool {
        let start = position
        attributes.removeAll(keepingCapacity: true)
        isSelfClosing = false
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/") || byte.isSpace { break }
            position += 1
        }
        name = start..<position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: ">") {
                position += 1
                return true
            }
            if byte == UInt8(ascii: "/") {
                position += 1
                isSelfClosing = position < bytes.count && bytes[position] == UInt8(ascii: ">")
            } else if byte.isSpace {
                position += 1
            } else if let attribute = attribute() {
                if attributes.count < Self.maximumAttributes { attributes.append(attribute) }
            }
        }
        return false
    }

    /// One attribute, whose name begins at `position`; nil when the text ends within.
    private mutating func attribute() -> Attribute? {
        let start = position
        // A `=` at the beginning belongs to the name.
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "=") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/") || byte.isSpace { break }
            position += 1
        }
        let name = start..<position
        skipSpace()
        guard position < bytes.count else { return nil }
        guard bytes[position] == UInt8(ascii: "=") else { return Attribute(name: name, value: name.upperBound..<name.upperBound) }
        position += 1
        skipSpace()
        guard position < bytes.count else { return nil }
        let quote = bytes[position]
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            let value = position + 1
            position = value
            while position < bytes.count, bytes[position] != quote { position += 1 }
            guard position < bytes.count else { return nil }
            position += 1
            return Attribute(name: name, value: value..<position - 1)
        }
        let value = position
        while position < bytes.count, bytes[position] != UInt8(ascii: ">"), !bytes[position].isSpace { position += 1 }
        return position < bytes.count ? Attribute(name: name, value: value..<position) : nil
    }

    private mutating func skipSpace() {
        while position < bytes.count, bytes[position].isSpace { position += 1 }
    }

    private mutating func skip(past byte: UInt8) {
        while position < bytes.count, bytes[position] != byte { position += 1 }
        if position < bytes.count { position += 1 }
    }

    /// Whether the text goes on with `prefix`, which is in lower case if the case does not matter.
    private func hasPrefix(_ prefix: StaticString, inEitherCase: Bool = true) -> Bool {
        guard bytes.count - position >= prefix.utf8CodeUnitCount else { return false }
        for offset in 0..<prefix.utf8CodeUnitCount {
            let byte = bytes[position + offset]
            guard (inEitherCase ? byte.lowercased : byte) == prefix.utf8Start[offset] else { return false }
        }
        return true
    }
}
