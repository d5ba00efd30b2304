/// What all readers share: the faults found so far and where settings from outside come from.
final class Reading {
    var faults: [Fault] = []
    let environment: [String: String]

    init(environment: [String: String]) {
        self.environment = environment
    }

    func fault(_ message: String, at: Location, length: Int = 1, suggestion: String? = nil) {
        faults.append(Fault(message, at: at, length: length, suggestion: suggestion))
    }
}

/// Reads one table: every key by its type, and at the end all that was not asked for is unknown.
struct TableReader {
    let reading: Reading
    let section: SectionDescription
    let at: Location
    private let entries: [TOMLEntry]

    init?(_ node: TOMLNode, _ section: SectionDescription, _ reading: Reading, at: Location? = nil) {
        guard let entries = node.entries else {
            reading.fault("'\(section.path)' must be a table, not \(node.kind)", at: node.at)
            return nil
        }
        self.reading = reading
        self.section = section
        self.entries = entries
        self.at = at ?? node.at
        let known = section.keys.map(\.name)
        for entry in entries where !known.contains(entry.key) {
            let close = Spelling.closest(to: entry.key, among: known)
            reading.fault(
                "unknown key '\(entry.key)'", at: entry.keyAt, length: entry.key.unicodeScalars.count,
                suggestion: close.map { "did you mean '\($0)'?" } ?? "known here: \(known.joined(separator: ", "))")
        }
    }

    func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

    func node(_ key: String) -> TOMLNode? { entries.first { $0.key == key }?.value }

    /// Entries of a table below this one, each under the name that the operator chose.
    func named(_ key: String) -> [TOMLEntry] {
        guard let node = node(key) else { return [] }
        guard let entries = node.entries else {
            wrong(key, node, "a table")
            return []
        }
        return entries
    }

    // MARK: Values

    func bool(_ key: String) -> Bool? {
        guard let node = node(key) else { return nil }
        if case .bool(let truth) = node.value { return truth }
        wrong(key, node, "true or false")
        return nil
    }

    func int(_ key: String, in range: ClosedRange<Int> = 0...1_000_000) -> Int? {
        guard let node = node(key) else { return nil }
        guard case .int(let number) = node.value else {
            wrong(key, node, "a whole number")
            return nil
        }
        guard let small = Int(exactly: number), range.contains(small) else {
            reading.fault("'\(key)' must be between \(range.lowerBound) and \(range.upperBound)", at: node.at)
            return nil
        }
        return small
    }

    func number(_ key: String) -> Located<Double>? {
        guard let node = node(key) else { return nil }
        switch node.value {
        case .int(let number): return Located(Double(number), at: node.at)
        case .float(let number) where number.isFinite: return Located(number, at: node.at)
        default:
            wrong(key, node, "a number")
            return nil
        }
    }

    func duration(_ key: String) -> Int64? {
        measure(key, Units.duration, "a duration with its unit, such as \"15m\" or \"250ms\"")
    }

    func size(_ key: String) -> Int64? {
        measure(key, Units.size, "a size with its unit, such as \"10MB\" or \"1MiB\"")
    }

    private func measure(_ key: String, _ parse: (String) -> Int64?, _ form: String) -> Int64? {
        guard let node = node(key) else { return nil }
        guard case .string(let text) = node.value, let value = parse(text) else {
            wrong(key, node, form)
            return nil
        }
        return value
    }

    /// The text itself and the place of its first character.
    func located(_ key: String) -> Located<String>? {
        guard let node = node(key) else { return nil }
        return located(node, key)
    }

    func located(_ node: TOMLNode, _ key: String) -> Located<String>? {
        guard case .string(let text) = node.value else {
            wrong(key, node, "a string")
            return nil
        }
        var at = node.at
        at.column += 1
        return Located(text, at: at)
    }

    /// A setting; `env:`, `file:` and `credential:` are looked up.
    func string(_ key: String) -> String? {
        guard let text = located(key) else { return nil }
        guard SecretSource.isSource(text.value) else { return text.value }
        return secret(key).map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    func secret(_ key: String) -> Secret? {
        guard let text = located(key) else { return nil }
        do {
            return try SecretSource.read(text.value, environment: reading.environment)
        } catch {
            reading.fault(error.message, at: text.at, length: 1, suggestion: error.suggestion)
            return nil
        }
    }

    /// One string or a list of them.
    func strings(_ key: String) -> [Located<String>]? {
        guard let node = node(key) else { return nil }
        guard case .array(let items) = node.value else { return located(node, key).map { [$0] } }
        return items.compactMap { located($0, key) }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ type: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        guard let text = located(key) else { return nil }
        if let choice = Choice(rawValue: text.value) { return choice }
        let known = Choice.allCases.map(\.rawValue)
        let close = Spelling.closest(to: text.value, among: known)
        reading.fault(
            "'\(key)' cannot be '\(text.value)'", at: text.at, length: max(1, text.value.unicodeScalars.count),
            suggestion: close.map { "did you mean '\($0)'?" } ?? "one of: \(known.joined(separator: ", "))")
        return nil
    }

    func literal(_ node: TOMLNode) -> Literal? {
        switch node.value {
        case .bool(let truth): return .bool(truth)
        case .int(let number): return .int(number)
        case .float(let number): return .float(number)
        case .string(let text): return .string(text)
        case .array(let items): return .list(items.compactMap { literal($0) })
        case .table, .date:
            reading.fault("a plain value must stand here, not \(node.kind)", at: node.at)
            return nil
        }
    }

    func wrong(_ key: String, _ node: TOMLNode, _ form: String) {
        reading.fault("'\(key)' must be \(form), not \(node.kind)", at: node.at)
    }
}
