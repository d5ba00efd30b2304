/// How the records of a collection hang together, among themselves and with others.
package struct Shape: Sendable {
    /// The private reference to the tenant that owns a row.
    package var tenant: Int?
    /// The private reference to the tenant that a row arose in, where it may have arisen in none (11-precisions 39).
    package var origin: Int?
    /// There is exactly one record, without an id in its URL.
    package var isSingle = false
    /// The fields that identify an edge; empty for other collections.
    package var key: [Int] = []
    /// Those of them that stand in its URL, in order: all that the server does not stamp.
    package var keyInURL: [Int] = []
    /// The reference to the parent in the same collection.
    package var tree: Int?
    /// The private field that orders rows, from 1 with gaps.
    package var position: Int?
    /// The object with what search engines are told.
    package var seo: Int?
    /// The private JSON of what a soft deletion has replaced.
    package var replaced: Int?
    package var page: Page?
    /// How a record is called.
    package var label: Page?
    /// Back-references, under the names that expressions use.
    package var children: [Children] = []

    package init() {}

    package var isEdge: Bool { !key.isEmpty }
    /// What names a row's tenant, whether each row has one or only some.
    package var anyTenant: Int? { tenant ?? origin }
}

/// The records of another collection (or this one) that refer to a record.
package struct Children: Sendable, Hashable {
    package var name: String
    package var collection: String
    /// The index of the reference in the child.
    package var field: Int
    /// Written inside the parent.
    package var isNested: Bool
    /// Whether `GET /{parent}/{id}/{name}` lists them (04-api: those that cascade, bear an `as` name, are nested or are expanded).
    package var isListed: Bool

    package init(name: String, collection: String, field: Int, isNested: Bool, isListed: Bool) {
        self.name = name
        self.collection = collection
        self.field = field
        self.isNested = isNested
        self.isListed = isListed
    }
}

/// The path of a public page, with fields of the record or of its parent in it.
package struct Page: Sendable, Hashable {
    package enum Part: Sendable, Hashable {
        case text(String)
        case field(Int)
        /// A field of the record that a required reference leads to.
        case parent(reference: Int, field: String)
    }
    /// As they follow one another, slashes included.
    package var parts: [Part]
    /// The address below which the site's pages are, without a slash at its end.
    package var site: String

    package init(parts: [Part], site: String = "") {
        self.parts = parts
        self.site = site
    }
}
