/// Why a text cannot be sanitised.
package enum HTMLFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text, or what would become of it, is longer than `limit` bytes.
    case tooLarge(limit: Int)

    package var description: String {
        switch self {
        case .tooLarge(let limit): "rich text may have at most \(limit) bytes of UTF-8"
        }
    }
}

/// Makes rich text from strangers safe to put into a page: allowed elements and attributes are written anew, all else is left out.
package enum HTMLSanitizer {
    /// Of the text, and of what is made of it.
    package static let maximumBytes = 1_000_000

    /// The text as a browser will show it, without anything that runs, loads other than images, or changes the page around it.
    ///
    /// The result is well-formed, and `sanitize(sanitize(x)) == sanitize(x)` byte for byte. Linear in the length of the text.
    package static func sanitize(_ text: String) throws(HTMLFault) -> String {
        guard text.utf8.count <= maximumBytes else { throw .tooLarge(limit: maximumBytes) }
        var sanitizing = Sanitizing(text)
        return String(decoding: try sanitizing.run(), as: UTF8.self)
    }
}

/// One run of the sanitiser.
struct Sanitizing {
    private var content: Content
    private(set) var balancer = Balancer()
    private var output: Output
    /// The last tag opened a `pre`: a line feed that follows at once is not part of it.
    private var skipsLineFeed = false

    init(_ text: String) {
        content = Content(text)
        output = Output(capacity: text.utf8.count + text.utf8.count / 8)
    }

    mutating func run() throws(HTMLFault) -> [UInt8] {
        loop: while output.count <= HTMLSanitizer.maximumBytes {
            let event = content.next()
            let isAfterListing = skipsLineFeed
            skipsLineFeed = false
            switch event {
            case .text(let range): text(range, isAfterListing: isAfterListing)
            case .start(let element): start(element, hasAttributes: true)
            // As in the standard: `</br>` is a line break.
            case .end(.br): start(.br, hasAttributes: false)
            case .end(let element): balancer.end(element, &output)
            case .nothing: break
            case .finished: break loop
            }
        }
        balancer.finish(&output)
        guard output.count <= HTMLSanitizer.maximumBytes else { throw .tooLarge(limit: HTMLSanitizer.maximumBytes) }
        return output.bytes
    }

    private mutating func text(_ range: Range<Int>, isAfterListing: Bool) {
        let range = isAfterListing ? withoutLineFeed(range) : range
        guard balancer.needsCell else { return output.text(range, of: content.bytes) }
        var part = Output(capacity: range.count)
        part.text(range, of: content.bytes)
        if !part.bytes.allSatisfy(\.isSpace) { balancer.openCell(&output) }
        output.append(part)
    }

    private func withoutLineFeed(_ range: Range<Int>) -> Range<Int> {
        let bytes = content.bytes
        switch bytes[range.lowerBound] {
        case 0x0A: return range.dropFirst()
        case 0x0D: return range.count > 1 && bytes[range.lowerBound + 1] == 0x0A ? range.dropFirst(2) : range.dropFirst()
        case 0x26:
            // Written as a reference, it is the same character.
            let match = CharacterReferences.standard.match(at: range.lowerBound, before: range.upperBound, of: bytes, inAttribute: false)
            guard let match, match.first == "\n" else { return range }
            return range.dropFirst(match.length)
        default: return range
        }
    }

    private mutating func start(_ element: Element, hasAttributes: Bool) {
        let attributes = hasAttributes ? self.attributes(of: element) : []
        // A picture of nothing is none.
        if element == .img, !attributes.contains(where: { $0.name == "src" }) { return }
        guard balancer.place(element, &output) else { return }
        output.openTag(element)
        for attribute in attributes { output.attribute(attribute.name, attribute.value) }
        output.closeTag(element)
        guard !element.traits.contains(.void) else { return }
        balancer.push(element)
        skipsLineFeed = element == .pre
    }

    /// The attributes that are kept, decoded; the first of each name counts, as in the standard.
    private func attributes(of element: Element) -> [(name: String, value: [UInt8])] {
        let bytes = content.bytes
        let allowed = element.attributes.union(.global)
        var seen: Attribute.Names = []
        var kept: [(name: String, value: [UInt8])] = []
        var relation: [UInt8] = []
        var leaves = false
        for attribute in content.tokenizer.attributes {
            guard let (name, text) = Attribute.named(attribute.name, in: bytes), allowed.contains(name), !seen.contains(name) else {
                continue
            }
            seen.insert(name)
            let value = Output.clean(CharacterData.decode(attribute.value, of: bytes, .attribute))
            if name == .rel { relation = value }
            guard let value = Attribute.admitted(name, value) else { continue }
            if name == .target || name == .href && Link.isExternal(value) { leaves = true }
            kept.append((text, value))
        }
        if element == .a {
            relation = Link.relation(relation, leaves: leaves)
            if !relation.isEmpty { kept.append(("rel", relation)) }
        }
        return kept
    }
}
