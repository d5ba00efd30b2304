import Expressions
import Ports
import Schema

/// A prepared SELECT of records with its encoder. Column 0 is the version.
final class RecordPlan {
    let statement: Statement
    let slots: [SQLText.Slot]
    let encoder: RecordEncoder?
    /// Executions left that go to the reader pool at once, because one was too slow for an event loop.
    var banned = 0

    init(_ sql: SQLText, encoder: RecordEncoder?, on connection: Connection) throws {
        statement = try connection.prepare(sql.text, persistent: true)
        slots = sql.slots
        self.encoder = encoder
    }

    /// `key` are the values of its columns, in order.
    func bind(_ environment: Environment, key: [Value]) {
        var index = 0
        var part = key.startIndex
        for slot in slots {
            index += 1
            switch slot {
            case .environment(let parameter): statement.bind(environment.value(of: parameter), at: index)
            case .key:
                statement.bind(part < key.endIndex ? key[part] : .null, at: index)
                part += 1
            case .tenant: statement.bind(environment.tenant?.id, at: index)
            default: statement.bindNull(at: index)
            }
        }
    }

    func values(for list: RecordList) -> [Value] { slots.map { RecordPlan.value(of: $0, in: list) } }

    func bind(_ values: [Value]) {
        for (index, value) in values.enumerated() { statement.bind(value, at: index + 1) }
    }

    private static func value(of slot: SQLText.Slot, in list: RecordList) -> Value {
        switch slot {
        case .environment(let parameter): return list.access.environment.value(of: parameter)
        case .declared(let filter, let index, let parameter):
            guard case .filterValue = parameter else { return list.access.environment.value(of: parameter) }
            guard case .declared(_, let values) = list.filters[filter] else { return .null }
            return index < values.count ? values[index] : values.last ?? .null
        case .value(let filter, let index):
            switch list.filters[filter] {
            case .kinds(_, let names): return (index < names.count ? names[index] : names.last).map { .text($0) } ?? .null
            case .declared: return .null
            case .field(let field, _, let values):
                let present = values.contains(.null) ? values.filter { $0 != .null } : values
                let value = index < present.count ? present[index] : present.last ?? .null
                guard case .pair = field.model.storage else { return value }
                return UnionReference(value).map { .text($0.id) } ?? .null
            }
        // One more tells whether there is a next page.
        case .limit: return .int(Int64(list.walks ? list.limit + 1 : list.limit))
        case .search: return list.search.flatMap { SearchTable.query($0, in: list.access.collection) }.map { .text($0) } ?? .null
        case .position(let index):
            guard let after = list.after else { return .null }
            return index.map { after.values[$0] } ?? .text(after.id)
        case .offset: return .int(Int64(list.offset))
        case .tenant: return list.access.environment.tenant.map { .text($0.id) } ?? .null
        case .key: return .null
        }
    }

    /// Binds a sub-read, whose key lies in a column of another statement.
    func bind(_ environment: Environment, id: UnsafeBufferPointer<UInt8>) {
        var index = 0
        for slot in slots {
            index += 1
            switch slot {
            case .key: statement.bind(utf8: id, at: index)
            case .tenant: statement.bind(environment.tenant?.id, at: index)
            case .environment(let parameter): statement.bind(environment.value(of: parameter), at: index)
            default: statement.bindNull(at: index)
            }
        }
    }

    /// As a sub-read: appends the record with that id; false when it does not pass.
    func encode(id: UnsafeBufferPointer<UInt8>, _ environment: Environment, into out: JSONBytes) throws -> Bool {
        bind(environment, id: id)
        defer { statement.reset() }
        guard let encoder, try statement.step() else { return false }
        try encoder.encode(statement.handle, environment, into: out)
        return true
    }
}

/// What a statement depends on. Objects are compared by identity and kept alive, so that an address is never used twice.
struct PlanKey: Hashable {
    enum Purpose: Hashable { case key, list, count }

    /// Where nothing is written: in counts and rows as values.
    static let nothing = Projection(parts: [])

    var purpose: Purpose
    var collection: Collection
    var life: Access.Life
    var isWalled: Bool
    var projection: Projection
    var conditions: [Condition]
    /// Key field, filters and order as numbers.
    var shape: [Int] = []
    var declared: [Condition] = []

    static func == (one: PlanKey, other: PlanKey) -> Bool {
        one.purpose == other.purpose && one.collection === other.collection && one.life == other.life
            && one.isWalled == other.isWalled
            && one.projection === other.projection && one.shape == other.shape
            && one.conditions.elementsEqual(other.conditions, by: ===) && one.declared.elementsEqual(other.declared, by: ===)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(purpose)
        hasher.combine(ObjectIdentifier(projection))
        hasher.combine(ObjectIdentifier(collection))
        for condition in conditions { hasher.combine(ObjectIdentifier(condition)) }
        hasher.combine(shape)
    }

    init(_ access: Access, key: RecordKey, projection: Projection) {
        purpose = .key
        collection = access.collection
        life = access.life
        isWalled = access.isWalled
        self.projection = projection
        conditions = access.conditions
        switch key {
        case .id: shape = []
        case .field(let index, _): shape = [index]
        case .fields(let indexes, _): shape = [-5] + indexes
        }
    }

    init(_ list: RecordList, purpose: Purpose) {
        self.purpose = purpose
        collection = list.access.collection
        life = list.access.life
        isWalled = list.access.isWalled
        projection = purpose == .count ? PlanKey.nothing : list.projection
        conditions = list.access.conditions
        for filter in list.filters {
            switch filter {
            case .declared(let condition, let values):
                declared.append(condition)
                shape += [-1, Selection.paddedCount(values.count)]
            case .kinds(let field, let names): shape += [field.index, -3, Selection.paddedCount(names.count)]
            case .field(let field, let comparison, let values):
                let nulls = values.count { $0 == .null }
                let code =
                    switch comparison {
                    case .equal: 0
                    case .notEqual: 1
                    case .less: 2
                    case .lessOrEqual: 3
                    case .greater: 4
                    case .greaterOrEqual: 5
                    }
                shape += [field.index, code * 2 + (nulls > 0 ? 1 : 0), Selection.paddedCount(values.count - nulls)]
            }
        }
        shape.append(list.search == nil ? -2 : -4)
        guard purpose == .list else { return }
        if list.tree != nil { shape.append(-6) }
        for term in list.order {
            let subject: Int
            switch term.subject {
            case .field(let field): subject = field.index
            case .value(let value):
                subject = -5
                declared.append(value)
            }
            shape.append(subject * 2 + (term.descending ? 1 : 0))
        }
        if list.walks { shape.append(-8) }
        if let after = list.after { shape += [-7] + after.values.map { $0.isNull ? 1 : 0 } }
    }
}
