import Ports

/// The index of due times. What waits has an index of its own, so that the next moment is one look.
struct SQLiteDueLedger: DueLedger {
    private let connection: Connection
    private static let columns = #""collection", "record", "transition", "moment", "standing""#

    init(_ connection: Connection) {
        self.connection = connection
    }

    func entries(of record: JobRecord) throws -> [DueEntry] {
        let statement = try connection.statement(
            #"SELECT \#(Self.columns) FROM "_atlas_due" WHERE "collection" = ? AND "record" = ? ORDER BY "transition""#, record.collection,
            record.id)
        defer { statement.reset() }
        return try Self.entries(statement)
    }

    func set(_ entries: [DueEntry], of record: JobRecord) throws {
        try connection.run(#"DELETE FROM "_atlas_due" WHERE "collection" = ? AND "record" = ?"#, record.collection, record.id)
        let insert = try connection.statement(#"INSERT INTO "_atlas_due" (\#(Self.columns)) VALUES (?, ?, ?, ?, ?)"#)
        for entry in entries {
            insert.bind(record.collection, at: 1)
            insert.bind(record.id, at: 2)
            insert.bind(entry.transition, at: 3)
            insert.bind(entry.moment, at: 4)
            insert.bind(entry.standing.rawValue, at: 5)
            try insert.run()
        }
    }

    func due(by moment: Int64, limit: Int) throws -> [DueEntry] {
        let statement = try connection.statement(
            #"SELECT \#(Self.columns) FROM "_atlas_due" WHERE "standing" = 0 AND "moment" <= ? ORDER BY "moment" LIMIT ?"#, moment,
            Int64(limit))
        defer { statement.reset() }
        return try Self.entries(statement)
    }

    func next() throws -> Int64? {
        try connection.first(#"SELECT min("moment") FROM "_atlas_due" WHERE "standing" = 0"#) { $0.optionalInteger(0) }
    }

    func keep(_ transitions: [String], of collection: String) throws {
        let names = transitions.map { _ in "?" }.joined(separator: ", ")
        let statement = try connection.statement(
            #"DELETE FROM "_atlas_due" WHERE "collection" = ? AND "transition" NOT IN (\#(names))"#, collection)
        for (index, name) in transitions.enumerated() { statement.bind(name, at: index + 2) }
        try statement.run()
    }

    private static func entries(_ statement: Statement) throws -> [DueEntry] {
        var entries: [DueEntry] = []
        while try statement.step() {
            entries.append(
                DueEntry(
                    record: JobRecord(collection: statement.text(0), id: statement.text(1)), transition: statement.text(2),
                    moment: statement.integer(3), standing: DueEntry.Standing(rawValue: statement.integer(4)) ?? .refused))
        }
        return entries
    }
}
