import CTOML

/// Reads TOML 1.0 text into nodes.
enum TOMLParser {
    /// The root table of a text. A fault of syntax is the only one: the parser cannot go on after it.
    static func parse(_ text: String, file: String) throws(Fault) -> TOMLNode {
        var text = text
        let document = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { ctoml_parse($0.baseAddress, $0.count) }
        }
        guard let document else { throw Fault("out of memory", at: Location(file: file, line: 1, column: 1)) }
        defer { ctoml_free(document) }
        var position = ctoml_position()
        if let message = ctoml_error(document, &position) {
            throw Fault(
                String(cString: message), at: location(position, file: file),
                suggestion: "the file is not valid TOML here; nothing after it was checked")
        }
        return node(0, of: document, file: file)
    }

    private static func node(_ index: Int, of document: OpaquePointer, file: String) -> TOMLNode {
        let plain = ctoml_node_at(document, index)
        let value: TOMLNode.Value
        switch plain.kind {
        case ctoml_table:
            let members = (0..<plain.child_count).map { child in
                member(ctoml_child(document, index, child), of: document, file: file)
            }
            value = .table(TOMLTable(members, isInline: plain.is_inline))
        case ctoml_array:
            value = .array((0..<plain.child_count).map { node(ctoml_child(document, index, $0), of: document, file: file) })
        case ctoml_string: value = .string(string(plain.text, plain.text_length))
        case ctoml_integer: value = .integer(plain.integer)
        case ctoml_float: value = .float(plain.number)
        case ctoml_bool: value = .bool(plain.truth)
        default: value = .moment(string(plain.text, plain.text_length))
        }
        return TOMLNode(value, at: location(plain.begin, file: file), end: location(plain.end, file: file))
    }

    private static func member(_ index: Int, of document: OpaquePointer, file: String) -> TOMLMember {
        let plain = ctoml_node_at(document, index)
        let at = location(plain.key_begin, file: file)
        let end = location(plain.key_end, file: file)
        return TOMLMember(
            name: string(plain.key, plain.key_length), at: at,
            length: end.line == at.line ? max(1, end.column - at.column) : 1, node: node(index, of: document, file: file))
    }

    private static func string(_ text: UnsafePointer<CChar>?, _ length: Int) -> String {
        guard let text else { return "" }
        return UnsafeBufferPointer(start: text, count: length).withMemoryRebound(to: UInt8.self) { bytes in
            String(decoding: bytes, as: UTF8.self)
        }
    }

    private static func location(_ position: ctoml_position, file: String) -> Location {
        Location(file: file, line: max(1, Int(position.line)), column: max(1, Int(position.column)))
    }
}
