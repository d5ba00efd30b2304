package import Expressions

/// A field as compiled.
package struct Field: Sendable {
    package enum Kind: Sendable, Hashable {
        case id
        case string, text, email, url, slug
        case int, float, bool
        case date, datetime, duration
        case enumeration, state
        /// A JSON text, stored and written as it is; built-in fields only.
        case json
        case reference(to: String)
        /// Ids in a table of their own, in the order of the client.
        case references(to: String)
        /// The id of a row of `media`; reads as the media object.
        case media(kind: String)
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
    /// Bounds of a number, or of a text's length in Unicode scalars.
    package var minimum: Double?
    package var maximum: Double?
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

    /// The column in the collection's table; nil for to-many fields.
    package var column: String? {
        if case .column(let name) = model.storage { name } else { nil }
    }

    /// The collection that a reference (to one or many) points to.
    package var target: String? {
        switch kind {
        case .reference(let name), .references(let name): name
        case .media: "media"
        default: nil
        }
    }

    package var isToMany: Bool {
        if case .references = kind { true } else { false }
    }
}
