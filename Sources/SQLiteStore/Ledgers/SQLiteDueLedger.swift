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
            #"SELECT \#(Self.columns) FROM "_atlas_due" WHERE "collection" = ? AND "record" = ? ORDER BY "transition""#)
        defer { statement.reset() }
        statement.bind(record.collection, at: 1)
        statement.bind(record.id, at: 2)
        return try Self.entries(statement)
    }

    func set(_ entries: [DueEntry], of record: JobRecord) throws {
        let clear = try connection.statement(#"DELETE FROM "_atlas_due" WHERE "collection" = ? AND "record" = ?"#)
        clear.bind(record.collection, at: 1)
        clear.bind(record.id, at: 2)
        try clear.run()
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
            #"SELECT \#(Self.columns) FROM "_atlas_due" WHERE "standing" = 0 AND "moment" <= ? ORDER BY "moment" LIMIT ?"#)
        defer { statement.reset() }
        statement.bind(moment, at: 1)
        statement.bind(Int64(limit), at: 2)
        return try Self.entries(statement)
    }

    func next() throws -> Int64? {
        let statement = try connection.statement(#"SELECT min("moment") FROM "_atlas_due" WHERE "standing" = 0"#)
        defer { statement.reset() }
        return try statement.step() ? statement.optionalInteger(0) : nil
    }

    func keep(_ transitions: [String], of collection: String) throws {
        let names = transitions.map { _ in "?" }.joined(separator: ", ")
        let statement = try connection.statement(
            #"DELETE FROM "_atlas_due" WHERE "collection" = ? AND "transition" NOT IN (\#(names))"#)
        statement.bind(collection, at: 1)
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
