package import Expressions
package import JSON
package import Text

/// A field as compiled.
package struct Field: Sendable {
    package enum Kind: Sendable, Hashable {
        case id
        case string, text, html, email, phone, url, slug
        case int, float, bool
        /// At most 18 digits in all, `scale` of them after the point.
        case decimal(precision: Int, scale: Int)
        case date, datetime, duration
        case enumeration, flags, state
        /// Any JSON, held to a schema where one is declared.
        case json
        /// A JSON object of `parts`.
        case object
        /// A JSON array of objects of `parts`, or of `item`s.
        case list
        /// A JSON object of `lat` and `lng`, in degrees.
        case geo
        case reference(to: String)
        /// A reference to one of several collections: `salons:<id>`.
        case union(of: [String])
        /// Ids in a table of their own, in the order of the client, each with `parts` as its payload.
        case references(to: String)
        /// The id of a row of `media` of one of these kinds (any when empty); reads as the media object.
        case media(kinds: [String])
        /// Ids of rows of `media` in a table of their own.
        case medias(kinds: [String])
        /// Counts successful reads of the record.
        case counter
        /// Drawn gap-free at creation, per tenant.
        case sequence
        /// Drawn at random at creation.
        case token
    }

    package enum OnDelete: Sendable, Hashable { case refuse, cascade, null }

    /// Who gives the field its value.
    package enum Source: Sendable, Hashable {
        /// The client, at creation and later.
        case client
        /// The client, at creation only.
        case clientOnce
        /// The server stamps it at creation; a `write` rule may admit a client later.
        case stamp
        /// Transitions, jobs and the system; never a client.
        case server
    }

    package var name: String
    /// Where its value stands in `Row.values`.
    package var index: Int
    package var kind: Kind
    package var model: FieldModel
    package var source = Source.client
    package var required = false
    /// Never leaves the server.
    package var isPrivate = false
    package var onDelete = OnDelete.refuse
    /// Bounds of a number, of a text's length in Unicode scalars, or of the number of items.
    package var minimum: Double?
    package var maximum: Double?
    /// The same of a decimal, exactly.
    package var leastDecimal: Decimal?
    package var greatestDecimal: Decimal?
    /// What the whole text matches.
    package var pattern: Pattern?
    /// What JSON is held to.
    package var jsonSchema: JSONSchema?
    /// The region whose national numbers a phone may be written in (ISO 3166), from `app.locale`.
    package var region: String?
    /// What a URL may begin with.
    package var schemes: [String] = []
    /// Of an object, of the items of a list, or kept with each member of a to-many reference. Their indexes count from 0.
    package var parts: [Field] = []
    /// What a list consists of, where its items are single values.
    package var items: [Field] = []
    /// `ORD-{:06}`
    package var sequence: SequenceFormat?
    /// Milliseconds between the writings of a counter.
    package var flush: Int64 = 60_000
    /// Random bytes of a token.
    package var tokenBytes = 32
    /// A token that is shown in the answer to its creation only.
    package var revealsOnce = false
    /// The secret of a webhook, stored under seal.
    package var isSealed = false
    /// Weight in searches, 1 the strongest; nil: not searched.
    package var search: Int?
    /// A computed value that a job refreshes.
    package var isAsync = false
    /// What a new record has when neither client nor stamp says otherwise.
    package var initial: Value = .null
    package var stamp: Expression?
    package var compute: Expression?
    /// The fields that a slug is made from.
    package var slugSources: [Int] = []
    package var read: AccessRule?
    package var write: Rule?
    /// Range operators in queries.
    package var isFilterable = false

    package init(
        name: String, index: Int, kind: Kind, model: FieldModel, required: Bool = false, isPrivate: Bool = false,
        onDelete: OnDelete = .refuse
    ) {
        self.name = name
        self.index = index
        self.kind = kind
        self.model = model
        self.required = required
        self.isPrivate = isPrivate
        self.onDelete = onDelete
    }

    /// The column whose value is the field's; nil for to-many fields and references to several collections.
    package var column: String? {
        switch model.storage {
        case .column(let name), .list(let name): name
        case .members, .pair, .member: nil
        }
    }

    /// The columns in the collection's table: one, two for a reference to several collections, none for a to-many field.
    package var columns: [String] {
        switch model.storage {
        case .column(let name), .list(let name): [name]
        case .pair(let collection, let id): [collection, id]
        case .members, .member: []
        }
    }

    /// The table of a to-many field's members.
    package var membersTable: String? {
        if case .members(let table) = model.storage { table } else { nil }
    }

    /// The collections that a reference (to one or many) may lead to; empty for other fields.
    package var targets: [String] {
        switch kind {
        case .reference(let name), .references(let name): [name]
        case .union(let names): names
        case .media, .medias: ["media"]
        default: []
        }
    }

    /// The only such collection.
    package var target: String? { targets.count == 1 ? targets.first : nil }

    /// Whether it is a sum that is kept for a computed field.
    package var isKeptSum: Bool { isPrivate && compute != nil && name.hasPrefix("_") }

    /// Whether answers may hold it at all. (What is revealed once stands in the answer to the creation only.)
    package var isAnswered: Bool { !isPrivate && !revealsOnce }

    package var isToMany: Bool {
        switch kind {
        case .references, .medias: true
        default: false
        }
    }

    /// Whether its value is JSON, kept as text.
    package var isJSON: Bool {
        switch kind {
        case .json, .object, .list, .geo, .flags: true
        default: false
        }
    }
}
