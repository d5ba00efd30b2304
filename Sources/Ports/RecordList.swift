package import Expressions
package import NIOCore
package import Schema

/// One page of a collection.
package struct RecordList: Sendable {
    package var access: Access
    package var filters: [Filter]
    /// Ties are broken by id, in the direction of the last term (ascending without one): an index on (term, id) serves both directions.
    package var order: [Order]
    package var limit: Int
    package var offset: Int
    /// Whether `ListAnswer.total` is asked for.
    package var counts: Bool
    package var projection: Projection
    /// The reference to the parent by which rows are nested in `children`; the page, its limit and the total are then of the roots.
    package var tree: Field?

    package enum Filter: Sendable {
        /// A comparison of a field with values of its type; `.equal` with several values means any of them.
        case field(Field, Comparison, [Value])
        /// A reference to several collections leads to one of these.
        case kinds(Field, [String])
        /// A declared filter, with the value of `$`.
        case declared(Condition, Value)
    }

    package enum Comparison: String, Sendable, Hashable {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    }

    package struct Order: Sendable {
        package var field: Field
        package var descending: Bool

        package init(field: Field, descending: Bool) {
            self.field = field
            self.descending = descending
        }
    }

    package init(
        access: Access, filters: [Filter] = [], order: [Order] = [], limit: Int = 20, offset: Int = 0, counts: Bool = false,
        projection: Projection
    ) {
        self.access = access
        self.filters = filters
        self.order = order
        self.limit = limit
        self.offset = offset
        self.counts = counts
        self.projection = projection
    }
}

package struct ListAnswer: Sendable {
    package var buffer: ByteBuffer
    /// Records written.
    package var count: Int
    /// All records that pass the access and filters; nil unless asked for.
    package var total: Int?

    package init(buffer: ByteBuffer, count: Int, total: Int?) {
        self.buffer = buffer
        self.count = count
        self.total = total
    }
}
