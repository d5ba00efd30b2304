/// A JSON value by what it means, for comparing: members in any order, numbers by value (JSON Schema core, section 4.2.2).
indirect enum JSONIdentity: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string([UInt8])
    case array([JSONIdentity])
    case object([[UInt8]: JSONIdentity])

    init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let truth): self = .bool(truth)
        case .integer, .number: self = JSONNumber(value).map(Self.number) ?? .null
        // By bytes: strings of Swift are equal when they look the same.
        case .string(let text): self = .string(Array(text.utf8))
        case .array(let items): self = .array(items.map(Self.init))
        case .object(let members):
            self = .object(
                Dictionary(members.map { (Array($0.name.utf8), JSONIdentity($0.value)) }, uniquingKeysWith: { first, _ in first }))
        }
    }
}
