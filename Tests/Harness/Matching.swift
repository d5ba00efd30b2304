import Glibc
package import JSON

extension JSONValue {
    /// Whether this holds what is expected: every expected member of an object (others may stand beside it), every element of an array
    /// in its order and no more, numbers by their value however written, anything else exactly.
    package func holds(_ expected: JSONValue) -> Bool { missing(expected, at: "data") == nil }

    /// What is not as expected, said for people; nil when all is.
    func missing(_ expected: JSONValue, at path: String) -> String? {
        switch (self, expected) {
        case (.object, .object(let members)):
            for member in members {
                guard let value = self[member.name] else { return "\(path).\(member.name) is absent" }
                if let fault = value.missing(member.value, at: "\(path).\(member.name)") { return fault }
            }
            return nil
        case (.array(let items), .array(let wanted)):
            if items.count != wanted.count { return "\(path) has \(items.count) elements instead of \(wanted.count)" }
            for (index, pair) in zip(items, wanted).enumerated() {
                if let fault = pair.0.missing(pair.1, at: "\(path)[\(index)]") { return fault }
            }
            return nil
        default:
            if let number, let wanted = expected.number { return number == wanted ? nil : "\(path) is \(number), not \(wanted)" }
            return self == expected ? nil : "\(path) is \(text), not \(expected.text)"
        }
    }

    /// The value of any number.
    package var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let text): strtod(text, nil)
        default: nil
        }
    }

    /// Members of an object in their order.
    package var members: [JSONMember]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The value at names joined by dots; null where there is none.
    package func at(_ path: String) -> JSONValue { path.split(separator: ".").reduce(self) { $0[String($1)] ?? .null } }

    /// The record's id; a text that no record has where there is none.
    package var id: String { self["id"]?.string ?? "no-id" }

    /// Every name of a member anywhere within.
    package var names: Set<String> {
        switch self {
        case .array(let items): items.reduce(into: []) { $0.formUnion($1.names) }
        case .object(let members): members.reduce(into: []) { $0.formUnion($1.value.names.union([$1.name])) }
        default: []
        }
    }
}

extension JSONValue: ExpressibleByFloatLiteral, ExpressibleByStringInterpolation {
    package init(floatLiteral value: Double) { self = .number("\(value)") }
}

extension String {
    /// RFC 3986: everything but unreserved characters as %XX.
    package var percentEncoded: String { encoded { "-._~".utf8.contains($0) } }

    /// A target as a browser would send it: what has no place in one is encoded, all else stays.
    var asTarget: String { encoded { "-._~:/?#[]@!$&()*+,;=%".utf8.contains($0) } }

    private func encoded(except keeps: (UInt8) -> Bool) -> String {
        let digits = Array("0123456789ABCDEF")
        return utf8.reduce(into: "") { text, byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || keeps(byte)
            text += isPlain ? String(scalar) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }
    }
}
