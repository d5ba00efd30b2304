import Expressions
import Ports
import Schema

/// What is kept about records, in tables of their own. One value per use.
struct SQLiteLedgers: Ledgers {
    private let connection: Connection
    let events: any EventLedger

    init(_ context: WriteContext) {
        connection = context.connection
        events = context.events
    }

    var due: any DueLedger { SQLiteDueLedger(connection) }
    var revisions: any RevisionLedger { SQLiteRevisions(connection) }
    var audit: any AuditLedger { SQLiteAudit(connection) }
    var answers: any AnswerLedger { SQLiteAnswers(connection) }
    var upkeep: any UpkeepLedger { SQLiteUpkeep(connection) }
    var deliveries: any DeliveryLedger { SQLiteDeliveries(connection) }

    static let statements = """
        CREATE TABLE IF NOT EXISTS "_atlas_due" (
            "collection" TEXT NOT NULL, "record" TEXT NOT NULL, "transition" TEXT NOT NULL, "moment" INTEGER NOT NULL,
            "standing" INTEGER NOT NULL, PRIMARY KEY ("collection", "record", "transition")) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS "_atlas_due_moment" ON "_atlas_due" ("moment") WHERE "standing" = 0;
        CREATE TABLE IF NOT EXISTS "_atlas_revisions" (
            "collection" TEXT NOT NULL, "record" TEXT NOT NULL, "number" INTEGER NOT NULL, "editor" TEXT, "created_at" INTEGER NOT NULL,
            "fields" TEXT NOT NULL, PRIMARY KEY ("collection", "record", "number")) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS "_atlas_audit" (
            "n" INTEGER PRIMARY KEY, "id" TEXT NOT NULL, "collection" TEXT NOT NULL, "record" TEXT NOT NULL, "tenant" TEXT,
            "actor" TEXT, "actor_name" TEXT, "ip" TEXT, "user_agent" TEXT, "request_id" TEXT, "at" INTEGER NOT NULL,
            "action" TEXT NOT NULL, "changes" TEXT NOT NULL) STRICT;
        CREATE INDEX IF NOT EXISTS "_atlas_audit_record" ON "_atlas_audit" ("record", "collection");
        CREATE INDEX IF NOT EXISTS "_atlas_audit_at" ON "_atlas_audit" ("at");
        CREATE TABLE IF NOT EXISTS "_atlas_answers" (
            "scope" TEXT NOT NULL, "key" TEXT NOT NULL, "at" INTEGER NOT NULL, "digest" BLOB NOT NULL, "id" TEXT NOT NULL,
            "version" INTEGER NOT NULL, "body" BLOB NOT NULL, PRIMARY KEY ("scope", "key")) STRICT;
        CREATE INDEX IF NOT EXISTS "_atlas_answers_at" ON "_atlas_answers" ("at");
        """
}

/// What upkeep asks, and what it has noted.
struct SQLiteUpkeep: UpkeepLedger {
    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    func hidden(in collection: Collection, before moment: Int64, after place: Int64, limit: Int) throws -> (ids: [String], last: Int64) {
        let statement = try connection.statement(
            #"SELECT "n", "id" FROM \#(SQLText.quoted(collection.model.table)) WHERE "n" > ? AND "deleted_at" < ? ORDER BY "n" LIMIT ?"#,
            place, moment, Int64(limit))
        defer { statement.reset() }
        var ids: [String] = []
        var last = place
        while try statement.step() {
            last = statement.integer(0)
            ids.append(statement.text(1))
        }
        return (ids, last)
    }

    func note(_ name: String) throws -> String? { try SystemTables.meta("note:" + name, connection) }

    func setNote(_ name: String, _ text: String) throws { try SystemTables.setMeta("note:" + name, text, connection) }
}

/// Answers to requests that bear an `Idempotency-Key`.
struct SQLiteAnswers: AnswerLedger {
    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    func answer(_ key: AnswerKey, after: Int64) throws -> KeptAnswer? {
        try connection.first(
            #"SELECT "digest", "id", "version", "body" FROM "_atlas_answers" WHERE "scope" = ? AND "key" = ? AND "at" >= ?"#, key.scope,
            key.key, after
        ) { KeptAnswer(digest: $0.bytes(0), id: $0.text(1), version: $0.integer(2), body: $0.bytes(3)) }
    }

    func keep(_ answer: KeptAnswer, under key: AnswerKey, at moment: Int64, after: Int64) throws {
        try connection.run(#"DELETE FROM "_atlas_answers" WHERE "at" < ?"#, after)
        try connection.run(
            #"INSERT OR REPLACE INTO "_atlas_answers" ("scope", "key", "at", "digest", "id", "version", "body") VALUES (?, ?, ?, ?, ?, ?, ?)"#,
            key.scope, key.key, moment, answer.digest, answer.id, answer.version, answer.body)
    }
}
