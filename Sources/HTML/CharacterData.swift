/// Walks through text of the input as a parser understands it: runs of bytes that stand for themselves, and what references, carriage
/// returns and NUL stand for.
struct CharacterData {
    /// Where the text stands. That decides what references and NUL mean.
    enum Context {
        /// Between tags: references are decoded, NUL stays (tree construction drops it).
        case data
        /// In `title` and `textarea`: references are decoded, NUL becomes U+FFFD.
        case escapable
        /// In `script`, `style` and their like: no references, NUL becomes U+FFFD.
        case raw
        /// In a CDATA section: no references, NUL stays.
        case section
        /// A quoted or bare value: references are decoded with more caution, NUL becomes U+FFFD.
        case attribute

        fileprivate var hasReferences: Bool { self != .raw && self != .section }
        fileprivate var replacesNull: Bool { self != .data && self != .section }
    }

    enum Piece {
        /// Bytes that stand for themselves: no NUL, no carriage return, no reference begins in them.
        case run(Range<Int>)
        case scalar(Unicode.Scalar)
    }

    private let context: Context
    private let end: Int
    private var position: Int
    /// The second scalar of a reference that stands for two.
    private var pending: Unicode.Scalar?

    init(_ range: Range<Int>, _ context: Context) {
        self.context = context
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next piece of the text in `bytes`; nil at its end.
    mutating func next(_ bytes: [UInt8]) -> Piece? {
        if let scalar = pending {
            pending = nil
            return .scalar(scalar)
        }
        guard position < end else { return nil }
        let start = position
        switch bytes[start] {
        case 0x26 where context.hasReferences:
            if let match = CharacterReferences.standard.match(at: start, before: end, of: bytes, inAttribute: context == .attribute) {
                position += match.length
                pending = match.second
                return .scalar(match.first)
            }
        case 0x0D:
            position += 1
            if position < end, bytes[position] == 0x0A { position += 1 }
            return .scalar("\n")
        case 0:
            position += 1
            return .scalar(context.replacesNull ? "\u{FFFD}" : "\0")
        default: break
        }
        // The first byte stands for itself, even if it is an ampersand.
        position += 1
        while position < end {
            let byte = bytes[position]
            if byte == 0x26 ? context.hasReferences : (byte == 0x0D || byte == 0) { break }
            position += 1
        }
        return .run(start..<position)
    }

    /// The whole text of `range`, decoded.
    static func decode(_ range: Range<Int>, of bytes: [UInt8], _ context: Context) -> [UInt8] {
        var data = CharacterData(range, context)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(range.count)
        while let piece = data.next(bytes) {
            switch piece {
            case .run(let run): decoded.append(contentsOf: bytes[run])
            case .scalar(let scalar): decoded.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        return decoded
    }
}
