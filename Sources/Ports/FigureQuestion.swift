package import Expressions
package import Schema

/// An aggregate over the rows of an access, for each group of them.
package struct FigureQuestion: Sendable {
    /// More groups are left out.
    package static let mostGroups = 10_000

    package var access: Access
    package var aggregate: Figure.Aggregate
    package var field: Field?
    package var keys: [Condition]
    /// Only records that existed then: milliseconds since 1970.
    package var createdBefore: Int64?

    package init(access: Access, aggregate: Figure.Aggregate, field: Field? = nil, keys: [Condition] = []) {
        self.access = access
        self.aggregate = aggregate
        self.field = field
        self.keys = keys
    }
}

/// A group and its number. An `avg` is a float, of decimals a decimal of their scale; of no value it is null like `min` and `max`.
package struct FigureGroup: Sendable, Hashable {
    package var keys: [Value]
    package var value: Value

    package init(keys: [Value], value: Value) {
        self.keys = keys
        self.value = value
    }
}
