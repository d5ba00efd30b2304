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
    /// Work for later: a durable job in the same commit.
    case work(WorkStart)
    case notify(NoticeSending)
    /// Tells a webhook.
    case deliver(WebhookCall)

    /// Changes rows.
    package struct RowsUpdate: Sendable {
        package var rows: RowSelection
        /// By collection of the row: what changes, bare names being the row's own.
        package var settings: [String: [FieldSetting]]

        package init(rows: RowSelection, settings: [String: [FieldSetting]]) {
            self.rows = rows
            self.settings = settings
        }
    }

    /// Adds a record, or one for each row of `each`, which is then `this`.
    package struct RowInsertion: Sendable {
        package var collection: String
        package var each: RowSelection?
        /// By collection of the row of `each`; under the empty name without one.
        package var settings: [String: [FieldSetting]]

        package init(collection: String, each: RowSelection? = nil, settings: [String: [FieldSetting]]) {
            self.collection = collection
            self.each = each
            self.settings = settings
        }
    }

    /// Starts what a worker does after the commit: on the event's record, or on each row of `each`.
    package struct WorkStart: Sendable {
        package var work: Work
        package var each: RowSelection?

        package init(work: Work, each: RowSelection? = nil) {
            self.work = work
            self.each = each
        }
    }
}
