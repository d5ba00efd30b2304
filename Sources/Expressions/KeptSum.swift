/// A number of children, or an exact sum over them, that can be kept by adding what each change adds: no other child need be read.
package struct KeptSum: Sendable {
    package let collection: String
    /// How a child refers to the record.
    package let reference: FieldModel.Storage
    /// An int, a duration, or a decimal of the scale of what is added.
    package let type: ValueType
    /// The sum over the rows that there are, for the record.
    package let recount: Expression
    /// Over the child alone.
    private let condition: Expression?
    private let value: Expression?
    private let isCount: Bool
    private static let nobody = Environment()

    fileprivate init?(_ aggregate: Aggregate, counting: Bool, source: String) {
        guard aggregate.rows.level == 0, case .children(let owner, let storage, _) = aggregate.rows.origin, owner.isOwnID,
            counting || aggregate.itemType.isExact
        else { return nil }
        for part in [aggregate.rows.condition, aggregate.value].compactMap({ $0 }) where !part.asksOneChild { return nil }
        collection = aggregate.rows.target.collection
        reference = storage
        isCount = counting
        type = counting ? .int : aggregate.itemType
        var whole = aggregate
        whole.kind = counting ? .count : .sum
        whole.type = type
        recount = Expression(source: source, type: type, node: .aggregate(whole), isCondition: false)
        condition = aggregate.rows.condition.map { Expression(source: source, type: .bool, node: $0.ofChild, isCondition: true) }
        value = aggregate.value.map { Expression(source: source, type: aggregate.itemType, node: $0.ofChild, isCondition: false) }
    }

    /// What a live child adds; nothing where it does not fulfil the condition or has no value.
    package func addend(of child: Row) throws -> Int64 {
        if let condition, try !condition.isTrue(in: Self.nobody, row: child) { return 0 }
        guard let value else { return 1 }
        let number = try value.evaluate(in: Self.nobody, row: child)
        if isCount { return number.isNull ? 0 : 1 }
        return number.whole ?? 0
    }

    /// The sum that `value` holds, with so much more. Throws `EvaluationError.overflow`.
    package func sum(_ value: Value, adding addend: Int64) throws -> Value {
        let (units, overflow) = (value.whole ?? 0).addingReportingOverflow(addend)
        if overflow { throw EvaluationError.overflow }
        return stored(units)
    }

    /// Of no children (11-precisions 7).
    package var ofNothing: Value { stored(0) }

    private func stored(_ units: Int64) -> Value {
        switch type {
        case .decimal(let scale): .decimal(Decimal(units: units, scale: scale))
        case .duration: .duration(units)
        default: .int(units)
        }
    }
}

extension Expression {
    /// The sum that the whole expression is, if it is one.
    package var keptSum: KeptSum? {
        guard case .aggregate(let aggregate) = node, aggregate.type == type else { return nil }
        switch aggregate.kind {
        case .count: return KeptSum(aggregate, counting: true, source: source)
        case .sum: return KeptSum(aggregate, counting: false, source: source)
        default: return nil
        }
    }

    /// The same with each `count`, `sum`, `avg` and `exists` of children made of sums that `keep` gives a field of the record to. What cannot
    /// be kept (`min`, `max`, `first`, floats, conditions that compare with the record) still asks the children.
    package func keeping(_ keep: (KeptSum) -> FieldModel) -> Expression {
        Expression(source: source, type: type, node: kept(node, keep), isCondition: isCondition)
    }

    private func kept(_ node: Node, _ keep: (KeptSum) -> FieldModel) -> Node {
        guard case .aggregate(let aggregate) = node else { return node.map { kept($0, keep) } }
        func field(counting: Bool) -> Node? {
            guard let sum = KeptSum(aggregate, counting: counting, source: source) else { return nil }
            let model = keep(sum)
            return .field(FieldAccess(place: .this, index: model.index, storage: model.storage, type: model.type))
        }
        switch aggregate.kind {
        case .count: return field(counting: true) ?? node
        case .exists:
            guard let count = field(counting: true) else { return node }
            return .compare(.greater, count, .constant(.int(0)))
        case .sum: return field(counting: false) ?? node
        case .avg:
            guard let sum = field(counting: false), let count = field(counting: true) else { return node }
            switch (aggregate.itemType, aggregate.type) {
            case (.decimal(let scale), .decimal(let digits)):
                return .quotient(sum, count, Quotient(left: scale, right: 0, scale: digits))
            default: return .arithmetic(.divide, .real(sum), .real(count), .float)
            }
        default: return node
        }
    }
}

extension Node {
    /// Whether it depends on the child alone, so that its value is known without the record and without the store.
    fileprivate var asksOneChild: Bool {
        !contains { node in
            switch node {
            case .field(let access): access.place != .inner(0)
            case .aggregate, .follow, .question, .parameter: true
            case .contains(_, .rows), .overlap(.rows, _), .overlap(_, .rows): true
            default: false
            }
        }
    }

    /// With the child as the record that it is evaluated over.
    fileprivate var ofChild: Node {
        if case .field(var access) = self, access.place == .inner(0) {
            access.place = .this
            return .field(access)
        }
        return map(\.ofChild)
    }
}

extension ValueType {
    /// Whether sums of it are exact in whatever order they are made.
    fileprivate var isExact: Bool {
        switch self {
        case .int, .decimal, .duration: true
        default: false
        }
    }
}
