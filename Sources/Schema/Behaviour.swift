package import Config
package import Expressions

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
    /// Whether the clock fires one of them.
    package var isClocked = false
    package var actions: [Action] = []
    package var checks: [Check] = []
    package var filters: [DeclaredFilter] = []
    /// Whether a deletion only hides the record. (Collections that cascade from one that does are hidden with it, but not this.)
    package var deletesSoftly = false
    /// What a soft deletion changes; a restore puts it back.
    package var deletionSets: [FieldSetting] = []
    /// Milliseconds after which a deleted row goes for good; nil keeps it.
    package var retain: Int64?
    package var isAudited = false
    package var revisions: Revisions?
    package var cache: CacheTimes?
    package var sitemap: Sitemap?
    /// By operation (`create`) or transition.
    package var limits: [String: Rate] = [:]
    /// The order of lists, ties by id.
    package var order: [Index.Part] = []
    /// Fields that `?sort=` may name.
    package var sortable: Set<Int> = []
    /// Expanded without being asked for.
    package var expanded: [Expandable] = []
    /// What a stranger sees of a record that another one refers to.
    package var card: [Int]?
    /// Computed fields of parents that aggregate over this collection.
    package var rollUps: [RollUp] = []
    package var computation = Computation()
    /// Checks of parents that name this collection: they also run when a row of it changes (11-precisions 19).
    package var parentChecks: [ParentCheck] = []
    /// References of other collections (and this one) to this collection.
    package var referrers: [Referrer] = []

    package init() {}

    /// What all must admit a caller who reads a row; nil where a rule of them is not written, which refuses. `listed`: rows that he need not know of.
    package func readRules(deleted: Bool = false, listed: Bool = false) -> [AccessRule]? {
        guard let read else { return nil }
        var rules = [read]
        if deleted {
            guard let restore else { return nil }
            rules.append(restore)
        }
        if listed, let list { rules.append(list) }
        return rules
    }

    /// Whether lists and streams never show a row to somebody without an account.
    package var isNeverListedForAnonymous: Bool { readRules(listed: true)?.contains { $0.rule.isNeverForAnonymous } ?? true }

    /// Indexes of the own fields on which it depends whether lists show a row.
    package var usedInListing: Set<Int> { (readRules(listed: true) ?? []).reduce(into: []) { $0.formUnion($1.rule.expression.use.own) } }
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
    /// Only its job fires it.
    package var isForJobs = false
    /// When the clock fires it: a moment computed from the record.
    package var due: Expression?
    /// Milliseconds after entering the state, when the clock fires it.
    package var after: Int64?
    /// Whether it has a route, even one that refuses everybody.
    package var isForClients: Bool { allow != nil || isForJobs }

    package init(name: String, from: [String], to: String) {
        self.name = name
        self.from = from
        self.to = to
    }
}

/// A named operation on a record that is no transition.
package struct Action: Sendable {
    package var name: String
    /// Nil: nobody may do it.
    package var allow: Rule?
    package var sets: [FieldSetting] = []
    package var checks: [Check] = []
    package var input: [Field] = []
    /// A job or document that it starts.
    package var work: Work?

    package init(name: String) {
        self.name = name
    }
}

package struct Revisions: Sendable {
    /// Indexes of fields.
    package var fields: [Int]
    /// The newest that are kept of each record.
    package var keep: Int

    package init(fields: [Int], keep: Int) {
        self.fields = fields
        self.keep = keep
    }
}

/// How long anonymous answers are kept, in milliseconds; nil: not at all.
package struct CacheTimes: Sendable {
    package var list: Int64?
    package var item: Int64?
    package var stale: Int64?

    package init(list: Int64? = nil, item: Int64? = nil, stale: Int64? = nil) {
        self.list = list
        self.item = item
        self.stale = stale
    }
}

package struct Sitemap: Sendable {
    package var when: Condition?
    /// 0 to 1, computed from the record.
    package var priority: Expression?
    package var constantPriority: Double?

    package init() {}
}

/// What may stand under `expanded`: a reference of the collection, or its children.
package enum Expandable: Sendable, Hashable {
    case field(Int)
    /// The index of a back-reference in `Shape.children`.
    case children(Int)
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
    /// The field that `$` is compared with, by collection and index: its values are checked like those of that field.
    package var comparedWith: FieldPlace?

    package init(name: String, condition: Condition, valueType: ValueType, comparedWith: FieldPlace? = nil) {
        self.name = name
        self.condition = condition
        self.valueType = valueType
        self.comparedWith = comparedWith
    }
}

/// Checks of `parent` that look at rows of the child collection, found by the child's reference `field`.
package struct ParentCheck: Sendable, Hashable {
    /// The index of the reference in the child.
    package var field: Int
    package var parent: String
    /// Indexes in the parent's `Behaviour.checks`.
    package var checks: [Int]

    package init(field: Int, parent: String, checks: [Int]) {
        self.field = field
        self.parent = parent
        self.checks = checks
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
