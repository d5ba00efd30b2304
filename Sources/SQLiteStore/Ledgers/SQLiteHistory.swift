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
        let statement = try connection.statement(
            #"INSERT INTO "_atlas_revisions" ("collection", "record", \#(Self.columns)) VALUES (?, ?, ?, ?, ?, ?)"#)
        statement.bind(record.collection, at: 1)
        statement.bind(record.id, at: 2)
        statement.bind(last + 1, at: 3)
        statement.bind(editor, at: 4)
        statement.bind(moment, at: 5)
        statement.bind(values, at: 6)
        try statement.run()
        let prune = try connection.statement(
            #"DELETE FROM "_atlas_revisions" WHERE "collection" = ? AND "record" = ? AND "number" <= ?"#)
        prune.bind(record.collection, at: 1)
        prune.bind(record.id, at: 2)
        prune.bind(last + 1 - Int64(max(1, keep)), at: 3)
        try prune.run()
        return last + 1
    }

    func page(of record: JobRecord, limit: Int, offset: Int) throws -> (revisions: [Revision], total: Int) {
        let statement = try connection.statement(
            #"SELECT \#(Self.columns) FROM "_atlas_revisions" WHERE "collection" = ? AND "record" = ? ORDER BY "number" DESC LIMIT ? OFFSET ?"#
        )
        defer { statement.reset() }
        statement.bind(record.collection, at: 1)
        statement.bind(record.id, at: 2)
        statement.bind(Int64(limit), at: 3)
        statement.bind(Int64(offset), at: 4)
        var revisions: [Revision] = []
        while try statement.step() { revisions.append(Self.revision(statement)) }
        let total = try number(#"SELECT count(*) FROM "_atlas_revisions" WHERE "collection" = ? AND "record" = ?"#, record)
        return (revisions, Int(total))
    }

    func revision(_ number: Int64, of record: JobRecord) throws -> Revision? {
        let statement = try connection.statement(
            #"SELECT \#(Self.columns) FROM "_atlas_revisions" WHERE "collection" = ? AND "record" = ? AND "number" = ?"#)
        defer { statement.reset() }
        statement.bind(record.collection, at: 1)
        statement.bind(record.id, at: 2)
        statement.bind(number, at: 3)
        return try statement.step() ? Self.revision(statement) : nil
    }

    func remove(_ record: JobRecord) throws {
        let statement = try connection.statement(#"DELETE FROM "_atlas_revisions" WHERE "collection" = ? AND "record" = ?"#)
        statement.bind(record.collection, at: 1)
        statement.bind(record.id, at: 2)
        try statement.run()
    }

    private func number(_ sql: String, _ record: JobRecord) throws -> Int64 {
        let statement = try connection.statement(sql)
        defer { statement.reset() }
        statement.bind(record.collection, at: 1)
        statement.bind(record.id, at: 2)
        return try statement.step() ? statement.integer(0) : 0
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
        let statement = try connection.statement(
            #"INSERT INTO "_atlas_audit" (\#(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"#)
        statement.bind(entry.id, at: 1)
        statement.bind(entry.record.collection, at: 2)
        statement.bind(entry.record.id, at: 3)
        statement.bind(entry.tenant, at: 4)
        statement.bind(entry.actor, at: 5)
        statement.bind(entry.actorName, at: 6)
        statement.bind(entry.ip, at: 7)
        statement.bind(entry.userAgent, at: 8)
        statement.bind(entry.requestID, at: 9)
        statement.bind(entry.at, at: 10)
        statement.bind(entry.action, at: 11)
        statement.bind(entry.changes, at: 12)
        try statement.run()
    }

    func page(of record: JobRecord, tenant: String?, limit: Int, offset: Int) throws -> (entries: [AuditEntry], total: Int) {
        let rows = #"FROM "_atlas_audit" WHERE "record" = ?1 AND "collection" = ?2 AND "tenant" IS ?3"#
        let statement = try connection.statement(#"SELECT \#(Self.columns) \#(rows) ORDER BY "n" DESC LIMIT ?4 OFFSET ?5"#)
        defer { statement.reset() }
        statement.bind(record.id, at: 1)
        statement.bind(record.collection, at: 2)
        statement.bind(tenant, at: 3)
        statement.bind(Int64(limit), at: 4)
        statement.bind(Int64(offset), at: 5)
        var entries: [AuditEntry] = []
        while try statement.step() { entries.append(Self.entry(statement)) }
        let count = try connection.statement("SELECT count(*) \(rows)")
        defer { count.reset() }
        count.bind(record.id, at: 1)
        count.bind(record.collection, at: 2)
        count.bind(tenant, at: 3)
        return (entries, try count.step() ? Int(count.integer(0)) : 0)
    }

    func prune(before moment: Int64, limit: Int) throws -> Int {
        let statement = try connection.statement(
            #"DELETE FROM "_atlas_audit" WHERE "n" IN (SELECT "n" FROM "_atlas_audit" WHERE "at" < ? LIMIT ?)"#)
        statement.bind(moment, at: 1)
        statement.bind(Int64(limit), at: 2)
        try statement.run()
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
