/// An access rule, split at load into what the caller alone decides and what asks the row.
///
/// Sub-conditions that read no row (`me.role == 'ADMIN'`, and whether there is a `me` at all) are evaluated per caller. What is left is
/// always true, always false, or one of a few conditions over the row, each its own statement: an `OR` with a bound constant would scan.
package struct Rule: Sendable {
    package let expression: Expression
    /// The conditions that may be left over, without duplicates.
    package let residuals: [Expression]
    /// The outcome for an anonymous caller, where `now` and `request` cannot change it; `.never` means 401 (04-api).
    package let isNeverForAnonymous: Bool
    /// Whether it asks about the tenant of the request, or the caller's membership there.
    package let asksForTenant: Bool

    package enum Outcome: Sendable, Hashable {
        case always
        case never
        /// The index of the condition in `residuals`.
        case residual(Int)
    }

    /// Sub-conditions that the caller alone decides; bit 0 of a mask says that there is no `me`, bit n + 1 belongs to atom n.
    private let atoms: [Node]
    /// The outcome of each mask.
    private let outcomes: [Outcome]

    /// More would make the table large; what is beyond stays in the residuals as bound parameters.
    private static let atomLimit = 5

    package init(_ expression: Expression) {
        self.expression = expression
        let node = expression.node.grouped
        asksForTenant = node.contains { part in
            switch part {
            case .parameter(.member, _), .parameter(.tenant, _): true
            default: false
            }
        }
        var atoms: [Node] = []
        node.collectAtoms(into: &atoms, limit: Self.atomLimit)
        var left: [Node] = []
        var outcomes: [Outcome] = []
        for mask in 0..<(1 << (atoms.count + 1)) {
            let rest = node.assuming(mask, atoms).folded
            if case .constant(let value) = rest {
                outcomes.append(value == .bool(true) ? .always : .never)
            } else if let index = left.firstIndex(of: rest) {
                outcomes.append(.residual(index))
            } else {
                outcomes.append(.residual(left.count))
                left.append(rest)
            }
        }
        self.atoms = atoms
        self.outcomes = outcomes
        residuals = left.map { expression.residual($0) }
        isNeverForAnonymous = outcomes.indices.allSatisfy { $0 & 1 == 0 || outcomes[$0] == .never }
    }

    /// What is left of the rule for this caller. Costs no store access and no allocation.
    package func outcome(for environment: Environment) -> Outcome {
        var mask = environment.me == nil ? 1 : 0
        if !atoms.isEmpty {
            let evaluator = Evaluator(environment: environment, row: nil, rows: nil)
            for (index, atom) in atoms.enumerated() where (try? evaluator.isTrue(atom)) == true {
                mask |= 2 << index
            }
        }
        return outcomes[mask]
    }
}

extension Node {
    /// With the conditions that ask no row brought together within each `and` and `or`, so that they are one atom.
    fileprivate var grouped: Node {
        switch self {
        case .and(let parts): Node.grouped(parts, Node.and)
        case .or(let parts): Node.grouped(parts, Node.or)
        case .not(let part): .not(part.grouped)
        default: self
        }
    }

    private static func grouped(_ parts: [Node], _ join: ([Node]) -> Node) -> Node {
        let free = parts.filter(\.isOfCaller)
        if free.count < 2 || free.count == parts.count { return join(parts.map(\.grouped)) }
        return join([join(free)] + parts.filter { !$0.isOfCaller }.map(\.grouped))
    }

    /// Whether caller, request and clock decide it, without fail and without any row.
    private var isOfCaller: Bool {
        !contains { node in
            switch node {
            case .field, .follow, .aggregate, .question, .call(.random, _): true
            case .parameter(.old, _), .parameter(.new, _): true
            case .contains(_, .rows), .overlap: true
            default: node.mayFail
            }
        }
    }

    /// Whether it itself, apart from what stands below it, may leave its range.
    private var mayFail: Bool {
        switch self {
        case .arithmetic(_, _, _, let type): type == .float || magnitude == nil
        case .negative(_, let type): type != .float
        case .quotient, .rescale: true
        case .call(let function, _): [.abs, .round, .ceil, .floor].contains(function)
        default: false
        }
    }

    /// The largest conditions that ask no row. Whether there is a `me` is not among them: it has its own bit.
    fileprivate func collectAtoms(into atoms: inout [Node], limit: Int) {
        switch self {
        case .constant, .isNull(.parameter(.me(Row.System.id), _)): return
        case .not(let part): part.collectAtoms(into: &atoms, limit: limit)
        case .and(let parts) where !isOfCaller, .or(let parts) where !isOfCaller:
            for part in parts { part.collectAtoms(into: &atoms, limit: limit) }
        default:
            if isOfCaller, !atoms.contains(self), atoms.count < limit { atoms.append(self) }
        }
    }

    /// The condition with its atoms replaced by what the mask says of them.
    fileprivate func assuming(_ mask: Int, _ atoms: [Node]) -> Node {
        let isAnonymous = mask & 1 == 1
        if let index = atoms.firstIndex(of: self) {
            if isAnonymous, case .constant(let value) = anonymous.folded { return .constant(value) }
            return .constant(.bool(mask & (2 << index) != 0))
        }
        switch self {
        case .isNull(.parameter(.me(Row.System.id), _)): return .constant(.bool(isAnonymous))
        case .and(let parts): return .and(parts.map { $0.assuming(mask, atoms) })
        case .or(let parts): return .or(parts.map { $0.assuming(mask, atoms) })
        case .not(let part): return .not(part.assuming(mask, atoms))
        default: return isAnonymous ? anonymous : self
        }
    }
}
