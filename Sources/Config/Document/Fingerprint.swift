/// What a part of the file says as a number, without where it stands.
enum Fingerprint {
    /// By the name of the section.
    static func sections(of file: TOMLTable) -> [String: Int] {
        Dictionary(
            file.members.map { member in
                var hasher = Hasher()
                add(member.node, to: &hasher)
                return (member.name, hasher.finalize())
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Each kind with a mark of its own, and lengths before what they count, so that no two texts are read alike.
    private static func add(_ node: TOMLNode, to hasher: inout Hasher) {
        switch node.value {
        case .table(let table):
            hasher.combine(0)
            hasher.combine(table.members.count)
            for member in table.members {
                hasher.combine(member.name)
                add(member.node, to: &hasher)
            }
        case .array(let items):
            hasher.combine(1)
            hasher.combine(items.count)
            for item in items { add(item, to: &hasher) }
        case .string(let text):
            hasher.combine(2)
            // Texts that only look the same are not the same here.
            hasher.combine(Array(text.utf8))
        case .integer(let value):
            hasher.combine(3)
            hasher.combine(value)
        case .float(let value):
            hasher.combine(4)
            hasher.combine(value)
        case .bool(let value):
            hasher.combine(5)
            hasher.combine(value)
        case .moment(let text):
            hasher.combine(6)
            hasher.combine(text)
        }
    }
}
