package import Expressions

/// The pages of rows of an access, in the order of their numbers.
package struct PageQuestion: Sendable {
    package var access: Access
    /// Computed for each row.
    package var priority: Expression?
    /// Only rows of greater numbers.
    package var after: Int64
    package var limit: Int

    package init(access: Access, priority: Expression? = nil, after: Int64 = 0, limit: Int) {
        self.access = access
        self.priority = priority
        self.after = after
        self.limit = limit
    }
}

package struct PageEntry: Sendable, Hashable {
    package var number: Int64
    /// Nil where a part of it is missing.
    package var path: String?
    /// Milliseconds since 1970.
    package var modified: Int64
    package var priority: Double?

    package init(number: Int64, path: String?, modified: Int64, priority: Double?) {
        self.number = number
        self.path = path
        self.modified = modified
        self.priority = priority
    }
}
