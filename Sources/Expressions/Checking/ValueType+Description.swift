extension Typed {
    /// For people: the name of the field, if it is one, and its type.
    var description: String {
        if isOpen { return "'$'" }
        return field.map { "'\($0.name)' (\(type.description))" } ?? type.description
    }
}

extension ValueType {
    var isDecimal: Bool { if case .decimal = self { true } else { false } }

    /// Digits behind the point of an exact number.
    var scale: Int? {
        switch self {
        case .int: 0
        case .decimal(let scale): scale
        default: nil
        }
    }

    var isPartOfJSON: Bool {
        switch self {
        case .bool, .int, .float, .decimal, .text, .json: true
        default: false
        }
    }

    /// With its article, for people.
    var description: String {
        switch self {
        case .null: "null"
        case .bool: "a bool"
        case .int: "an int"
        case .float: "a float"
        case .decimal: "a decimal"
        case .json: "JSON"
        case .text: "a text"
        case .moment: "a moment"
        case .date: "a date"
        case .duration: "a duration"
        case .reference(let collection): "a reference to \(collection)"
        case .union(let collections): "a reference to \(collections.joined(separator: " or "))"
        case .list(let element):
            switch element {
            case .null: "a list"
            case .reference(let collection): "a list of references to \(collection)"
            default: "a list of \(element.plural)"
            }
        }
    }

    private var plural: String {
        String(description.drop { $0 != " " }.dropFirst()) + "s"
    }
}
