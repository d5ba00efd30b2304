import Ports

/// `_atlas_events`. Rows go from its front alone, so that what lies between its first and its last is whole.
struct SQLiteEvents: EventLog {
    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    /// AUTOINCREMENT, because a number must not be used again even when the table has been emptied (https://sqlite.org/autoinc.html).
    static let statements = """
        CREATE TABLE IF NOT EXISTS "_atlas_events" (
            "n" INTEGER PRIMARY KEY AUTOINCREMENT, "collection" TEXT NOT NULL, "record" TEXT NOT NULL, "name" TEXT NOT NULL, "tenant" TEXT,
            "audience" TEXT, "at" INTEGER NOT NULL, "rest" TEXT) STRICT;
        """

    func events(after number: Int64, limit: Int) throws -> [LoggedEvent] {
        let statement = try connection.statement(
            #"""
            SELECT "n", "collection", "record", "name", "tenant", "audience", "at", "rest" FROM "_atlas_events" WHERE "n" > ?
            ORDER BY "n" LIMIT ?
            """#, number, Int64(limit))
        defer { statement.reset() }
        var events: [LoggedEvent] = []
        while try statement.step() {
            let event = NewEvent(
                record: JobRecord(collection: statement.text(1), id: statement.text(2)), name: statement.text(3),
                tenant: statement.optionalText(4), audience: statement.optionalText(5), at: statement.integer(6),
                rest: statement.optionalText(7))
            events.append(LoggedEvent(number: statement.integer(0), event: event))
        }
        return events
    }

    func reach() throws -> EventReach {
        let statement = try connection.statement(
            #"""
            SELECT coalesce((SELECT "seq" FROM sqlite_sequence WHERE "name" = '_atlas_events'), 0), (SELECT min("n") FROM "_atlas_events")
            """#)
        defer { statement.reset() }
        guard try statement.step() else { return EventReach(start: 0, last: 0) }
        let last = statement.integer(0)
        return EventReach(start: statement.optionalInteger(1).map { $0 - 1 } ?? last, last: last)
    }

    /// Gives the event its number.
    func append(_ event: NewEvent) throws {
        try connection.run(
            #"""
            INSERT INTO "_atlas_events" ("collection", "record", "name", "tenant", "audience", "at", "rest") VALUES (?, ?, ?, ?, ?, ?, ?)
            """#, event.record.collection, event.record.id, event.name, event.tenant, event.audience, event.at, event.rest)
        let number = connection.lastInsertedRow
        if number % Self.interval == 0 { try remove(upTo: number - EventRetention.most) }
    }

    /// So many events are logged between two looks at how many there are.
    private static let interval: Int64 = 1_024

    private func remove(upTo number: Int64) throws {
        try connection.run(#"DELETE FROM "_atlas_events" WHERE "n" <= ?"#, number)
    }

    func prune(before moment: Int64, limit: Int) throws -> Int {
        try connection.run(
            #"""
            DELETE FROM "_atlas_events" WHERE "n" <= (
                SELECT max("n") FROM (SELECT "n" FROM "_atlas_events" WHERE "at" < ? ORDER BY "n" LIMIT ?))
            """#, moment, Int64(limit))
        return connection.changes
    }
}

/// The log on the writer's connection: whoever waits for events is told after the commit.
final class EventTable: EventLedger {
    private let log: SQLiteEvents
    /// Whether jobs are told of.
    var tellsJobs = false
    /// Whether the operation at hand has logged something.
    private(set) var hasNews = false

    init(_ connection: Connection) {
        log = SQLiteEvents(connection)
    }

    func events(after number: Int64, limit: Int) throws -> [LoggedEvent] { try log.events(after: number, limit: limit) }

    func reach() throws -> EventReach { try log.reach() }

    func append(_ event: NewEvent) throws {
        try log.append(event)
        hasNews = true
    }

    func prune(before moment: Int64, limit: Int) throws -> Int { try log.prune(before: moment, limit: limit) }

    func forgetNews() { hasNews = false }
}
