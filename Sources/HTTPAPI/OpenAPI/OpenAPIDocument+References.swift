internal import JSON

extension OpenAPIDocument {
    /// Every `$ref` in `root` and in the components that it leads to, by the kind of component.
    static func references(from root: JSONValue, through components: [String: [JSONMember]]) -> Set<String> {
        var targets: [String: JSONValue] = [:]
        for (kind, members) in components {
            for member in members { targets["#/components/\(kind)/\(member.name)"] = member.value }
        }
        var found: Set<String> = []
        var unread = [root]
        while let value = unread.popLast() {
            switch value {
            case .array(let items): unread += items
            case .object(let members):
                for member in members {
                    guard member.name == "$ref", case .string(let reference) = member.value else {
                        unread.append(member.value)
                        continue
                    }
                    if found.insert(reference).inserted, let target = targets[reference] { unread.append(target) }
                }
            default: break
            }
        }
        return found
    }
}
