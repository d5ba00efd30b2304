package import Expressions

/// `[[on]]` for one event: what the system does in the transaction of its cause, in the order of the file.
package struct EventHandler: Sendable {
    package var when: Expression?
    package var effects: [Effect]

    package init(when: Expression? = nil, effects: [Effect]) {
        self.when = when
        self.effects = effects
    }
}

package enum Effect: Sendable {
    case update(RowsUpdate)
    case insert(RowInsertion)

    /// Changes rows that a reference, or a list of references, leads to.
    package struct RowsUpdate: Sendable {
        package var rows: Expression
        /// By collection of the row: what changes, bare names being the row's own.
        package var settings: [String: [FieldSetting]]

        package init(rows: Expression, settings: [String: [FieldSetting]]) {
            self.rows = rows
            self.settings = settings
        }
    }

    /// Adds a record, or one for each row that `each` leads to, which is then `this`.
    package struct RowInsertion: Sendable {
        package var collection: String
        package var each: Expression?
        /// By collection of the row of `each`; under the empty name without one.
        package var settings: [String: [FieldSetting]]

        package init(collection: String, each: Expression? = nil, settings: [String: [FieldSetting]]) {
            self.collection = collection
            self.each = each
            self.settings = settings
        }
    }
}
