/// Reads a text as what matters of it: text and tags of known elements. What is dropped with its content is skipped here.
struct Content {
    enum Event: Equatable {
        /// Characters of the input, to be read as `CharacterData` between tags.
        case text(Range<Int>)
        case start(Element)
        case end(Element)
        /// A comment, a tag without meaning, or something of what is dropped.
        case nothing
        case finished
    }

    private(set) var tokenizer: Tokenizer
    /// The element that is being dropped, by its index in `Tag.names`, and how many of that name are open.
    private var dropping: (name: Int, depth: Int)?

    init(_ text: String) {
        tokenizer = Tokenizer(text)
    }

    var bytes: [UInt8] { tokenizer.bytes }

    mutating func next() -> Event {
        switch tokenizer.next() {
        case .end: return .finished
        case .text(let range, _): return dropping == nil ? .text(range) : .nothing
        case .comment, .doctype: return .nothing
        case .startTag:
            guard let name = Tag.names.index(of: tokenizer.name, in: tokenizer.bytes) else { return .nothing }
            return start(name)
        case .endTag:
            guard let name = Tag.names.index(of: tokenizer.name, in: tokenizer.bytes) else { return .nothing }
            return end(name)
        }
    }

    private mutating func start(_ name: Int) -> Event {
        let isForeign = tokenizer.allowsSections
        switch Tag.meanings[name] {
        case .element(let element):
            return dropping == nil ? .start(element) : .nothing
        case .dropped(let mode):
            drop(name)
            // In foreign content these are elements like others.
            if !isForeign { tokenizer.mode = mode }
        case .foreign where !tokenizer.isSelfClosing:
            if dropping == nil { tokenizer.allowsSections = true }
            drop(name)
        case .foreign: break
        }
        return .nothing
    }

    private mutating func drop(_ name: Int) {
        if let dropping {
            if dropping.name == name { self.dropping = (name, dropping.depth + 1) }
        } else {
            dropping = (name, 1)
        }
    }

    private mutating func end(_ name: Int) -> Event {
        guard let dropping else {
            if case .element(let element) = Tag.meanings[name] { return .end(element) }
            return .nothing
        }
        guard dropping.name == name else { return .nothing }
        if dropping.depth > 1 {
            self.dropping = (name, dropping.depth - 1)
        } else {
            self.dropping = nil
            tokenizer.allowsSections = false
        }
        return .nothing
    }
}
