package import Expressions

/// `[views.<name>]` as compiled.
package struct View: Sendable {
    package enum Content: Sendable {
        case rows(Rows)
        case figures([Figure])
    }

    /// Records of one collection.
    package struct Rows: Sendable {
        package var collection: Collection
        /// Leads to the record that the rest speaks of.
        package var given: Expression?
        package var condition: Condition?
        package var order: [(value: Condition, descending: Bool)] = []
        package var limit: Int?
        /// Dotted paths; nil: as in the collection's lists.
        package var expanded: [String]?
    }

    package var name: String
    /// Segments below `/api/v1`, some of them `{placeholders}`.
    package var path: [String]
    /// Nil: nobody may ask.
    package var allow: Rule?
    /// What a request brings, the placeholders among it.
    package var input: [Field] = []
    package var checks: [Check] = []
    package var content: Content
}

/// A number about the records of a collection, or one for each group of them.
package struct Figure: Sendable {
    package enum Aggregate: Sendable, Hashable { case count, sum, avg, min, max }

    package var name: String
    package var collection: Collection
    package var aggregate: Aggregate
    /// What the aggregate is of; nil counts records.
    package var field: Field?
    /// What groups are made by; none: one number about all.
    package var keys: [Condition] = []
    package var condition: Condition?
    /// The ends of the values that the first key can take, where the condition names them: days and months between them are there without records, too.
    package var bounds = ValueBounds()
    package var sortsByValue = false
    package var descending = false
    package var limit: Int?
    /// Milliseconds: the same number so long ago is told as well.
    package var growth: Int64?
}
