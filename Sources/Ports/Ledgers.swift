package import Schema

/// What Atlas keeps about records beside them, written in the same commit.
package protocol Ledgers {
    var due: any DueLedger { get }
    var revisions: any RevisionLedger { get }
    var audit: any AuditLedger { get }
    var answers: any AnswerLedger { get }
    var upkeep: any UpkeepLedger { get }
    var deliveries: any DeliveryLedger { get }
    var events: any EventLedger { get }
}

/// When the clock fires which transition (03-expressions 9).
package protocol DueLedger {
    /// All entries of a record, by name of the transition.
    func entries(of record: JobRecord) throws -> [DueEntry]

    /// Replaces all entries of a record.
    func set(_ entries: [DueEntry], of record: JobRecord) throws

    /// Waiting entries that are due at that moment, earliest first.
    func due(by moment: Int64, limit: Int) throws -> [DueEntry]

    /// When the earliest waiting entry is due; nil: none waits.
    func next() throws -> Int64?

    /// Forgets the collection's entries for transitions other than these.
    func keep(_ transitions: [String], of collection: String) throws
}

package struct DueEntry: Sendable, Hashable {
    package enum Standing: Int64, Sendable {
        case waiting = 0
        /// A check failed: tried again when the record changes.
        case refused = 1
        /// Fired at that moment: not again for the same one.
        case fired = 2
        /// The record is hidden: waits again when it comes back.
        case hidden = 3
    }

    package var record: JobRecord
    package var transition: String
    /// Milliseconds since 1970.
    package var moment: Int64
    package var standing: Standing

    package init(record: JobRecord, transition: String, moment: Int64, standing: Standing = .waiting) {
        self.record = record
        self.transition = transition
        self.moment = moment
        self.standing = standing
    }
}

/// Former versions of records (11-precisions 55).
package protocol RevisionLedger {
    /// Keeps the values as the next revision and gives its number, from 1 and never used again; of older ones `keep` remain with it.
    func append(_ values: String, of record: JobRecord, editor: String?, at moment: Int64, keep: Int) throws -> Int64

    /// Newest first, and how many there are.
    func page(of record: JobRecord, limit: Int, offset: Int) throws -> (revisions: [Revision], total: Int)

    func revision(_ number: Int64, of record: JobRecord) throws -> Revision?

    /// For a record that goes for good.
    func remove(_ record: JobRecord) throws
}

package struct Revision: Sendable, Equatable {
    package var number: Int64
    /// The id of a user; nil: the system.
    package var editor: String?
    package var createdAt: Int64
    /// A JSON object by name of field.
    package var values: String

    package init(number: Int64, editor: String?, createdAt: Int64, values: String) {
        self.number = number
        self.editor = editor
        self.createdAt = createdAt
        self.values = values
    }
}

/// Who changed what (11-precisions 58). Outlives the records.
package protocol AuditLedger {
    func append(_ entry: AuditEntry) throws

    /// Of one record as seen within one tenant, newest first, and how many there are.
    func page(of record: JobRecord, tenant: String?, limit: Int, offset: Int) throws -> (entries: [AuditEntry], total: Int)

    /// Removes entries from before that moment, at most `limit`; gives how many.
    func prune(before moment: Int64, limit: Int) throws -> Int
}

package struct AuditEntry: Sendable, Equatable {
    package var id: String
    package var record: JobRecord
    package var tenant: String?
    /// The id of a user; nil: the system or a stranger.
    package var actor: String?
    package var actorName: String?
    package var ip: String?
    package var userAgent: String?
    package var requestID: String?
    package var at: Int64
    package var action: String
    /// JSON: `{field: {old, new}}`
    package var changes: String

    package init(id: String, record: JobRecord, at: Int64, action: String, changes: String) {
        self.id = id
        self.record = record
        self.at = at
        self.action = action
        self.changes = changes
    }
}

/// Answers that a repeated request gets again (03-expressions 14).
package protocol AnswerLedger {
    /// The answer kept under that key since `after`.
    func answer(_ key: AnswerKey, after: Int64) throws -> KeptAnswer?

    /// Keeps an answer, and forgets those from before `after`.
    func keep(_ answer: KeptAnswer, under key: AnswerKey, at moment: Int64, after: Int64) throws
}

package struct AnswerKey: Sendable, Hashable {
    /// Caller, tenant and route.
    package var scope: String
    /// What the client sent as `Idempotency-Key`.
    package var key: String

    package init(scope: String, key: String) {
        self.scope = scope
        self.key = key
    }
}

package struct KeptAnswer: Sendable, Equatable {
    /// Of the request's body.
    package var digest: [UInt8]
    package var id: String
    package var version: Int64
    /// The record as it was answered.
    package var body: [UInt8]

    package init(digest: [UInt8], id: String, version: Int64, body: [UInt8]) {
        self.digest = digest
        self.id = id
        self.version = version
        self.body = body
    }
}

/// What upkeep asks.
package protocol UpkeepLedger {
    /// Ids of rows that were hidden before that moment, in the order in which they were created, and where to go on from; at first after 0.
    func hidden(in collection: Collection, before moment: Int64, after place: Int64, limit: Int) throws -> (ids: [String], last: Int64)

    /// A note of Atlas to itself; nil when there is none of that name.
    func note(_ name: String) throws -> String?
    func setNote(_ name: String, _ text: String) throws
}
