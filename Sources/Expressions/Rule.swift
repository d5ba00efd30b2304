/// An access rule, split at load into what the caller alone decides and what asks the row.
///
/// Sub-conditions that read no row (`me.role == 'ADMIN'`, and whether there is a `me` at all) are evaluated per caller. What is left is
/// always true, always false, or one of a few conditions over the row, each its own statement: an `OR` with a bound constant would scan.
package struct Rule: Sendable {
    package let expression: Expression
    /// The conditions that may be left over, without duplicates.
    package let residuals: [Expression]

    package enum Outcome: Sendable, Hashable {
        case always
        case never
        /// The index of the condition in `residuals`.
        case residual(Int)
    }

    package init(_ expression: Expression) {
        self.expression = expression
        self.residuals = []
    }

    /// What is left of the rule for this caller. Costs no store access and no allocation.
    package func outcome(for environment: Environment) -> Outcome {
        .never
    }

    /// The outcome for anybody without an account, where `now` and `request` cannot change it; `.never` means 401 (04-api).
    package var isNeverForAnonymous: Bool { false }
}
