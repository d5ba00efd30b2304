/// `listSalons`, `createOrder`, `shipOrder`: stable, readable names (04-api).
struct OperationNames {
    let plural: String
    let singular: String

    init(_ collection: String) {
        let name = Self.camel(collection, upper: true)
        plural = name
        if name.lowercased().hasSuffix("series") || name.lowercased().hasSuffix("species") {
            singular = name
        } else if name.hasSuffix("ies"), name.count > 4 {
            singular = name.dropLast(3) + "y"
        } else if name.hasSuffix("ss") || !name.hasSuffix("s") {
            singular = name
        } else if ["sses", "xes", "ches", "shes"].contains(where: { name.hasSuffix($0) }) {
            singular = String(name.dropLast(2))
        } else {
            singular = String(name.dropLast())
        }
    }

    static func camel(_ name: String, upper: Bool) -> String {
        let parts = name.split(separator: "_")
        return parts.enumerated().map { index, part in
            index == 0 && !upper ? String(part) : part.prefix(1).uppercased() + part.dropFirst()
        }.joined()
    }
}
