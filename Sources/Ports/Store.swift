package import Expressions
package import NIOCore
package import Schema

/// The durable home of the records.
///
/// Promises of every adapter (`StoreConformance`):
/// - `transaction` is serialisable, all or nothing; its future succeeds only after the commit is on disk as `database.durability` asks.
/// - A body may be run again or be rolled back because of its neighbours; it must have no effect outside its transaction.
/// - A read sees every transaction whose future has succeeded before the read was asked for.
/// - Futures complete on the loop that was given. Nothing blocks that loop for longer than an index-limited read.
package protocol Store: Sendable {
    /// Appends the JSON object of one record to `buffer`; nil when no row of that key passes `read.access`.
    func read(_ read: RecordRead, into buffer: ByteBuffer, on loop: any EventLoop) -> EventLoopFuture<RecordAnswer?>

    /// Appends a JSON array of records to `buffer`.
    func list(_ list: RecordList, into buffer: ByteBuffer, on loop: any EventLoop) -> EventLoopFuture<ListAnswer>

    /// Runs `body` over one state of the store.
    func snapshot<Result: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable (any Snapshot) throws -> Result
    ) -> EventLoopFuture<Result>

    /// Rises with every commit that changed something, before anybody is told of it.
    var commits: Int { get }

    /// Runs `body` with exclusive access to write. An error of the body rolls back its changes and fails the future.
    func transaction<Result: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) -> EventLoopFuture<Result>

    /// `told` is called after each commit that has logged events; it must not block. Called once, at start.
    func onEvents(_ told: @escaping @Sendable () -> Void)

    /// Finishes what was submitted, then closes the files. Nothing may be called afterwards.
    func close() async
}

/// The only ways a store itself fails. Errors of transaction bodies pass through unchanged.
package enum StoreError: Error, Sendable, Equatable {
    /// Two live rows would share a unique key; the names of its fields.
    case conflict(fields: [String])
    /// A read was stopped because it took longer than it may (2 s; 04-api).
    case tooSlow
    /// A number that a question computes is larger than what it is counted in holds.
    case outOfRange
    /// The disk is full, read-only or broken; told to people, never to clients.
    case unavailable(String)
}

/// How one record is named.
package enum RecordKey: Sendable, Hashable {
    case id(String)
    /// The value of a unique field.
    case field(Int, Value)
    /// The values of several fields that are unique together, as of an edge. Without any it is the only row of a singleton.
    case fields([Int], [Value])
}

/// Which rows of a collection may be seen: all conditions hold, and the row is in the asked state of life. Of a tenant's collection only
/// the rows of `environment.tenant`, of one whose rows arise in tenants also those of none, unless the system asks across tenants.
package struct Access: Sendable {
    package enum Life: Sendable, Hashable { case live, deleted, any }

    package var collection: Collection
    package var conditions: [Condition]
    package var life: Life
    package var environment: Environment
    package var spansTenants: Bool

    package init(
        _ collection: Collection, conditions: [Condition] = [], life: Life = .live, environment: Environment, spansTenants: Bool = false
    ) {
        self.collection = collection
        self.conditions = conditions
        self.life = life
        self.environment = environment
        self.spansTenants = spansTenants
    }

    /// Whether the rows are held to one tenant.
    package var isOfTenant: Bool { collection.shape.tenant != nil && !spansTenants }
    /// Whether a wall between tenants hides some of the rows.
    package var isWalled: Bool { collection.shape.anyTenant != nil && !spansTenants }
}

package struct RecordRead: Sendable {
    package var access: Access
    package var key: RecordKey
    package var projection: Projection

    package init(access: Access, key: RecordKey, projection: Projection) {
        self.access = access
        self.key = key
        self.projection = projection
    }
}

package struct RecordAnswer: Sendable {
    package var buffer: ByteBuffer
    package var version: Int64
    /// Of the record, where its reads are counted.
    package var id: String?

    package init(buffer: ByteBuffer, version: Int64, id: String? = nil) {
        self.buffer = buffer
        self.version = version
        self.id = id
    }
}

/// What is written of a record, and in which order. Immutable, shared by many requests.
package final class Projection: Sendable {
    package struct Part: Sendable {
        package var field: Field
        /// The row must fulfil it, or the field is left out of the answer.
        package var condition: Condition?

        package init(field: Field, condition: Condition? = nil) {
            self.field = field
            self.condition = condition
        }
    }

    /// Other records that are written with this one.
    package struct Expansion: Sendable {
        package enum Source: Sendable {
            /// A reference of the record, to one or to many.
            case reference(Field)
            /// The records whose reference `field` leads here, in that order.
            case children(Field, order: [RecordList.Order])
        }

        /// Records of one collection as this caller sees them.
        package struct Target: Sendable {
            package var collection: Collection
            /// The conditions of its read rule for this caller; nil when he may read none of its rows.
            package var conditions: [Condition]?
            package var projection: Projection
            /// What a caller sees of a live record that he may not read; nil: null.
            package var card: Projection?

            package init(_ collection: Collection, conditions: [Condition]?, projection: Projection, card: Projection?) {
                self.collection = collection
                self.conditions = conditions
                self.projection = projection
                self.card = card
            }
        }

        package var name: String
        package var source: Source
        /// One for each collection that the reference may lead to.
        package var targets: [Target]
        /// Stands in the record itself, not under `expanded`.
        package var isInline: Bool

        package init(name: String, source: Source, targets: [Target], isInline: Bool = false) {
            self.name = name
            self.source = source
            self.targets = targets
            self.isInline = isInline
        }
    }

    package let parts: [Part]
    package let expansions: [Expansion]
    /// Written for fields of kind `media`.
    package let media: Projection?

    package init(parts: [Part], expansions: [Expansion] = [], media: Projection? = nil) {
        self.parts = parts
        self.expansions = expansions
        self.media = media
    }
}
