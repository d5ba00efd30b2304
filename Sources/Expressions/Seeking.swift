/// How a store could find the rows of a condition without looking at all of them.
package struct Seek: Sendable {
    /// Fields of the record's own table that this alternative compares with something known beforehand.
    package var fields: Set<Int>
}

extension Expression {
    /// One for each alternative (`or`) of the condition; rows are found by an index only if each of them has one.
    package var seeks: [Seek] { node.alternatives.map { Seek(fields: $0.sought) } }
}

extension Node {
    fileprivate var alternatives: [Node] {
        if case .or(let parts) = self { parts.flatMap(\.alternatives) } else { [self] }
    }

    fileprivate var sought: Set<Int> {
        switch self {
        case .and(let parts): parts.reduce(into: []) { $0.formUnion($1.sought) }
        case .compare(.equal, let left, let right), .compare(.less, let left, let right), .compare(.lessOrEqual, let left, let right),
            .compare(.greater, let left, let right), .compare(.greaterOrEqual, let left, let right):
            left.ownField(besides: right) ?? right.ownField(besides: left) ?? []
        case .contains(let value, .values(let items)): items.contains(where: \.readsRows) ? [] : value.ownField(besides: nil) ?? []
        case .contains(let value, .list(let list)): value.ownField(besides: list) ?? []
        case .between(let value, let lower, let upper): upper.readsRows ? [] : value.ownField(besides: lower) ?? []
        case .isNull(let value): value.ownField(besides: nil) ?? []
        default: []
        }
    }

    private func ownField(besides other: Node?) -> Set<Int>? {
        guard case .field(let access) = self, access.place == .this, other?.readsRows != true else { return nil }
        return [access.index]
    }

    private var readsRows: Bool {
        contains { node in
            switch node {
            case .field, .follow, .aggregate, .question, .contains(_, .rows): true
            default: false
            }
        }
    }
}
