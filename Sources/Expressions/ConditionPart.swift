/// A condition as somebody reads it: its sub-conditions, down to those that have none, each with its own source. What stands inside an
/// aggregate is part of that one.
package struct ConditionPart: Sendable {
    package enum Form: Sendable, Equatable {
        case all, any, not
        /// A named rule.
        case rule(String)
        /// Its parts are the values that are compared.
        case comparison
        case single
    }

    package var form: Form
    package var source: String
    package var parts: [ConditionPart]

    /// Nil for a source that is no expression. A name of `rules` stands for what the rule says.
    package init?(_ source: String, rules: [String: String]) {
        guard let syntax = try? Parser.parse(source) else { return nil }
        self.init(syntax, Array(source.unicodeScalars), rules: rules, depth: 0)
    }

    /// More levels of rules would be a rule that uses itself.
    private static let depthLimit = 16

    private init(_ syntax: Syntax, _ scalars: [Unicode.Scalar], rules: [String: String], depth: Int) {
        let range = syntax.range.clamped(to: scalars.indices)
        source = String(String.UnicodeScalarView(scalars[range]))
        form = .single
        parts = []
        func part(_ syntax: Syntax) -> ConditionPart { ConditionPart(syntax, scalars, rules: rules, depth: depth) }
        switch syntax.form {
        case .and(let conditions): (form, parts) = (.all, conditions.map(part))
        case .or(let conditions): (form, parts) = (.any, conditions.map(part))
        case .not(let condition): (form, parts) = (.not, [part(condition)])
        case .comparison(_, let left, let right): (form, parts) = (.comparison, [part(left), part(right)])
        case .membership(let left, let right, _): (form, parts) = (.comparison, [part(left), part(right)])
        case .between(let value, let lower, let upper, _): (form, parts) = (.comparison, [part(value), part(lower), part(upper)])
        case .name(let name):
            guard let rule = rules[name], depth < Self.depthLimit, let inner = try? Parser.parse(rule) else { break }
            form = .rule(name)
            parts = [ConditionPart(inner, Array(rule.unicodeScalars), rules: rules, depth: depth + 1)]
        default: break
        }
    }

    /// Whether the source says its own value: `'published'`, `3`, `null`.
    package var isLiteral: Bool {
        guard let syntax = try? Parser.parse(source) else { return false }
        return syntax.isLiteral
    }
}

extension Syntax {
    fileprivate var isLiteral: Bool {
        switch form {
        case .null, .bool, .int, .float, .text, .duration: true
        case .list(let items): items.allSatisfy(\.isLiteral)
        default: false
        }
    }
}
