/// `[collections.<name>]`: as written, names and expressions not yet resolved (that is Schema's work).
package struct CollectionDeclaration: Sendable {
    package var name: String
    package var at: Location
    /// URL segments; default the name.
    package var path: Located<String>?
    /// Public page: `/blog/{slug}`.
    package var page: Located<String>?
    package var lookup: Located<String>?
    package var label: Located<String>?
    package var softDelete: SoftDelete?
    package var unique: [UniqueDeclaration] = []
    /// Each an ordered list of field names, `-` before a descending one.
    package var indexes: [[Located<String>]] = []
    package var sort: [Located<String>] = []
    package var expand: [Located<String>] = []
    package var order: [Located<String>] = []
    package var card: [Located<String>] = []
    package var filters: [NamedExpression] = []
    package var checks: [CheckDeclaration] = []
    package var allow = AllowDeclaration()
    package var transitions: [TransitionDeclaration] = []
    package var actions: [ActionDeclaration] = []
    /// Each row belongs to one tenant.
    package var isTenant = false
    /// A settings row: there is exactly one.
    package var isSingle = false
    /// The fields that identify an edge; a collection with a key has no ids in its URLs.
    package var key: [Located<String>] = []
    /// The reference to the parent in the same collection.
    package var tree: Located<String>?
    /// Rows have a position and can be reordered.
    package var isOrdered = false
    /// Back-references whose records are written inside the parent.
    package var nested: [Located<String>] = []
    package var revisions: RevisionsDeclaration?
    package var isAudited = false
    package var cache: CacheDeclaration?
    package var sitemap: SitemapDeclaration?
    package var seo: SEODeclaration?
    /// By operation or transition.
    package var limits: [LimitDeclaration] = []
    /// In the order of the file.
    package var fields: [FieldDeclaration] = []

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
    }
}

package struct SoftDelete: Sendable {
    package var set: [Assignment] = []
    /// Milliseconds after which a deleted row goes for good; nil keeps it.
    package var retain: Int64?

    package init() {}
}

package struct UniqueDeclaration: Sendable {
    package var fields: [Located<String>]
    package var when: Located<String>?

    package init(fields: [Located<String>], when: Located<String>? = nil) {
        self.fields = fields
        self.when = when
    }
}

package struct NamedExpression: Sendable {
    package var name: String
    package var at: Location
    package var expression: Located<String>

    package init(name: String, at: Location, expression: Located<String>) {
        self.name = name
        self.at = at
        self.expression = expression
    }
}

package struct CheckDeclaration: Sendable {
    package enum Event: String, Sendable, CaseIterable { case create, update, delete }
    package var rule: Located<String>
    package var message: String
    package var on: [Event] = [.create, .update]
    /// 400, 402 or 409.
    package var status = 400

    package init(rule: Located<String>, message: String) {
        self.rule = rule
        self.message = message
    }
}

/// `revisions = { fields, keep }`
package struct RevisionsDeclaration: Sendable {
    package var fields: [Located<String>] = []
    /// The newest that are kept of each record.
    package var keep = 50

    package init() {}
}

/// `cache = { list, item, stale }`, in milliseconds; nil: not cached.
package struct CacheDeclaration: Sendable {
    package var list: Int64?
    package var item: Int64?
    package var stale: Int64?

    package init() {}
}

package struct SitemapDeclaration: Sendable {
    package var when: Located<String>?
    /// 0 to 1, a literal or an expression.
    package var priority: Assignment.Source?

    package init() {}
}

package struct SEODeclaration: Sendable {
    /// Who may write it, among those who may write the record.
    package var write: Located<String>?

    package init() {}
}

/// Who may do what; a rule that is not written refuses.
package struct AllowDeclaration: Sendable {
    package var read: Located<String>?
    package var list: Located<String>?
    package var create: Located<String>?
    package var update: Located<String>?
    package var delete: Located<String>?
    package var restore: Located<String>?

    package init() {}
}

/// `set = { field = literal or "= expression" }`
package struct Assignment: Sendable {
    package enum Source: Sendable, Equatable {
        case literal(Literal)
        /// Without the `= `; the location is that of its first character.
        case expression(Located<String>)
    }
    package var field: Located<String>
    package var source: Source
    package var at: Location

    package init(field: Located<String>, source: Source, at: Location) {
        self.field = field
        self.source = source
        self.at = at
    }
}

/// A plain TOML value where a field's value stands.
package enum Literal: Sendable, Hashable {
    case bool(Bool)
    case int(Int64)
    case float(Double)
    case string(String)
    case list([Literal])
}
