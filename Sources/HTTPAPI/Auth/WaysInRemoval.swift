internal import Identity
internal import JSON
internal import Records

/// `remove` in a body: which other ways into the account are to end as well.
enum WaysInRemoval {
    private static let name = "remove"
    private static let possible = WaysIn.Way.allCases.filter(WaysIn.Way.mailed.contains)

    /// What it names, and the body without it.
    static func split(_ body: JSONValue) throws -> (ways: Set<WaysIn.Way>, rest: JSONValue) {
        guard case .object(let members) = body, let asked = body[name] else { return ([], body) }
        guard let items = asked.array else {
            throw Failure.invalid([FieldFault(path: name, code: "type", message: "must be an array, not \(asked.kind)")])
        }
        guard items.count <= possible.count else {
            throw Failure.invalid([FieldFault(path: name, code: "max", message: "must have \(possible.count) items at most")])
        }
        let ways = items.map { $0.string.flatMap(WaysIn.Way.init(rawValue:)).flatMap { WaysIn.Way.mailed.contains($0) ? $0 : nil } }
        if let index = ways.firstIndex(of: nil) {
            let names = possible.map(\.rawValue).joined(separator: ", ")
            throw Failure.invalid([FieldFault(path: "\(name).\(index)", code: "enum", message: "must be one of \(names)")])
        }
        return (Set(ways.compactMap(\.self)), .object(members.filter { $0.name != name }))
    }

    /// For OpenAPI.
    static let member = JSONMember(
        name: name,
        value: [
            "type": "array", "maxItems": .integer(Int64(possible.count)),
            "items": ["enum": .array(possible.map { .string($0.rawValue) })],
        ])
}
