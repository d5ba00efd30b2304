package import Expressions

/// The stored values of a collection that follow from others, each after those that it depends on.
package struct Computation: Sendable {
    package struct Step: Sendable {
        package enum Source: Sendable {
            /// Kept by adding what each change of a child adds.
            case sum(KeptSum)
            /// Made of the record with its sums; where it also asks children, it is asked again when one of them changes.
            case value(Expression)
        }

        /// The index of the field.
        package var field: Int
        package var source: Source
        /// The same value from what is stored, whatever was kept.
        package var recount: Expression
        /// The fields of the record that it depends on.
        package var reads: Set<Int>
        /// The children that must be asked when one of them changes.
        package var asked: [ChildUse]
        /// Refreshed by a job.
        package var isAsync: Bool
        /// Higher than that of every value that it depends on, in this collection or another.
        package var rank = 0
    }

    package var steps: [Step] = []

    package init() {}

    package var isEmpty: Bool { steps.isEmpty }

    /// The highest of its steps.
    package var rank: Int { steps.last?.rank ?? 0 }
}

/// What a change of a child means for the computed fields of its parent.
package struct RollUp: Sendable {
    /// The index of the reference in the child.
    package var field: Int
    package var parent: String
    /// Fields of the parent that are sums over such children.
    package var sums: [(field: Int, sum: KeptSum)] = []
    /// Fields of the parent whose values ask the children again.
    package var asked: Set<Int> = []
    /// Whether the parent has values that a job refreshes.
    package var isAsync = false
    /// Fields of the child that matter.
    package var reads: Set<Int>

    init(field: Int, parent: String) {
        self.field = field
        self.parent = parent
        reads = [field, Row.System.deletedAt]
    }
}
