/// `[collections.<name>]`: as written, names and expressions not yet resolved (that is Schema's work).
package struct CollectionDeclaration: Sendable {
    package var name: String
    package var at: Location
    /// URL segments; default the name.
    package var path: Located<String>?
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

package struct TransitionDeclaration: Sendable {
    package enum Actor: String, Sendable, CaseIterable { case client, job }
    package var name: String
    package var at: Location
    package var from: [Located<String>]
    package var to: Located<String>
    package var allow: Located<String>?
    package var set: [Assignment] = []
    package var checks: [CheckDeclaration] = []
    /// Fields of the body; only scalar types.
    package var input: [FieldDeclaration] = []
    package var by = Actor.client

    package init(name: String, at: Location, from: [Located<String>], to: Located<String>) {
        self.name = name
        self.at = at
        self.from = from
        self.to = to
    }
}

/// `<name> = "type"` or `<name> = { type = … }`
package struct FieldDeclaration: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case string, text, int, float, bool, date, datetime, duration, email, url, slug, `enum`, state, ref, refs, media
    }
    package enum OnDelete: String, Sendable, CaseIterable { case refuse, cascade, null }

    package var name: String
    package var at: Location
    package var type: Located<Kind>
    /// `ref`, `refs`
    package var to: Located<String>?
    /// `enum`, `state`
    package var values: [Located<String>] = []
    /// `slug`
    package var from: Located<String>?
    /// `media`
    package var kind: Located<String>?
    package var required = false
    package var unique = false
    package var index = false
    package var immutable = false
    package var readonly = false
    package var isPrivate = false
    package var filter = false
    /// Of a number its bounds, of a text its length in Unicode scalars.
    package var minimum: Located<Double>?
    package var maximum: Located<Double>?
    package var `default`: Located<Literal>?
    package var stamp: Located<String>?
    package var compute: Located<String>?
    package var read: Located<String>?
    package var write: Located<String>?
    package var onDelete = OnDelete.refuse
    package var backReference: Located<String>?
    package var was: Located<String>?
    package var label: String?
    package var help: String?

    package init(name: String, at: Location, type: Located<Kind>) {
        self.name = name
        self.at = at
        self.type = type
    }
}
