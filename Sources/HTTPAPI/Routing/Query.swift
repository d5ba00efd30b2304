internal import Records

/// The parameters of a query string, decoded once, in their order.
struct Query {
    private(set) var parameters: [(name: String, value: String)] = []

    /// `application/x-www-form-urlencoded`, strictly: bad escapes, bytes that are no UTF-8 and doubled names are faults. What takes `several`
    /// values may also be repeated, as generated clients do (`a=1&a=2` is `a=1,2`).
    init(_ text: String, several: (String) -> Bool = { _ in false }) throws(Failure) {
        guard !text.isEmpty else { return }
        var faults: [FieldFault] = []
        for pair in text.split(separator: "&", omittingEmptySubsequences: true) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = Self.decode(parts.count > 1 ? parts[1] : "") else {
                throw .invalid("the query is not properly percent-encoded UTF-8")
            }
            if let index = parameters.firstIndex(where: { $0.name == name }) {
                if several(name) {
                    parameters[index].value += ",\(value)"
                    continue
                }
                faults.append(FieldFault(path: name, code: "duplicate", message: "occurs twice"))
            }
            parameters.append((name, value))
        }
        if !faults.isEmpty { throw .invalid(faults) }
    }

    subscript(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// A route without parameters of its own takes none.
    func refuseAll(but known: Set<String> = []) throws(Failure) {
        let unknown = parameters.filter { !known.contains($0.name) }
        guard unknown.isEmpty else {
            throw .invalid(unknown.map { FieldFault(path: $0.name, code: "unknown", message: "there is no such parameter") })
        }
    }

    private static func decode(_ text: Substring) -> String? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return String(text) }
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hexadecimal), let low = iterator.next().flatMap(hexadecimal) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
