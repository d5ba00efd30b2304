/// What a stored value is computed from: its own record, and rows that refer to it (11-precisions 6).
package struct ComputedUse: Sendable {
    /// Fields of the record itself, by index.
    package var own: Set<Int> = []
    package var children: [ChildUse] = []
    /// Whether it asks for rows that are neither: then nobody would know when it changes.
    package var reachesFurther = false
}

/// The rows of a collection whose reference leads to the record, and which of their fields are looked at.
package struct ChildUse: Sendable, Hashable {
    package var collection: String
    package var reference: FieldModel.Storage
    /// By index.
    package var fields: Set<Int>
}

extension Expression {
    package var use: ComputedUse {
        var use = ComputedUse()
        use.add(node)
        return use
    }
}

extension ComputedUse {
    fileprivate mutating func add(_ node: Node) {
        var nodes: [Node] = []
        _ = node.contains {
            nodes.append($0)
            return false
        }
        for node in nodes {
            switch node {
            case .field(let access) where access.place == .this: own.insert(access.index)
            case .follow, .part, .question: reachesFurther = true
            case .aggregate(let aggregate): add(aggregate.rows, value: aggregate.value)
            case .contains(_, .rows(let rows, let value)): add(rows, value: value)
            case .overlap(let left, let right):
                for case .rows(let rows, let value) in [left, right] { add(rows, value: value) }
            default: break
            }
        }
    }

    private mutating func add(_ rows: RowSet, value: Node?) {
        guard rows.level == 0, case .children(let owner, let storage, _) = rows.origin, owner.isOwnID else {
            reachesFurther = true
            return
        }
        var fields: Set<Int> = []
        for part in [rows.condition, value].compactMap({ $0 }) {
            _ = part.contains { node in
                if case .field(let access) = node, access.place == .inner(0) { fields.insert(access.index) }
                return false
            }
        }
        children.append(ChildUse(collection: rows.target.collection, reference: storage, fields: fields))
    }
}

extension Node {
    var isOwnID: Bool {
        if case .field(let access) = self { access.place == .this && access.index == Row.System.id } else { false }
    }
}
