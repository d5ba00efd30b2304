/// A field, where it is known by its collection.
package struct FieldPlace: Sendable, Hashable {
    /// Nil: the collection that the expression stands in.
    package var collection: String?
    package var index: Int
}

extension Expression {
    /// The field whose values `$` is compared with, of the first comparison in a declared filter; nil where it is compared with something computed.
    package var fieldOfFilterValue: FieldPlace? {
        var levels: [Int: String] = [:]
        var found: FieldPlace?
        _ = node.contains { node in
            switch node {
            case .compare(_, let left, let right):
                if left.isFilterValue { found = right.place(levels) } else if right.isFilterValue { found = left.place(levels) }
                return left.isFilterValue || right.isFilterValue
            case .between(let value, let lower, let upper):
                guard lower.isFilterValue || upper.isFilterValue else { return false }
                found = value.place(levels)
                return true
            case .contains(let value, .rows(let rows, value: let item)):
                levels[rows.level] = rows.target.collection
                guard value.isFilterValue else { return false }
                found = item.place(levels)
                return true
            case .contains(let value, .list(let list)):
                guard value.isFilterValue else { return false }
                found = list.place(levels)
                return true
            case .aggregate(let aggregate):
                levels[aggregate.rows.level] = aggregate.rows.target.collection
                return false
            default: return false
            }
        }
        return found
    }
}

extension Node {
    /// `$`, also where it is brought to the type of what it is compared with.
    fileprivate var isFilterValue: Bool {
        switch self {
        case .parameter(.filterValue, _): true
        case .real(let part), .widened(let part, by: _), .midnight(let part, _), .whole(let part, in: _): part.isFilterValue
        default: false
        }
    }

    /// The field that it is the value of.
    fileprivate func place(_ levels: [Int: String]) -> FieldPlace? {
        switch self {
        case .field(let access):
            // A part of an object is no field of its own.
            if case .member = access.storage { return nil }
            switch access.place {
            case .this: return FieldPlace(collection: nil, index: access.index)
            case .inner(let level): return levels[level].map { FieldPlace(collection: $0, index: access.index) }
            }
        case .follow(_, let hop):
            if case .member = hop.storage { return nil }
            return FieldPlace(collection: hop.target.collection, index: hop.index)
        case .real(let part), .widened(let part, by: _), .midnight(let part, _), .whole(let part, in: _): return part.place(levels)
        default: return nil
        }
    }
}
