internal import CTOML

/// A TOML value with its place.
struct TOMLNode: Sendable {
    indirect enum Value: Sendable {
        /// In the order of the file.
        case table([TOMLEntry])
        case array([TOMLNode])
        case string(String)
        case int(Int64)
        case float(Double)
        case bool(Bool)
        /// Dates and times of TOML have no use in this language.
        case date
    }

    var value: Value
    var at: Location

    /// What a person calls it.
    var kind: String {
        switch value {
        case .table: "a table"
        case .array: "an array"
        case .string: "a string"
        case .int: "a whole number"
        case .float: "a number"
        case .bool: "true or false"
        case .date: "a date"
        }
    }

    var entries: [TOMLEntry]? {
        if case .table(let entries) = value { entries } else { nil }
    }

    /// Sets the value at a dotted path, making tables on the way; nil removes it. False when something on the way is no table.
    mutating func set(_ path: ArraySlice<String>, to new: TOMLNode?) -> Bool {
        guard let name = path.first else { return false }
        if case .array(var items) = value {
            guard let index = Int(name), items.indices.contains(index) else { return false }
            if path.count > 1 {
                guard items[index].set(path.dropFirst(), to: new) else { return false }
            } else if let new {
                items[index] = new
            } else {
                items.remove(at: index)
            }
            value = .array(items)
            return true
        }
        guard case .table(var entries) = value else { return false }
        let place = new?.at ?? at
        if path.count == 1 {
            entries.removeAll { $0.key == name }
            if let new { entries.append(TOMLEntry(key: name, keyAt: place, value: new)) }
        } else {
            let index: Int
            if let known = entries.firstIndex(where: { $0.key == name }) {
                index = known
            } else {
                if new == nil { return true }
                entries.append(TOMLEntry(key: name, keyAt: place, value: TOMLNode(value: .table([]), at: place)))
                index = entries.count - 1
            }
            guard entries[index].value.set(path.dropFirst(), to: new) else { return false }
        }
        value = .table(entries)
        return true
    }
}

struct TOMLEntry: Sendable {
    var key: String
    var keyAt: Location
    var value: TOMLNode
}

extension TOMLNode {
    /// The root table of a text. `file` names it in locations.
    static func parse(_ text: String, file: String) throws(Fault) -> TOMLNode {
        var text = text
        let result: Result<TOMLNode, Fault> = text.withUTF8 { bytes in
            let document = bytes.withMemoryRebound(to: CChar.self) { atlas_toml_parse($0.baseAddress, $0.count) }
            guard let document else {
                return .failure(Fault("out of memory", at: Location(file: file, line: 1, column: 1)))
            }
            defer { atlas_toml_free(document) }
            var line: UInt32 = 1
            var column: UInt32 = 1
            if let error = atlas_toml_error(document, &line, &column) {
                let at = Location(file: file, line: max(1, Int(line)), column: max(1, Int(column)))
                return .failure(Fault(String(cString: error), at: at))
            }
            var count = 0
            let nodes = UnsafeBufferPointer(start: atlas_toml_nodes(document, &count), count: count)
            return .success(node(0, nodes, file: file))
        }
        return try result.get()
    }

    private static func node(_ index: Int, _ nodes: UnsafeBufferPointer<atlas_toml_node>, file: String) -> TOMLNode {
        let source = nodes[index]
        let at = Location(file: file, line: max(1, Int(source.line)), column: max(1, Int(source.column)))
        let children = source.first_child..<(source.first_child + source.child_count)
        let value: Value
        switch UInt32(source.kind) {
        case ATLAS_TOML_TABLE.rawValue:
            value = .table(
                children.map { child in
                    let key = Location(
                        file: file, line: max(1, Int(nodes[child].key_line)), column: max(1, Int(nodes[child].key_column)))
                    return TOMLEntry(
                        key: text(nodes[child].key, nodes[child].key_length), keyAt: key, value: node(child, nodes, file: file))
                })
        case ATLAS_TOML_ARRAY.rawValue: value = .array(children.map { node($0, nodes, file: file) })
        case ATLAS_TOML_STRING.rawValue: value = .string(text(source.text, source.text_length))
        case ATLAS_TOML_INTEGER.rawValue: value = .int(source.integer)
        case ATLAS_TOML_FLOAT.rawValue: value = .float(source.number)
        case ATLAS_TOML_BOOLEAN.rawValue: value = .bool(source.integer != 0)
        default: value = .date
        }
        return TOMLNode(value: value, at: at)
    }

    private static func text(_ pointer: UnsafePointer<CChar>?, _ length: Int) -> String {
        guard let pointer else { return "" }
        return pointer.withMemoryRebound(to: UInt8.self, capacity: length) {
            String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
        }
    }
}
