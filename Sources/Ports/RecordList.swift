package import Expressions
package import NIOCore
package import Schema

/// One page of a collection.
package struct RecordList: Sendable {
    package var access: Access
    package var filters: [Filter]
    /// Only records that hold these words; without an `order` the best first.
    package var search: Search?
    /// Ties are broken by id, in the direction of the last term (ascending without one): an index on (term, id) serves both directions.
    package var order: [Order]
    package var limit: Int
    package var offset: Int
    /// Whether `ListAnswer.total` is asked for.
    package var counts: Bool
    /// Whether `ListAnswer.next` is asked for.
    package var walks = false
    /// Only records after this one, in the order of the list.
    package var after: Position?
    package var projection: Projection
    /// The reference to the parent by which rows are nested in `children`; the page, its limit and the total are then of the roots.
    package var tree: Field?

    /// A question in words.
    package struct Search: Sendable {
        /// As people write it: there are no operators in it.
        package var text: String
        /// The fields that are looked through.
        package var fields: [Field]

        package init(text: String, fields: [Field]) {
            self.text = text
            self.fields = fields
        }
    }

    /// A place between the records of a list: what the record before it has at the fields of the order, and its id.
    package struct Position: Sendable, Hashable {
        package var values: [Value]
        package var id: String

        package init(values: [Value], id: String) {
            self.values = values
            self.id = id
        }
    }

    package enum Filter: Sendable {
        /// A comparison of a field with values of its type; `.equal` with several values means any of them.
        case field(Field, Comparison, [Value])
        /// A reference to several collections leads to one of these.
        case kinds(Field, [String])
        /// A declared filter, with the values of `$`: any of them.
        case declared(Condition, [Value])
    }

    package enum Comparison: String, Sendable, Hashable {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    }

    package struct Order: Sendable {
        package enum Subject: Sendable {
            case field(Field)
            /// A value computed for each record. A list ordered by one has no positions.
            case value(Condition)
        }
        package var subject: Subject
        package var descending: Bool

        package init(field: Field, descending: Bool) {
            self.init(.field(field), descending: descending)
        }

        package init(_ subject: Subject, descending: Bool) {
            self.subject = subject
            self.descending = descending
        }

        package var field: Field? { if case .field(let field) = subject { field } else { nil } }
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
    /// Where the next page begins; nil at the end of the list and unless asked for.
    package var next: RecordList.Position?

    package init(buffer: ByteBuffer, count: Int, total: Int?, next: RecordList.Position? = nil) {
        self.buffer = buffer
        self.count = count
        self.total = total
        self.next = next
    }
}
