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
    package let behaviour: Behaviour

    private let fieldIndexes: [String: Int]

    package init(
        number: Int, name: String, path: [String], model: CollectionModel, fields: [Field], lookup: Field?,
        uniqueKeys: [UniqueKey], indexes: [Index], behaviour: Behaviour = Behaviour()
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
        self.behaviour = behaviour
        self.fieldIndexes = Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.index) })
    }

    package func field(_ name: String) -> Field? { fieldIndexes[name].map { fields[$0] } }

    /// The one field that is a state machine, if there is one.
    package var state: Field? { fields.first { $0.kind == .state } }
}

/// What a collection allows and does, beside its shape.
package struct Behaviour: Sendable {
    /// A rule that is not written refuses: nil here.
    package var read: AccessRule?
    /// Always ANDed with `read`.
    package var list: AccessRule?
    package var create: Rule?
    package var update: Rule?
    package var delete: Rule?
    package var restore: AccessRule?
    package var transitions: [Transition] = []
    package var checks: [Check] = []
    package var filters: [DeclaredFilter] = []
    /// Whether a deletion only hides the record. (Collections that cascade from one that does are hidden with it, but not this.)
    package var deletesSoftly = false
    /// The order of lists, ties by id.
    package var order: [Index.Part] = []
    /// Fields that `?sort=` may name.
    package var sortable: Set<Int> = []
    /// Expanded without being asked for.
    package var expanded: [Int] = []
    /// What a stranger sees of a record that another one refers to.
    package var card: [Int]?
    /// Computed fields of parents that aggregate over this collection.
    package var rollUps: [RollUp] = []
    /// References of other collections (and this one) to this collection.
    package var referrers: [Referrer] = []

    package init() {}
}

package struct Transition: Sendable {
    package var name: String
    package var from: [String]
    package var to: String
    /// Nil: no client may fire it.
    package var allow: Rule?
    package var sets: [FieldSetting] = []
    package var checks: [Check] = []
    package var input: [Field] = []

    package init(name: String, from: [String], to: String) {
        self.name = name
        self.from = from
        self.to = to
    }
}

/// `field = value`, the value being constant or computed.
package struct FieldSetting: Sendable {
    package enum Source: Sendable {
        case value(Value)
        case expression(Expression)
    }
    package var field: Int
    package var source: Source

    package init(field: Int, source: Source) {
        self.field = field
        self.source = source
    }
}

/// A condition on the result of a write.
package struct Check: Sendable {
    package var rule: Expression
    package var message: String
    package var status: Int
    package var onCreate = true
    package var onUpdate = true
    package var onDelete = false

    package init(rule: Expression, message: String, status: Int) {
        self.rule = rule
        self.message = message
        self.status = status
    }
}

package struct DeclaredFilter: Sendable {
    package var name: String
    package var condition: Condition
    /// The type of `$`.
    package var valueType: ValueType
    /// What `$` may be, when it is compared with an enum or state.
    package var allowed: [String]?

    package init(name: String, condition: Condition, valueType: ValueType, allowed: [String]? = nil) {
        self.name = name
        self.condition = condition
        self.valueType = valueType
        self.allowed = allowed
    }
}

/// Computed fields of `parent` that change when a row of the child collection does, found by the child's reference `field`.
package struct RollUp: Sendable, Hashable {
    /// The index of the reference in the child.
    package var field: Int
    package var parent: String
    /// Indexes of computed fields of the parent.
    package var computed: [Int]

    package init(field: Int, parent: String, computed: [Int]) {
        self.field = field
        self.parent = parent
        self.computed = computed
    }
}

/// A reference of `collection` that points here.
package struct Referrer: Sendable, Hashable {
    package var collection: String
    package var field: Int
    package var onDelete: Field.OnDelete

    package init(collection: String, field: Int, onDelete: Field.OnDelete) {
        self.collection = collection
        self.field = field
        self.onDelete = onDelete
    }
}

/// Values that no two live rows may share; rows in which one of them is null are not bound.
package struct UniqueKey: Sendable, Hashable {
    /// The name of its index in the database.
    package var name: String
    /// Indexes of fields.
    package var fields: [Int]

    package init(name: String, fields: [Int]) {
        self.name = name
        self.fields = fields
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
