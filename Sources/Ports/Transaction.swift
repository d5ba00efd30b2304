package import Expressions
package import NIOCore
package import Schema

/// What a transaction can do. Used on one thread, only during its body. As a `RowSource` it sees live rows, its own changes included.
package protocol Transaction: AnyObject, RowFinding {
    /// Stores a new row with all its values (to-many fields included) and gives its number. Throws `StoreError.conflict`.
    func insert(_ row: Row, into collection: Collection) throws -> Int64

    /// Stores the values at `changed` of an existing row. Throws `StoreError.conflict`.
    func update(_ row: Row, in collection: Collection, changed: [Int]) throws

    /// Removes a row and its members for good. References to it are the caller's business.
    func remove(_ row: Row, from collection: Collection) throws

    /// The ids of the rows, live and deleted, whose reference `field` holds `id`, oldest first.
    func referrers(to id: String, in collection: Collection, by field: Field, limit: Int) throws -> [String]

    /// Appends the record as `Store.read` does; nil when it does not pass.
    func read(_ read: RecordRead, into buffer: inout ByteBuffer) throws -> RecordAnswer?

    // What is kept beside records, each a port of its own: who needs one of them asks for it alone.

    var jobs: any JobTransaction { get }
    var jobLog: any JobLog { get }
    var accounts: any AccountTransaction { get }
    var proofs: any ProofTransaction { get }
    var failures: any FailureTransaction { get }
    var signingKeys: any SigningKeyTransaction { get }
    var apiKeys: any APIKeyTransaction { get }
    var secondFactors: any SecondFactorTransaction { get }
    var identities: any ForeignIdentityTransaction { get }
    var ledgers: any Ledgers { get }
    var sequences: any SequenceTransaction { get }
    var walk: any CollectionWalk { get }
    var formerSlugs: any FormerSlugs { get }
}
