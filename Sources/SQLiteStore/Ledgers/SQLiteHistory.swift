import Ports

/// Former versions of records.
struct SQLiteRevisions: RevisionLedger {
    private let connection: Connection
    private static let columns = #""number", "editor", "created_at", "fields""#

    init(_ connection: Connection) {
        self.connection = connection
    }

    func append(_ values: String, of record: JobRecord, editor: String?, at moment: Int64, keep: Int) throws -> Int64 {
        // The newest is never pruned, so that the greatest number is the last one that was given.
        let last = try number(#"SELECT coalesce(max("number"), 0) FROM "_atlas_revisions" WHERE "collection" = ? AND "record" = ?"#, record)
        try connection.run(
            #"INSERT INTO "_atlas_revisions" ("collection", "record", \#(Self.columns)) VALUES (?, ?, ?, ?, ?, ?)"#, record.collection,
            record.id, last + 1, editor, moment, values)
        try connection.run(
            #"DELETE FROM "_atlas_revisions" WHERE "collection" = ? AND "record" = ? AND "number" <= ?"#, record.collection, record.id,
            last + 1 - Int64(max(1, keep)))
        return last + 1
    }

    func page(of record: JobRecord, limit: Int, offset: Int) throws -> (revisions: [Revision], total: Int) {
        let revisions = try connection.all(
            #"SELECT \#(Self.columns) FROM "_atlas_revisions" WHERE "collection" = ? AND "record" = ? ORDER BY "number" DESC LIMIT ? OFFSET ?"#,
            record.collection, record.id, Int64(limit), Int64(offset)
        ) { Self.revision($0) }
        let total = try number(#"SELECT count(*) FROM "_atlas_revisions" WHERE "collection" = ? AND "record" = ?"#, record)
        return (revisions, Int(total))
    }

    func revision(_ number: Int64, of record: JobRecord) throws -> Revision? {
        try connection.first(
            #"SELECT \#(Self.columns) FROM "_atlas_revisions" WHERE "collection" = ? AND "record" = ? AND "number" = ?"#, record.collection,
            record.id, number
        ) { Self.revision($0) }
    }

    func remove(_ record: JobRecord) throws {
        try connection.run(#"DELETE FROM "_atlas_revisions" WHERE "collection" = ? AND "record" = ?"#, record.collection, record.id)
    }

    private func number(_ sql: String, _ record: JobRecord) throws -> Int64 {
        try connection.first(sql, record.collection, record.id) { $0.integer(0) } ?? 0
    }

    private static func revision(_ statement: Statement) -> Revision {
        Revision(
            number: statement.integer(0), editor: statement.optionalText(1), createdAt: statement.integer(2), values: statement.text(3))
    }
}

/// Who changed what.
struct SQLiteAudit: AuditLedger {
    private let connection: Connection
    private static let columns =
        #""id", "collection", "record", "tenant", "actor", "actor_name", "ip", "user_agent", "request_id", "at", "action", "changes""#

    init(_ connection: Connection) {
        self.connection = connection
    }

    func append(_ entry: AuditEntry) throws {
        try connection.run(
            #"INSERT INTO "_atlas_audit" (\#(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"#, entry.id,
            entry.record.collection, entry.record.id, entry.tenant, entry.actor, entry.actorName, entry.ip, entry.userAgent,
            entry.requestID, entry.at, entry.action, entry.changes)
    }

    func page(of record: JobRecord, tenant: String?, limit: Int, offset: Int) throws -> (entries: [AuditEntry], total: Int) {
        let rows = #"FROM "_atlas_audit" WHERE "record" = ?1 AND "collection" = ?2 AND "tenant" IS ?3"#
        let entries = try connection.all(
            #"SELECT \#(Self.columns) \#(rows) ORDER BY "n" DESC LIMIT ?4 OFFSET ?5"#, record.id, record.collection, tenant, Int64(limit),
            Int64(offset)
        ) { Self.entry($0) }
        let total = try connection.first("SELECT count(*) \(rows)", record.id, record.collection, tenant) { Int($0.integer(0)) }
        return (entries, total ?? 0)
    }

    func prune(before moment: Int64, limit: Int) throws -> Int {
        try connection.run(
            #"DELETE FROM "_atlas_audit" WHERE "n" IN (SELECT "n" FROM "_atlas_audit" WHERE "at" < ? LIMIT ?)"#, moment, Int64(limit))
        return connection.changes
    }

    private static func entry(_ statement: Statement) -> AuditEntry {
        var entry = AuditEntry(
            id: statement.text(0), record: JobRecord(collection: statement.text(1), id: statement.text(2)), at: statement.integer(9),
            action: statement.text(10), changes: statement.text(11))
        entry.tenant = statement.optionalText(3)
        entry.actor = statement.optionalText(4)
        entry.actorName = statement.optionalText(5)
        entry.ip = statement.optionalText(6)
        entry.userAgent = statement.optionalText(7)
        entry.requestID = statement.optionalText(8)
        return entry
    }
}
