import Expressions
import NIOCore
import Ports
import Schema

/// A transaction on the writer's thread.
final class SQLiteTransaction: Transaction {
    private let context: WriteContext
    private var connection: Connection { context.connection }

    init(_ context: WriteContext) {
        self.context = context
    }

    // MARK: Rows

    func row(_ access: Access, key: RecordKey) throws -> Row? {
        try context.rows.row(access, key: key)
    }

    func insert(_ row: Row, into collection: Collection) throws -> Int64 {
        try context.rows.insert(row, into: collection)
    }

    func update(_ row: Row, in collection: Collection, changed: [Int]) throws {
        try context.rows.update(row, in: collection, changed: changed)
    }

    func remove(_ row: Row, from collection: Collection) throws {
        try context.rows.remove(row, from: collection)
    }

    func referrers(to id: String, in collection: Collection, by field: Field, limit: Int) throws -> [String] {
        try context.rows.referrers(to: id, in: collection, by: field, limit: limit)
    }

    func read(_ read: RecordRead, into buffer: inout ByteBuffer) throws -> RecordAnswer? {
        guard let (version, id) = try context.records.read(read, into: &buffer) else { return nil }
        return RecordAnswer(buffer: buffer, version: version, id: id)
    }

    // MARK: RowSource

    let dialect = SQLDialect.sqlite

    func row(in collection: String, id: String) throws -> Row? {
        guard let collection = context.records.collections[collection] else { return nil }
        return try row(Access(collection, environment: Environment(), spansTenants: true), key: .id(id))
    }

    func value(of query: SQLQuery) throws -> Value { try connection.value(of: query) }

    // MARK: Others

    var jobs: any JobTransaction { SQLiteJobs(context) }
    var jobLog: any JobLog { SQLiteJobs(context) }

    var accounts: any AccountTransaction { SQLiteAccounts(connection) }

    var proofs: any ProofTransaction { SQLiteProofs(connection) }

    var failures: any FailureTransaction { SQLiteSignIns(connection) }

    var signingKeys: any SigningKeyTransaction { SQLiteSignIns(connection) }

    var apiKeys: any APIKeyTransaction { SQLiteAPIKeys(connection) }

    var secondFactors: any SecondFactorTransaction { SQLiteSecondFactors(connection) }

    var identities: any ForeignIdentityTransaction { SQLiteForeignIdentities(connection) }

    var ledgers: any Ledgers { SQLiteLedgers(context) }

    var sequences: any SequenceTransaction { SQLiteSequences(connection) }

    var walk: any CollectionWalk { SQLiteWalk(connection) }

    var formerSlugs: any FormerSlugs { SQLiteFormerSlugs(connection: connection) }
}

extension Connection {
    /// The single value of a generated statement.
    func value(of query: SQLQuery) throws -> Value {
        let statement = try self.statement(query.text)
        defer { statement.reset() }
        for (index, value) in query.values.enumerated() { statement.bind(value, at: index + 1) }
        do {
            return try statement.step() ? RowTable.value(statement, 0, as: query.type) : .null
        } catch {
            throw error.isOverflow ? EvaluationError.overflow : error
        }
    }
}
