package import Expressions

/// A condition over rows that stores turn into SQL once: its number identifies it within one `Schema`.
package final class Condition: Sendable {
    package let number: Int
    package let expression: Expression

    package init(number: Int, expression: Expression) {
        self.number = number
        self.expression = expression
    }
}

/// An access rule with its remaining conditions numbered.
package struct AccessRule: Sendable {
    package let rule: Rule
    /// Parallel to `rule.residuals`.
    package let conditions: [Condition]

    package enum Admission: Sendable {
        case everything
        case nothing
        case matching(Condition)
    }

    package init(rule: Rule, conditions: [Condition]) {
        self.rule = rule
        self.conditions = conditions
    }

    /// Which rows the rule admits for this caller.
    package func admission(for environment: Environment) -> Admission {
        switch rule.outcome(for: environment) {
        case .always: .everything
        case .never: .nothing
        case .residual(let index): .matching(conditions[index])
        }
    }
}
