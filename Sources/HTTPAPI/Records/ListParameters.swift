internal import Expressions
internal import Identity
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

    /// A declared filter with the field that its value is compared with.
    struct ConditionFilter: Sendable {
        var filter: DeclaredFilter
        var field: Field?
        var takesSeveral: Bool
    }

    let collection: Collection
    let filters: [String: FieldFilter]
    /// In the order of the file, for OpenAPI.
    let filterNames: [String]
    let declared: [String: ConditionFilter]
    let sortable: [String: Field]
    /// What `?expand=` may name: `author`, `author.city`, at most three steps; of a collection with very many, not all are here.
    let expandable: [String]
    /// What `?q=` looks through.
    let searched: [Field]
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
                filters.append(FieldFilter(name: field.name, field: field, comparison: .equal, takesSeveral: !field.mayHoldComma))
            }
            guard field.isFilterable else { continue }
            for (suffix, comparison) in Self.operators {
                filters.append(
                    FieldFilter(name: field.name + suffix, field: field, comparison: comparison, takesSeveral: suffix == "_in"))
            }
        }
        declared = Dictionary(
            collection.behaviour.filters.map { filter in
                let field = filter.comparedWith.flatMap { place in
                    place.collection.flatMap { schema.collection($0) }.map { $0.fields[place.index] }
                }
                let takesSeveral = field.map { !$0.mayHoldComma } ?? (filter.valueType != .text && filter.valueType != .json)
                return (filter.name, ConditionFilter(filter: filter, field: field, takesSeveral: takesSeveral))
            }
        ) { first, _ in first }
        searched = collection.fields.filter { $0.search != nil && Self.isQueryable($0) }
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
        /// Of the order, which a cursor must have been made for.
        var orderName: String
    }

    /// The query with its lists whole, however they are written.
    func query(_ text: String) throws(Failure) -> Query {
        try Query(text) { name in
            switch name {
            case "fields", "expand", "sort": true
            default: filters[name]?.takesSeveral ?? declared[name]?.takesSeveral ?? false
            }
        }
    }

    /// The page that a query asks for; its access is not set yet.
    func page(_ query: Query, for caller: Caller, context: APIContext) throws -> Page {
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
                case "q" where !searched.isEmpty: continue
                case "cursor": continue
                case "fields": fields = try self.fields(value)
                case "expand": expanded = try expansions(value, for: caller)
                default: filters.append(try filter(name, value, for: caller))
                }
            } catch let fault as FieldFault {
                faults.append(fault)
            }
        }
        if number * size > Self.reach + size - 1 {
            faults.append(
                Self.fault("page", "max", "pages reach the first \(Self.reach) records: narrow the list by a filter or use 'cursor'"))
        }
        let projection =
            fields == nil && expanded == nil
            ? context.records.projections.standard(collection, for: caller)
            : context.records.projections.custom(
                collection, fields: fields, expanded: expanded, for: caller)
        let access = Access(collection, life: deleted ? .deleted : .live, environment: caller.environment)
        var list = RecordList(
            access: access, filters: filters, order: order, limit: size, offset: (number - 1) * size, counts: counts,
            projection: projection)
        if nests { list.tree = collection.shape.tree.map { collection.fields[$0] } }
        for other in ["q", "cursor"] where nests && query[other] != nil {
            faults.append(Self.fault(other, "conflict", "finds single records, which have no place in a tree: leave out 'tree'"))
        }
        if !searched.isEmpty, let words = query["q"] {
            list.search = RecordList.Search(text: words, fields: searched.filter { mayRead($0, caller) })
            // The best first, unless another order is asked for.
            if query["sort"] == nil { list.order = [] }
        }
        let orderName = collection.name + order.map { ":\($0.descending ? "-" : "")\($0.field?.name ?? "")" }.joined()
        do {
            try walk(query, &list, orderName, sealing: context.settings.sealing)
        } catch {
            faults.append(error)
        }
        guard faults.isEmpty else { throw Failure.invalid(faults) }
        return Page(list: list, number: number, orderName: orderName)
    }

    /// The best records for these words, as a list of its own.
    func search(_ words: String, for caller: Caller, most: Int, records: Records) -> RecordList {
        var list = RecordList(
            access: Access(collection, environment: caller.environment), limit: most,
            projection: records.projections.standard(collection, for: caller))
        list.search = RecordList.Search(text: words, fields: searched.filter { mayRead($0, caller) })
        return list
    }

    /// `?cursor=`: empty it begins a walk over the whole list, and each page names the next.
    private func walk(_ query: Query, _ list: inout RecordList, _ orderName: String, sealing: Sealing) throws(FieldFault) {
        guard let text = query["cursor"] else { return }
        for other in ["page", "count"] where query[other] != nil {
            throw Self.fault(other, "conflict", "goes with pages, not with 'cursor'")
        }
        if list.search != nil, list.order.isEmpty {
            throw Self.fault("cursor", "conflict", "a search by relevance has no cursor: add 'sort'")
        }
        list.walks = true
        list.counts = false
        if text.isEmpty { return }
        guard let position = Cursor.position(text, in: list.order, named: orderName, sealing) else {
            throw Self.fault("cursor", "format", "is none that this list has given")
        }
        list.after = position
    }

    /// The form that `?fields=` and `?expand=` of a single record ask for; nil for the standard one.
    func projection(_ query: Query, for caller: Caller, records: Records) throws -> Projection? {
        try query.refuseAll(but: ["fields", "expand"])
        let fields = try query["fields"].map { try self.fields($0) }
        let expanded = try query["expand"].map { try expansions($0, for: caller) }
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

    private func expansions(_ text: String, for caller: Caller) throws -> Expansions {
        var expanded = Expansions()
        for path in text.split(separator: ",", omittingEmptySubsequences: false) {
            let steps = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard steps.count <= Expansions.depth, schema.canExpand(steps[...], in: collection) else {
                throw Self.fault("expand", "unknown", "'\(path)' is no reference of this collection")
            }
            try schema.demand(steps[...], in: collection, for: caller)
            expanded.add(steps[...])
        }
        return expanded
    }

    private func filter(_ name: String, _ text: String, for caller: Caller) throws -> RecordList.Filter {
        if let declared = declared[name] {
            let values = try texts(text, declared.takesSeveral, name).map { text in
                if let field = declared.field { return try field.comparand(fromQuery: text, path: name) }
                return try declared.filter.valueType.value(fromQuery: text, path: name)
            }
            return .declared(declared.filter.condition, values)
        }
        guard let filter = filters[name] else { throw Self.fault(name, "unknown", "there is no such parameter") }
        try mayQuery(filter.field, for: caller)
        let texts = try texts(text, filter.takesSeveral, name)
        if case .union(let collections) = filter.field.kind, texts.allSatisfy({ collections.contains($0) }) {
            return .kinds(filter.field, texts)
        }
        return .field(
            filter.field, filter.comparison,
            try texts.map { try filter.field.comparand(fromQuery: $0, path: name) })
    }

    private func texts(_ text: String, _ areSeveral: Bool, _ name: String) throws(FieldFault) -> [String] {
        let texts = areSeveral ? text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) : [text]
        guard texts.count <= 100 else { throw Self.fault(name, "max", "may have at most 100 values") }
        return texts
    }

    private func mayRead(_ field: Field, _ caller: Caller) -> Bool {
        guard !caller.isSystem, case .nothing = field.read?.admission(for: caller.environment) else { return true }
        return false
    }

    /// What one may not read one may not ask by either (11-precisions 11).
    private func mayQuery(_ field: Field, for caller: Caller) throws {
        guard mayRead(field, caller) else { throw RecordError.forbidden("you may not filter or sort by '\(field.name)'") }
    }
}
