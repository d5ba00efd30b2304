internal import Expressions
internal import JSON
internal import Ports
internal import Records
internal import Schema

/// What OpenAPI says of the parameters of lists: pages, projections, orders and filters.
extension OpenAPIDocument {
    func listParameters(_ parameters: ListParameters) -> [JSONValue] {
        var all = [
            Self.parameter(
                "page", in: "query", ["type": "integer", "minimum": 1, "maximum": .integer(Int64(ListParameters.reach))], about: "from 1"),
            Self.parameter(
                "page_size", in: "query", ["type": "integer", "minimum": 1, "maximum": 100, "default": 20], about: "records on a page"),
            Self.parameter("count", in: "query", ["enum": ["exact", "none"]], about: "none: without totals, which is quicker"),
            Self.parameter(
                "cursor", in: "query", ["type": "string", "maxLength": 4_096],
                about: "instead of pages: empty to begin, then `next_cursor` of the page before"),
        ]
        if !parameters.searched.isEmpty {
            let names = parameters.searched.map(\.name).joined(separator: ", ")
            all.append(
                Self.parameter("q", in: "query", ["type": "string"], about: "records that hold these words (in \(names)), the best first"))
        }
        all += Self.projection(parameters)
        if parameters.collection.shape.tree != nil {
            all.append(
                Self.parameter("tree", in: "query", ["type": "boolean"], about: "rows nested in `children`; pages are of the topmost"))
        }
        let sortable = parameters.sortable.keys.sorted()
        // Names for generators of clients, which would number what begins with a sign.
        let words = (sortable + sortable.map { $0 + "_descending" }).map { JSONValue.string($0.uppercased()) }
        let order: JSONValue = [
            "enum": .array((sortable + sortable.map { "-" + $0 }).map { .string($0) }), "x-enum-varnames": .array(words),
        ]
        all.append(Self.several("sort", of: order, about: "in this order; - for descending"))
        if parameters.collection.behaviour.restore != nil {
            all.append(Self.parameter("deleted", in: "query", ["enum": ["only"]], about: "deleted records instead, for who may restore"))
        }
        for name in parameters.filterNames {
            guard let filter = parameters.filters[name] else { continue }
            let about = "filter: \(filter.field.name) \(filter.comparison.rawValue)"
            let item = Self.item(filter.field, values: values(of: filter.field, in: parameters.collection))
            all.append(
                filter.takesSeveral
                    ? Self.several(name, of: item, most: 100, about: about + " any of these")
                    : Self.parameter(name, in: "query", item, about: about))
        }
        for filter in parameters.collection.behaviour.filters {
            guard let declared = parameters.declared[filter.name] else { continue }
            let schema = declared.field.map { Self.item($0) } ?? ["type": "string"]
            all.append(
                declared.takesSeveral
                    ? Self.several(filter.name, of: schema, most: 100, about: "declared filter: any of these")
                    : Self.parameter(filter.name, in: "query", schema, about: "declared filter"))
        }
        return all
    }

    /// What each answer with records takes.
    static func projection(_ parameters: ListParameters) -> [JSONValue] {
        let fields = parameters.collection.fields.filter(\.isAnswered).map(\.name)
        let expandable = parameters.expandable
        var all = [several("fields", of: names(fields), about: "only these fields")]
        if !expandable.isEmpty {
            let schema = reference("Expand\(OperationNames(parameters.collection.name).singular)")
            all.append(several("expand", of: schema, about: "references to write out"))
        }
        return all
    }

    /// A list in one parameter, with commas between.
    private static func several(_ name: String, of item: JSONValue, most: Int64? = nil, about: String) -> JSONValue {
        var schema = [
            JSONMember(name: "type", value: "array"), JSONMember(name: "minItems", value: 1), JSONMember(name: "items", value: item),
        ]
        if let most { schema.append(JSONMember(name: "maxItems", value: .integer(most))) }
        guard case .object(let members) = parameter(name, in: "query", .object(schema), about: about) else { return .null }
        return .object(members + [JSONMember(name: "style", value: "form"), JSONMember(name: "explode", value: false)])
    }

    static func names(_ all: [String]) -> JSONValue { ["enum": .array(all.map { .string($0) })] }

    /// One value to filter by.
    static func item(_ field: Field, values: JSONValue? = nil) -> JSONValue {
        switch field.kind {
        case .enumeration, .state, .flags: values ?? names(field.model.allowed ?? [])
        case .reference, .references, .media, .medias, .id: ["type": "string", "format": "uuid"]
        case .union(let collections): FieldDescription.union(collections, orKind: true)
        case .decimal: ["type": "string", "pattern": "^-?[0-9]{1,18}([.][0-9]{1,18})?$"]
        case .int, .counter: ["type": "integer"]
        case .float: ["type": "number"]
        case .bool: ["type": "boolean"]
        case .date: ["type": "string", "format": "date"]
        case .datetime: ["type": "string", "format": "date-time"]
        case .duration: ["type": "string", "format": "duration"]
        // Any text may be asked for: what the field cannot hold is found nowhere.
        default: ["type": "string"]
        }
    }
}
