/// What expressions know of the collections: names, types and where a value is stored.
package struct Model: Sendable {
    package var collections: [String: CollectionModel]
    /// Zone for `day month year weekday`, an IANA name (`app.timezone`).
    package var timezone: String

    /// The collection of the tenants, and that of their members (`[tenancy]`).
    package var tenant: String?
    package var member: String?

    package init(
        collections: [CollectionModel] = [], timezone: String = "UTC", tenant: String? = nil, member: String? = nil
    ) {
        self.collections = Dictionary(uniqueKeysWithValues: collections.map { ($0.name, $0) })
        self.timezone = timezone
        self.tenant = tenant
        self.member = member
    }
}

package struct CollectionModel: Sendable {
    package var name: String
    package var table: String
    /// In the order of a `Row`'s values. The system fields come first: `id version created_at updated_at deleted_at`.
    package var fields: [FieldModel]
    /// Rows with `deleted_at` are not live and no expression sees them.
    package var softDelete: Bool
    package var children: [ChildModel]
    /// Whether its rows belong to a tenant. Its `fields` then hold `tenant`, a reference that no API shows.
    package var isTenant: Bool

    package init(
        name: String, table: String, fields: [FieldModel], softDelete: Bool = false, children: [ChildModel] = [], isTenant: Bool = false
    ) {
        self.isTenant = isTenant
        self.name = name
        self.table = table
        self.fields = fields
        self.softDelete = softDelete
        self.children = children
    }

    package func field(_ name: String) -> FieldModel? { fields.first { $0.name == name } }
}

/// A back-reference: the rows of `collection` whose reference `field` (to this collection, or to several with it) points here, under
/// `name`.
package struct ChildModel: Sendable {
    package var name: String
    package var collection: String
    package var field: String

    package init(name: String, collection: String, field: String) {
        self.name = name
        self.collection = collection
        self.field = field
    }
}

package struct FieldModel: Sendable {
    package var name: String
    /// Where the value stands in `Row.values`.
    package var index: Int
    package var type: ValueType
    package var storage: Storage
    /// The only values that the field can hold (enum, state), for checking literals compared with it.
    package var allowed: [String]?
    /// Whether it is a text with markup, which `words` does not count.
    package var isMarkup: Bool

    package enum Storage: Sendable, Hashable {
        /// A column of the collection's table.
        case column(String)
        /// A table with the columns `record`, `position`, `target`, the first and last being ids.
        case members(table: String)
        /// A reference to several collections: a column with the collection's name, one with the id; both null or none.
        case pair(collection: String, id: String)
        /// A part of a column that holds a JSON object, by the keys that lead to it: as JSON what a column of its type would hold. The
        /// field bears the whole path as its name: `location.lat`.
        case member(column: String, path: [String])
        /// A column that holds a JSON array.
        case list(column: String)
    }

    package init(name: String, index: Int, type: ValueType, storage: Storage, allowed: [String]? = nil, isMarkup: Bool = false) {
        self.isMarkup = isMarkup
        self.name = name
        self.index = index
        self.type = type
        self.storage = storage
        self.allowed = allowed
    }
}

/// A record in memory: its values stand in the order of its collection's `fields`.
package struct Row: Sendable, Hashable {
    package var collection: String
    /// The integer key of the row in its table; 0 before it is stored.
    package var number: Int64
    package var values: [Value]
    /// By index of a to-many field: what is kept with each of its members, a JSON object or nothing. Expressions do not see it.
    package var payloads: [Int: [String?]] = [:]

    package init(collection: String, number: Int64 = 0, values: [Value]) {
        self.collection = collection
        self.number = number
        self.values = values
    }

    /// The system fields stand first in every row.
    package enum System {
        package static let id = 0
        package static let version = 1
        package static let createdAt = 2
        package static let updatedAt = 3
        package static let deletedAt = 4
        package static let count = 5
    }

    package var id: String {
        if case .text(let id) = values[System.id] { id } else { "" }
    }

    package var version: Int64 {
        if case .int(let version) = values[System.version] { version } else { 0 }
    }
}
