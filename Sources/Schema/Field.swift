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

    package let name: String
    /// Where its value stands in `Row.values`.
    package let index: Int
    package let kind: Kind
    package let model: FieldModel
    package let required: Bool
    /// Never leaves the server.
    package let isPrivate: Bool
    package let onDelete: OnDelete

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
}
