/// Finds the end of text in which tags mean nothing: `title`, `style`, `script` and their like (WHATWG HTML, 13.2.5.9 to 13.2.5.31).
struct RawText {
    private let element: Range<Int>
    private let bytes: [UInt8]

    /// - Parameter element: where the name of the start tag stands.
    init(element: Range<Int>, of bytes: [UInt8]) {
        self.element = element
        self.bytes = bytes
    }

    /// Where the end tag begins, or the end of the input.
    func end(from start: Int, isScript: Bool) -> Int {
        // Within a script `<!--` escapes, and a `<script` in that hides one end tag (13.2.5.20 to 13.2.5.31).
        var isEscaped = false
        var isDoubleEscaped = false
        var dashes = 0
        var position = start
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "-") {
                dashes += 1
                position += 1
                continue
            }
            if byte == UInt8(ascii: ">"), dashes >= 2 {
                isEscaped = false
                isDoubleEscaped = false
            }
            dashes = 0
            guard byte == UInt8(ascii: "<") else {
                position += 1
                continue
            }
            if !isDoubleEscaped, isTag(at: position + 2), bytes[position + 1] == UInt8(ascii: "/") { return position }
            if isScript {
                if !isEscaped {
                    if isEscape(at: position) {
                        isEscaped = true
                        dashes = 2
                        position += 4
                        continue
                    }
                } else if !isDoubleEscaped {
                    isDoubleEscaped = isScriptWord(at: position + 1)
                } else if position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "/") {
                    isDoubleEscaped = !isScriptWord(at: position + 2)
                }
            }
            position += 1
        }
        return bytes.count
    }

    private func isEscape(at position: Int) -> Bool {
        position + 3 < bytes.count && bytes[position + 1] == UInt8(ascii: "!") && bytes[position + 2] == UInt8(ascii: "-")
            && bytes[position + 3] == UInt8(ascii: "-")
    }

    /// Whether the element's name stands at `position` and ends there.
    private func isTag(at position: Int) -> Bool {
        guard position + element.count < bytes.count else { return false }
        for offset in 0..<element.count
        where bytes[position + offset].lowercased != bytes[element.lowerBound + offset].lowercased {
            return false
        }
        return endsName(bytes[position + element.count])
    }

    private func isScriptWord(at position: Int) -> Bool {
        let word: StaticString = "script"
        guard position + word.utf8CodeUnitCount < bytes.count else { return false }
        for offset in 0..<word.utf8CodeUnitCount where bytes[position + offset].lowercased != word.utf8Start[offset] { return false }
        return endsName(bytes[position + word.utf8CodeUnitCount])
    }

    private func endsName(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/") || byte.isSpace }
}
