/// What happened to records and jobs that streams are told of, in the order of the commits (04-api, `GET /events`). A bounded past: the oldest go.
package protocol EventLog {
    /// Those after that number, oldest first.
    func events(after number: Int64, limit: Int) throws -> [LoggedEvent]

    func reach() throws -> EventReach
}

/// How far the log reaches.
package struct EventReach: Sendable, Equatable {
    /// Nothing after that number is missing.
    package var start: Int64
    /// The number of the last event, whether it is still there or not; 0 before the first.
    package var last: Int64

    package init(start: Int64, last: Int64) {
        self.start = start
        self.last = last
    }

    /// Whether one who has heard everything up to that number can go on without missing anything. A number that was never given cannot.
    package func covers(_ number: Int64) -> Bool { start <= number && number <= last }
}

/// The log within a transaction.
package protocol EventLedger: EventLog {
    /// Gives it the next number. Of more than `EventRetention.most` the oldest go, sooner or later.
    func append(_ event: NewEvent) throws

    /// Removes the oldest, up to the last from before that moment, at most `limit`; gives how many.
    func prune(before moment: Int64, limit: Int) throws -> Int
}

/// How much of the past is kept.
package enum EventRetention {
    package static let most: Int64 = 100_000
    /// Milliseconds.
    package static let age: Int64 = 86_400_000
}

package struct NewEvent: Sendable, Equatable {
    /// Its collection and id; of a job the collection is `jobs`.
    package var record: JobRecord
    /// `created`, `updated`, `deleted`, `restored`, or the transition or action.
    package var name: String
    /// Whose members alone may hear of it; nil: it belongs to no tenant.
    package var tenant: String?
    /// The user who alone may hear of it; nil: whoever may read the record.
    package var audience: String?
    /// Milliseconds since 1970.
    package var at: Int64
    /// Of a record that is gone: the fields that its read rule asks for, as JSON.
    package var rest: String?

    package init(record: JobRecord, name: String, tenant: String? = nil, audience: String? = nil, at: Int64, rest: String? = nil) {
        self.record = record
        self.name = name
        self.tenant = tenant
        self.audience = audience
        self.at = at
        self.rest = rest
    }
}

package struct LoggedEvent: Sendable, Equatable {
    /// Rises with every event and is never used again.
    package var number: Int64
    package var event: NewEvent

    package init(number: Int64, event: NewEvent) {
        self.number = number
        self.event = event
    }
}
