package import Expressions

/// A collection as compiled: everything about it that a request needs, resolved once at load.
package final class Collection: Sendable {
    /// Its place in `Schema.collections`, for arrays and cache keys.
    package let number: Int
    package let name: String
    /// URL segments below `/api/v1`.
    package let path: [String]
    package let model: CollectionModel
    /// System fields first, then declared ones in the order of the file: the order of `Row.values`, of columns and of JSON members.
    package let fields: [Field]
    package let lookup: Field?
    package let isSoftDeleted: Bool
    package let uniqueKeys: [UniqueKey]
    package let indexes: [Index]
    package let shape: Shape
    package let behaviour: Behaviour
    package let keptSlugs: [KeptSlug]
    /// Fields whose values are drawn at creation: sequences and tokens.
    package let drawn: [Int]
    package let revealsOnce: Bool
    /// Whether some of that is stored under seal.
    package let keepsSecrets: Bool
    /// Fields that count reads of the record, and after how many milliseconds counts are written at the latest.
    package let counters: [Int]
    package let counterFlush: Int64

    private let fieldIndexes: [String: Int]

    package init(
        number: Int, name: String, path: [String], model: CollectionModel, fields: [Field], lookup: Field?,
        uniqueKeys: [UniqueKey], indexes: [Index], shape: Shape = Shape(), behaviour: Behaviour = Behaviour()
    ) {
        self.number = number
        self.name = name
        self.path = path
        self.model = model
        self.fields = fields
        self.lookup = lookup
        self.isSoftDeleted = model.softDelete
        self.uniqueKeys = uniqueKeys
        self.indexes = indexes
        self.shape = shape
        self.behaviour = behaviour
        self.keptSlugs = Self.keptSlugs(fields, uniqueKeys, tenant: shape.tenant)
        self.drawn = fields.filter { $0.kind == .sequence || $0.kind == .token }.map(\.index)
        self.revealsOnce = fields.contains { $0.revealsOnce }
        self.keepsSecrets = fields.contains { $0.isSealed }
        self.counters = fields.filter { $0.kind == .counter }.map(\.index)
        self.counterFlush = fields.filter { $0.kind == .counter }.map(\.flush).min() ?? 0
        self.fieldIndexes = Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.index) })
    }

    package func field(_ name: String) -> Field? { fieldIndexes[name].map { fields[$0] } }

    /// The one field that is a state machine, if there is one.
    package var state: Field? { fields.first { $0.kind == .state } }
}

/// Values that no two live rows may share; rows in which one of them is null are not bound.
package struct UniqueKey: Sendable, Hashable {
    /// The name of its index in the database.
    package var name: String
    /// Indexes of fields.
    package var fields: [Int]
    /// Only rows that fulfil it are bound.
    package var condition: Expression?

    package init(name: String, fields: [Int], condition: Expression? = nil) {
        self.name = name
        self.fields = fields
        self.condition = condition
    }

    package static func == (one: UniqueKey, other: UniqueKey) -> Bool {
        one.name == other.name && one.fields == other.fields && one.condition?.source == other.condition?.source
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(fields)
    }
}

package struct Index: Sendable, Hashable {
    package struct Part: Sendable, Hashable {
        package var field: Int
        package var descending: Bool

        package init(field: Int, descending: Bool = false) {
            self.field = field
            self.descending = descending
        }
    }
    package var name: String
    package var parts: [Part]

    package init(name: String, parts: [Part]) {
        self.name = name
        self.parts = parts
    }
}
