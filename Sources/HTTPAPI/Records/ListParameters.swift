internal import Expressions
internal import Ports
internal import Records
internal import Schema

/// What `GET /{collection}` takes, worked out once per collection: used to read queries and to describe them in OpenAPI.
struct ListParameters: Sendable {
    static let defaultPageSize = 20
    static let maximumPageSize = 100
    /// 04-api: pages reach the first 10,000 rows.
    static let reach = 10_000

    /// A comparison that a field offers, under the parameter's name (`price_gte`).
    struct FieldFilter: Sendable {
        var name: String
        var field: Field
        var comparison: RecordList.Comparison
        var takesSeveral: Bool
    }

    let collection: Collection
    let filters: [String: FieldFilter]
    /// In the order of the file, for OpenAPI.
    let filterNames: [String]
    let declared: [String: DeclaredFilter]
    let sortable: [String: Field]
    /// What `?expand=` may name: `author`, `author.city`, at most three steps; of a collection with very many, not all are here.
    let expandable: [String]
    private let schema: Schema

    init(_ collection: Collection, in schema: Schema) {
        self.collection = collection
        self.schema = schema
        var filters: [FieldFilter] = []
        for field in collection.fields where Self.isQueryable(field) {
            let hasEquality =
                switch field.kind {
                case .enumeration, .state, .bool, .reference, .union: true
                default: field.isFilterable
                }
            if hasEquality {
                // Where the type cannot hold a comma, a comma means any of (11-precisions 22).
                let takesSeveral = ![.string, .text, .html, .url].contains(field.kind)
                filters.append(FieldFilter(name: field.name, field: field, comparison: .equal, takesSeveral: takesSeveral))
            }
            guard field.isFilterable else { continue }
            for (suffix, comparison) in Self.operators {
                filters.append(
                    FieldFilter(name: field.name + suffix, field: field, comparison: comparison, takesSeveral: suffix == "_in"))
            }
        }
        declared = Dictionary(collection.behaviour.filters.map { ($0.name, $0) }) { first, _ in first }
        let builtIn = filters.filter { [declared] in declared[$0.name] == nil }
        self.filters = Dictionary(builtIn.map { ($0.name, $0) }) { first, _ in first }
        filterNames = builtIn.map(\.name)
        sortable = Dictionary(
            collection.fields.filter { collection.behaviour.sortable.contains($0.index) && Self.isQueryable($0) }.map { ($0.name, $0) }
        ) { first, _ in first }
        expandable = schema.expandablePaths(of: collection)
    }

    private static let operators: [(String, RecordList.Comparison)] = [
        ("_gt", .greater), ("_gte", .greaterOrEqual), ("_lt", .less), ("_lte", .lessOrEqual), ("_ne", .notEqual), ("_in", .equal),
    ]

    /// A field whose `read` depends on the row takes neither filter nor sort: it would be an oracle (11-precisions 11).
    private static func isQueryable(_ field: Field) -> Bool {
        field.isAnswered && field.kind != .token && !field.isToMany && (field.read?.conditions.isEmpty ?? true)
    }

    // MARK: Reading a query

    struct Page {
        var list: RecordList
        var number: Int
    }

    /// The page that a query asks for; its access is not set yet.
    func page(_ query: Query, for caller: Caller, records: Records) throws -> Page {
        var faults: [FieldFault] = []
        var filters: [RecordList.Filter] = []
        var number = 1
        var size = Self.defaultPageSize
        var order = collection.behaviour.order.map { RecordList.Order(field: collection.fields[$0.field], descending: $0.descending) }
        var counts = true
        var deleted = false
        var nests = false
        var fields: Set<Int>?
        var expanded: Expansions?
        for (name, value) in query.parameters {
            do {
                switch name {
                case "page": number = try Self.integer(value, 1...Self.reach, name)
                case "page_size": size = try Self.integer(value, 1...Self.maximumPageSize, name)
                case "count":
                    guard value == "none" || value == "exact" else { throw Self.fault(name, "enum", "must be 'none' or 'exact'") }
                    counts = value == "exact"
                case "deleted" where collection.behaviour.restore != nil:
                    guard value == "only" else { throw Self.fault(name, "enum", "must be 'only'") }
                    deleted = true
                case "sort": order = try sort(value, for: caller)
                case "tree" where collection.shape.tree != nil:
                    guard value == "true" || value == "false" else { throw Self.fault(name, "enum", "must be 'true' or 'false'") }
                    nests = value == "true"
                case "fields": fields = try self.fields(value)
                case "expand": expanded = try expansions(value)
                default: filters.append(try filter(name, value, for: caller))
                }
            } catch let fault as FieldFault {
                faults.append(fault)
            }
        }
        if number * size > Self.reach + size - 1 {
            faults.append(Self.fault("page", "max", "pages reach the first \(Self.reach) records: narrow the list by a filter"))
        }
        guard faults.isEmpty else { throw Failure.invalid(faults) }
        let projection =
            fields == nil && expanded == nil
            ? records.projections.standard(collection, for: caller)
            : records.projections.custom(
                collection, fields: fields, expanded: expanded, for: caller)
        let access = Access(collection, life: deleted ? .deleted : .live, environment: caller.environment)
        var list = RecordList(
            access: access, filters: filters, order: order, limit: size, offset: (number - 1) * size, counts: counts,
            projection: projection)
        if nests { list.tree = collection.shape.tree.map { collection.fields[$0] } }
        return Page(list: list, number: number)
    }

    /// The form that `?fields=` and `?expand=` of a single record ask for; nil for the standard one.
    func projection(_ query: Query, for caller: Caller, records: Records) throws -> Projection? {
        try query.refuseAll(but: ["fields", "expand"])
        let fields = try query["fields"].map { try self.fields($0) }
        let expanded = try query["expand"].map { try expansions($0) }
        if fields == nil, expanded == nil { return nil }
        return records.projections.custom(
            collection, fields: fields, expanded: expanded, for: caller)
    }

    private static func fault(_ name: String, _ code: String, _ message: String) -> FieldFault {
        FieldFault(path: name, code: code, message: message)
    }

    private static func integer(_ text: String, _ range: ClosedRange<Int>, _ name: String) throws(FieldFault) -> Int {
        guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(text) else {
            throw fault(name, "type", "must be a whole number")
        }
        guard range.contains(number) else {
            throw fault(name, "range", "must be between \(range.lowerBound) and \(range.upperBound)")
        }
        return number
    }

    private func sort(_ text: String, for caller: Caller) throws -> [RecordList.Order] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let descending = part.hasPrefix("-")
            let name = String(descending ? part.dropFirst() : part)
            guard let field = sortable[name] else {
                let known = sortable.keys.sorted().joined(separator: ", ")
                throw Self.fault("sort", "unknown", "cannot sort by '\(name)'; known: \(known)")
            }
            try mayQuery(field, for: caller)
            return RecordList.Order(field: field, descending: descending)
        }
    }

    private func fields(_ text: String) throws(FieldFault) -> Set<Int> {
        var indexes: Set<Int> = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let field = collection.field(String(name)), field.isAnswered else {
                throw Self.fault("fields", "unknown", "there is no field '\(name)'")
            }
            indexes.insert(field.index)
        }
        return indexes
    }

    private func expansions(_ text: String) throws(FieldFault) -> Expansions {
        var expanded = Expansions()
        for path in text.split(separator: ",", omittingEmptySubsequences: false) {
            let steps = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard steps.count <= Expansions.depth, schema.canExpand(steps[...], in: collection) else {
                throw Self.fault("expand", "unknown", "'\(path)' is no reference of this collection")
            }
            expanded.add(steps[...])
        }
        return expanded
    }

    private func filter(_ name: String, _ text: String, for caller: Caller) throws -> RecordList.Filter {
        if let filter = declared[name] {
            return .declared(filter.condition, try Self.value(text, as: filter.valueType, name))
        }
        guard let filter = filters[name] else { throw Self.fault(name, "unknown", "there is no such parameter") }
        try mayQuery(filter.field, for: caller)
        let texts = filter.takesSeveral ? text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) : [text]
        guard texts.count <= 100 else { throw Self.fault(name, "max", "may have at most 100 values") }
        if case .union(let collections) = filter.field.kind, texts.allSatisfy({ collections.contains($0) }) {
            return .kinds(filter.field, texts)
        }
        var values: [Value] = []
        for text in texts { values.append(try Self.value(text, of: filter.field, name)) }
        return .field(filter.field, filter.comparison, values)
    }

    private func mayQuery(_ field: Field, for caller: Caller) throws {
        guard !caller.isSystem, case .nothing = field.read?.admission(for: caller.environment) else { return }
        throw caller.isAnonymous ? RecordError.unauthenticated : .forbidden("you may not filter or sort by '\(field.name)'")
    }

    private static func value(_ text: String, of field: Field, _ name: String) throws(FieldFault) -> Value {
        switch field.kind {
        case .int, .float, .bool: try value(text, as: field.model.type, name)
        default: try field.value(from: text, path: name)
        }
    }

    private static func value(_ text: String, as type: ValueType, _ name: String) throws(FieldFault) -> Value {
        guard !text.utf8.contains(0) else { throw fault(name, "format", "must not contain U+0000") }
        switch type {
        case .int:
            guard let number = Int64(text) else { throw fault(name, "type", "must be a whole number") }
            return .int(number)
        case .float:
            guard let number = Double(text), number.isFinite else { throw fault(name, "type", "must be a number") }
            return .float(number)
        case .bool:
            guard text == "true" || text == "false" else { throw fault(name, "type", "must be true or false") }
            return .bool(text == "true")
        case .moment:
            guard let moment = Timestamp.parse(text) else { throw fault(name, "format", "must be a moment (RFC 3339)") }
            return .moment(moment)
        case .date:
            guard let date = CalendarDate.parse(text) else { throw fault(name, "format", "must be a date") }
            return .date(date)
        case .reference:
            guard UUIDv7.isUUID(text) else { throw fault(name, "format", "must be the id of a record") }
            return .text(text.lowercased())
        default:
            return .text(NormalizedText.nfc(text))
        }
    }
}
